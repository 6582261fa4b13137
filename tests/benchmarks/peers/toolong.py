"""Toolong, a viewer of log files in Textual."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks.console_terminal import Terminal
from tests.benchmarks.peers.install import PeerError, python_packages, version_of

if TYPE_CHECKING:
    from pathlib import Path


class Toolong:
    """Shows the end of a file when it is asked for; it has no other way in than its own start."""

    def __init__(self, home: Path) -> None:
        self._bin = python_packages(home / "toolong", "toolong")
        self.name = f"Toolong {version_of(home / 'toolong', 'toolong')}"

    def opened(self, file: Path, last: str) -> tuple[float, float]:
        """Seconds from its start until the first lines, and from a key until the last ones. Raises ``PeerError``."""
        with Terminal([str(self._bin / "tl"), str(file)]) as terminal:
            try:
                first = terminal.seconds_until("line 1 ")
                terminal.settle(0.3)
                return first, terminal.time_to("G", last)
            except RuntimeError as error:
                raise PeerError(str(error)) from error
