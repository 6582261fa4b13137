"""Cells that are painted at once leave the same screen as whole frames do."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.processes import wait_until

if TYPE_CHECKING:
    from tests.support.terminal import Tmux
    from tests.terminal.conftest import Stage

pytestmark = pytest.mark.usefixtures("_tmux")


def test_ticks_and_keys_leave_the_screen_that_a_new_frame_paints(stage: Stage) -> None:
    words = [sys.executable, "-m", "tests.terminal.cells_program", str(stage.folder)]
    tmux = stage.tmux(words)
    first = tmux.wait_for("job 03")
    (stage.folder / "tick").touch()

    ticked = _standing(stage, tmux, "ticked")
    assert _anew(stage, tmux, "ticked") == ticked
    painted = json.loads((stage.folder / "painted").read_text(encoding="utf-8"))
    assert painted.pop("CellsUpdate") >= 40
    assert sum(painted.values()) <= 25, "frames for what moves the table or writes its title, and for nothing else"
    assert tmux.screen() != first

    toasted = _standing(stage, tmux, "toasted")
    assert "lies on whatever" in tmux.screen()
    assert _anew(stage, tmux, "toasted") == toasted
    tmux.kill_pane()


def _anew(stage: Stage, tmux: Tmux, name: str) -> str:
    """The screen once all of it has been painted anew."""
    (stage.folder / f"{name} again").touch()
    screen = _standing(stage, tmux, f"{name} anew")
    (stage.folder / f"{name} seen").touch()
    return screen


def _standing(stage: Stage, tmux: Tmux, name: str) -> str:
    """The screen in its colours, once the program has got so far and the terminal has shown all that it wrote."""
    wait_until((stage.folder / name).exists, name)
    screens = [tmux.coloured()]

    def stands() -> bool:
        screens.append(tmux.coloured())
        return screens[-1] == screens[-2]

    wait_until(stands, "a screen that stands still")
    return screens[-1]
