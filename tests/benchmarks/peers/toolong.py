"""Toolong, a viewer of log files in Textual."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks.peers.install import PeerError, python_packages, version_of
from tests.benchmarks.screens.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

HOME, FIND, NEXT = "\x1b[H", "\x06", "\x1b[B"


class Toolong:
    """Begins at the end of the file."""

    def __init__(self, home: Path) -> None:
        self._bin = python_packages(home / "toolong", "toolong")
        self.name = f"Toolong {version_of(home / 'toolong', 'toolong')}"

    def opened(self, file: Path, last: str) -> float:
        """Seconds from its start, as it has no other way to open a file, until the last line. Raises ``PeerError``."""
        with self._terminal(file) as terminal:
            return _in_time(terminal, last)

    def found(self, file: Path, last: str) -> float:
        """Seconds from a key until the next match, which is the last line. Raises ``PeerError``."""
        with self._terminal(file) as terminal:
            _in_time(terminal, last)
            terminal.settle()
            terminal.press(HOME)
            _in_time(terminal, "line 2 ")
            terminal.settle()
            terminal.press(FIND)
            terminal.settle()
            terminal.press(last)
            terminal.settle()
            terminal.press(NEXT)
            return _in_time(terminal, last)

    def _terminal(self, file: Path) -> Terminal:
        return Terminal([str(self._bin / "tl"), str(file)])


def _in_time(terminal: Terminal, text: str) -> float:
    try:
        return terminal.seconds_until(text)
    except RuntimeError as error:
        raise PeerError(f'"{text}" was never painted') from error
