"""Leaving: what becomes of the scheduler, and of a run that is under way; and what is said of it afterwards."""

from __future__ import annotations

import os
import re
import signal
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Outcome, RunState
from tests.support.processes import is_alive, pid_of, wait_until

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
    tmux.keys("k", "r")
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
    assert run.reference is not None
    assert not is_alive(pid_of(run))


def test_escape_stays(stage: Stage) -> None:
    tmux = asked(stage)
    tmux.keys("Escape")
    tmux.wait_until_gone("Leave them running")
    assert "engine running" in tmux.screen()
    (stage.folder / "open").touch()
    tmux.wait_for("through")
    tmux.leave()
    tmux.wait_for("left with 0")


def test_a_run_that_is_left_lives_on_and_the_next_start_shows_its_output_and_true_end(stage: Stage) -> None:
    tmux = asked(stage)
    run = stage.running("patient")
    assert run.reference is not None
    tmux.keys("l")
    tmux.wait_for("left with 0")
    assert is_alive(pid_of(run))
    assert stage.runs()[0].state == RunState.RUNNING
    tmux.close()

    tmux = stage.tmux()
    tmux.wait_for(lambda screen: "▶ running   patient" in screen and "begun" in screen)
    (stage.folder / "open").touch()
    tmux.wait_for("through")
    tmux.wait_for("✖ failed    patient")
    run = stage.ended("patient")
    assert (run.id, run.outcome, run.return_code) == (1, Outcome.FAILED, 7)
    tmux.leave()
    tmux.wait_for("left with 0")


OFTEN = """
[[job]]
name = "often"
command = "true"
schedule_type = "interval"
interval_seconds = 1
"""


def test_ctrl_c_and_q_end_no_scheduler_unasked_and_a_line_says_that_it_has_ended(stage: Stage) -> None:
    stage.jobs(JOBS)
    tmux = stage.tmux()
    tmux.keys("q")
    tmux.wait_for(lambda screen: "The scheduler ends with this console" in screen and "next: patient in" in screen)
    tmux.keys("q")
    tmux.keys("Escape")
    tmux.wait_until_gone("The scheduler ends")
    tmux.keys("C-c")
    tmux.wait_for("The scheduler ends with this console")
    assert is_alive(stage.pid)
    tmux.keys("e")
    shown = tmux.wait_for("left with 0")
    assert "the scheduler has ended; nothing starts until an engine serves" in shown


def test_scheduling_goes_on_in_the_background_and_no_slot_is_lost(stage: Stage) -> None:
    stage.jobs(OFTEN + JOBS)
    tmux = stage.tmux()
    tmux.wait_for("● ok        often")
    tmux.keys("k", "G", "r")
    run = stage.running("patient")
    tmux.keys("q")
    tmux.wait_for("Keep scheduling in the background")
    tmux.keys("b")
    shown = tmux.wait_for("left with 0")
    told = re.search(r"scheduling goes on in the background \(pid (\d+)\)", shown)
    assert told, shown
    successor = int(told.group(1))
    try:
        assert is_alive(successor)
        assert f"headless, pid {successor}" in stage.run("status").out
        before = len(stage.runs("often"))
        wait_until(lambda: len(stage.runs("often")) > before + 1, "slots that the headless engine starts")
        slots = [each.scheduled_for for each in stage.runs("often") if each.scheduled_for is not None]
        assert {later - slot for slot, later in pairwise(slots)} == {timedelta(seconds=1)}
        (stage.folder / "open").touch()
        ended = stage.ended("patient")
        assert (ended.id, ended.outcome, ended.return_code) == (run.id, Outcome.FAILED, 7)
        tmux.close()

        tmux = stage.tmux(stage.then_shown())
        tmux.wait_for(f"attached to pid {successor}")
        tmux.keys("q")
        tmux.wait_for("left with 0")
        assert f"scheduling goes on: pid {successor} serves" in tmux.screen()
    finally:
        os.kill(successor, signal.SIGTERM)
        wait_until(lambda: not is_alive(successor), "the end of the headless engine")


def test_a_console_whose_jobs_file_is_rejected_cannot_hand_over_and_goes_on(stage: Stage) -> None:
    stage.jobs(JOBS)
    tmux = stage.tmux()
    stage.config.write_text("[[job]\n", encoding="utf-8")
    tmux.wait_for("jobs file rejected")
    tmux.keys("q")
    tmux.wait_for("Keep scheduling")
    tmux.keys("b")
    tmux.wait_for("no headless engine takes over")
    assert "engine running" in tmux.screen()
    tmux.leave()
    tmux.wait_for("left with 0")
