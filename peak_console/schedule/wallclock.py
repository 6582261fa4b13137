"""Wall-clock rules: the times of day on the days that a ``daily`` or ``cron`` schedule names, without a zone."""

from __future__ import annotations

from bisect import bisect_right
from datetime import time
from functools import lru_cache

from peak_console.errors import PeakConsoleError
from peak_console.schedule import calendar
from peak_console.schedule.model import WEEKDAYS
from peak_console.schedule.offsets import DAY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.schedule.calendar import Days

_YEAR_2000 = 946684800
_KEPT = 1 << 17  # rules: a set larger than this would have each of its rules read again and again
_LONGEST_CRON = 1000
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
    """Certain times of day, on certain days. Moments are seconds from 1970 on the clock."""

    __slots__ = ("_days", "_first", "_times", "as_shown")

    def __init__(self, times: tuple[int, ...], days: Days, *, as_shown: bool = False) -> None:
        self._times = times
        """Seconds of the day, ascending, at least one."""
        self._days = days
        self._first = days.first
        self.as_shown = as_shown
        """Whether a moment counts each time that clocks show it (and never when they skip it), not once."""

    def after(self, wall: int) -> int | None:
        """The first moment strictly later than ``wall``, or ``None`` when there is none in 50 years."""
        found = self.following(*divmod(wall, DAY))
        return None if found is None else found[0] * DAY + found[1]

    def following(self, day: int, second: int) -> tuple[int, int] | None:
        """As ``after``: the day, and the second of the day."""
        times = self._times
        if second >= times[-1]:
            day, second = day + 1, -1
        first = self._first[day]
        if first == day:
            return day, times[bisect_right(times, second)]
        return None if first is None else (first, times[0])

    def until(self, wall: int) -> int | None:
        """The last moment not later than ``wall``, or ``None`` when there is none in 50 years."""
        day, second = divmod(wall, DAY)
        times = self._times
        if second >= times[0] and day in self._days:
            return day * DAY + times[bisect_right(times, second) - 1]
        earlier = self._days.before(day)
        return None if earlier is None else earlier * DAY + times[-1]


@lru_cache(maxsize=_KEPT)
def daily(daily_time: str, days: tuple[str, ...]) -> WallClock:
    """The rule of a ``daily`` schedule. Raises ``ScheduleError``."""
    at = time_of_day(daily_time)
    wanted = calendar.weekdays(number + 1 for number in weekday_numbers(days) or range(7))
    second = 3600 * at.hour + 60 * at.minute + at.second
    return WallClock((second,), calendar.days(calendar.EVERY_MONTH, calendar.EVERY_DAY, wanted))


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


@lru_cache(maxsize=_KEPT)
def cron(expression: str) -> WallClock:
    """The rule of a cron expression: five fields, names, ``L``, ``#``, or a shorthand such as ``@daily``.

    Where the minute or the hour field starts with ``*`` the rule is ``as_shown``, as in Debian's cron. Raises
    ``ScheduleError`` for what cannot be read and for what never happens.
    """
    fields = cron_fields(expression)
    if fields.startswith("@"):
        raise ScheduleError(_unknown_shorthand(fields), "cron")
    parts = fields.split()
    if len(parts) != 5 or len(fields) > _LONGEST_CRON:
        message = f"cron {shown(expression)} must have five fields: minute, hour, day of month, month, weekday"
        raise ScheduleError(message, "cron")

    from peak_console.schedule.cron import FIELDS, forwards, read

    try:
        found = read(parts)
    except ValueError as error:
        backwards = forwards(parts[FIELDS.index(str(error))], str(error))
        forms = f"; write {backwards}" if backwards else _FORMS
        raise ScheduleError(f"cron {shown(expression)} cannot be read: bad {error}{forms}", "cron") from None
    rule = WallClock(_times(found.hours, found.minutes), found.days, as_shown=found.as_shown)
    if rule.after(_YEAR_2000) is None:
        raise ScheduleError(f"cron {shown(expression)} never happens: no such day in those months", "cron")
    return rule


@lru_cache(maxsize=1024)
def _times(hours: tuple[int, ...], minutes: tuple[int, ...]) -> tuple[int, ...]:
    """Seconds of the day, shared by all expressions that name the same."""
    return tuple(3600 * hour + 60 * minute for hour in hours for minute in minutes)


_FORMS = "; write *, numbers, lists (1,5), ranges (1-5), steps (*/5), and days that the months have"


def _unknown_shorthand(fields: str) -> str:
    from peak_console.text import nearest

    word, _, rest = fields.partition(" ")
    if word == "@every":
        seconds = _seconds(rest)
        return f'cron has no @every; write schedule_type = "interval" with interval_seconds = {seconds} instead of cron'
    if word == "@every_minute":
        return "cron has no @every_minute; write * * * * *"
    if word == "@reboot":
        return 'cron @reboot: there is no schedule for a boot; let the job be one of schedule_type = "once" with run_at'
    guess = nearest(fields, _SHORTHANDS)
    hint = f'did you mean "{guess}"?' if guess else f"known are {', '.join(_SHORTHANDS)}"
    return f"cron {shown(fields)} is unknown; {hint}"


def _seconds(text: str) -> str:
    """How many seconds ``5m`` or ``1h30m`` is, as it is written in a jobs file."""
    from peak_console.text import parse_duration

    try:
        return f"{parse_duration(text):g}"
    except ValueError:
        return "the seconds"


def shown(value: object) -> str:
    """A value as an error message quotes it: on one line, not endless."""
    from peak_console.text import safe

    text = safe(value if isinstance(value, str) else repr(value))
    text = text if len(text) <= 80 else text[:79] + "…"
    return f'"{text}"' if isinstance(value, str) else text
