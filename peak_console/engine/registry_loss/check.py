"""Checks the whole registry for damage from time to time: many of its rows are not read for weeks."""

from __future__ import annotations

import threading

from peak_console.errors import DamagedError
from peak_console.store.repair.damage import looks_sound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from peak_console.clock import Clock

FIRST_SECONDS = 10.0
"""How many seconds after its start an engine first checks its registry."""
EVERY_SECONDS = 60.0
SHARE = 1000
"""The registry is looked through no longer than this part of the time."""


class RegistryCheck:
    """Checks the registry for damage in a thread of its own."""

    def __init__(self, directory: str, clock: Clock, on_damage: Callable[[], None]) -> None:
        """``on_damage`` is called in the thread that has found damage."""
        self._directory = directory
        self._clock = clock
        self._on_damage = on_damage
        self._damaged = False
        self._thread: threading.Thread | None = None
        self._next_at = self._clock.monotonic() + FIRST_SECONDS

    def work(self) -> None:
        """Begin a look if it is time for one. Raises ``DamagedError`` once one has found damage."""
        if self._damaged:
            self._damaged = False
            raise DamagedError(
                f"{self._directory}: the registry was found to be damaged; an engine that starts sets it aside"
            )
        if self._clock.monotonic() < self._next_at or (self._thread is not None and self._thread.is_alive()):
            return
        thread = threading.Thread(target=self._look, name="registry-check", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the machine has no room for it now
            self._next_at = self._clock.monotonic() + EVERY_SECONDS
        else:
            self._thread = thread

    def _look(self) -> None:
        began = self._clock.monotonic()
        sound = looks_sound(self._directory)
        self._next_at = began + max(EVERY_SECONDS, (self._clock.monotonic() - began) * SHARE)
        if not sound:
            self._damaged = True
            self._on_damage()
