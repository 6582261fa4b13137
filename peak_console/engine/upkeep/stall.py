"""A watch over the engine's own thread: it says when that thread hangs in a file system that does not answer.

The engine cannot say so itself, and its registry may lie on that very file system.
"""

from __future__ import annotations

from threading import Event, Thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_SECONDS = 10.0
LOOKS = 3
"""How many looks in a row find no turn of the engine before it is said: a machine that was asleep costs one look."""


class StallWatch:
    """Counts the engine's turns, and tells ``tell`` once when they stop for 30 s, and once when they go on.

    A turn takes at most some seconds, as the engine sleeps no longer. ``tell`` is called in the watch's own thread.
    """

    def __init__(self, directory: str, tell: Callable[[str, str], None], *, look_seconds: float = LOOK_SECONDS) -> None:
        """``tell`` takes a level and a sentence."""
        self._directory = directory
        self._tell = tell
        self._look_seconds = look_seconds
        self._turns = 0
        self._leaving = Event()
        self._thread = Thread(target=self._watch, name="stall watch", daemon=True)

    def start(self) -> None:
        """Begin to look. Where there is no room for another thread the engine goes on without the watch."""
        try:
            self._thread.start()
        except RuntimeError:
            self._leaving.set()

    def stop(self) -> None:
        """End the watch; without effect when it has ended."""
        self._leaving.set()

    def count_turn(self) -> None:
        """The engine has done everything that was due. Called in the engine's thread."""
        self._turns += 1

    def _watch(self) -> None:
        seen, looks_in_vain = self._turns, 0
        while not self._leaving.wait(self._look_seconds):
            turns = self._turns
            if turns == seen:
                looks_in_vain += 1
                if looks_in_vain == LOOKS:
                    self._tell("critical", self._stalled())
                continue
            if looks_in_vain >= LOOKS:
                self._tell("info", f"the engine works again after {looks_in_vain * self._look_seconds:.0f} s or more")
            seen, looks_in_vain = turns, 0

    def _stalled(self) -> str:
        return (
            f"the engine has hung for {LOOKS * self._look_seconds:.0f} s and starts nothing, runs under way go on: see"
            f" whether the file system of {self._directory} answers"
        )
