"""What an engine makes of what another one left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from peak_console.engine.recovery import identity, is_alive
from peak_console.runs.interface import Ended
from peak_console.store.directory import run_directory
from peak_console.store.model import Hold
from tests.support.clock import MONDAY_MORNING
from tests.support.factories import make_job
from tests.support.processes import wait_until

if TYPE_CHECKING:
    import pytest

    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench


def crash_before_start(engine: Bench) -> None:
    """As if the engine had died between the claim and the start of every run."""
    engine.executor.started_marks.clear()
    engine.executor.processes.clear()
    _forget_starts(engine)


def _forget_starts(engine: Bench) -> None:
    with engine.engine.store as store:
        store._write("UPDATE runs SET state = 'claimed', pid = NULL, pid_started = NULL, started_at = NULL")
    engine.close(crash=True)


def test_an_engine_that_is_dead_but_not_taken_away_by_its_parent_is_dead() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = identity(process.pid)
    assert is_alive(name)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert identity(process.pid) == name, "its entry in the process table is still there"
    assert not is_alive(name)
    process.communicate()
    wait_until(lambda: not is_alive(name))


def test_a_start_that_nobody_recorded_is_recorded_with_its_true_time(bench: MakeBench) -> None:
    engine = bench(make_job(timeout_seconds=100))
    engine.turn()
    process = engine.executor.processes[1]
    process.started_at = MONDAY_MORNING + timedelta(seconds=3)
    _forget_starts(engine)
    engine.clock.advance(60)
    engine.begin()
    (run,) = engine.runs()
    assert (run.state, run.started_at, run.pid) == ("running", process.started_at, process.pid)
    engine.advance(42)
    assert engine.runs()[0].stop_reason is None
    engine.advance(1)
    assert process.signals == ["terminate"], "the timeout counts from the start"


def test_a_run_that_began_and_ended_unrecorded_has_its_start_and_its_end(bench: MakeBench) -> None:
    engine = bench(make_job())
    engine.turn()
    began, ended = MONDAY_MORNING + timedelta(seconds=1), MONDAY_MORNING + timedelta(seconds=4)
    _forget_starts(engine)
    engine.executor.adoptable[1] = Ended(0, ended, pid=4711, pid_started="mark", started_at=began)
    engine.begin()
    (run,) = engine.runs()
    assert (run.outcome, run.started_at, run.finished_at, run.pid) == ("succeeded", began, ended, 4711)


def test_a_stop_that_was_asked_for_is_seen_through(bench: MakeBench) -> None:
    engine = bench(make_job(kill_grace_seconds=10))
    engine.turn()
    assert engine.command("stop", "backup").startswith("done")
    process = engine.executor.processes[1]
    process.signals.clear()
    engine.restart(crash=True)
    assert process.signals == ["terminate"]
    engine.advance(10)
    assert process.signals == ["terminate", "kill"]
    engine.turn()
    assert engine.outcomes() == ["stopped"]


def test_a_claim_without_a_process_does_not_start_while_all_is_held(bench: MakeBench) -> None:
    engine = bench(make_job())
    engine.turn()
    engine.engine.store.set_hold(Hold(MONDAY_MORNING, "alice"))
    crash_before_start(engine)
    engine.begin()
    engine.advance(5)
    assert engine.live == []
    assert engine.command("release") == "done: released"
    engine.advance(2)
    assert engine.live == [1]


def test_a_claim_of_a_job_that_is_gone_never_starts(bench: MakeBench) -> None:
    engine = bench(make_job())
    engine.turn()
    crash_before_start(engine)
    engine.jobs = ()
    engine.begin()
    assert engine.outcomes() == [None], "it may be back in a moment"
    engine.advance(6)
    (run,) = engine.runs()
    assert run.outcome == "not_started"
    assert "gone from the jobs file" in (run.reason or "")
    assert engine.executor.is_started(run_directory(str(engine.directory), 1)), "nor can a start that comes late"


def test_a_claim_of_a_job_that_is_gone_is_adopted_when_it_began_after_all(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = bench(make_job())
    engine.turn()
    process = engine.executor.processes[1]
    crash_before_start(engine)
    engine.executor.adoptable[1] = process
    engine.jobs = ()
    looked = engine.executor.is_started

    def look_an_instant_too_early(directory: str) -> bool:
        """The keeper of the dead engine starts the run right afterwards."""
        started = looked(directory)
        engine.executor.started_marks.add(directory)
        return started

    engine.begin()
    engine.clock.advance(6)
    monkeypatch.setattr(engine.executor, "is_started", look_an_instant_too_early)
    for _ in range(2):
        engine.advance(1)
    assert [(run.state, run.pid) for run in engine.runs()] == [("running", process.pid)]
