"""A terminal that changes its size all the time, down to a single cell, while a job prints."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.processes import is_alive

if TYPE_CHECKING:
    from tests.support.terminal import Tmux
    from tests.terminal.conftest import Stage

pytestmark = pytest.mark.usefixtures("_tmux")

JOBS = """
[[job]]
name = "printer"
command = "sh"
argv = ["-c", "until [ -e {folder}/open ]; do seq 200; sleep 0.01; done; echo the last line"]
schedule_type = "daily"
daily_time = "05:00"
"""
SIZES = [(60, 15), (200, 60), (80, 24), (119, 35), (1, 1), (120, 36), (2, 50), (150, 2), (61, 16), (199, 59)]


def printing(stage: Stage) -> Tmux:
    stage.jobs(JOBS)
    tmux = stage.tmux()
    tmux.keys("k", "r")
    stage.running("printer")
    return tmux


def test_a_storm_of_sizes_leaves_the_right_screen(stage: Stage) -> None:
    stage.environment(COLUMNS="33", LINES="7")  # what somebody has exported is not how large the terminal is
    tmux = printing(stage)
    for _ in range(4):
        for width, height in SIZES:
            tmux.resize(width, height)
    assert is_alive(stage.pid)
    tmux.resize(140, 42)
    (stage.folder / "open").touch()
    stage.ended("printer")

    def is_right(screen: str) -> bool:
        lines = screen.splitlines()
        return (
            "● ok" in screen
            and "the last line" in screen
            and lines[0].startswith(" PEAK CONSOLE")
            and lines[2].startswith("╭─ 1 Jobs")
            and len(lines[2]) == 140
            and "Quit" in lines[41]
            and all(text in screen for text in ("2 Output", "3 Upcoming", "4 Alerts"))
        )

    tmux.wait_for(is_right)

    tmux.resize(80, 24)
    shown = tmux.wait_for(lambda screen: "─ 3 Upcoming" not in screen and "Quit" in screen.splitlines()[23])
    assert "printer" in shown
    assert max(map(len, shown.splitlines())) <= 80
    tmux.leave()
    tmux.wait_for("left with 0")
    assert tmux.is_plain


@pytest.mark.parametrize(("width", "height"), [(1, 1), (20, 3)])
def test_every_pane_and_dialog_endures_a_tiny_terminal(stage: Stage, width: int, height: int) -> None:
    tmux = printing(stage)
    tmux.resize(width, height)
    for key in ("2", "3", "4", "1", "?", "Escape", "d", "Escape", "H", "Escape", "R", "Escape", "x", "Escape",
                "t", "Escape", "/", "Escape", "s", "Enter", "Escape", "C-p", "Escape"):  # fmt: skip
        tmux.keys(key)
    tmux.resize(140, 42)
    tmux.wait_for("1 Jobs")
    assert is_alive(stage.pid)
    (stage.folder / "open").touch()
    os.kill(stage.pid, 15)
    tmux.wait_for("left with 143")
