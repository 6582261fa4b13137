"""The kinds of schedules whose slots are times of day on a calendar."""

from __future__ import annotations

from abc import abstractmethod
from itertools import islice

from peak_console.schedule import wallclock
from peak_console.schedule.kind import WALL_CLOCK_GRACE_SECONDS, Pending, ScheduleKind, zone_of
from peak_console.schedule.offsets import offsets
from peak_console.schedule.timetable import Timetable
from peak_console.schedule.wallclock import ScheduleError
from peak_console.schedule.zones import zone_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

KEPT_TIMETABLES = 1 << 17
"""The most timetables that are kept; a set larger than this would have each of its rules read again and again."""

_timetables: dict[tuple[object, str | None], Timetable] = {}


class WallClockKind(ScheduleKind):
    """Times of day on certain days, as the clocks of the job's zone show them."""

    __slots__ = ()
    is_wall_clock = True

    @property
    def default_grace(self) -> float | None:
        return WALL_CLOCK_GRACE_SECONDS

    @abstractmethod
    def text(self) -> object:
        """What the rule is written as: equal for equal rules, and hashable."""

    @abstractmethod
    def rule(self) -> wallclock.WallClock:
        """The times and days. Raises ``ScheduleError``."""

    def validate(self) -> None:
        zone_of(self.schedule)
        self.rule()

    def timetable(self) -> Timetable:
        """The slots of the rule in its zone; kept for all schedules that say the same. Raises ``ScheduleError``."""
        key = self.text(), self.schedule.timezone
        try:
            return _timetables[key]
        except (KeyError, TypeError):  # new; or a value that is wrong, and not even hashable
            found = Timetable(self.rule(), offsets(zone_of(self.schedule)))
        if len(_timetables) >= KEPT_TIMETABLES:
            _timetables.clear()
        _timetables[key] = found
        return found

    def next(self, decided: datetime | None, now: datetime) -> datetime | None:
        return self.timetable().after(now if decided is None else decided)

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        table = self.timetable()
        slot = table.after(after)
        while slot is not None and slot <= until:
            yield slot
            slot = table.after(slot)

    def pending(self, decided: datetime | None, now: datetime, limit: int) -> Pending | None:
        oldest = self.next(decided, now)
        if oldest is None or oldest > now:
            return None
        latest = self.timetable().until(now)
        if latest is None or latest <= oldest:
            return Pending(oldest, oldest, 1)
        later = sum(1 for _ in islice(self.between(oldest, latest), max(0, limit - 1)))
        return Pending(latest, oldest, later + 1)

    def decided_after_edit(self, decided: datetime | None, former: str, now: datetime) -> datetime | None:  # noqa: ARG002
        return now

    def decided_after_pause(self, decided: datetime | None, now: datetime) -> datetime | None:  # noqa: ARG002
        return now


class Daily(WallClockKind):
    """At one time of day, on all or some weekdays."""

    __slots__ = ()

    def text(self) -> object:
        return self.schedule.daily_time, tuple(self.schedule.days)

    def rule(self) -> wallclock.WallClock:
        return wallclock.daily(_needed(self.schedule.daily_time, "daily_time", "daily"), tuple(self.schedule.days))

    def fingerprint(self) -> str:
        self.rule()
        days = wallclock.weekday_numbers(tuple(self.schedule.days)) or range(7)
        at = wallclock.time_of_day(str(self.schedule.daily_time))
        return f"daily {at.isoformat()} {''.join(map(str, days))} {zone_name(self.schedule.timezone)}"

    def words(self, place: str) -> str:
        from peak_console.schedule.words import days_words

        at = wallclock.time_of_day(str(self.schedule.daily_time)).isoformat().removesuffix(":00")
        return f"{days_words(tuple(self.schedule.days))} {at}{place}"


class CronKind(WallClockKind):
    """At the times that a cron expression names."""

    __slots__ = ()

    def text(self) -> object:
        return self.schedule.cron

    def rule(self) -> wallclock.WallClock:
        return wallclock.cron(_needed(self.schedule.cron, "cron", "cron"))

    def fingerprint(self) -> str:
        self.rule()
        return f"cron {wallclock.cron_fields(str(self.schedule.cron))} {zone_name(self.schedule.timezone)}"

    def words(self, place: str) -> str:
        return f"cron {' '.join(str(self.schedule.cron).split())}{place}"


def _needed(text: object, field: str, kind: str) -> str:
    if text is None:
        raise ScheduleError(f"{field} is missing; a {kind} schedule needs it", field)
    if not isinstance(text, str):
        raise ScheduleError(f"{field} {wallclock.shown(text)} is not a text; put it in quotes", field)
    return text
