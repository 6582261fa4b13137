"""The sign of life of an engine that serves: the time of its lock's file, and in it what keeps it from recording.

Not in the registry, which may be what does not work. Who may look can see the time; only the owner can read the words.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

from peak_console.model.terms import LOCK
from peak_console.store.directory import is_mounted_read_only, not_writable
from peak_console.store.locks import locks_held
from peak_console.values import dataclass

_SILENT = "the engine has given no sign of life"
_HANGS = ": it hangs, or its disk does; see its log"
SILENT_SECONDS = 30.0
"""An engine that works gives a sign every ten seconds."""


@dataclass(frozen=True, slots=True)
class Signs:
    """The last sign of life of the engine that serves a state directory."""

    at: datetime
    trouble: str = ""
    """What keeps it from recording anything, and since when, in a sentence."""
    disk: str = ""
    """Why its disk takes nothing, not even signs of life."""

    def complaint(self, now: datetime) -> str:
        """What is wrong with an engine that gives these signs; empty while nothing is."""
        silent = (now - self.at).total_seconds()
        if silent <= SILENT_SECONDS or self.disk:
            return self._nothing_recorded(silent)
        from peak_console.text import duration

        return f"{_SILENT} for {duration(silent)}{_HANGS}"

    def standing_complaint(self, now: datetime) -> str:
        """The same in words that do not change from second to second."""
        silent = (now - self.at).total_seconds()
        return self._nothing_recorded(silent) if silent <= SILENT_SECONDS or self.disk else f"{_SILENT}{_HANGS}"

    def _nothing_recorded(self, silent: float) -> str:
        why = self.disk if silent > SILENT_SECONDS and self.disk else self.trouble
        return f"the engine can record nothing, and starts nothing: {why}" if why else ""


def signs_of_life(directory: str, lock: str = LOCK) -> Signs | None:
    """Of the engine that holds a lock; ``None`` where there is none to be seen."""
    path = os.path.join(directory, lock)
    disk = f"{directory} {'; '.join(not_writable(directory))}" if is_mounted_read_only(directory) else ""
    try:
        at = datetime.fromtimestamp(os.stat(path).st_mtime, UTC)
    except OSError:
        return None
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return Signs(at, file.read(4096).partition("\n")[2].strip(), disk)
    except OSError:
        return Signs(at, disk=disk)


def complaints(directory: str, now: datetime) -> list[tuple[str, datetime]]:
    """What is wrong with each engine that serves a directory, in words that stand, and its last sign of life."""
    found = [signs_of_life(directory, lock) for lock in locks_held(directory)]
    return [(words, signs.at) for signs in found if signs is not None and (words := signs.standing_complaint(now))]
