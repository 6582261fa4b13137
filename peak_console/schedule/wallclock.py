"""Wall-clock rules: the times of day on the days that a ``daily`` or ``cron`` schedule names, without a zone."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from peak_console.errors import PeakConsoleError
from peak_console.schedule.model import WEEKDAYS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

_DAY = timedelta(days=1)
_SEARCH_YEARS = 50  # a weekday falls on 29 February again after 40 years at most
_LONGEST_CRON = 1000
_EVERY_MONTH = frozenset(range(1, 13))
_SHORTHANDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


class ScheduleError(PeakConsoleError, ValueError):
    """A schedule that names no moments. ``field`` is the field of ``JobSchedule`` to put right."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


class WallClock:
    """Certain times of day, on certain days. Moments are naive: a zone makes instants of them."""

    __slots__ = ("_months", "_on_day", "_times", "as_shown")

    def __init__(
        self,
        times: Sequence[time],
        on_day: Callable[[date], bool],
        months: Collection[int] = _EVERY_MONTH,
        *,
        as_shown: bool = False,
    ) -> None:
        self._times = times
        """Ascending, at least one."""
        self._on_day = on_day
        self._months = months
        self.as_shown = as_shown
        """Whether a moment counts each time that clocks show it (and never when they skip it), not once."""

    def after(self, wall: datetime) -> datetime | None:
        """The first moment strictly later than ``wall``, or ``None`` when there is none in 50 years."""
        day = wall.date()
        if day.month in self._months and self._on_day(day):
            index = bisect_right(self._times, wall.time())
            if index < len(self._times):
                return datetime.combine(day, self._times[index])
        later = self._next_day(day)
        return datetime.combine(later, self._times[0]) if later else None

    def until(self, wall: datetime) -> datetime | None:
        """The last moment not later than ``wall``, or ``None`` when there is none in 50 years."""
        day = wall.date()
        if day.month in self._months and self._on_day(day):
            index = bisect_right(self._times, wall.time())
            if index:
                return datetime.combine(day, self._times[index - 1])
        earlier = self._previous_day(day)
        return datetime.combine(earlier, self._times[-1]) if earlier else None

    def _next_day(self, day: date) -> date | None:
        end = day.year + _SEARCH_YEARS
        day += _DAY
        while day.year <= end:
            if day.month not in self._months:
                day = (day.replace(day=1) + 31 * _DAY).replace(day=1)
            elif self._on_day(day):
                return day
            else:
                day += _DAY
        return None

    def _previous_day(self, day: date) -> date | None:
        end = day.year - _SEARCH_YEARS
        day -= _DAY
        while day.year >= end:
            if day.month not in self._months:
                day = day.replace(day=1) - _DAY
            elif self._on_day(day):
                return day
            else:
                day -= _DAY
        return None


@lru_cache(maxsize=4096)
def daily(daily_time: str, days: tuple[str, ...]) -> WallClock:
    """The rule of a ``daily`` schedule. Raises ``ScheduleError``."""
    at = time_of_day(daily_time)
    wanted = frozenset(weekday_numbers(days)) or frozenset(range(7))
    return WallClock((at,), lambda day: day.weekday() in wanted)


@lru_cache(maxsize=4096)
def time_of_day(text: str) -> time:
    """``7:30``, ``07:30`` or ``07:30:15``. Raises ``ScheduleError``."""
    parts = text.split(":")
    shaped = len(parts) in (2, 3) and len(parts[0]) in (1, 2) and all(len(part) == 2 for part in parts[1:])
    if shaped and all(part.isascii() and part.isdecimal() for part in parts):
        hour, minute, second = [*map(int, parts), 0][:3]
        if hour < 24 and minute < 60 and second < 60:
            return time(hour, minute, second)
    raise ScheduleError(f"daily_time {shown(text)} is not a time of day; write HH:MM or HH:MM:SS", "daily_time")


def weekday_numbers(days: tuple[str, ...]) -> list[int]:
    """The days as numbers, Monday = 0, ascending and each once. Raises ``ScheduleError``."""
    for day in days:
        if day not in WEEKDAYS:
            message = f"days names an unknown weekday {shown(day)}; use {', '.join(WEEKDAYS)}"
            raise ScheduleError(message, "days")
    return sorted({WEEKDAYS.index(day) for day in days})


def cron_fields(expression: str) -> str:
    """The five fields of a cron expression, single-spaced and in lower case; ``@daily`` and such spelt out."""
    fields = " ".join(expression.lower().split())
    return _SHORTHANDS.get(fields, fields)


@lru_cache(maxsize=4096)
def cron(expression: str) -> WallClock:
    """The rule of a cron expression: five fields, names, ``L``, ``#``, or a shorthand such as ``@daily``.

    Where the minute or the hour field starts with ``*`` the rule is ``as_shown``, as in Debian's cron. Raises
    ``ScheduleError`` for what cronsim refuses and for what never happens.
    """
    fields = cron_fields(expression)
    if fields.startswith("@"):
        raise ScheduleError(_unknown_shorthand(fields), "cron")
    parts = fields.split()
    if len(parts) != 5 or len(fields) > _LONGEST_CRON:
        message = f"cron {shown(expression)} must have five fields: minute, hour, day of month, month, weekday"
        raise ScheduleError(message, "cron")

    from cronsim import CronSim, CronSimError

    try:
        parsed = CronSim(fields, datetime(2000, 1, 1))
    except (CronSimError, ValueError) as error:
        why = str(error).removeprefix("Bad ") if isinstance(error, CronSimError) else "a number"
        raise ScheduleError(f"cron {shown(expression)} cannot be read: bad {why}", "cron") from None
    times = [time(hour, minute) for hour in sorted(parsed.hours) for minute in sorted(parsed.minutes)]
    as_shown = parts[0].startswith("*") or parts[1].startswith("*")
    rule = WallClock(times, parsed.match_day, parsed.months, as_shown=as_shown)
    if rule.after(datetime(2000, 1, 1)) is None:
        raise ScheduleError(f"cron {shown(expression)} never happens: no such day in those months", "cron")
    return rule


def _unknown_shorthand(fields: str) -> str:
    from peak_console.text import nearest

    guess = nearest(fields, _SHORTHANDS)
    hint = f'did you mean "{guess}"?' if guess else f"known are {', '.join(_SHORTHANDS)}"
    return f"cron {shown(fields)} is unknown; {hint}"


def shown(value: object) -> str:
    """A value as an error message quotes it: on one line, not endless."""
    from peak_console.text import safe

    text = safe(value if isinstance(value, str) else repr(value))
    text = text if len(text) <= 80 else text[:79] + "…"
    return f'"{text}"' if isinstance(value, str) else text
