"""A terminal that takes nothing more, as after Ctrl+S or a line that died: jobs go on, and the program can be ended."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from peak_console.model.records import Outcome
from tests.support.processes import is_alive, pid_of, wait_until

if TYPE_CHECKING:
    from tests.support.terminal import Pty
    from tests.terminal.conftest import Stage

JOBS = """
[[job]]
name = "chatty"
command = "sh"
argv = ["-c", "until [ -e {folder}/open ]; do seq 1000; done; echo through; exit 7"]
schedule_type = "daily"
daily_time = "05:00"
max_output_bytes = 1000000

[[job]]
name = "clock"
command = "true"
schedule_type = "interval"
interval_seconds = 1
"""


def stalled(stage: Stage) -> Pty:
    """A console that waits for its terminal to take what it writes."""
    stage.jobs(JOBS)
    pty = stage.pty()
    stage.serves()
    pty.wait_for(b"running")
    pty.keys("/chatty\r")
    pty.wait_for(b"1 of 2")
    pty.keys("kr")
    stage.running("chatty")
    pty.stall()
    pty.keys("tt\x1b[27u" * 50)  # something to paint
    wait_until(lambda: pty.is_full, "the terminal's buffer to be full")
    return pty


def test_slots_are_served_while_nobody_reads_the_terminal(stage: Stage) -> None:
    pty = stalled(stage)
    runs = len(stage.runs("clock"))
    wait_until(lambda: len(stage.runs("clock")) >= runs + 2, "two more runs")
    pty.go_on()
    (stage.folder / "open").touch()
    assert stage.ended("chatty").return_code == 7
    pty.wait_for(b"failed")
    pty.process.send_signal(signal.SIGTERM)
    assert pty.process.wait(20) == 143
    assert pty.is_cooked


def test_sigterm_ends_it_and_waits_for_the_run(stage: Stage) -> None:
    pty = stalled(stage)
    pty.process.send_signal(signal.SIGTERM)
    wait_until(stage.has_heard, "the signal to be heard")
    assert is_alive(pid_of(stage.running("chatty")))
    (stage.folder / "open").touch()
    began = time.monotonic()
    assert pty.process.wait(20) == 143
    assert time.monotonic() - began < 10
    assert pty.is_cooked
    run = stage.ended("chatty")
    assert (run.outcome, run.return_code) == (Outcome.FAILED, 7)
    stage.assert_true_registry()


def test_a_second_sigterm_stops_the_run(stage: Stage) -> None:
    pty = stalled(stage)
    pty.process.send_signal(signal.SIGTERM)
    wait_until(stage.has_heard, "the signal to be heard")
    pty.process.send_signal(signal.SIGTERM)
    assert pty.process.wait(20) == 143
    assert stage.ended("chatty").outcome == Outcome.STOPPED


def test_a_terminal_that_comes_back_is_restored(stage: Stage) -> None:
    pty = stalled(stage)
    pty.process.send_signal(signal.SIGTERM)
    wait_until(lambda: pty.is_cooked, "the terminal's modes")  # it has been given up
    pty.go_on()
    pty.wait_for(b"\x1b[?1049l")
    (stage.folder / "open").touch()
    assert pty.process.wait(20) == 143
    assert pty.written.rpartition(b"\x1b[?25")[2][:1] == b"h"
