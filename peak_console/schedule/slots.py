"""Which moments a schedule names. Pure: every instant is an argument, aware and UTC, and so is every answer.

**Wall-clock schedules** (``daily``, ``cron``, a naive ``run_at``) are read in the job's zone. A moment that clocks
skip in spring fires at the first valid instant after the gap; several that do so are one slot. A moment that
clocks show twice in autumn fires once, the first time.

**Cron by real time.** Where the minute or the hour field of a cron expression starts with ``*`` (``*/5 * * * *``,
``0 * * * *``, ``*/20 2 * * *``), it fires whenever clocks show a moment that matches: in both passes of a
folded hour, and not for a moment that is skipped. So a steady pace stays steady across a change. Every other
expression follows the rule above. Both are Debian cron's ways.

**Interval** slots lie on a fixed grid from the last decided slot. **Once** is at ``run_at``, or at first sight.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice

from peak_console.schedule import wallclock
from peak_console.schedule.offsets import offsets
from peak_console.schedule.timetable import Timetable
from peak_console.schedule.wallclock import ScheduleError
from peak_console.schedule.zones import forget, instant_of, zone, zone_name
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from peak_console.schedule.model import JobSchedule
    from peak_console.schedule.wallclock import WallClock

__all__ = [
    "Pending",
    "ScheduleError",
    "fingerprint",
    "forget_zones",
    "next_slot",
    "pending",
    "slots_between",
    "timetable",
    "upcoming",
    "validate",
]

_TICK = timedelta(microseconds=1)
_NOTHING = timedelta(0)
_WALL_CLOCK_TYPES = ("daily", "cron")
_TYPES = ("once", "interval", *_WALL_CLOCK_TYPES)
_KEPT = 1 << 17
_timetables: dict[tuple[object, str | None], Timetable] = {}


@dataclass(frozen=True, slots=True)
class Pending:
    """The slots that are due and undecided, folded into one."""

    latest: datetime
    oldest: datetime
    count: int
    """How many there are; beyond the limit that was asked for, at least the limit."""


def validate(schedule: JobSchedule) -> None:
    """Raise ``ScheduleError`` unless the schedule names moments. Costs microseconds for what was seen before."""
    if schedule.type not in _TYPES:
        message = f"schedule_type {wallclock.shown(schedule.type)} is unknown; use {', '.join(_TYPES)}"
        raise ScheduleError(message, "type")
    if schedule.timezone is not None:
        _zone_of(schedule)
    if schedule.type == "interval":
        _step(schedule)
    elif schedule.type == "once":
        _run_at(schedule)
    else:
        _zone_of(schedule)
        _rule(schedule)


def next_slot(schedule: JobSchedule, decided: datetime | None, now: datetime) -> datetime | None:
    """The oldest slot not yet decided; it may lie in the past, and then it is due. ``None``: never again.

    ``decided``: every slot up to and including this instant has been decided; ``None``: nothing ever was. A
    schedule that nothing was ever decided for starts now: an interval and a ``once`` without ``run_at`` are due at
    ``now``, a wall-clock schedule waits for its first moment strictly after ``now``.
    """
    kind = schedule.type
    if kind == "once":
        at = _run_at(schedule)
        if at is None:
            return now if decided is None else None
        return at if decided is None or decided < at else None
    if kind == "interval":
        return now if decided is None else _plus(decided, _step(schedule))
    return timetable(schedule).after(now if decided is None else decided)


def slots_between(schedule: JobSchedule, after: datetime, until: datetime) -> Iterator[datetime]:
    """Every slot in (after, until], oldest first and strictly ascending. An interval counts from ``after``.

    A ``once`` without ``run_at`` has no moment of its own, hence none here.
    """
    table = timetable(schedule) if schedule.type in _WALL_CLOCK_TYPES else None
    slot = next_slot(schedule, after, after)
    while slot is not None and slot <= until:
        yield slot
        slot = table.after(slot) if table else next_slot(schedule, slot, slot)


def pending(schedule: JobSchedule, decided: datetime | None, now: datetime, limit: int = 1000) -> Pending | None:
    """The slots that are due at ``now`` and undecided, folded; ``None`` when there are none.

    Takes time for at most ``limit`` slots however long the absence; an interval takes the same for any.
    """
    oldest = next_slot(schedule, decided, now)
    if oldest is None or oldest > now:
        return None
    if schedule.type == "once":
        return Pending(oldest, oldest, 1)
    if schedule.type == "interval":
        step = _step(schedule)
        more = (now - oldest) // step
        return Pending(oldest + more * step, oldest, more + 1)
    latest = timetable(schedule).until(now)
    if latest is None or latest <= oldest:
        return Pending(oldest, oldest, 1)
    later = sum(1 for _ in islice(slots_between(schedule, oldest, latest), max(0, limit - 1)))
    return Pending(latest, oldest, later + 1)


def upcoming(schedule: JobSchedule, decided: datetime | None, now: datetime, count: int) -> list[datetime]:
    """What a job has ahead, oldest first, at most ``count``: the latest slot that is due and undecided, if any
    (the ones before it fold into it), then those strictly later than ``now``.

    An interval goes on from ``decided``, or from ``now`` when it never ran.
    """
    due = pending(schedule, decided, now, limit=1)
    slot = due.latest if due else next_slot(schedule, decided, now)
    slots: list[datetime] = []
    while slot is not None and len(slots) < count:
        slots.append(slot)
        slot = next_slot(schedule, slot, slot)
    return slots


def timetable(schedule: JobSchedule) -> Timetable:
    """What a ``daily`` or ``cron`` schedule means, for whoever asks it for many slots. Raises ``ScheduleError``."""
    text = schedule.cron if schedule.type == "cron" else (schedule.daily_time, tuple(schedule.days))
    key = text, schedule.timezone
    try:
        return _timetables[key]
    except (KeyError, TypeError):  # new; or a value that is wrong, and not even hashable
        found = Timetable(_rule(schedule), offsets(_zone_of(schedule)))
    if len(_timetables) >= _KEPT:
        _timetables.clear()
    _timetables[key] = found
    return found


def fingerprint(schedule: JobSchedule) -> str:
    """A short text that is equal for schedules that name the same moments, and changes when they change.

    The machine's own zone counts by its name. A cron expression counts as text: two ways to write the same
    moments (``mon-fri``, ``1-5``) differ.
    """
    if schedule.type == "interval":
        return f"interval {_step(schedule) // _TICK}us"
    if schedule.type == "once":
        at = _run_at(schedule)
        return f"once {at.isoformat()}" if at else "once"
    _rule(schedule)
    place = zone_name(schedule.timezone)
    if schedule.type == "cron":
        return f"cron {wallclock.cron_fields(str(schedule.cron))} {place}"
    days = wallclock.weekday_numbers(tuple(schedule.days)) or range(7)
    at_time = wallclock.time_of_day(str(schedule.daily_time))
    return f"daily {at_time.isoformat()} {''.join(map(str, days))} {place}"


def forget_zones() -> None:
    """Look every zone up anew: for a process whose ``TZ`` or zone data has changed."""
    forget()
    _timetables.clear()


def _run_at(schedule: JobSchedule) -> datetime | None:
    at = schedule.run_at
    if at is None:
        return None
    if not isinstance(at, datetime):
        raise ScheduleError(f"run_at {wallclock.shown(at)} is not a date with a time; give a datetime", "run_at")
    try:
        return instant_of(at, _zone_of(schedule)) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        raise ScheduleError(
            f"run_at {at} is too far away; its moment in UTC must lie in the years 1 to 9999", "run_at"
        ) from None


def _step(schedule: JobSchedule) -> timedelta:
    seconds = schedule.interval_seconds
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


def _zone_of(schedule: JobSchedule) -> tzinfo:
    name = schedule.timezone
    if name is not None and not isinstance(name, str):
        raise ScheduleError(
            f'timezone {wallclock.shown(name)} is not a name; give one of IANA\'s, such as "Europe/Berlin"', "timezone"
        )
    try:
        return zone(name)
    except ValueError as error:
        raise ScheduleError(str(error), "timezone") from None


def _rule(schedule: JobSchedule) -> WallClock:
    field = "cron" if schedule.type == "cron" else "daily_time"
    text = schedule.cron if schedule.type == "cron" else schedule.daily_time
    if text is None:
        raise ScheduleError(f"{field} is missing; a {schedule.type} schedule needs it", field)
    if not isinstance(text, str):
        raise ScheduleError(f"{field} {wallclock.shown(text)} is not a text; put it in quotes", field)
    return wallclock.cron(text) if field == "cron" else wallclock.daily(text, tuple(schedule.days))


def _plus(instant: datetime, step: timedelta) -> datetime | None:
    try:
        return instant + step
    except OverflowError:  # beyond the year 9999
        return None
