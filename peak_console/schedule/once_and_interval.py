"""The kinds of schedules that need no calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from peak_console.schedule import wallclock
from peak_console.schedule.kind import WALL_CLOCK_GRACE_SECONDS, Pending, ScheduleKind, zone_of
from peak_console.schedule.wallclock import ScheduleError
from peak_console.schedule.zones import instant_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_TICK = timedelta(microseconds=1)
_NOTHING = timedelta(0)


class Once(ScheduleKind):
    """At ``run_at``, or at first sight; never again."""

    __slots__ = ()
    is_once = True

    @property
    def default_grace(self) -> float | None:
        return None if self.schedule.run_at is None else WALL_CLOCK_GRACE_SECONDS

    def validate(self) -> None:
        self.at()

    def at(self) -> datetime | None:
        """The instant of ``run_at``. Raises ``ScheduleError``."""
        at = self.schedule.run_at
        if at is None:
            return None
        if not isinstance(at, datetime):
            raise ScheduleError(f"run_at {wallclock.shown(at)} is not a date with a time; give a datetime", "run_at")
        try:
            return instant_of(at, zone_of(self.schedule)) if at.tzinfo is None else at.astimezone(UTC)
        except OverflowError:
            raise ScheduleError(
                f"run_at {at} is too far away; its moment in UTC must lie in the years 1 to 9999", "run_at"
            ) from None

    def next(self, decided: datetime | None, now: datetime) -> datetime | None:
        at = self.at()
        if at is None:
            return now if decided is None else None
        return at if decided is None or decided < at else None

    def pending(self, decided: datetime | None, now: datetime, limit: int) -> Pending | None:  # noqa: ARG002
        slot = self.next(decided, now)
        return None if slot is None or slot > now else Pending(slot, slot, 1)

    def fingerprint(self) -> str:
        at = self.at()
        return f"once {at.isoformat()}" if at else "once"

    def words(self, place: str) -> str:
        from peak_console.schedule.wording.words import run_at_words

        return f"once, {run_at_words(self.schedule)}{place}" if self.schedule.run_at else "once"

    def decided_after_pause(self, decided: datetime | None, now: datetime) -> datetime | None:
        """A ``once`` at first sight has no time that it could have missed."""
        return decided if self.schedule.run_at is None else super().decided_after_pause(decided, now)


class Interval(ScheduleKind):
    """On a fixed grid from the last decided slot, however late that ran; at once when nothing was ever decided."""

    __slots__ = ()

    @property
    def default_grace(self) -> float | None:
        return None  # a late run still does its work

    def validate(self) -> None:
        self.step()

    def step(self) -> timedelta:
        """The distance between two slots. Raises ``ScheduleError``."""
        seconds = self.schedule.interval_seconds
        if seconds is None:
            raise ScheduleError("interval_seconds is missing; an interval schedule needs it", "interval_seconds")
        step = _NOTHING
        if isinstance(seconds, (int, float)) and not isinstance(seconds, bool):
            try:
                step = timedelta(seconds=seconds)
            except (OverflowError, ValueError):  # infinite, not a number, or longer than a calendar
                pass
        if step <= _NOTHING:
            message = f"interval_seconds must be a number greater than 0, not {wallclock.shown(seconds)}"
            raise ScheduleError(message, "interval_seconds")
        return step

    def next(self, decided: datetime | None, now: datetime) -> datetime | None:
        return now if decided is None else _plus(decided, self.step())

    def pending(self, decided: datetime | None, now: datetime, limit: int) -> Pending | None:  # noqa: ARG002
        oldest = self.next(decided, now)
        if oldest is None or oldest > now:
            return None
        step = self.step()
        more = (now - oldest) // step
        return Pending(oldest + more * step, oldest, more + 1)

    def latest(self, oldest: datetime, now: datetime, count: int) -> Sequence[datetime]:
        step = self.step()
        last = oldest + (now - oldest) // step * step
        start = max(oldest, last - (count - 1) * step)
        return [start, *self.between(start, now)]

    def fingerprint(self) -> str:
        return f"interval {self.step() // _TICK}us"

    def words(self, place: str) -> str:  # noqa: ARG002
        from peak_console.schedule.wording.words import seconds_words

        return f"every {seconds_words(self.schedule.interval_seconds or 0)}"

    def decided_after_edit(self, decided: datetime | None, former: str, now: datetime) -> datetime | None:
        """A shorter interval has no more slots in the past than the former one had, and one when it is due at once.

        The others never existed: they would be reported as missed, or all be run by ``catch_up = "all"``.
        """
        after = super().decided_after_edit(decided, former, now)
        step, former_step = self.step(), _step_of(former)
        if after is None or former_step is None or step >= former_step:
            return after
        due, existed = (now - after) // step, (now - after) // former_step
        return after + max(0, due - max(1, existed)) * step

    def decided_after_pause(self, decided: datetime | None, now: datetime) -> datetime | None:
        return None if decided is None else super().decided_after_pause(decided, now)


def _step_of(fingerprint: str) -> timedelta | None:
    """The distance between two slots that an interval's fingerprint names; ``None`` for another text."""
    kind, _, ticks = fingerprint.removesuffix("us").partition(" ")
    return int(ticks) * _TICK if kind == "interval" and ticks.isdecimal() and int(ticks) else None


def _plus(instant: datetime, step: timedelta) -> datetime | None:
    try:
        return instant + step
    except OverflowError:  # beyond the year 9999
        return None
