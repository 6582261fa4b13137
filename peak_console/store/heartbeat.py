"""The sign of life of an engine that serves: the time of its lock's file, and in it what keeps it from recording.

Not in the registry, which may be what does not work. Who may look can see the time; only the owner can read the words.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

from peak_console.model.terms import LOCK
from peak_console.values import dataclass

SILENT_SECONDS = 30.0
"""An engine that works gives a sign every ten seconds."""


@dataclass(frozen=True, slots=True)
class Signs:
    """The last sign of life of whoever serves a state directory."""

    at: datetime
    trouble: str = ""
    """What keeps it from recording anything, and since when, in a sentence."""

    def complaint(self, now: datetime) -> str:
        """What is wrong with an engine that gives these signs; empty while nothing is."""
        silent = (now - self.at).total_seconds()
        if silent > SILENT_SECONDS:
            from peak_console.text import duration

            silence = f"the engine has given no sign of life for {duration(silent)}"
            return f"{silence}: it hangs, or its disk does; see its log"
        return f"the engine can record nothing, and starts nothing: {self.trouble}" if self.trouble else ""


def signs_of_life(directory: str, lock: str = LOCK) -> Signs | None:
    """Of the engine that holds a lock; ``None`` where there is none to be seen."""
    path = os.path.join(directory, lock)
    try:
        at = datetime.fromtimestamp(os.stat(path).st_mtime, UTC)
    except OSError:
        return None
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return Signs(at, file.read(4096).partition("\n")[2].strip())
    except OSError:
        return Signs(at)
