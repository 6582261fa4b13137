"""Who has the places, who waits, and what for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from peak_console.decisions.places import PlacesTaken
from peak_console.model.records import Run, RunState, Trigger

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def run(number: int, job: str, ago: float, state: str = RunState.QUEUED, not_before: float | None = None) -> Run:
    due = None if not_before is None else NOW + timedelta(seconds=not_before)
    at = NOW - timedelta(seconds=ago)
    return Run(
        id=number, job=job, triggered_by=Trigger.SCHEDULE, scheduled_for=at, attempt=1, state=RunState(state),
        claimed_at=at, not_before=due,
    )  # fmt: skip


HUNG = [run(number, f"hung{number}", 600, RunState.RUNNING) for number in (1, 2)]
LATE = run(3, "late", 140)
LATER = run(4, "later", 20)
RETRY = run(5, "retried", 300, not_before=30)


def places(*runs: Run, limit: int = 2, **how: Any) -> PlacesTaken:
    return PlacesTaken(runs, limit, NOW, **how)


def test_slots_wait_behind_the_runs_that_have_the_places() -> None:
    found = places(*HUNG, LATER, LATE, RETRY)
    assert (found.waiting, found.oldest, found.longest_wait) == ([LATER, LATE], LATE, 140)
    assert found.behind(LATE) == "hung1 #1, hung2 #2"
    assert found.in_words(LATE) == "behind hung1 #1, hung2 #2"
    assert found.at(NOW + timedelta(seconds=60)).waiting == [LATER, LATE, RETRY], "a retry that is due waits too"


def test_a_run_of_the_same_job_comes_first_and_where_places_are_free_nobody_does() -> None:
    own = run(6, "late", 900, RunState.RUNNING)
    assert places(*HUNG, own, LATE, limit=0).behind(LATE) == "late #6"
    for limit in (0, 3):
        assert places(*HUNG, LATE, limit=limit).in_words(LATE) == ""


def test_what_waits_for_no_run_says_what_for() -> None:
    assert places(*HUNG, LATE, held=True).in_words(LATE) == "for the release of the hold"
    assert places(*HUNG, LATE, served=False).in_words(LATE) == "for an engine"
    alone = places(*HUNG, LATE, LATER, not_served={"late"})
    assert (alone.waiting, alone.unserved, alone.oldest) == ([LATER], [LATE], LATER)
    assert alone.in_words(LATE) == "for an engine that selects it"
