"""However the console ends, the terminal is as it was, runs are waited for, and the registry tells the truth."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Outcome
from tests.support.processes import is_alive, wait_until

if TYPE_CHECKING:
    from tests.support.terminal import Tmux
    from tests.terminal.conftest import Stage

JOBS = """
[[job]]
name = "patient"
command = "sh"
argv = ["-c", "echo begun; until [ -e {folder}/open ]; do sleep 0.05; done; echo through; exit 7"]
schedule_type = "daily"
daily_time = "05:00"
"""
CRASH = """
import sys
from peak_console import cli
from peak_console.tui.app.console import ConsoleApp

def crash(self):
    secret = "hidden-by-nobody"
    raise RuntimeError("the \\x1b]2;title\\x07 of [/] all errors")

ConsoleApp.action_help = crash
sys.exit(cli.main())
"""

EARLY = """
import os, signal, sys
from peak_console import cli
from peak_console.tui.app import console as app
from peak_console.tui.state import own_engine, session
from peak_console.tui.terminal import tty as terminal

where, name, method = os.environ["SIGNAL_BEFORE"].split(".")
owner = getattr(globals()[where], name)
real = getattr(owner, method)

def signalled(self, *arguments):
    os.kill(os.getpid(), signal.SIGTERM)
    return real(self, *arguments)

