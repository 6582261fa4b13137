"""Which sessions of a calendar a job wants: the last one of each month, the one of the third Friday, or all.

Nothing is said about a period of which the calendar does not know every day that matters: the last session of a month
that it knows by half might be another one.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from datetime import date
from enum import StrEnum

from peak_console.schedule.model import WEEKDAYS
from peak_console.schedule.sessions.table import NO_BREAK, column_of, day_number, day_ordinal, weekday
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Final, TypeVar

    from peak_console.schedule.sessions.table import Calendar

    Found = TypeVar("Found")

    Period = tuple[int, int, int, int]
    """The first and the last day of a period; the places of its first session and of the one after its last."""


class IfClosed(StrEnum):
    """What becomes of a day on which the calendar is closed."""

    SKIP = "skip"
    BEFORE = "before"
    AFTER = "after"


UNITS: Final = ("week", "month", "quarter", "year")
MOST_IN: Final = {"week": 7, "month": 31, "quarter": 92, "year": 366}
_ORDINALS: Final = ("1", "2", "3", "4", "5", "last")
_SELDOM: Final = 10
"""A weekday on which there are so many times fewer sessions than on others is no trading day."""


@dataclass(frozen=True, slots=True)
class Pick:
    """The ``number``-th session of each period of a ``unit``; or each month's ``number``-th ``weekday``."""

    unit: str
    number: int
    """From 1, or from -1 backwards."""
    weekday: int = -1
    """Monday is 0; only for the unit ``weekday``."""
    if_closed: str = IfClosed.SKIP


def nth_weekday(text: str, if_closed: str) -> Pick:
    """The pick that ``3 fri`` or ``last fri`` names. Raises ``ValueError``."""
    words = text.lower().split()
    if len(words) == 2 and words[0] in _ORDINALS and words[1] in WEEKDAYS:
        number = -1 if words[0] == "last" else int(words[0])
        return Pick("weekday", number, WEEKDAYS.index(words[1]), if_closed)
    raise ValueError


class Sessions:
    """The picked sessions of a calendar, with their columns."""

    __slots__ = ("_columns", "_with_breaks", "_with_hours", "calendar", "places")

    def __init__(self, calendar: Calendar, places: Sequence[int] | None) -> None:
        self.calendar = calendar
        self.places = places
        """Which of the calendar's sessions; ``None`` is all of them."""
        self._columns: dict[str, array[int]] = {}
        self._with_breaks: Sessions | None = None
        self._with_hours: Sessions | None = None

    def column(self, name: str) -> array[int]:
        """A column of the calendar, with the values of the picked sessions."""
        if self.places is None:
            found: array[int] = getattr(self.calendar, name)
            return found
        if name not in self._columns:
            self._columns[name] = column_of(getattr(self.calendar, name), self.places)
        return self._columns[name]

    def with_hours(self) -> Sessions:
        """Those of the sessions that have hours: two exchanges may both be open on a day, and never at once."""
        if self._with_hours is None:
            opens = self.column("opens")
            self._with_hours = self
            if NO_BREAK in opens:
                places = range(len(opens)) if self.places is None else self.places
                timed = array("q", [place for place in places if self.calendar.opens[place] != NO_BREAK])
                self._with_hours = Sessions(self.calendar, timed)
        return self._with_hours

    def with_breaks(self) -> Sessions:
        """Those of the sessions that have a break."""
        if self._with_breaks is None:
            starts = self.calendar.break_starts
            places = range(len(starts)) if self.places is None else self.places
            broken = array("q", [place for place in places if starts[place] != NO_BREAK])
            self._with_breaks = Sessions(self.calendar, broken)
        return self._with_breaks


def kept(calendar: Calendar, key: object, find: Callable[[], Found]) -> Found:
    """What has been found in a calendar before, or is found now."""
    if key not in calendar.kept:
        calendar.kept[key] = find()
    found: Found = calendar.kept[key]
    return found


def picked(calendar: Calendar, pick: Pick | None) -> Sessions:
    """The sessions of a calendar that a job wants; kept for all jobs that want the same."""
    return kept(
        calendar, pick, lambda: Sessions(calendar, None if pick is None else array("q", _places(calendar, pick)))
    )


def _places(calendar: Calendar, pick: Pick) -> Iterator[int]:
    if pick.unit == "weekday":
        yield from sorted(set(_of_weekday(calendar, pick)))
        return
    for first, last, start, end in kept(calendar, ("periods", pick.unit), lambda: list(_periods(calendar, pick.unit))):
        is_known = first >= calendar.first_day if pick.number > 0 else last <= calendar.last_day
        place = start + pick.number - 1 if pick.number > 0 else end + pick.number
        if is_known and start <= place < end:
            yield place


def _periods(calendar: Calendar, unit: str) -> Iterator[Period]:
    """The periods that hold sessions, oldest first."""
    days, place = calendar.days, 0
    week_begins = first_weekday(calendar) if unit == "week" else 0
    while place < len(days):
        first, last = _bounds(days[place], unit, week_begins)
        end = bisect_left(days, last + 1, place)
        yield first, last, place, end
        place = end


def _bounds(day: int, unit: str, week_begins: int) -> tuple[int, int]:
    """The first and the last day of the period that holds a day."""
    if unit == "week":
        first = day - (weekday(day) - week_begins) % 7
        return first, first + 6
    at = date.fromordinal(day_ordinal(day))
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    month = (at.month - 1) // months * months + 1
    year_after, month_after = (at.year + 1, 1) if month + months > 12 else (at.year, month + months)
    return day_number(date(at.year, month, 1).toordinal()), day_number(date(year_after, month_after, 1).toordinal()) - 1


def first_weekday(calendar: Calendar) -> int:
    """The weekday on which a calendar's week begins: the one after its days off; Monday where there are none.

    A day now and then (a Saturday with a session, as exchanges have them for tests) makes no difference.
    """
    counts = [0] * 7
    for day in calendar.days:
        counts[weekday(day)] += 1
    open_days = [count * _SELDOM > max(counts) for count in counts]
    if all(open_days):
        return 0

    # Of several stretches of days off the longest one is the weekend; the latest in the week, if there are two.
    def closed_before(day: int) -> int:
        length = 0
        while not open_days[(day - 1 - length) % 7]:
            length += 1
        return length

    return max(range(7), key=lambda day: (open_days[day], closed_before(day), -day))


def _of_weekday(calendar: Calendar, pick: Pick) -> Iterator[int]:
    days = calendar.days
    for nominal in _nominal_days(calendar, pick):
        place = bisect_left(days, nominal)
        is_open = place < len(days) and days[place] == nominal
        if is_open or (pick.if_closed == IfClosed.AFTER and place < len(days)):
            yield place
        elif pick.if_closed == IfClosed.BEFORE and place > 0:
            yield place - 1


def _nominal_days(calendar: Calendar, pick: Pick) -> Iterator[int]:
    """The weekday that is wanted of each month, where the calendar knows of it."""
    at = date.fromordinal(day_ordinal(calendar.first_day))
    year, month = at.year, at.month
    while True:
        first = day_number(date(year, month, 1).toordinal())
        if first > calendar.last_day:
            return
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        after = day_number(date(year, month, 1).toordinal())
        if pick.number > 0:
            day = first + (pick.weekday - weekday(first)) % 7 + 7 * (pick.number - 1)
        else:
            day = after - 1 - (weekday(after - 1) - pick.weekday) % 7
        if day < after and calendar.first_day <= day <= calendar.last_day:
            yield day
