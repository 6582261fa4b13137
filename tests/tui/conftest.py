"""The console as nobody has set it up: no configuration, no memory, no editor, no multiplexer around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from tests.tui.console import running, three_jobs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.tui.console import Console


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the console keeps what is its own, empty for each test."""
    home: Path = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "PEAK_CONSOLE_CONFIG", "EDITOR", "VISUAL", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture(autouse=True)
def _no_blinking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture of a cursor is the same whenever it is taken."""
    monkeypatch.setattr(Input, "_toggle_cursor", lambda _input: None)


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    """The console on three jobs."""
    async with running(three_jobs(tmp_path)) as console:
        yield console