setattr(owner, method, signalled)
sys.exit(cli.main())
"""


def opened(stage: Stage) -> Tmux:
    stage.jobs(JOBS)
    return stage.tmux()


def busy(stage: Stage) -> Tmux:
    """A console with a run under way."""
    tmux = opened(stage)
    tmux.keys("k", "r")
    stage.running("patient")
    tmux.wait_for("begun")
    return tmux


def assert_restored(tmux: Tmux, code: int) -> None:
    """The shell has the terminal back as it gave it, and the exit code."""
    shown = tmux.wait_for("extproc")  # the last word of stty
    assert f"left with {code}" in shown
    assert tmux.is_plain
    modes = shown.replace("\n", " ").replace(";", " ").split()
    for mode in ("icanon", "echo", "isig", "icrnl", "ixon", "opost"):
        assert mode in modes


@pytest.mark.usefixtures("_tmux")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["int", "term", "hup"]
)
def test_a_signal_restores_the_terminal(stage: Stage, number: int, code: int) -> None:
    tmux = opened(stage)
    os.kill(stage.pid, number)
    assert_restored(tmux, code)


@pytest.mark.usefixtures("_tmux")
def test_ctrl_c_leaves_as_q_does(stage: Stage) -> None:
    tmux = opened(stage)
    tmux.leave("C-c")
    assert_restored(tmux, 0)


@pytest.mark.usefixtures("_tmux")
def test_a_run_is_waited_for_after_sigterm(stage: Stage) -> None:
    tmux = busy(stage)
    os.kill(stage.pid, signal.SIGTERM)
    tmux.wait_for("waiting for patient #1")
    assert tmux.is_plain
    os.kill(stage.pid, signal.SIGHUP)  # what a session manager sends next is no reason to stop the run
    (stage.folder / "open").touch()
    assert_restored(tmux, 143)
    run = stage.ended("patient")
    assert (run.outcome, run.return_code) == (Outcome.FAILED, 7)


@pytest.mark.usefixtures("_tmux")
def test_a_second_sigterm_stops_the_run(stage: Stage) -> None:
    tmux = busy(stage)
    os.kill(stage.pid, signal.SIGTERM)
    tmux.wait_for("waiting for patient #1")
    os.kill(stage.pid, signal.SIGTERM)
    assert_restored(tmux, 143)
    assert stage.ended("patient").outcome == Outcome.STOPPED


@pytest.mark.usefixtures("_tmux")
def test_a_run_is_waited_for_when_the_pane_is_killed(stage: Stage) -> None:
    tmux = busy(stage)
    console = stage.pid
    tmux.kill_pane()
    wait_until(lambda: tmux.is_gone, "the end of tmux")
    assert is_alive(console)
    (stage.folder / "open").touch()
    stage.gone(console)
    run = stage.ended("patient")
    assert (run.outcome, run.return_code) == (Outcome.FAILED, 7)


@pytest.mark.usefixtures("_tmux")
def test_a_crash_of_the_screen_says_so_without_secrets_and_waits_for_the_run(stage: Stage) -> None:
    stage.jobs(JOBS)
    (stage.folder / "crash.py").write_text(CRASH, encoding="utf-8")
    words = stage.then_shown()
    start = words.index(sys.executable)
    words[start + 1 : start + 3] = ["crash.py"]
    tmux = stage.tmux(words)
    tmux.wait_for("engine running")
    assert tmux.ask("#{pane_title}") == "jobs.toml"
    tmux.keys("k", "r")
    stage.running("patient")
    tmux.wait_for("begun")
    tmux.keys("?")
    tmux.wait_for("waiting for patient #1")
    (stage.folder / "open").touch()
    assert_restored(tmux, 1)
    shown = tmux.screen()
    assert "of [/] all errors" in shown
    assert "hidden-by-nobody" not in shown.replace('secret = "hidden-by-nobody"', "")
    assert tmux.ask("#{pane_title}") == tmux.ask("#{host}")  # as it was before
    assert stage.ended("patient").return_code == 7


@pytest.mark.usefixtures("_tmux")
def test_sigterm_while_an_editor_has_the_terminal_ends_both(stage: Stage) -> None:
    stage.jobs(JOBS)
    editor = stage.folder / "editor"
    editor.write_text('#!/bin/sh\nstty -echo -icanon\necho "editing at $1 of $2"\nexec sleep 1000\n', encoding="ascii")
    editor.chmod(0o755)
    stage.environment(EDITOR=str(editor))
    tmux = stage.tmux()
    tmux.keys("e")
    tmux.wait_for("editing at +4 of")
    assert tmux.is_plain
    tmux.keys("C-c")  # the editor's, were it not asleep
    tmux.wait_for("engine running")
    tmux.keys("e")
    tmux.wait_for("editing at +4 of")
    os.kill(stage.pid, signal.SIGTERM)
    assert_restored(tmux, 143)


@pytest.mark.usefixtures("_tmux")
def test_without_an_editor_the_screen_comes_back_and_says_so(stage: Stage) -> None:
    stage.jobs(JOBS)
    stage.environment(EDITOR="/nowhere/editor")
    tmux = stage.tmux()
    tmux.keys("e")
    tmux.wait_for("the editor cannot be started")
    tmux.leave()
    assert_restored(tmux, 0)


def test_a_hangup_ends_the_program_with_its_code(stage: Stage) -> None:
    stage.jobs(JOBS)
    pty = stage.pty()
    stage.serves()
    pty.hang_up()
    assert pty.process.wait(20) == 129


def test_a_hangup_waits_for_the_run_and_takes_no_time(stage: Stage) -> None:
    stage.jobs(JOBS)
    pty = stage.pty()
    stage.serves()
    pty.wait_for(b"running")
    pty.keys("kr")
    stage.running("patient")
    threads = stage.threads()
    pty.hang_up()
    wait_until(lambda: stage.threads() <= threads - 2, "the end of those who read and write the terminal")
    before, until = stage.cpu_seconds(), time.monotonic() + 1
    wait_until(lambda: time.monotonic() > until, "a second")
    assert stage.cpu_seconds() - before < 0.3
    (stage.folder / "open").touch()
    assert pty.process.wait(20) == 129
    assert stage.ended("patient").return_code == 7


@pytest.mark.parametrize("moment", ["terminal.TerminalDriver.start_application_mode", "app.ConsoleApp.on_mount",
                                    "session.EngineSession.start", "own_engine.OwnEngine._run"])  # fmt: skip
def test_a_signal_at_any_moment_of_the_start_ends_it_and_restores_the_terminal(stage: Stage, moment: str) -> None:
    stage.jobs(JOBS)
    (stage.folder / "early.py").write_text(EARLY, encoding="utf-8")
    words = stage.console()
    start = words.index(sys.executable)
    words[start + 1 : start + 3] = ["early.py"]
    stage.environment(SIGNAL_BEFORE=moment)
    pty = stage.pty(words)
    assert pty.process.wait(20) == 143
    assert pty.is_cooked
    assert pty.written.count(b"\x1b[?1049h") == pty.written.count(b"\x1b[?1049l")
