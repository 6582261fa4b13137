"""A console on a directory that another process serves: it looks on, commands, notices the end, and takes over."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Outcome
from tests.support.processes import is_alive, pid_of

if TYPE_CHECKING:
    from tests.headless.support import Resident
    from tests.support.terminal import Tmux
    from tests.terminal.conftest import Stage

pytestmark = pytest.mark.usefixtures("_tmux")

JOBS = """
[[job]]
name = "patient"
command = "sh"
argv = ["-c", "echo begun; until [ -e {folder}/open ]; do sleep 0.05; done; echo through; exit 7"]
schedule_type = "daily"
daily_time = "05:00"
"""


def attached(stage: Stage, pid: int) -> Tmux:
    tmux = stage.tmux(stage.then_shown())
    tmux.wait_for(f"attached to pid {pid}")
    return tmux


def attached_to_a_run(stage: Stage) -> tuple[Resident, Tmux]:
    """An engine with a run of ``patient``, and a console on it that shows the run."""
    stage.jobs(JOBS)
    engine = stage.headless()
    tmux = attached(stage, engine.pid)
    tmux.keys("k", "r")
    tmux.wait_for("▶ running   patient")
    return engine, tmux


def test_keys_work_through_another_process_and_its_runs_are_shown(stage: Stage) -> None:
    stage.jobs(JOBS)
    engine = stage.headless()
    tmux = attached(stage, engine.pid)
    tmux.keys("k", "r")
    tmux.wait_for(lambda screen: "▶ running   patient" in screen and "begun" in screen)
    assert (stage.running("patient").supervisor or "").startswith(f"{engine.pid} ")

    tmux.keys("d")
    tmux.wait_for("no slot starts")
    tmux.keys("Enter")
    tmux.wait_for(" since ")
    tmux.keys("H")
    tmux.wait_for("─ Hold")
    tmux.keys("Enter")
    tmux.wait_for("HOLD by")
    tmux.keys("H")
    tmux.wait_for("Keep holding")
    assert "HOLD by" in tmux.screen()
    tmux.keys("k", "r")
    tmux.wait_until_gone("HOLD by")

    tmux.keys("q")  # asks nothing: the runs are not ours
    tmux.wait_for("left with 0")
    assert is_alive(pid_of(stage.running("patient")))
    (stage.folder / "open").touch()
    assert stage.ended("patient").return_code == 7
    assert engine.leave() == 0


def test_an_engine_that_was_told_to_leave_and_waits_for_its_run_is_said_to(stage: Stage) -> None:
    engine, tmux = attached_to_a_run(stage)
    engine.send(signal.SIGTERM)
    tmux.wait_for(f"pid {engine.pid} is draining")
    assert f"draining, pid {engine.pid}" in stage.run("status").out
    (stage.folder / "open").touch()
    tmux.wait_for("no engine serves this directory")
    engine.wait()
    tmux.keys("q")
    tmux.wait_for("left with 0")


def test_the_end_of_the_other_engine_is_told_and_its_run_is_taken_over(stage: Stage) -> None:
    engine, tmux = attached_to_a_run(stage)
    run = stage.running("patient")
    engine.send(signal.SIGKILL)
    engine.wait()
    killed = time.monotonic()
    tmux.wait_for("press E to take over")
    assert time.monotonic() - killed < 5  # two seconds, and what a loaded machine adds
    tmux.keys("E")
    tmux.wait_for("─ No engine")
    tmux.keys("Enter")
    tmux.wait_for("engine running")
    tmux.wait_until_gone("press E to take over")
    (stage.folder / "open").touch()
    tmux.wait_for("✖ failed    patient")
    ended = stage.ended("patient")
    assert (ended.id, ended.outcome, ended.return_code) == (run.id, Outcome.FAILED, 7)
    tmux.leave()
    tmux.wait_for("left with 0")


def test_another_engine_takes_over_when_the_console_leaves(stage: Stage) -> None:
    stage.jobs(JOBS)
    tmux = stage.tmux()
    engine = stage.start("--headless")
    engine.shows("standing by")
    second = stage.pid
    tmux.keys("k", "r")
    tmux.wait_for("begun")
    tmux.keys("q")
    tmux.wait_for("Leave them running")
    tmux.keys("l")
    tmux.wait_for("left with 0")
    engine.shows("engine started")
    assert not is_alive(second)
    (stage.folder / "open").touch()
    assert stage.ended("patient").return_code == 7
    assert engine.leave() == 0


def test_a_console_killed_outright_leaves_its_run_to_the_next(stage: Stage) -> None:
    stage.jobs(JOBS)
    tmux = stage.tmux()
    tmux.keys("k", "r")
    run = stage.running("patient")
    os.kill(stage.pid, signal.SIGKILL)
    tmux.wait_for("left with 137")
    assert is_alive(pid_of(run))
    tmux.close()
    tmux = stage.tmux()
    tmux.wait_for("▶ running   patient")
    (stage.folder / "open").touch()
    tmux.wait_for("✖ failed    patient")
    assert stage.ended("patient").return_code == 7
    tmux.leave()
    tmux.wait_for("left with 0")
