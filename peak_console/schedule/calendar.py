"""Days by month, day of the month and weekday: what a day is and what a rule wants, as bits that are compared.

Days count from 1 January 1970. Weekdays are cron's: 0 and 7 are Sunday, 1 is Monday.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from peak_console.schedule.memo import Memo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_EPOCH_ORDINAL = 719163
_LAST_ORDINAL = date.max.toordinal()
_BEYOND = 1 << 20  # days: more than any search goes
_KEPT = 64
_SEARCH_DAYS = 50 * 366  # a weekday falls on 29 February again after 40 years at most

_MONTH = 0  # where the bits of each kind begin
_MONTH_DAY = 13
LAST_DAY = 1 << 45
LAST_WORKDAY = 1 << 46
_WEEKDAY = 47
_WEEK = 54
_LAST_WEEK = 89


def months(numbers: Iterable[int]) -> int:
    """The mask of months, 1 to 12."""
    return sum(1 << (_MONTH + number) for number in set(numbers))


def month_days(numbers: Iterable[int]) -> int:
    """The mask of days of the month, 1 to 31."""
    return sum(1 << (_MONTH_DAY + number) for number in set(numbers))


def weekdays(numbers: Iterable[int]) -> int:
    """The mask of weekdays."""
    return sum(1 << (_WEEKDAY + number) for number in {number % 7 for number in numbers})


def weekday_of_week(weekday: int, week: int) -> int:
    """The mask of a weekday's first to fifth in the month."""
    return 1 << (_WEEK + 7 * (week - 1) + weekday % 7)


def last_weekday(weekday: int) -> int:
    """The mask of a weekday's last in the month."""
    return 1 << (_LAST_WEEK + weekday % 7)


EVERY_MONTH = months(range(1, 13))
EVERY_DAY = month_days(range(1, 32))


class Days:
    """Days that three masks each allow."""

    __slots__ = ("_month_days", "_months", "_weekdays", "first")

    def __init__(self, months: int, month_days: int, weekdays: int) -> None:
        self._months = months
        self._month_days = month_days
        self._weekdays = weekdays
        self.first: Mapping[int, int | None] = Memo(self._first, _KEPT)
        """By day, the first one from it on; ``None`` when there is none in 50 years."""

    def __contains__(self, day: int) -> bool:
        bits = _day(day)[0]
        return bool(bits & self._months and bits & self._month_days and bits & self._weekdays)

    def _first(self, day: int) -> int | None:
        end = day + _SEARCH_DAYS
        while day < end:
            bits, _, left = _day(day)
            if not bits & self._months:
                day += left
            elif bits & self._month_days and bits & self._weekdays:
                return day
            else:
                day += 1
        return None

    def before(self, day: int) -> int | None:
        """The last earlier day, or ``None`` when there is none in 50 years."""
        end = day - _SEARCH_DAYS
        day -= 1
        while day >= end:
            bits, passed, _ = _day(day)
            if not bits & self._months:
                day -= passed
            elif bits & self._month_days and bits & self._weekdays:
                return day
            else:
                day -= 1
        return None


@lru_cache(maxsize=4096)
def days(months: int, month_days: int, weekdays: int) -> Days:
    """One object for all rules that name the same days, for what it has found."""
    return Days(months, month_days, weekdays)


@lru_cache(maxsize=4096)
def _day(number: int) -> tuple[int, int, int]:
    """What a day is; how many days to the month before, and to the month after."""
    ordinal = number + _EPOCH_ORDINAL
    if not 1 <= ordinal <= _LAST_ORDINAL:
        return 0, _BEYOND, _BEYOND
    day = date.fromordinal(ordinal)
    length = _length(day)
    weekday = day.isoweekday() % 7
    last_weekday_of_month = (weekday + length - day.day) % 7
    last_workday = length - {0: 2, 6: 1}.get(last_weekday_of_month, 0)
    bits = 1 << (_MONTH + day.month) | 1 << (_MONTH_DAY + day.day) | 1 << (_WEEKDAY + weekday)
    bits |= weekday_of_week(weekday, (day.day + 6) // 7)
    if day.day + 7 > length:
        bits |= last_weekday(weekday)
    if day.day == length:
        bits |= LAST_DAY
    if day.day == last_workday:
        bits |= LAST_WORKDAY
    return bits, day.day, length - day.day + 1


def _length(day: date) -> int:
    """How many days the month has."""
    if day.month == 2:
        return 29 if day.year % 4 == 0 and (day.year % 100 or day.year % 400 == 0) else 28
    return 30 if day.month in (4, 6, 9, 11) else 31
