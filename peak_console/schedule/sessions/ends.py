"""When a calendar's known days end, and whether that is to be told."""

from __future__ import annotations

from datetime import timedelta

from peak_console.schedule.sessions.rule import end_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Final

    from peak_console.schedule.sessions.table import Calendar

WARNING_DAYS: Final = 60
"""So many days before it a warning is raised."""


def ends_soon(calendar: Calendar, now: datetime) -> bool:
    """Whether the end of what is known is so near that it has to be told."""
    return end_of(calendar) - now <= timedelta(WARNING_DAYS)
