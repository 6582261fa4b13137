"""What starts runs stands ready ahead of each slot, and not when there is nothing to start for long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.engine.setup import EngineOptions
from peak_console.engine.supervision.executor_preparation import NEAR_SECONDS
from peak_console.errors import StartError
from tests.support.factories import make_job

if TYPE_CHECKING:
    import pytest

    from tests.engine.conftest import MakeBench

HOUR = 3600
LOOKS = EngineOptions(mode="headless", poll_interval=30)


def test_ready_as_long_as_runs_are_near_and_no_longer(bench: MakeBench) -> None:
    engine = bench(make_job("tick", interval_seconds=HOUR), options=LOOKS)
    ready = [engine.executor.is_ready]
    engine.turn()
    engine.advance(HOUR / 2)
    ready.append(engine.executor.is_ready)
    engine.end(1)
    for seconds in (NEAR_SECONDS - 1, 1, HOUR / 2 - 2 * NEAR_SECONDS - LOOKS.poll_interval, 1):
        engine.advance(seconds)
        ready.append(engine.executor.is_ready)
    due, at_work, over, long_over, far, near = ready
    assert due
    assert at_work
    assert over, "another may follow by hand"
    assert not long_over
    assert not far
    assert near, "the engine may sleep until the slot"
    assert engine.live == []


def test_with_nothing_ahead_it_never_gets_ready_and_a_run_by_hand_starts_all_the_same(bench: MakeBench) -> None:
    engine = bench(make_job("nightly", daily_time="00:00"), options=LOOKS)
    engine.advance(HOUR)
    assert not engine.executor.is_ready
    assert engine.command("run", "nightly").startswith("done")
    assert engine.live == [1]
    assert engine.executor.is_ready


def test_an_executor_that_cannot_get_ready_stops_nothing(bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = bench(make_job("tick", interval_seconds=NEAR_SECONDS))

    def refuse() -> None:
        raise StartError("no process is to be had")

    monkeypatch.setattr(engine.executor, "prepare", refuse)
    engine.turn()
    assert engine.live == [1]
