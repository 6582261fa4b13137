"""Leaving while a run is under way: wait for it, stop it, or leave it to the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Outcome, RunState
from tests.support.processes import is_alive

if TYPE_CHECKING:
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


def asked(stage: Stage) -> Tmux:
    """A console with a run, and the question what is to become of it."""
    stage.jobs(JOBS)
    tmux = stage.tmux()
    tmux.keys("r")
    stage.running("patient")
    tmux.wait_for("begun")
    tmux.keys("q")
    tmux.wait_for("Leave them running")
    return tmux


def test_wait_restores_the_terminal_at_once_and_ends_with_the_run(stage: Stage) -> None:
    tmux = asked(stage)
    tmux.keys("w")
    tmux.wait_for("waiting for patient #1; Ctrl+C stops it")
    assert tmux.is_plain
    (stage.folder / "open").touch()
    tmux.wait_for("left with 0")
    run = stage.ended("patient")
    assert (run.outcome, run.return_code) == (Outcome.FAILED, 7)


def test_ctrl_c_while_it_waits_stops_the_run(stage: Stage) -> None:
    tmux = asked(stage)
    tmux.keys("w")
    tmux.wait_for("Ctrl+C stops it")
    tmux.keys("C-c")
    tmux.wait_for("left with 130")
    assert stage.ended("patient").outcome == Outcome.STOPPED


def test_stop_ends_the_run_and_then_the_program(stage: Stage) -> None:
    tmux = asked(stage)
    run = stage.running("patient")
    tmux.keys("s")
    tmux.wait_for("left with 0")
    assert stage.ended("patient").outcome == Outcome.STOPPED
    assert run.pid is not None
    assert not is_alive(run.pid)


def test_escape_stays(stage: Stage) -> None:
    tmux = asked(stage)
    tmux.keys("Escape")
    tmux.wait_until_gone("Leave them running")
    assert "engine running" in tmux.screen()
    (stage.folder / "open").touch()
    tmux.wait_for("through")
    tmux.keys("q")
    tmux.wait_for("left with 0")


def test_a_run_that_is_left_lives_on_and_the_next_start_shows_its_output_and_true_end(stage: Stage) -> None:
    tmux = asked(stage)
    run = stage.running("patient")
    assert run.pid is not None
    tmux.keys("l")
    tmux.wait_for("left with 0")
    assert is_alive(run.pid)
    assert stage.runs()[0].state == RunState.RUNNING
    tmux.close()

    tmux = stage.tmux()
    tmux.wait_for(lambda screen: "▶ running   patient" in screen and "begun" in screen)
    (stage.folder / "open").touch()
    tmux.wait_for("through")
    tmux.wait_for("✖ failed    patient")
    run = stage.ended("patient")
    assert (run.id, run.outcome, run.return_code) == (1, Outcome.FAILED, 7)
    tmux.keys("q")
    tmux.wait_for("left with 0")
