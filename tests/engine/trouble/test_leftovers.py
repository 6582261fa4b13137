"""A run that was asked to stop has ended once nothing of it is left, or once all of it has been killed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from peak_console.engine.setup import EngineOptions
from tests.support.factories import make_job

if TYPE_CHECKING:
    from peak_console.jobs.model import JobDefinition
    from peak_console.runs.simulated import SimulatedProcess
    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench


def leaving(engine: Bench, run_id: int) -> SimulatedProcess:
    """A run that dies of TERM and leaves something alive that does not."""
    process = engine.executor.processes[run_id]
    process.dies_of, process.leaves = "terminate", True
    return process


def stubborn(**changes: Any) -> JobDefinition:
    return make_job(kill_grace_seconds=10, **changes)


def test_after_a_timeout_what_is_left_is_killed_before_the_next_attempt(bench: MakeBench) -> None:
    engine = bench(stubborn(timeout_seconds=30, retries=1, retry_delay_seconds=1))
    engine.turn()
    process = leaving(engine, 1)
    engine.advance(30)
    engine.advance(9.9)
    assert (process.signals, engine.outcomes()) == (["terminate"], [None])
    engine.advance(0.1)
    assert process.signals == ["terminate", "kill"]
    engine.turn()
    assert engine.outcomes() == ["timed_out", None]
    assert engine.live == [], "the delay of the next attempt counts from the end of all of it"
    engine.advance(1)
    assert engine.live == [2]


def test_what_leaves_soon_after_is_not_killed_and_its_end_is_the_end_of_the_run(bench: MakeBench) -> None:
    engine = bench(stubborn())
    engine.turn()
    process = leaving(engine, 1)
    assert engine.command("stop", "backup").startswith("done")
    engine.advance(3)
    process.leaves = False
    engine.advance(1)
    (run,) = engine.runs()
    assert process.signals == ["terminate"]
    assert (run.outcome, run.return_code, run.finished_at) == ("stopped", 143, engine.clock.now())


def test_a_replacement_waits_for_all_of_its_predecessor(bench: MakeBench) -> None:
    engine = bench(stubborn(interval_seconds=60, overlap="kill_previous"))
    engine.turn()
    leaving(engine, 1)
    engine.advance(60)
    engine.advance(5)
    assert engine.outcomes() == [None, None]
    assert engine.live == []
    engine.advance(5)
    engine.turn()
    engine.turn()
    assert (engine.outcomes(), engine.live) == (["stopped", None], [2])


@pytest.mark.parametrize("mode", ["headless", "once"])
def test_the_next_engine_sees_the_stop_through(bench: MakeBench, mode: str) -> None:
    engine = bench(stubborn())
    engine.turn()
    process = leaving(engine, 1)
    assert engine.command("stop", "backup").startswith("done")
    engine.options = EngineOptions(mode=mode)
    engine.restart(crash=True)
    engine.turn()
    assert (process.signals, engine.outcomes()) == (["terminate", "terminate"], [None])
    engine.advance(10)
    assert process.signals[-1] == "kill"
    engine.turn()
    assert engine.outcomes() == ["stopped"]


def test_what_even_kill_does_not_end_holds_nothing_up_for_ever(bench: MakeBench) -> None:
    engine = bench(stubborn())
    engine.turn()
    process = leaving(engine, 1)
    process.unkillable = True
    assert engine.command("stop", "backup").startswith("done")
    engine.advance(10)
    engine.advance(1)
    assert engine.outcomes() == [None]
    assert set(process.signals[1:]) == {"kill"}, "again and again: more may have been forked meanwhile"
    engine.advance(4)
    assert engine.outcomes() == ["stopped"]


def test_what_a_run_leaves_that_nobody_stopped_is_its_own_affair(bench: MakeBench) -> None:
    engine = bench(stubborn())
    engine.turn()
    engine.executor.processes[1].leaves = True
    engine.end(1)
    assert engine.outcomes() == ["succeeded"]
    assert engine.executor.processes[1].signals == []
