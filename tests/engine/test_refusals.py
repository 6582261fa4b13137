"""A registry that refuses for a while (a full disk): nothing is lost, nothing runs twice, and the engine says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from peak_console.errors import StateError
from peak_console.jobs.model import AlertChannel, Overlap
from peak_console.runs.interface import Ended
from peak_console.store.database import Database
from tests.support.clock import MONDAY_MORNING
from tests.support.factories import make_job

if TYPE_CHECKING:
    from tests.engine.conftest import MakeBench


class Refusals:
    """Makes transactions fail at their commit, where a full disk shows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commits = 0
        self.refused: range = range(0)
        leave = Database.__exit__

        def leave_or_refuse(database: Database, kind: Any, error: Any, trace: Any) -> None:
            if kind is None and database._depth == 1:
                self.commits += 1
                if self.commits in self.refused:
                    refusal = StateError("registry.db: the disk is full; free some space")
                    leave(database, StateError, refusal, None)
                    raise refusal
            leave(database, kind, error, trace)

        monkeypatch.setattr(Database, "__exit__", leave_or_refuse)

    def next(self, count: int = 1) -> None:
        """Refuse the next so many transactions."""
        self.refused = range(self.commits + 1, self.commits + 1 + count)


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch) -> Refusals:
    return Refusals(monkeypatch)


def test_a_slot_that_could_not_be_recorded_is_still_due(bench: MakeBench, refusals: Refusals) -> None:
    engine = bench(make_job(interval_seconds=60))
    refusals.next()
    with pytest.raises(StateError):
        engine.turn()
    assert engine.runs() == []
    engine.turn()
    assert engine.slots() == [MONDAY_MORNING]
    assert engine.live == [1]


def test_alerts_are_told_of_once_they_are_durable_and_only_once(bench: MakeBench, refusals: Refusals) -> None:
    engine = bench(make_job())
    engine.turn()
    refusals.next()
    with pytest.raises(StateError):
        engine.end(1, 1)
    assert [type(event).__name__ for event in engine.events].count("AlertRaised") == 0
    engine.turn()
    assert [type(event).__name__ for event in engine.events].count("AlertRaised") == 1
    assert len(engine.alerts()) == 1


def test_delivery_is_woken_when_there_is_something_to_find(bench: MakeBench) -> None:
    engine = bench(make_job())
    found = []
    engine.engine.context.on_alert = lambda: found.append(engine.engine.store._depth)
    engine.engine.context.channels = [AlertChannel("ops", "json://localhost")]
    engine.turn()
    engine.end(1, 1)
    assert found == [0], "not while the transaction is still open"


def test_a_missed_slot_and_its_alert_are_recorded_together(bench: MakeBench, refusals: Refusals) -> None:
    engine = bench(make_job(interval_seconds=60, misfire_grace_seconds=10))
    engine.turn()
    engine.end(1)
    before = len(engine.alerts())
    engine.clock.advance(119)
    commits = refusals.commits
    engine.turn()
    assert engine.outcomes() == ["succeeded", "missed"]
    assert len(engine.alerts()) == before + 1
    assert refusals.commits == commits + 1


def test_what_a_run_stands_for_is_told_however_it_ended(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60, timeout_seconds=30))
    engine.turn()
    engine.end(1)
    engine.advance(185)
    engine.executor.processes[2].dies_of = "terminate"
    engine.advance(31)
    engine.turn()
    assert engine.runs()[1].reason == "took longer than 30.0s; stands for 2 earlier slots too"


def test_runs_that_have_to_make_room_are_noted_with_the_claim_of_the_one_that_replaces_them(
    bench: MakeBench, refusals: Refusals
) -> None:
    engine = bench(make_job(interval_seconds=60, overlap=Overlap.KILL_PREVIOUS))
    engine.turn()
    commits = refusals.commits
    engine.advance(60)
    assert engine.executor.processes[1].signals == ["terminate"]
    assert engine.runs()[0].stop_reason == "replaced by a later run"
    assert refusals.commits == commits + 1


def test_a_queued_run_that_could_not_be_claimed_waits_on(bench: MakeBench, refusals: Refusals) -> None:
    engine = bench(make_job(interval_seconds=60, overlap=Overlap.QUEUE))
    engine.turn()
    engine.advance(60)
    engine.executor.processes[1].ended = Ended(0, None)
    refusals.refused = range(refusals.commits + 2, refusals.commits + 3)  # the end is recorded, the claim is not
    with pytest.raises(StateError):
        engine.turn()
    assert [run.state for run in engine.runs()] == ["finished", "queued"]
    engine.turn()
    assert engine.live == [2]
    assert len(engine.executor.processes) == 2
