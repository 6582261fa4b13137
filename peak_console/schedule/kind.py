"""What every kind of schedule answers. Every instant is an argument, aware and UTC, and so is every answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from datetime import timedelta, tzinfo

from peak_console.schedule import wallclock
from peak_console.schedule.wallclock import ScheduleError
from peak_console.schedule.zones import zone
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from peak_console.schedule.model import JobSchedule

WALL_CLOCK_GRACE_SECONDS = 3600
"""Lateness accepted for a time of day unless the job says otherwise: a run that is later may do harm."""

_FIRST_WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pending:
    """The slots that are due and undecided, folded into one."""

    latest: datetime
    oldest: datetime
    count: int
    """How many there are; beyond the limit that was asked for, at least the limit."""


class ScheduleKind(ABC):
    """What every kind of schedule answers. ``decided``: every slot up to and including it has been decided."""

    __slots__ = ("schedule",)

    is_wall_clock = False
    """Whether its slots are times of day on a calendar: it then never fires for a time before it was first seen."""
    is_once = False
    """Whether it has one slot at the most."""

    def __init__(self, schedule: JobSchedule) -> None:
        self.schedule = schedule

    @property
    def known_until(self) -> datetime | None:
        """Up to when its slots are known, as its calendar ends there; ``None`` where they are for ever."""
        return None

    @property
    @abstractmethod
    def default_grace(self) -> float | None:
        """Lateness in seconds that is accepted unless the job says otherwise; ``None`` is any."""

    @abstractmethod
    def validate(self) -> None:
        """Raise ``ScheduleError`` unless the schedule names moments."""

    @abstractmethod
    def next(self, decided: datetime | None, now: datetime) -> datetime | None:
        """See ``slots.next_slot``."""

    @abstractmethod
    def pending(self, decided: datetime | None, now: datetime, limit: int) -> Pending | None:
        """See ``slots.pending``."""

    @abstractmethod
    def fingerprint(self) -> str:
        """See ``slots.fingerprint``."""

    @abstractmethod
    def words(self, place: str) -> str:
        """The schedule in a few words; ``place`` is appended to a time of day."""

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Every slot in (after, until], oldest first."""
        slot = self.next(after, after)
        while slot is not None and slot <= until:
            yield slot
            slot = self.next(slot, slot)

    def latest(self, oldest: datetime, now: datetime, count: int) -> Sequence[datetime]:
        """The last ``count`` slots from ``oldest``, itself a slot, up to ``now``, oldest first.

        Walks back from ``now`` in growing windows, as a walk through years of minutes would take too long.
        """
        window = _FIRST_WINDOW
        while True:
            start = max(oldest, now - window)
            slots = deque(self.between(start, now), maxlen=count)
            if start == oldest:
                return [start, *slots][-count:]
            if len(slots) == count:
                return list(slots)
            window *= 4

    def decided_after_edit(self, decided: datetime | None, former: str, now: datetime) -> datetime | None:  # noqa: ARG002
        """Up to when slots count as decided once the schedule has changed from the fingerprint ``former``.

        A schedule of the same kind goes on from where it was; another kind begins.
        """
        same_kind = former.split(" ", 1)[0] == self.schedule.type
        return decided if same_kind else None

    def decided_after_pause(self, decided: datetime | None, now: datetime) -> datetime | None:
        """Up to when slots count as decided once a disabled job is enabled: it never fires for the time it was off."""
        passed = self.pending(decided, now, 1)
        return passed.latest if passed is not None else decided


def zone_of(schedule: JobSchedule) -> tzinfo:
    """The zone that a schedule is read in. Raises ``ScheduleError``."""
    name = schedule.timezone
    if name is not None and not isinstance(name, str):
        raise ScheduleError(
            f'timezone {wallclock.shown(name)} is not a name; give one of IANA\'s, such as "Europe/Berlin"', "timezone"
        )
    try:
        return zone(name)
    except ValueError as error:
        raise ScheduleError(str(error), "timezone") from None
