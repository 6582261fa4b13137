"""When a market is open: the sessions within a span, and how it stands at one moment. Pure."""

from __future__ import annotations

from bisect import bisect_left
from datetime import timedelta

from peak_console.schedule.offsets import EPOCH
from peak_console.schedule.sessions.table import NO_BREAK
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from peak_console.schedule.sessions.table import Calendar


@dataclass(frozen=True, slots=True)
class Market:
    """How a market stands at one moment."""

    name: str
    is_open: bool
    turns_at: datetime | None
    """When it closes, or opens; ``None`` beyond the days that are known."""
    early_close: datetime | None = None
    """When the session that goes on, or is next today, closes earlier than usual."""
    is_break: bool = False
    """Whether it is closed in the middle of a session."""


def _at(seconds: int) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def open_between(calendar: Calendar, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Each time within a span in which a market is open, from open to close; a break parts a session in two."""
    since, until = (start - EPOCH).total_seconds(), (end - EPOCH).total_seconds()
    for place in range(_first_closing_after(calendar, since), len(calendar.opens)):
        opens, closes = calendar.opens[place], calendar.closes[place]
        if opens >= until:
            return
        pause, resumes = calendar.break_starts[place], calendar.break_ends[place]
        parts = [(opens, closes)] if NO_BREAK in (pause, resumes) else [(opens, pause), (resumes, closes)]
        for begins, ends in parts:
            if begins < until and ends > since:
                yield _at(begins), _at(ends)


def _first_closing_after(calendar: Calendar, since: float) -> int:
    """The first session that closes after an instant."""
    place = bisect_left(calendar.closes, int(since))
    while place < len(calendar.closes) and calendar.closes[place] <= since:
        place += 1
    return place


def market_at(calendar: Calendar, now: datetime) -> Market | None:
    """How a market stands; ``None`` for a calendar without hours."""
    if not calendar.has_hours:
        return None
    since = (now - EPOCH).total_seconds()
    place = _first_closing_after(calendar, since)
    if place == len(calendar.opens):
        return Market(calendar.name, False, None)
    opens, closes = calendar.opens[place], calendar.closes[place]
    early = _at(closes) if calendar.days[place] in calendar.early else None
    if since < opens:
        return Market(calendar.name, False, _at(opens), early)
    pause, resumes = calendar.break_starts[place], calendar.break_ends[place]
    if NO_BREAK not in (pause, resumes):
        if pause <= since < resumes:
            return Market(calendar.name, False, _at(resumes), early, is_break=True)
        if since < pause:
            return Market(calendar.name, True, _at(pause), early)
    return Market(calendar.name, True, _at(_end_of_day_long(calendar, place, closes)), early)


def _end_of_day_long(calendar: Calendar, place: int, closes: int) -> int:
    """When it closes: sessions that follow one another without a gap are one."""
    while place + 1 < len(calendar.opens) and calendar.opens[place + 1] <= closes:
        place += 1
        closes = calendar.closes[place]
    return closes
