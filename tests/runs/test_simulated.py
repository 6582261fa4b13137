"""Scripted runs: they take as long as the script says, on the clock that they were given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.errors import StartError
from peak_console.runs.interface import Ended, RunSpec, Stop
from peak_console.runs.simulated import Script, SimulatedExecutor
from tests.support.clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path


def spec(run_id: int = 1) -> RunSpec:
    return RunSpec(run_id, ["true"], {}, None, 0)


def test_a_run_takes_as_long_as_its_script_says(tmp_path: Path) -> None:
    clock = FakeClock()
    began = clock.now()
    executor = SimulatedExecutor(clock, lambda spec: Script(seconds=90, return_code=spec.run_id))
    handle = executor.start(spec(3))
    clock.advance(60)
    assert (handle.poll(), handle.pause) == (None, 30)
    clock.advance(100)
    end = handle.poll()
    assert end is not None
    assert end.at is not None
    assert (end.return_code, (end.at - began).total_seconds(), handle.pause) == (3, 90, 0)


def test_a_stop_before_its_time_ends_it_and_one_afterwards_does_not(tmp_path: Path) -> None:
    clock = FakeClock()
    executor = SimulatedExecutor(clock, lambda _spec: Script(seconds=90))
    stopped, done = executor.start(spec(1)), executor.start(spec(2))
    stopped.stop(Stop.KILL)
    clock.advance(90)
    done.stop(Stop.KILL)
    assert [each and each.return_code for each in (stopped.poll(), done.poll())] == [137, 0]


def test_faults_are_raised_where_a_run_is_looked_at(tmp_path: Path) -> None:
    executor = SimulatedExecutor(FakeClock())
    process = executor.start(spec())
    process.fault = OSError("too many open files")
    with pytest.raises(OSError, match="too many"):
        process.poll()
    process.fault = None
    assert process.poll() is None
    executor.refuse = "not now"
    with pytest.raises(StartError, match="not now"):
        executor.start(spec(2))


def test_nothing_is_left_on_the_disk_where_that_is_not_wanted(tmp_path: Path) -> None:
    executor = SimulatedExecutor(FakeClock(), lambda _spec: Script(seconds=0, return_code=None))
    assert executor.start(spec()).poll() == Ended(None, FakeClock().now())
    assert list(tmp_path.iterdir()) == []
