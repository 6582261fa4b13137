"""The jobs file while a console shows it: the definitions in force, and what is wrong with the file."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from peak_console.jobs.watching.watcher import Watcher
from peak_console.tui.state.snapshot import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from peak_console.clock import Clock
    from peak_console.jobs.model import JobSet
    from peak_console.jobs.watching.standing import FileStatus
    from peak_console.tui.state.own_engine import OwnEngine

_PLACE = re.compile(r":(\d+)(?::\d+)?: ")
"""Where a mistake is, in a sentence about it: ``jobs.toml:41:3: error: …``."""


class WatchedJobsFile:
    """Takes up each valid version of the file, here and in our own engine. Its watcher calls it from a thread."""

    def __init__(
        self,
        path: str,
        jobset: JobSet,
        seen: FileStatus | None,
        clock: Clock,
        engine: OwnEngine,
        on_change: Callable[[], None],
    ) -> None:
        """``seen`` is the file's status from before ``jobset`` was read; ``on_change`` is called from any thread."""
        self.path = path
        """As the operator has named it."""
        self.jobset = jobset
        """The definitions in force."""
        self._clock = clock
        self._engine = engine
        self._on_change = on_change
        self._rejection: tuple[str, datetime] | None = None
        self._held_back: tuple[str, datetime] | None = None
        self.watcher = Watcher(
            path, on_jobs=self._take, on_error=self._reject, on_held=self._hold_back, seen=seen, known=jobset
        )

    def _take(self, jobset: JobSet) -> None:
        """Take up a new, valid version."""
        self.jobset, self._rejection = jobset, None
        self._engine.offer(jobset)
        self._on_change()

    def _reject(self, error: str) -> None:
        # The watcher names the file in full; here it is called what the operator has called it.
        self._rejection = (error.replace(os.path.abspath(self.path), self.path), self._clock.now())
        self._engine.reject(error)
        self._on_change()

    def _hold_back(self, why: str) -> None:
        """Note a version that does not count yet, or, with an empty text, that it does."""
        self._held_back = (why, self._clock.now()) if why else None
        self._engine.hold_back(why)
        self._on_change()

    @property
    def error_line(self) -> int | None:
        """The line of the first mistake while the file is rejected, where it is told."""
        found = _PLACE.search(self._rejection[0]) if self._rejection is not None else None
        return int(found[1]) if found else None

    def troubles(self, how_to_accept: str) -> list[Trouble]:
        """What is wrong with the file. ``how_to_accept`` ends the sentence about a version that is held back."""
        found = []
        if self._rejection is not None:
            text, since = self._rejection
            found.append(Trouble(f"jobs file rejected, the jobs loaded before go on: {text}", since))
        if self._held_back is not None:
            text, since = self._held_back
            found.append(Trouble(f"{text}; the jobs loaded before go on{how_to_accept}", since))
        return found
