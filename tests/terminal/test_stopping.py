"""Stopped and continued: by Ctrl+Z, by signals, with an editor open; and continued without having been stopped."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.support.processes import wait_until

if TYPE_CHECKING:
    from tests.support.terminal import Tmux
    from tests.terminal.conftest import Stage

pytestmark = pytest.mark.usefixtures("_tmux")

JOBS = """
[[job]]
name = "hello"
command = "sh"
argv = ["-c", "echo from stdout; sleep 1; echo and later"]
schedule_type = "daily"
daily_time = "04:00"
"""


def in_a_shell(stage: Stage, **environ: str) -> Tmux:
    """The console as a job of an interactive shell."""
    stage.jobs(JOBS)
    stage.environment(PS1="shell> ", **environ)
    tmux = stage.tmux(["/bin/sh", "-i"])
    tmux.wait_for("shell>")
    words = " ".join(f"'{word}'" for word in stage.console())
    tmux.type(words)
    tmux.keys("Enter")
    tmux.wait_for("engine running")
    stage.serves()
    return tmux


def is_stopped(pid: int) -> bool:
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rpartition(")")[2].split()[0] == "T"


def test_ctrl_z_gives_the_terminal_back_and_fg_brings_the_screen(stage: Stage) -> None:
    tmux = in_a_shell(stage)
    before = stage.threads()
    for _ in range(3):
        tmux.keys("C-z")
        tmux.wait_for("nothing starts until fg")
        wait_until(lambda: is_stopped(stage.pid), "the stop")
        tmux.wait_for(lambda screen: screen.rstrip().endswith("shell>"))
        assert tmux.is_plain
        tmux.type("stty -a")
        tmux.keys("Enter")
        assert " icanon" in tmux.wait_for("extproc")
        tmux.type("clear; fg; echo left with $?")
        tmux.keys("Enter")
        tmux.wait_for("engine running")
        assert tmux.ask("#{alternate_on}#{mouse_any_flag}#{cursor_flag}") == "110"
    wait_until(lambda: stage.threads() <= before, "the end of what served the screen before")
    tmux.keys("k", "r")
    tmux.wait_for("and later")
    tmux.wait_for("● ok ")
    assert stage.ended("hello").return_code == 0
    tmux.leave()
    tmux.wait_for("left with 0")


def test_a_run_goes_on_while_the_console_is_stopped_and_its_end_is_true(stage: Stage) -> None:
    tmux = in_a_shell(stage)
    tmux.keys("k", "r")
    run = stage.running("hello")
    os.kill(stage.pid, signal.SIGTSTP)
    wait_until(lambda: is_stopped(stage.pid), "the stop")
    wait_until(lambda: "and later" in stage.output(run.id), "the end of the run")
    tmux.type("fg; echo left with $?")
    tmux.keys("Enter")
    tmux.wait_for("and later")
    tmux.wait_for("● ok ")
    assert stage.ended("hello").return_code == 0
    tmux.leave()
    tmux.wait_for("left with 0")


def test_it_comes_back_after_a_stop_that_nobody_could_prepare_for(stage: Stage) -> None:
    tmux = in_a_shell(stage)
    os.kill(stage.pid, signal.SIGSTOP)
    tmux.wait_for("shell>")
    tmux.type("stty sane; echo scribbled; fg; echo left with $?")
    tmux.keys("C-j")  # the terminal is still as the console had it
    tmux.wait_for(lambda screen: "engine running" in screen and "scribbled" not in screen)
    tmux.keys("k", "r")
    tmux.wait_for("● ok ")
    tmux.leave()
    tmux.wait_for("left with 0")
    assert tmux.is_plain


def test_continued_without_having_been_stopped_it_only_goes_on(stage: Stage) -> None:
    stage.jobs(JOBS)
    tmux = stage.tmux()
    tmux.keys("k", "r")
    tmux.wait_for("● ok ")
    before = stage.threads()
    for _ in range(5):
        os.kill(stage.pid, signal.SIGCONT)
    tmux.keys("k", "r")  # not lost
    tmux.wait_for("hello #2")
    assert stage.ended("hello").id == 2
    wait_until(lambda: stage.threads() <= before, "the end of what read the output")
    tmux.wait_for("● ok ")
    tmux.leave()
    shown = tmux.wait_for("extproc")
    assert "left with 0" in shown
    assert " icanon" in shown
    assert tmux.is_plain


def test_nothing_is_stopped_where_nobody_could_continue_it(stage: Stage) -> None:
    stage.jobs(JOBS)
    pty = stage.pty()
    stage.serves()
    pty.wait_for(b"running")
    pty.keys("\x1a")
    pty.wait_for(b"nothing starts until fg")
    pty.leave()
    assert pty.process.wait(20) == 0
    assert pty.is_cooked


def test_an_editor_that_is_stopped_takes_the_console_along(stage: Stage) -> None:
    editor = stage.folder / "editor"
    editor.write_text("#!/bin/sh\necho editing\nkill -TSTP 0\necho done editing\n", encoding="ascii")
    editor.chmod(0o755)
    tmux = in_a_shell(stage, EDITOR=str(editor))
    tmux.keys("e")
    tmux.wait_for(lambda screen: "editing" in screen and screen.rstrip().endswith("shell>"))
    wait_until(lambda: is_stopped(stage.pid), "the stop")
    tmux.type("fg; echo left with $?")
    tmux.keys("Enter")
    tmux.wait_for("engine running")
    tmux.leave()
    tmux.wait_for("left with 0")
    assert tmux.is_plain
