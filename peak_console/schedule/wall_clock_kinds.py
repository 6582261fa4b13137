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

    from peak_console.schedule.model import JobSchedule
    from peak_console.schedule.sessions.timetables import Slots

KEPT_TIMETABLES = 1 << 17
"""The most timetables that are kept; a set larger than this would have each of its rules read again and again."""

KEPT_AT_HAND = 1 << 15

_timetables: dict[tuple[object, ...], Slots] = {}
_at_hand: dict[int, tuple[JobSchedule, Slots]] = {}
"""By the identity of a schedule on sessions its timetable: to hash all that such a schedule says takes longer than to
find its next slot. The schedule is kept with it, so that no other one gets its identity."""


class WallClockKind(ScheduleKind):
    """Moments of a calendar: times of day in the job's zone, or moments of sessions."""

    __slots__ = ()
    is_wall_clock = True

    @property
    def default_grace(self) -> float | None:
        return WALL_CLOCK_GRACE_SECONDS

    @abstractmethod
    def text(self) -> object:
        """What the rule is written as: equal for equal rules, and hashable."""

    def timetable(self) -> Slots:
        """The slots of the rule in its zone; kept for all schedules that say the same. Raises ``ScheduleError``."""
        schedule = self.schedule
        if schedule.sessions is not None and (known := _at_hand.get(id(schedule))) and known[0] is schedule:
            return known[1]
        key = self.text(), schedule.timezone, schedule.sessions, schedule.jitter_seconds, schedule.jitter_seed
        try:
            found = _timetables[key]
        except (KeyError, TypeError):  # new; or a value that is wrong, and not even hashable
            found = self.made_timetable()
            if len(_timetables) >= KEPT_TIMETABLES:
                _timetables.clear()
            _timetables[key] = found
        if schedule.sessions is not None:
            if len(_at_hand) >= KEPT_AT_HAND:
                _at_hand.clear()
            _at_hand[id(schedule)] = schedule, found
        return found

    @abstractmethod
    def made_timetable(self) -> Slots:
        """The slots of the rule, made anew. Raises ``ScheduleError``."""

    @property
    def known_until(self) -> datetime | None:
        return None if self.schedule.sessions is None else _known_until(self.schedule)

    def calendar_print(self) -> str:
        """What a calendar and jitter add to the fingerprint; empty where the schedule has neither.

        The calendar counts by its name: a schedule whose calendar is known further, or better, goes on.
        """
        schedule = self.schedule
        if schedule.sessions is None and not schedule.jitter_seconds:
            return ""
        from peak_console.schedule.sessions.rule import fingerprint

        return fingerprint(schedule)

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


class TimesOfDay(WallClockKind):
    """Times of day on certain days, which a calendar may restrict further."""

    __slots__ = ()

    @abstractmethod
    def rule(self) -> wallclock.WallClock:
        """The times and days. Raises ``ScheduleError``."""

    def validate(self) -> None:
        zone_of(self.schedule)
        if self.schedule.sessions is None:
            self.rule()
            return
        from peak_console.schedule.sessions.rule import check_happens

        check_happens(self.schedule.sessions, self.timetable())

    def made_timetable(self) -> Slots:
        """The slots of the rule, on the days of its calendar, with its jitter. Raises ``ScheduleError``."""
        schedule = self.schedule
        found: Slots = self.plain_timetable(self.rule())
        if schedule.sessions is not None:
            from peak_console.schedule.sessions.rule import on_sessions

            found = on_sessions(schedule, found, self.every_day)
        if schedule.jitter_seconds:
            from peak_console.schedule.sessions.timetables import Jittered

            found = Jittered(found, schedule.jitter_seconds, schedule.jitter_seed)
        return found

    def plain_timetable(self, rule: wallclock.WallClock) -> Timetable:
        """The slots of a rule in the schedule's zone."""
        return Timetable(rule, offsets(zone_of(self.schedule)))

    def every_day(self) -> Timetable | None:
        """The slots of a time of day on every day; ``None`` for a rule that has no such time."""
        return None

    def calendar_words(self) -> str:
        """What a calendar adds to the words; empty where the schedule has none."""
        if self.schedule.sessions is None:
            return ""
        from peak_console.schedule.sessions.words import days_in_words

        return days_in_words(self.schedule.sessions)


class Daily(TimesOfDay):
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
        where = zone_name(self.schedule.timezone)
        return f"daily {at.isoformat()} {''.join(map(str, days))} {where}{self.calendar_print()}"

    def every_day(self) -> Timetable | None:
        return self.plain_timetable(wallclock.daily(str(self.schedule.daily_time), ()))

    def words(self, place: str) -> str:
        from peak_console.schedule.wording.words import days_words

        at = wallclock.time_of_day(str(self.schedule.daily_time)).isoformat().removesuffix(":00")
        return f"{days_words(tuple(self.schedule.days))} {at}{place}{self.calendar_words()}"


class CronKind(TimesOfDay):
    """At the times that a cron expression names."""

    __slots__ = ()

    def text(self) -> object:
        return self.schedule.cron

    def rule(self) -> wallclock.WallClock:
        return wallclock.cron(_needed(self.schedule.cron, "cron", "cron"))

    def fingerprint(self) -> str:
        self.rule()
        fields = wallclock.cron_fields(str(self.schedule.cron))
        return f"cron {fields} {zone_name(self.schedule.timezone)}{self.calendar_print()}"

    def words(self, place: str) -> str:
        return f"cron {' '.join(str(self.schedule.cron).split())}{place}{self.calendar_words()}"


class SessionKind(WallClockKind):
    """At moments of a calendar's sessions."""

    __slots__ = ()

    def text(self) -> object:
        return None

    def validate(self) -> None:
        from peak_console.schedule.sessions.rule import check_happens

        if self.schedule.timezone is not None:
            zone_of(self.schedule)
        slots = self.timetable()
        assert self.schedule.sessions is not None
        check_happens(self.schedule.sessions, slots)

    def made_timetable(self) -> Slots:
        from peak_console.schedule.sessions.rule import session_slots
        from peak_console.schedule.sessions.timetables import Jittered

        found, schedule = session_slots(self.schedule.sessions), self.schedule
        return Jittered(found, schedule.jitter_seconds, schedule.jitter_seed) if schedule.jitter_seconds else found

    def fingerprint(self) -> str:
        return f"session{self.calendar_print()}"

    def words(self, place: str) -> str:  # noqa: ARG002
        from peak_console.schedule.sessions.words import session_in_words

        return session_in_words(self.schedule.sessions)


def _known_until(schedule: JobSchedule) -> datetime | None:
    from peak_console.schedule.sessions.rule import known_until

    return known_until(schedule)


def _needed(text: object, field: str, kind: str) -> str:
    if text is None:
        raise ScheduleError(f"{field} is missing; a {kind} schedule needs it", field)
    if not isinstance(text, str):
        raise ScheduleError(f"{field} {wallclock.shown(text)} is not a text; put it in quotes", field)
    return text
