"""Decides when the bell rings. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.model.records import Level

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from peak_console.model.records import Alert


class CriticalWatch:
    """Compares each alert log with the one before it."""

    def __init__(self) -> None:
        self._log: Sequence[Alert] | None = None
        """The log that was compared last; ``None`` before the first one."""
        self._seen: Mapping[int, tuple[str, datetime]] = {}
        """Level of each of its alerts, and when its channels were told last, by id."""
        self._newest = 0
        """The highest id of an alert that has been in any log."""

    def start_over(self) -> None:
        """The next log is that of another registry, whose ids begin again: all that is in it is new."""
        self._log, self._seen, self._newest = (), {}, 0

    def has_news(self, log: Sequence[Alert]) -> bool:
        """Whether an open critical alert is new, told again, or was less than critical before.

        Nothing is news in the first log, nor is an old alert that an earlier log was too short for.
        """
        if log is self._log:
            return False
        is_first, before, newest = self._log is None, self._seen, self._newest
        self._log = log
        self._seen = {alert.id: (alert.level, alert.told_at or alert.timestamp) for alert in log}
        self._newest = max([newest, *self._seen])
        return not is_first and any(
            before[alert.id] != self._seen[alert.id] if alert.id in before else alert.id > newest
            for alert in log
            if alert.level == Level.CRITICAL and alert.is_open
        )
