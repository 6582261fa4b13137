"""Rounds: the days in which jobs of a chain belong together. Pure; every instant is aware and UTC."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta

from peak_console.schedule.offsets import EPOCH
from peak_console.schedule.zones import instant_of, local_time
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from peak_console.schedule.model import JobSchedule
    from peak_console.schedule.sessions.table import Calendar

TICK = timedelta(microseconds=1)
SESSION = "session"
"""The kind of round that is a session of a calendar."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Round:
    """One round: from ``start`` on, until just before ``end``."""

    start: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in the round."""
        return self.start <= moment < self.end


def day_round(moment: datetime, zone: tzinfo) -> Round:
    """The day of a zone in which a moment lies: from midnight to midnight, as clocks there show it."""
    local = local_time(moment, zone)
    midnight = datetime(local.year, local.month, local.day)
    try:
        after = midnight + _DAY
    except OverflowError:  # the last day of the calendar
        return Round(instant_of(midnight, zone), moment + TICK)
    return Round(instant_of(midnight, zone), instant_of(after, zone))


def round_of(schedule: JobSchedule, kind: str, moment: datetime, zone: tzinfo) -> Round:
    """The round in which a moment lies for a job with a schedule: a session of its calendar, or a day of a zone."""
    calendar = schedule.sessions.calendar if kind == SESSION and schedule.sessions is not None else None
    found = session_round(moment, calendar) if calendar is not None else None
    return found or day_round(moment, zone)


def session_round(moment: datetime, calendar: Calendar) -> Round | None:
    """The session to which a moment belongs; ``None`` beyond the days that are known.

    A session goes on until the end of its day, and begins where the one before has ended: so what is done on a Sunday
    evening belongs to Monday's. Where the next one opens before that, they meet halfway between close and open.
    """
    bounds = _bounds(calendar)
    place = bisect_right(bounds, (moment - EPOCH).total_seconds())
    if not 0 < place < len(bounds):
        return None
    return Round(EPOCH + timedelta(seconds=bounds[place - 1]), EPOCH + timedelta(seconds=bounds[place]))


def session_index(moment: datetime, calendar: Calendar) -> int | None:
    """Which session of a calendar a moment belongs to; ``None`` beyond the days that are known."""
    bounds = _bounds(calendar)
    place = bisect_right(bounds, (moment - EPOCH).total_seconds())
    return place - 1 if 0 < place < len(bounds) else None


def _bounds(calendar: Calendar) -> Sequence[int]:
    """When each session begins and the one before ends, and when the last one ends."""
    found: Sequence[int] | None = calendar.kept.get("rounds")
    if found is None:
        ends = list(calendar.ends)
        for place in range(len(ends) - 1 if calendar.has_hours else 0):
            if calendar.opens[place + 1] < ends[place]:
                ends[place] = (calendar.closes[place] + calendar.opens[place + 1]) // 2
        first = min([calendar.starts[0], *calendar.opens[:1]]) if ends else 0
        found = calendar.kept["rounds"] = [first, *ends] if ends else []
    return found
