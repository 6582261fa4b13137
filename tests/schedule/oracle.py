"""Slow and obvious: the slots of a rule, found by looking at the clock once a minute (or once a second)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
Matches = Callable[[datetime], bool]

# Where clocks do something, and what: (zone, a moment close before it)
WINDOWS = [
    ("Europe/Berlin", datetime(2026, 3, 28, 12, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 24, 12, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 12, 31, 3, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 7, 18, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 10, 31, 18, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 4, tzinfo=UTC)),  # a gap of half an hour
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 4, tzinfo=UTC)),  # a fold of half an hour
    ("Asia/Beirut", datetime(2026, 3, 28, 8, tzinfo=UTC)),  # no midnight
    ("Asia/Beirut", datetime(2026, 10, 24, 8, tzinfo=UTC)),  # back to the day before
    ("America/Santiago", datetime(2026, 9, 5, 18, tzinfo=UTC)),  # no midnight
    ("America/Santiago", datetime(2026, 4, 4, 12, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 11, 3, 12, tzinfo=UTC)),  # no midnight
    ("Pacific/Apia", datetime(2011, 12, 29, 4, tzinfo=UTC)),  # no 30 December
    ("Africa/Casablanca", datetime(2026, 2, 14, 12, tzinfo=UTC)),  # clocks go back for Ramadan
    ("Africa/Casablanca", datetime(2026, 3, 21, 12, tzinfo=UTC)),
    ("America/Caracas", datetime(2016, 4, 30, 12, tzinfo=UTC)),  # half an hour, for good
    ("Asia/Kathmandu", datetime(2027, 12, 31, 0, tzinfo=UTC)),  # UTC+05:45
    ("UTC", datetime(2028, 2, 28, 6, tzinfo=UTC)),
    ("UTC", datetime(2027, 12, 30, 18, tzinfo=UTC)),
]
WINDOW = timedelta(days=3)


@lru_cache(maxsize=64)
def readings(zone: str, start: datetime, span: timedelta, step: timedelta) -> list[tuple[datetime, datetime]]:
    """(instant, what clocks show) every ``step`` from ``start``; exact where ``step`` divides every change."""
    tz = ZoneInfo(zone)
    instants = (start + step * number for number in range(span // step + 1))
    return [(instant, instant.astimezone(tz).replace(tzinfo=None, fold=0)) for instant in instants]


def change_in(zone: str, start: datetime) -> datetime:
    """The moment within the window at which clocks jump; the window's middle where they never do."""
    seen = readings(zone, start, WINDOW, MINUTE)
    jumps = (after for (after, wall), (_, before) in zip(seen[1:], seen, strict=False) if wall - before != MINUTE)
    return next(jumps, start + WINDOW / 2)


def fires_once(matches: Matches, seen: list[tuple[datetime, datetime]], step: timedelta) -> Iterator[datetime]:
    """Fires when clocks first reach or jump past a moment that matches, never for one they show again."""
    highest = seen[0][1]
    for instant, wall in seen[1:]:
        fires = False
        while highest < wall:
            highest += step
            fires = matches(highest) or fires
        if fires:
            yield instant


def fires_as_shown(matches: Matches, seen: list[tuple[datetime, datetime]]) -> Iterator[datetime]:
    """Fires whenever clocks show a moment that matches."""
    return (instant for instant, wall in seen[1:] if matches(wall))


@dataclass(frozen=True)
class CronField:
    text: str
    values: frozenset[int]


@dataclass(frozen=True)
class CronExpression:
    """A cron expression together with what its author meant, known without parsing it."""

    minute: CronField
    hour: CronField
    day: CronField
    month: CronField
    weekday: CronField

    @property
    def text(self) -> str:
        return " ".join(part.text for part in (self.minute, self.hour, self.day, self.month, self.weekday))

    @property
    def as_shown(self) -> bool:
        return self.minute.text.startswith("*") or self.hour.text.startswith("*")

    def matches(self, wall: datetime) -> bool:
        if wall.second or wall.minute not in self.minute.values or wall.hour not in self.hour.values:
            return False
        by_day = wall.day in self.day.values
        by_weekday = wall.isoweekday() % 7 in self.weekday.values
        both = self.day.text.startswith("*") or self.weekday.text.startswith("*")
        return wall.month in self.month.values and (by_day and by_weekday if both else by_day or by_weekday)


def cron_fields(low: int, high: int, names: str = "", *, star_often: bool = False) -> st.SearchStrategy[CronField]:
    """Fields over ``low``..``high``; ``names`` stand for the numbers from ``low`` on."""
    words = names.split()

    def term(number: int, named: bool) -> str:
        return words[number - low] if named and words else str(number)

    number = st.integers(low, high)
    every = st.just(CronField("*", frozenset(range(low, high + 1))))
    steps = st.integers(1, high).map(
        lambda step: CronField(f"*/{step}", frozenset(range(low, high + 1, step))),
    )
    single = st.builds(lambda a, named: CronField(term(a, named), frozenset([a])), number, st.booleans())
    span = st.builds(
        lambda a, b, named: CronField(
            f"{term(min(a, b), named)}-{term(max(a, b), named)}", frozenset(range(min(a, b), max(a, b) + 1))
        ),
        number,
        number,
        st.booleans(),
    )
    stepped = st.builds(
        lambda a, b, step: CronField(
            f"{min(a, b)}-{max(a, b)}/{step}", frozenset(range(min(a, b), max(a, b) + 1, step))
        ),
        number,
        # a span of one number with a step means "from there on" to cronsim
        number,
        st.integers(1, 9),
    ).filter(lambda field: len(set(field.text.split("/")[0].split("-"))) == 2)
    several = st.lists(st.one_of(single, span), min_size=2, max_size=3).map(
        lambda parts: CronField(
            ",".join(part.text for part in parts), frozenset().union(*(part.values for part in parts))
        )
    )
    return (
        st.one_of(every, every, every, single)
        if star_often
        else st.one_of(every, steps, single, span, stepped, several)
    )


def cron_expressions() -> st.SearchStrategy[CronExpression]:
    """Any shape of time; days and months mostly open, so that slots fall into a window of days."""
    months = "jan feb mar apr may jun jul aug sep oct nov dec"
    return st.builds(
        CronExpression,
        minute=cron_fields(0, 59),
        hour=cron_fields(0, 23),
        day=st.one_of(st.just(CronField("*", frozenset(range(1, 32)))), cron_fields(1, 31)),
        month=cron_fields(1, 12, months, star_often=True),
        weekday=st.one_of(cron_fields(0, 6, "sun mon tue wed thu fri sat"), cron_fields(0, 6, star_often=True)),
    ).filter(lambda expression: min(expression.day.values) < 29)  # the 31st of February is refused
