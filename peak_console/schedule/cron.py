"""Reads the five fields of a cron expression, in Debian cron's dialect with ``L``, ``LW`` and ``#``."""

from __future__ import annotations

from peak_console.schedule import calendar
from peak_console.values import dataclass

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST_MONTHS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Cron:
    """When an expression fires: at each minute of each hour named, on the days of the mask."""

    minutes: tuple[int, ...]
    """Ascending."""
    hours: tuple[int, ...]
    """Ascending."""
    days: calendar.Days
    as_shown: bool
    """Whether the minute or the hour field starts with ``*``."""


def read(fields: list[str]) -> Cron:
    """The expression of five fields, in lower case. Raises ``ValueError`` with the name of the field that is wrong."""
    minutes = _numbers(fields[0], "minute", 0, 59)
    hours = _numbers(fields[1], "hour", 0, 23)
    days, special_days = _days_of_month(fields[2])
    months = _numbers(fields[3], "month", 1, 12, _MONTHS)
    weekdays = _weekdays(fields[4])
    # Debian's rule: where either field of days starts with a star both must hold, else one of them.
    both = fields[2].startswith("*") or fields[4].startswith("*")
    if both and not special_days and min(days) > max(_LONGEST_MONTHS[month] for month in months):
        raise ValueError("day-of-month")
    month_days = special_days | calendar.month_days(days)
    if not both:
        month_days = weekdays = month_days | weekdays
    return Cron(
        tuple(sorted(minutes)),
        tuple(sorted(hours)),
        calendar.days(calendar.months(months), month_days, weekdays),
        as_shown=fields[0].startswith("*") or fields[1].startswith("*"),
    )


def _days_of_month(field: str) -> tuple[set[int], int]:
    """The days by number, and the mask of those that have none."""
    numbers, special = set(), 0
    for term in field.split(","):
        start, slash, step = term.partition("/")
        if start in ("l", "lw"):
            if slash:
                _step(step, "day-of-month")
            special |= calendar.LAST_DAY if start == "l" else calendar.LAST_WORKDAY
        else:
            numbers |= _term(term, "day-of-month", 1, 31, ())
    return numbers, special


def _weekdays(field: str) -> int:
    mask, name = 0, "day-of-week"
    for term in field.split(","):
        if "l" in term:
            mask |= calendar.last_weekday(_number(term[:-1], name, 0, 7, ()))
        elif "#" in term:
            day, _, week = term.partition("#")
            mask |= calendar.weekday_of_week(_number(day, name, 0, 7, _WEEKDAYS), _number(week, name, 1, 5, ()))
        else:
            mask |= calendar.weekdays(_term(term, name, 0, 7, _WEEKDAYS))
    return mask


def _numbers(field: str, name: str, low: int, high: int, words: tuple[str, ...] = ()) -> set[int]:
    return set().union(*(_term(term, name, low, high, words) for term in field.split(",")))


def _term(term: str, name: str, low: int, high: int, words: tuple[str, ...]) -> set[int]:
    """``*``, ``3``, ``3-9``, each with or without a step: ``3/2`` is from there on, and so is ``3-3/2``."""
    span, slash, step = term.partition("/")
    start, dash, end = span.partition("-")
    if span == "*":
        first, last = low, high
    else:
        first = _number(start, name, low, high, words)
        last = _number(end, name, low, high, words) if dash else first
        if last < first:
            raise ValueError(name)
    if not slash:
        return set(range(first, last + 1))
    return set(range(first, (high if first == last else last) + 1, _step(step, name)))


def _step(text: str, name: str) -> int:
    return _number(text, name, 1, 10**1000, ())


def _number(text: str, name: str, low: int, high: int, words: tuple[str, ...]) -> int:
    if text in words:
        return low + words.index(text)
    if text.isascii() and text.isdecimal() and low <= (number := int(text)) <= high:
        return number
    raise ValueError(name)


def forwards(field: str, name: str) -> str:
    """How the ranges of a field that run backwards (``fri-mon``) are written; empty when none does."""
    low, high, words = _RANGES[name]
    for term in field.split(","):
        span = term.partition("/")[0]
        start, dash, end = span.partition("-")
        try:
            if not dash or _number(start, name, low, high, words) <= _number(end, name, low, high, words):
                continue
        except ValueError:
            continue
        first, last = (words[0], words[-1]) if start in words or end in words else (str(low), str(high))
        head = start if start == last else f"{start}-{last}"
        return f"{head},{end if end == first else f'{first}-{end}'} for {span}, which runs backwards"
    return ""


_RANGES: dict[str, tuple[int, int, tuple[str, ...]]] = {
    "minute": (0, 59, ()),
    "hour": (0, 23, ()),
    "day-of-month": (1, 31, ()),
    "month": (1, 12, _MONTHS),
    "day-of-week": (0, 7, _WEEKDAYS),
}
FIELDS = tuple(_RANGES)
"""What the fields of an expression are called, in their order."""
