"""Which of the runs that wait start, and which are given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from peak_console.decisions.capacity import Capacity
from peak_console.decisions.facts import recorded_facts
from peak_console.decisions.turns import Turns, turn, why_given_up
from peak_console.model.records import JobState, Override, Run, RunState, Trigger
from peak_console.values import replace
from tests.support.factories import make_job, make_queued, make_situation

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def started(queue: list[Run], overlap: str = "skip", limit: int = 0, active: tuple[str, ...] = ()) -> list[int]:
    queue = sorted(queue, key=turn)
    turns = Turns(queue, lambda name: [name] if name in active else [], Capacity(limit, len(active)), NOW)
    found = []
    for run, job in turns.ready({name: make_job(name, overlap=overlap) for name in ("a", "b", "c")}):
        turns.take(run, job)
        found.append(run.id)
    return found


def test_runs_start_in_the_order_of_their_slots_up_to_the_places_free() -> None:
    queue = [make_queued(1, NOW, "b"), make_queued(2, NOW - MINUTE, "a"), make_queued(3, NOW, "c")]
    assert started(queue) == [2, 1, 3]
    assert started(queue, limit=2) == [2, 1]
    assert started(queue, limit=2, active=("x", "y")) == []


def test_one_job_has_one_run_at_a_time_unless_it_allows_more() -> None:
    queue = [make_queued(1, NOW - MINUTE, "a"), make_queued(2, NOW, "a"), make_queued(3, NOW, "b")]
    assert started(queue) == [1, 3]
    assert started(queue, active=("a",)) == [3]
    assert started(queue, overlap="allow", active=("a",)) == [1, 2, 3]


@pytest.mark.parametrize(("left", "ids"), [(1, []), (0, [1])])
def test_another_attempt_starts_when_its_time_has_come(left: int, ids: list[int]) -> None:
    retry = make_queued(1, NOW - MINUTE, "a", attempt=2, not_before=NOW + timedelta(seconds=left))
    assert started([retry]) == ids


def test_a_slot_waits_for_the_next_attempt_of_an_earlier_one() -> None:
    retry = make_queued(1, NOW - MINUTE, "a", attempt=2, not_before=NOW + MINUTE)
    later, earlier = make_queued(2, NOW, "a"), make_queued(3, NOW - 2 * MINUTE, "a")
    by_hand = make_queued(4, NOW, "a", triggered_by=Trigger.MANUAL)
    assert started([retry, later]) == []
    assert started([retry, later], overlap="allow") == [2]
    assert started([retry, later, earlier]) == [3]
    assert started([retry, later, by_hand]) == [4]
    assert started([replace(retry, not_before=NOW), later]) == [1]
    assert started([retry, later, make_queued(5, NOW, "b")]) == [5], "other jobs do not wait"


def test_a_run_that_waits_is_given_up_when_its_job_is_disabled_or_it_has_been_replaced() -> None:
    run = make_queued(1, NOW, "a")
    on = make_situation(make_job("a"), None, NOW)
    off = make_situation(make_job("a", enabled=False), None, NOW)
    overridden = make_situation(make_job("a"), None, NOW, state=JobState("a", "", override=Override(False, "x", NOW)))
    assert why_given_up(run, on, lambda _run: False) == ""
    assert why_given_up(run, off, lambda _run: False) == "its job was disabled while it waited"
    assert why_given_up(run, overridden, lambda _run: False) == "its job was disabled while it waited"
    assert why_given_up(run, off, lambda _run: True) == ""
    assert why_given_up(replace(run, stop_reason="replaced by a later run"), on, lambda _run: True) == (
        "replaced by a later run"
    )


def test_the_facts_of_a_registry_tell_what_runs_waits_and_is_free() -> None:
    runs = [
        make_queued(1, NOW, "a", state=RunState.RUNNING), make_queued(2, NOW, "a"), make_queued(3, NOW, "b", attempt=2),
        make_queued(4, NOW, "a", state=RunState.CLAIMED), make_queued(5, NOW - MINUTE, "b"),
    ]  # fmt: skip
    facts = recorded_facts(runs, 3, NOW)
    assert [run.id for run in facts.queue] == [5, 2, 3]
    assert facts.capacity.free == 1
    a, b = (facts.situation(make_job(name), None, NOW) for name in "ab")
    assert (a.active, a.waiting, [run.id for run in a.retries]) == ([1, 4], 1, [])
    assert (b.active, b.waiting, [run.id for run in b.retries]) == ([], 1, [3])
