"""A working day in tmux: run, watch, disable, filter, reload, mend, look closer, leave."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Outcome

if TYPE_CHECKING:
    from tests.terminal.conftest import Stage

pytestmark = pytest.mark.usefixtures("_tmux")

JOBS = """
[[job]]
name = "hello"
command = "sh"
argv = ["-c", "echo from stdout; echo from stderr >&2; exit 3"]
schedule_type = "daily"
daily_time = "04:00"
tags = ["greeting"]

[[job]]
name = "patient"
command = "sh"
argv = ["-c", "echo $((6 * 7)) so far; until [ -e {folder}/open ]; do sleep 0.05; done; echo through; exit 7"]
schedule_type = "daily"
daily_time = "05:00"
"""
ADDED = """
[[job]]
name = "newcomer"
command = "true"
schedule_type = "daily"
daily_time = "06:00"
"""


def table(screen: str) -> str:
    """The part of a wide screen that shows the jobs."""
    return "\n".join(line[:92] for line in screen.partition("2 Output")[0].splitlines()[2:])


def test_a_job_is_run_watched_disabled_and_enabled(stage: Stage) -> None:
    stage.jobs(JOBS)
    tmux = stage.tmux()
    assert "daily 05:00" in tmux.wait_for("patient")
    tmux.keys("k", "r")
    tmux.wait_for(lambda screen: "from stdout" in screen and "from stderr" in screen)
    assert stage.ended("hello").return_code == 3
    tmux.wait_for("✖ failed    hello")

    tmux.keys("d")
    tmux.wait_for("no slot starts")
    tmux.keys("Enter")
    tmux.wait_for("‖ disabled  hello")
    tmux.keys("d")
    tmux.wait_for("─ Enable")
    tmux.keys("Enter")
    tmux.wait_for("✖ failed    hello")

    tmux.keys("/")
    tmux.type("pat")
    tmux.wait_for(lambda screen: "hello" not in table(screen))
    tmux.keys("Enter")
    tmux.keys("k", "r")
    tmux.wait_for("42 so far")
    (stage.folder / "open").touch()
    tmux.wait_for("through")
    assert stage.ended("patient").return_code == 7

    tmux.keys("Enter")
    tmux.wait_for(lambda screen: "─ Environment" in screen and "through; exit 7" in screen)
    tmux.keys("Escape")
    tmux.wait_until_gone("─ Environment")
    tmux.leave("C-c")
    assert "left with 0" in tmux.wait_for("left with")
    assert tmux.is_plain
    stage.assert_true_registry()
    assert [run.outcome for run in stage.runs()] == [Outcome.FAILED, Outcome.FAILED]


def test_a_save_is_live_and_a_broken_one_shows_where_until_it_is_mended(stage: Stage) -> None:
    stage.jobs(JOBS)
    tmux = stage.tmux()
    good = stage.config.read_text(encoding="utf-8")
    stage.config.write_text(good + ADDED, encoding="utf-8")
    tmux.wait_for(lambda screen: "newcomer" in table(screen))
    tmux.wait_for("Added: newcomer")

    broken = stage.folder / "broken.toml"
    broken.write_text(good + '\n[[job]]\nname = "x"\nschedule_type = "hourly"\n', encoding="utf-8")
    os.replace(broken, stage.config)
    line = good.count("\n") + 4
    shown = tmux.wait_for("jobs file rejected")
    assert f"jobs.toml:{line}:1:" in shown.replace("\n", "")
    assert "newcomer" in table(shown)
    tmux.keys("k", "r")
    assert stage.ended("hello").return_code == 3  # what was loaded before goes on

    stage.config.write_text(good, encoding="utf-8")
    tmux.wait_until_gone("jobs file rejected")
    tmux.wait_for(lambda screen: "newcomer" not in table(screen))
    tmux.leave()
    tmux.wait_for("left with 0")
