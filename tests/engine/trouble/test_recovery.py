"""What an engine makes of what another one left behind."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.engine.setup import EngineOptions
from peak_console.model.records import Hold
from peak_console.runs.interface import AlreadyStartedError, Ended, RunSpec
from peak_console.runs.supervisors import identity, is_alive
from tests.support.clock import MONDAY_MORNING
from tests.support.factories import make_job
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench


def crash_before_start(engine: Bench) -> None:
    """As if the engine had died between the claim and the start of every run."""
    engine.executor.started_marks.clear()
    engine.executor.processes.clear()
    _forget_starts(engine)


def _forget_starts(engine: Bench) -> None:
    with engine.store as store:
        store._write("UPDATE runs SET state = 'claimed', reference = NULL, started_at = NULL")
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
    assert (run.state, run.started_at, run.reference) == ("running", process.started_at, process.reference)
    engine.advance(42)
    assert engine.runs()[0].stop_reason is None
    engine.advance(1)
    assert process.signals == ["terminate"], "the timeout counts from the start"


def test_a_run_that_began_and_ended_unrecorded_has_its_start_and_its_end(bench: MakeBench) -> None:
    engine = bench(make_job())
    engine.turn()
    began, ended = MONDAY_MORNING + timedelta(seconds=1), MONDAY_MORNING + timedelta(seconds=4)
    _forget_starts(engine)
    engine.executor.adoptable[1] = Ended(0, ended, "4711 mark", began)
    engine.begin()
    (run,) = engine.runs()
    assert (run.outcome, run.started_at, run.finished_at, run.reference) == ("succeeded", began, ended, "4711 mark")


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
    engine.store.set_hold(Hold(MONDAY_MORNING, "alice"))
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
    with pytest.raises(AlreadyStartedError):  # a start that comes late
        engine.executor.start(RunSpec(1, ["true"], {}, None, 0))


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

    def look_an_instant_too_early(run_id: int) -> bool:
        """The keeper of the dead engine starts the run right afterwards."""
        started = looked(run_id)
        engine.executor.started_marks.add(run_id)
        return started

    engine.begin()
    engine.clock.advance(6)
    monkeypatch.setattr(engine.executor, "is_started", look_an_instant_too_early)
    for _ in range(2):
        engine.advance(1)
    assert [(run.state, run.reference) for run in engine.runs()] == [("running", process.reference)]


@pytest.mark.parametrize("mode", ["headless", "once"])
def test_a_registry_that_is_older_than_what_has_run_gives_no_number_and_no_slot_twice(
    bench: MakeBench, tmp_path: Path, mode: str
) -> None:
    once = make_job("late", run_at=MONDAY_MORNING + timedelta(seconds=90))
    later = make_job("later", run_at=MONDAY_MORNING + timedelta(hours=9))
    engine = bench(make_job("often", interval_seconds=60), once, later)
    engine.turn()
    engine.end(1)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        engine.store._connection.backup(copy)
    for _ in range(3):
        engine.advance(60)
        for run_id in engine.live:
            engine.end(run_id)
    assert engine.slots("late") == [MONDAY_MORNING + timedelta(seconds=90)]
    engine.close()

    for name in ("registry.db", "registry.db-wal", "registry.db-shm"):
        (engine.directory / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "copy.db", engine.directory / "registry.db")
    engine.options = EngineOptions(mode=mode)
    engine.begin()
    engine.turn()

    assert [run.id for run in engine.runs()] == [1]
    (alert,) = engine.alerts("critical")
    assert "the registry is older than what has run: 4 runs, #2 to #5, began without its knowing" in alert.message
    assert alert.message.endswith("run by hand what has not run: late")
    engine.advance(60)
    assert [run.id for run in engine.runs()] == [1, 6]
    assert engine.slots("often")[-1] == engine.clock.now()
    engine.restart(crash=True)
    assert len(engine.alerts("critical")) == 1
