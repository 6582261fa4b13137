"""Blackouts: which slots start, which are skipped and which wait, beside a slow and obvious oracle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peak_console.decisions.ahead.upcoming import slots_ahead, starts_ahead
from peak_console.decisions.holding.blackouts import Blackouts, scope, window_in_words
from peak_console.decisions.policy import Action, decide
from peak_console.decisions.turns import why_shut
from peak_console.jobs.blackouts import Blackout
from peak_console.model.records import JobState
from peak_console.schedule.blackouts.windows import Listed
from peak_console.schedule.slots import pending, slots_between
from tests.support.factories import make_job, make_queued, make_situation

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

spans = st.lists(
    st.tuples(st.integers(0, 120), st.integers(1, 40), st.sampled_from(["skip", "defer"])), min_size=1, max_size=3
)


def at(minute: float) -> datetime:
    return NOW + minute * MINUTE


def rules(found: list[tuple[int, int, str]]) -> list[Blackout]:
    return [
        Blackout(f"b{number}", Listed([(at(start), at(start + length))]), policy)
        for number, (start, length, policy) in enumerate(found)
    ]


def covering(found: list[tuple[int, int, str]], minute: int) -> list[str]:
    """The oracle: the policies of the windows that hold a minute."""
    return [policy for start, length, policy in found if start <= minute < start + length]


def lived_through(found: list[tuple[int, int, str]], step: int, minutes: int) -> list[tuple[str, int, int]]:
    """The oracle: minute by minute, what becomes of a job's slots, each as (what, slot, at)."""
    told: list[tuple[str, int, int]] = []
    waiting: int | None = None
    for minute in range(minutes):
        if minute % step == 0 and minute:
            waiting = minute
        policies = covering(found, minute)
        if waiting is None or (policies and "skip" not in policies):
            continue
        told.append(("skip" if "skip" in policies or "skip" in covering(found, waiting) else "start", waiting, minute))
        waiting = None
    return told


@settings(max_examples=50)
@given(found=spans, step=st.integers(1, 9))
def test_an_engine_that_looks_each_minute_does_what_the_oracle_does(
    found: list[tuple[int, int, str]], step: int
) -> None:
    job, blackouts = make_job(interval_seconds=60 * step, misfire_grace_seconds=0), Blackouts(rules(found))
    decided, told = NOW, []
    for minute in range(180):
        now = at(minute)
        due = pending(job.schedule, decided, now)
        if due is None or job.name in blackouts.deferred({job.name: job}, now):
            continue
        verdict = decide(make_situation(job, due.latest, now, blackouts=blackouts), due)[-1]
        told.append((str(verdict.action), int((verdict.slot - NOW) / MINUTE), minute))
        decided = due.latest
    assert told == lived_through(found, step, 180)


@settings(max_examples=50)
@given(found=spans, step=st.integers(1, 9), begin=st.integers(0, 150))
def test_what_starts_ahead_is_what_will_start(found: list[tuple[int, int, str]], step: int, begin: int) -> None:
    job, blackouts = make_job(interval_seconds=60 * step), Blackouts(rules(found))
    state = JobState(job.name, "interval", decided_until=NOW)
    ahead = []
    for start in starts_ahead(job, state, NOW, blackouts):
        if start >= at(180):
            break
        ahead.append(int((start - NOW) / MINUTE))
    expected = [minute for what, _, minute in lived_through(found, step, 180) if what == "start"]
    assert ahead == expected
    later = next(starts_ahead(job, state, NOW, blackouts, at(begin)), None)
    if later is not None and later < at(180):
        assert int((later - NOW) / MINUTE) == next(minute for minute in expected if minute > begin)


@settings(max_examples=50)
@given(found=spans, step=st.integers(1, 9), now=st.integers(1, 180), catch_up=st.sampled_from(["latest", "all"]))
def test_an_engine_that_was_down_decides_on_each_slot_once_and_starts_none_inside(
    found: list[tuple[int, int, str]], step: int, now: int, catch_up: str
) -> None:
    job = make_job(interval_seconds=60 * step, catch_up=catch_up, overlap="allow")
    blackouts = Blackouts(rules(found))
    due = pending(job.schedule, NOW, at(now))
    if due is None or job.name in blackouts.deferred({job.name: job}, at(now)):
        return
    verdicts = decide(make_situation(job, due.latest, at(now), blackouts=blackouts), due)
    slots = list(slots_between(job.schedule, NOW, at(now)))
    assert [verdict.slot for verdict in verdicts] == sorted({verdict.slot for verdict in verdicts})
    assert sum(verdict.folded + 1 for verdict in verdicts) == len(slots), "each slot counts once"
    for verdict in verdicts:
        minute = int((verdict.slot - NOW) / MINUTE)
        is_shut = "skip" in covering(found, minute) or bool(covering(found, now))
        assert (verdict.action == Action.SKIP) == is_shut
    newest_open = [slot for slot in slots if "skip" not in covering(found, int((slot - NOW) / MINUTE))]
    if newest_open and not covering(found, now):
        assert newest_open[-1] in [verdict.slot for verdict in verdicts if verdict.action == Action.START]


