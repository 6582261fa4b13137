"""The engine that goes on when a console has left: prepared while the console's own still serves."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from peak_console.errors import StateError

if TYPE_CHECKING:
    from argparse import Namespace

    from peak_console.tui.state.successor import Successor

PREPARING_SECONDS = 30.0
"""How long a headless engine may take until it stands by."""
TAKING_OVER_SECONDS = 10.0
"""How long it may take to serve, once the console's engine has ended."""


class Succession:
    """At most one successor. While it is prepared the console's own engine goes on, so nothing is lost."""

    def __init__(self, options: Namespace, directory: str) -> None:
        self._options = options
        self._directory = directory
        self._successor: Successor | None = None
        self._until = 0.0

    @property
    def is_wanted(self) -> bool:
        """Whether there is a successor, ready or not."""
        return self._successor is not None

    @property
    def pid(self) -> int | None:
        return self._successor.pid if self._successor is not None else None

    def prepare(self) -> None:
        """Start it, unless there is one. Raises ``StateError``."""
        from peak_console.tui.state.successor import Successor

        if self._successor is None:
            self._successor = Successor(self._options, self._directory)
            self._until = time.monotonic() + PREPARING_SECONDS

    def is_ready(self) -> bool:
        """Whether it stands by. Raises ``StateError`` where it will not; then it is dismissed."""
        successor = self._successor
        if successor is None:
            return False
        failure = successor.failure
        if failure is None and successor.is_ready:
            return True
        if failure is None and time.monotonic() > self._until:
            failure = f"it did not stand by within {PREPARING_SECONDS:g} s"
        if failure is not None:
            self.dismiss()
            raise StateError(f"no headless engine takes over, so this one goes on: {failure}")
        return False

    def take_over(self) -> str | None:
        """Wait until it serves, once our own engine has ended; why it does not, ``None`` where it does."""
        successor = self._successor
        if successor is None or successor.wait_until_serving(TAKING_OVER_SECONDS):
            return None
        return successor.failure or f"it did not begin within {TAKING_OVER_SECONDS:g} s"

    def dismiss(self) -> None:
        """End it: the operator has decided otherwise."""
        if self._successor is not None:
            successor, self._successor = self._successor, None
            successor.dismiss()

    def let_go(self) -> None:
        """Leave it alone; without effect where there is none."""
        if self._successor is not None:
            self._successor.let_go()
