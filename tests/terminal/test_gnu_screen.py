"""The same day in GNU screen: eighty columns, sixteen colours, one pane at a time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Outcome

if TYPE_CHECKING:
    from tests.terminal.conftest import Stage

pytestmark = pytest.mark.usefixtures("_screen")

JOBS = """
[[job]]
name = "hello"
command = "sh"
argv = ["-c", "echo from stdout; echo from stderr >&2; exit 3"]
schedule_type = "daily"
daily_time = "04:00"
"""
ADDED = """
[[job]]
name = "newcomer"
command = "true"
schedule_type = "daily"
daily_time = "06:00"
"""


def test_start_run_watch_disable_reload_quit(stage: Stage) -> None:
    stage.jobs(JOBS)
    screen = stage.gnu_screen()
    screen.wait_for(lambda shown: "hello" in shown and "running" in shown)
    screen.keys("k", "r")
    assert stage.ended("hello").outcome == Outcome.FAILED
    screen.wait_for(lambda shown: re.search("failed +hello", shown))
    screen.keys("2")
    screen.wait_for(lambda shown: "from stdout" in shown and "from stderr" in shown)
    screen.keys("1")
    screen.wait_for("daily 04:00")

    screen.keys("d")
    screen.wait_for("no slot starts")
    screen.keys("Enter")
    screen.wait_for(lambda shown: re.search("disabled +hello", shown))
    screen.keys("d")
    screen.wait_for("Enable hello?")
    screen.keys("Enter")
    screen.wait_for(lambda shown: re.search("failed +hello", shown))

    with stage.config.open("a", encoding="utf-8") as file:
        file.write(ADDED)
    screen.wait_for("newcomer")

    screen.leave()
    shown = screen.wait_for("left with 0")
    assert "daily 04:00" not in shown, "the console stands around the prompt no longer"
    assert " icanon" in screen.wait_for("icanon")
    assert "-echo " not in shown
    stage.assert_true_registry()
