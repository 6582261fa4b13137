"""A calendar for the jobs of a world: a desk that is open on most days, and closed on a few."""

from __future__ import annotations

from datetime import date, time
from functools import cache
from typing import TYPE_CHECKING

from peak_console.calendars.own import Definition, build

if TYPE_CHECKING:
    from peak_console.schedule.sessions.table import Calendar

DESK_ZONE = "Europe/Berlin"
OPENS, CLOSES = time(0, 15), time(23, 45)
CLOSED = (date(2026, 3, 30), date(2026, 4, 1))
FIRST = date(1970, 1, 1).toordinal()


@cache
def desk() -> Calendar:
    """The calendar as a table of a jobs file makes it."""
    definition = Definition(
        "desk", weekdays=tuple(range(7)), timezone=DESK_ZONE, open=_seconds(OPENS), close=_seconds(CLOSES),
        closed=frozenset(day.toordinal() - FIRST for day in CLOSED), until=date(2026, 12, 31).toordinal() - FIRST,
    )  # fmt: skip
    return build(definition, (), (), date(2026, 3, 28).toordinal() - FIRST)


def _seconds(at: time) -> int:
    return at.hour * 3600 + at.minute * 60