@settings(max_examples=40)
@given(found=spans, minute=st.integers(-5, 200))
def test_the_first_free_moment_is_the_first_that_no_window_holds(
    found: list[tuple[int, int, str]], minute: int
) -> None:
    job, blackouts = make_job(), Blackouts(rules(found))
    free = next(each for each in range(minute, 400) if not covering(found, each))
    assert blackouts.free_at(job, at(minute)) == at(free)
    window = blackouts.over(job, at(minute))
    assert (window is None) == (free == minute)
    if window is not None:
        assert window.defers == ("skip" not in covering(found, minute))


def test_a_slot_at_the_start_is_inside_and_one_at_the_end_is_outside() -> None:
    blackouts, job = Blackouts(rules([(0, 10, "skip")])), make_job(interval_seconds=600)
    assert blackouts.over(job, at(0)) is not None
    assert blackouts.over(job, at(10)) is None
    assert blackouts.over(job, at(10) - timedelta(microseconds=1)) is not None


def test_a_deferred_slot_is_late_from_the_end_of_the_window_on() -> None:
    blackouts = Blackouts(rules([(0, 300, "defer")]))
    job = make_job(daily_time="12:00", misfire_grace_seconds=60)
    late_by_more = "1m01s late, more than the grace of 1m00s"
    for late, action, reason in ((0, Action.START, None), (60, Action.START, None), (61, Action.MISS, late_by_more)):
        due = pending(job.schedule, NOW - MINUTE, now := at(300) + timedelta(seconds=late))
        assert due is not None
        (verdict,) = decide(make_situation(job, due.latest, now, blackouts=blackouts), due)
        assert verdict.action == action
        assert reason is None or verdict.reason == reason


@pytest.mark.parametrize(
    ("changes", "job", "covered", "words"),
    [
        ({}, {}, True, "all jobs"),
        ({"tags": ["live"]}, {"tags": ["live", "eu"]}, True, "jobs tagged live"),
        ({"tags": ["live", "risk"]}, {"tags": ["eu"]}, False, "jobs tagged live or risk"),
        ({"tags": ["live"], "jobs": ["backup"]}, {}, True, "jobs tagged live, backup"),
        ({"exceptions": ["backup"]}, {}, False, "all jobs; not backup"),
        ({"words": "back"}, {}, True, "jobs: back"),
        ({"words": "back", "tags": ["live"]}, {}, False, "jobs tagged live: back"),
        ({"words": "!back"}, {}, False, "jobs: !back"),
    ],
)
def test_a_blackout_is_on_the_jobs_that_it_names(
    changes: dict[str, Any], job: dict[str, Any], covered: bool, words: str
) -> None:
    rule = Blackout("night", Listed([(at(0), at(1))]), **changes)
    assert (Blackouts([rule]).over(make_job("backup", **job), at(0)) is not None) == covered
    assert scope(rule) == words


def test_a_run_by_hand_of_the_time_before_is_skipped_and_one_that_was_forced_is_not() -> None:
    window = Blackouts(rules([(0, 10, "skip")])).over(make_job(), at(5))
    before = make_queued(7, at(-1), triggered_by="manual")
    since = make_queued(8, at(1), triggered_by="manual")
    assert why_shut(before, window, UTC) == "blackout b0 until 2026-12-01 12:10:00"
    assert why_shut(since, window, UTC) is None
    assert why_shut(make_queued(9, at(1)), window, UTC) is not None
    assert why_shut(make_queued(9, at(1)), None, UTC) is None


def test_a_window_without_an_end_says_who_has_added_it_and_leaves_nothing_ahead() -> None:
    rule = Blackout("live", Listed([(at(0), None)]), by="ada", reason="exchange maintenance")
    blackouts, job = Blackouts([rule]), make_job(interval_seconds=60)
    window = blackouts.over(job, at(1))
    assert window is not None
    assert window_in_words(window, UTC) == "blackout live by ada (exchange maintenance)"
    assert blackouts.free_at(job, at(1)) is None
    assert next(starts_ahead(job, None, at(1), blackouts), None) is None
    assert next(slots_ahead(job, None, at(1)), None) is not None
