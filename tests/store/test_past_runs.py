"""The history across jobs: what is asked for is found, all of it and nothing else, by look-ups."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.model.records import Claim
from peak_console.model.run_filter import UNDER_WAY, RunFilter
from peak_console.model.terms import Outcome, Trigger
from peak_console.store.past.past_runs import PastRuns
from peak_console.store.store import Store
from tests.store.support import ME, NOW, after, claim, steps
from tests.store.test_migrations import put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from peak_console.model.records import Run

JOBS = ("backup", "report", "scan")
PEOPLE = ("ada", "bob")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A registry with runs of all kinds, 7 minutes apart."""
    store = Store.open(str(tmp_path_factory.mktemp("full") / "state"))
    triggers, outcomes = [t for t in Trigger if t != Trigger.SCRIPT], [*Outcome, None]
    with store:
        for n in range(400):
            at = after(420 * n)
            trigger = Trigger(triggers[n * 7 % 11 % len(triggers)])
            late = (0, 0, 30, 90, 4000)[n % 5]
            asked = Claim(
                JOBS[n % 3], at - timedelta(seconds=late), triggered_by=trigger,
                requested_by=PEOPLE[n % 2] if trigger == Trigger.MANUAL else None,
                late_because="held" if late else None,
            )  # fmt: skip
            [run] = store.claim([asked], at, ME)
            outcome = outcomes[n * 5 % 13 % len(outcomes)]
            if outcome not in (Outcome.MISSED, Outcome.SKIPPED):
                store.started(run.id, at, "1 mark")
            if outcome == Outcome.STOPPED:
                store.stopping(run.id, f"stopped by {PEOPLE[n % 2]}")
            if outcome is not None:
                store.finish(run.id, outcome, None, at)
    yield store
    store.close()


def fulfils(run: Run, wanted: RunFilter) -> bool:
    """The same filter, said plainly."""
    at, late = run.started_at or run.claimed_at, run.lateness_seconds
    return (
        (wanted.jobs is None or run.job in wanted.jobs)
        and (not wanted.outcomes or (run.outcome or UNDER_WAY) in wanted.outcomes)
        and (not wanted.triggers or run.triggered_by in wanted.triggers)
        and (wanted.person is None or wanted.person == run.requested_by
             or (run.outcome == Outcome.STOPPED and run.stop_reason == f"stopped by {wanted.person}"))
        and (wanted.since is None or at >= wanted.since)
        and (wanted.until is None or at < wanted.until)
        and (wanted.late_seconds is None or (
            run.late_because is not None and (wanted.late_seconds == 0 or (late or 0) > wanted.late_seconds)))
    )  # fmt: skip


MOMENTS = st.none() | st.integers(-500, 180_000).map(after)
FILTERS = st.builds(
    RunFilter,
    jobs=st.none() | st.lists(st.sampled_from([*JOBS, "none"]), unique=True),
    outcomes=st.lists(st.sampled_from([*Outcome, UNDER_WAY]), unique=True, max_size=3),
    triggers=st.lists(st.sampled_from([*Trigger]), unique=True, max_size=2),
    late_seconds=st.none() | st.sampled_from([0.0, 60.0, 3600.0]),
    person=st.none() | st.sampled_from([*PEOPLE, "nobody"]),
    since=MOMENTS,
    until=MOMENTS,
)


@given(FILTERS, st.integers(1, 60))
def test_every_page_has_what_is_wanted_newest_first_and_nothing_twice(
    full: Store, wanted: RunFilter, size: int
) -> None:
    past, found, before = PastRuns(full), [], None
    while page := past.past(wanted, size, before=before):
        assert len(page) <= size
        found += page
        before = page[-1].id
    assert [run.id for run in found] == [run.id for run in full.runs() if fulfils(run, wanted)]


def test_people_and_jobs_are_listed_once_each(full: Store) -> None:
    assert PastRuns(full).people() == list(PEOPLE)
    assert PastRuns(full).recorded_jobs() == list(JOBS)


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_an_older_registry_is_looked_at_too(version: int, tmp_path: Path) -> None:
    store = Store.look(put(tmp_path, version))
    assert store is not None
    past = PastRuns(store)
    assert [run.id for run in past.past(RunFilter(), 10)] == [2, 1]
    assert past.past(RunFilter(person="ada", triggers=["manual"], late_seconds=5.0), 10) == []
    assert past.people() == []
    store.close()


RARE: tuple[dict[str, Any], ...] = (
    {"outcomes": ["failed", "timed_out"]},
    {"triggers": ["manual"]},
    {"person": "ada"},
    {"late_seconds": 60.0},
    {"jobs": ["rare"]},
    {"outcomes": [UNDER_WAY]},
    {"outcomes": ["failed"], "jobs": ["rare"], "triggers": ["manual"]},
    {"since": after(10_000)},
    {},
)


def test_no_page_walks_through_the_registry(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "state"))
    with store:
        for n in range(20_000):
            store._write(
                "INSERT INTO runs (job, triggered_by, scheduled_for, state, outcome, claimed_at, finished_at)"
                " VALUES (?, 'schedule', ?, 'finished', 'succeeded', ?, ?)",
                (f"job {n % 50}", *[after(n).isoformat().replace("+00:00", "Z")] * 3),
            )
        claim(store, "rare", NOW - timedelta(hours=2), ME, triggered_by=Trigger.MANUAL, requested_by="ada")
    past = PastRuns(store)
    for asked in RARE:
        assert steps(store, partial(past.past, RunFilter(**asked), 50)) < 15, asked
    assert steps(store, past.people) + steps(store, past.recorded_jobs) < 15
    store.close()
