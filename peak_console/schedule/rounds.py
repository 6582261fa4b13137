"""Rounds: the days in which jobs of a chain belong together. Pure; every instant is aware and UTC."""

from __future__ import annotations

from datetime import datetime, timedelta

from peak_console.schedule.zones import instant_of, local_time
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import tzinfo

TICK = timedelta(microseconds=1)
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
