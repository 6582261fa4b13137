"""Slots are claimed a moment before they come; what happens until then leaves them undecided, and nothing starts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.engine.dispatch.claims_ahead import AHEAD_SECONDS, READY_SECONDS
from peak_console.engine.setup import EngineOptions
from peak_console.errors import StateError
from peak_console.jobs.model import Overlap, Requirement, SchedulerSettings
from peak_console.model.records import RunState
from peak_console.store.store import Store
from peak_console.values import replace
from tests.support.clock import MONDAY_MORNING
from tests.support.factories import make_job

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench

AHEAD = EngineOptions(claims_ahead=True)
SLOT = MONDAY_MORNING + timedelta(minutes=1)
HALF = AHEAD_SECONDS / 2


def shortly_before(bench: MakeBench, *names: str, **fields: Any) -> Bench:
    """An engine whose clock is half of the time ahead of a slot of each job; it has claimed what it claims."""
    jobs = [make_job(name, daily_time=f"{SLOT:%H:%M}", **fields) for name in names or ("backup",)]
    engine = bench(*jobs, options=AHEAD)
    engine.turn()
    engine.advance(60 - AHEAD_SECONDS)
    engine.clock.advance(HALF)
    return engine


def rows(engine: Bench) -> list[tuple[str, str | None]]:
    return [(run.state, run.outcome) for run in engine.runs()]


def test_a_slot_is_claimed_a_moment_ahead_and_starts_when_it_comes(bench: MakeBench) -> None:
    engine = bench(make_job("backup", daily_time=f"{SLOT:%H:%M}"), options=AHEAD)
    engine.turn()
    assert engine.engine.seconds_to_sleep() == pytest.approx(min(30.0, 60 - AHEAD_SECONDS))
    engine.advance(60 - AHEAD_SECONDS)
    assert rows(engine) == [(RunState.CLAIMED, None)]
    assert engine.live == []
    assert engine.engine.seconds_to_sleep() == pytest.approx(AHEAD_SECONDS - READY_SECONDS)
    engine.advance(AHEAD_SECONDS - 2 * READY_SECONDS)
    assert engine.live == []
    engine.advance(READY_SECONDS)
    assert engine.live == [1]
    [run] = engine.runs()
    assert (run.scheduled_for, run.started_at) == (SLOT, SLOT)
    engine.end(1)
    engine.advance(86_400)
    assert [run.scheduled_for for run in engine.runs()] == [SLOT, SLOT + timedelta(days=1)]


@pytest.mark.parametrize("fields", [{"requires": (Requirement("/no/such/file"),)}, {"executor": "slurm"}])
def test_what_is_not_beyond_doubt_is_decided_when_it_is_due(bench: MakeBench, fields: dict[str, Any]) -> None:
    engine = shortly_before(bench, **fields)
    assert rows(engine) == []


def test_where_places_are_limited_nothing_is_claimed_ahead(bench: MakeBench) -> None:
    settings = SchedulerSettings(timezone="UTC", max_concurrent_runs=1)
    engine = bench(make_job("backup", daily_time=f"{SLOT:%H:%M}"), options=AHEAD, settings=settings)
    engine.turn()
    engine.advance(60 - HALF)
    assert rows(engine) == []
    engine.advance(HALF)
    assert engine.live == [1]


def test_a_job_whose_last_run_may_still_end_before_the_slot_is_not_claimed(bench: MakeBench) -> None:
    engine = bench(make_job("poll", interval_seconds=60, overlap=Overlap.SKIP), options=AHEAD)
    engine.turn()
    engine.advance(60 - HALF)
    assert len(engine.runs()) == 1
    engine.end(1)
    engine.advance(HALF)
    assert engine.live == [2]


def issue(engine: Bench, verb: str, job: str | None = None) -> None:
    """A command that another program leaves."""
    store = Store.open(str(engine.directory))
    store.issue(verb, "ann", engine.clock.now(), job, None, {})
    store.close()


def hold(engine: Bench) -> None:
    issue(engine, "hold")


def disable(engine: Bench) -> None:
    issue(engine, "disable", "backup")


def edit(engine: Bench) -> None:
    engine.control.offer(engine.jobset(make_job("backup", daily_time="10:00")))


def remove(engine: Bench) -> None:
    engine.control.offer(engine.jobset(make_job("another", daily_time="10:00")))


def drain(engine: Bench) -> None:
    engine.control.drain()


DISTURBANCES = [hold, disable, edit, remove, drain]


@pytest.mark.parametrize("disturb", DISTURBANCES)
@pytest.mark.parametrize("is_noticed_early", [True, False])
def test_whatever_comes_before_the_slot_starts_nothing_and_leaves_no_claim(
    bench: MakeBench, disturb: Callable[[Bench], None], is_noticed_early: bool
) -> None:
    engine = shortly_before(bench)
    assert rows(engine) == [(RunState.CLAIMED, None)]
    disturb(engine)
    if is_noticed_early:
        engine.turn()
    engine.advance(HALF)
    engine.advance(1)
    assert engine.live == []
    assert rows(engine) == []
    engine.engine.duties.core.recovery.look(engine.clock.now())
    assert engine.live == []


def test_under_a_hold_the_slot_waits_and_runs_once_after_it(bench: MakeBench) -> None:
    engine = shortly_before(bench)
    hold(engine)
    engine.advance(HALF)
    assert rows(engine) == []
    engine.advance(5)
    assert engine.command("release").startswith("done")
    assert [run.scheduled_for for run in engine.runs()] == [SLOT]
    assert len(engine.live) == 1


def test_a_reload_that_leaves_the_job_as_it_is_has_its_slot_start_all_the_same(bench: MakeBench) -> None:
    engine = shortly_before(bench, "backup", "other")
    engine.control.offer(engine.jobset(make_job("backup", daily_time=f"{SLOT:%H:%M}")))
    engine.advance(HALF)
    assert [(run.job, run.scheduled_for) for run in engine.runs()] == [("backup", SLOT)]
    assert len(engine.live) == 1


@pytest.mark.parametrize("leap", [-3600, 3600, -1])
def test_a_clock_that_is_set_gives_the_claim_back(bench: MakeBench, leap: float) -> None:
    engine = shortly_before(bench)
    engine.advance(leap)
    assert len(engine.live) == (leap > 0)
    assert len(engine.runs()) == (leap > 0)
    engine.advance(3601)
    assert [run.scheduled_for for run in engine.runs()] == [SLOT]


@pytest.mark.parametrize("seconds", [0, HALF, 5])
def test_after_a_crash_the_slot_starts_once_and_not_before_its_time(bench: MakeBench, seconds: float) -> None:
    engine = shortly_before(bench)
    engine.restart(crash=True)
    engine.advance(seconds)
    assert len(engine.live) == (seconds >= HALF)
    engine.advance(2)
    engine.advance(2)
    assert [(run.id, run.scheduled_for) for run in engine.runs()] == [(1, SLOT)]
    assert engine.live == [1]


def test_an_engine_that_ends_in_order_leaves_the_slot_to_the_next(bench: MakeBench) -> None:
    engine = shortly_before(bench)
    engine.restart()
    assert rows(engine) == []
    engine.advance(HALF)
    assert [(run.scheduled_for, run.late_because) for run in engine.runs()] == [(SLOT, None)]


def test_a_registry_that_refuses_keeps_the_claim_from_starting_until_it_is_given_back(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = shortly_before(bench)
    engine.control.offer(engine.jobset(make_job("backup", daily_time="10:00")))

    def refuse(_ids: object) -> None:
        raise StateError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(engine.store, "forget", refuse)
        with pytest.raises(StateError):
            engine.advance(HALF)
    assert engine.live == []
    engine.advance(1)
    assert rows(engine) == []
    assert engine.live == []


def test_a_registry_that_is_lost_in_between_loses_no_slot(bench: MakeBench) -> None:
    engine = shortly_before(bench)
    for path in engine.directory.glob("registry.db*"):
        path.unlink()
    engine.engine.work()
    engine.clock.advance(HALF)
    engine.engine.work()
    assert [run.scheduled_for for run in engine.runs()] == [SLOT]
    assert len(engine.live) == 1


def test_a_burst_is_claimed_ahead_as_a_whole_in_the_order_of_its_turns(bench: MakeBench) -> None:
    names = [f"job {number:02}" for number in range(40)]
    engine = shortly_before(bench, *names)
    engine.advance(HALF)
    assert [run.job for run in engine.runs()] == names
    assert len(engine.live) == len(names)


def test_engines_that_share_the_jobs_claim_nothing_ahead(bench: MakeBench) -> None:
    job = make_job("backup", daily_time=f"{SLOT:%H:%M}", tags=("a",))
    engine = bench(job, options=replace(AHEAD, include_tags=("a",)))
    engine.turn()
    engine.advance(60 - HALF)
    assert rows(engine) == []


def test_what_could_not_be_claimed_ahead_starts_with_what_was(bench: MakeBench) -> None:
    jobs = [make_job(name, daily_time=f"{SLOT:%H:%M}") for name in ("backup", "sync")]
    late = make_job("checked", daily_time=f"{SLOT:%H:%M}", requires=(Requirement("/dev/null"),))
    engine = bench(*jobs, late, options=AHEAD)
    engine.turn()
    engine.advance(60 - HALF)
    assert [run.job for run in engine.runs()] == ["backup", "sync"]
    engine.clock.advance(HALF)
    engine.engine.duties.core.let_go()
    assert sorted(engine.live) == [1, 2, 3]
