"""Which moments a schedule names. Pure: every instant is an argument, aware and UTC, and so is every answer.

**Wall-clock schedules** (``daily``, ``cron``, a naive ``run_at``) are read in the job's zone. A moment that clocks
skip in spring fires at the first valid instant after the gap; several that do so are one slot. A moment that
clocks show twice in autumn fires once, the first time.

**Cron by real time.** Where the minute or the hour field of a cron expression starts with ``*`` (``*/5 * * * *``,
``0 * * * *``, ``*/20 2 * * *``), it fires whenever clocks show a moment that matches: in both passes of a
folded hour, and not for a moment that is skipped. So a steady pace stays steady across a change. Every other
expression follows the rule above. Both are Debian cron's ways.

**On a calendar** a ``daily`` or ``cron`` schedule fires on the calendar's sessions only: on the day that it is at the
exchange at that moment. **Session** schedules fire at moments of its sessions. Nothing fires after the last day that
the calendar knows; ``ScheduleKind.known_until`` tells when that is.

**Interval** slots lie on a fixed grid from the last decided slot. **Once** is at ``run_at``, or at first sight.
"""

from __future__ import annotations

from peak_console.schedule import wallclock
from peak_console.schedule.kind import Pending, zone_of
from peak_console.schedule.once_and_interval import Interval, Once
from peak_console.schedule.wall_clock_kinds import CronKind, Daily, SessionKind
from peak_console.schedule.wallclock import ScheduleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from peak_console.schedule.kind import ScheduleKind
    from peak_console.schedule.model import JobSchedule

__all__ = [
    "KINDS", "Pending", "ScheduleError", "fingerprint", "kind_of", "next_slot", "pending", "slots_between", "upcoming",
    "validate",
]  # fmt: skip

KINDS: dict[str, type[ScheduleKind]] = {
    "once": Once,
    "interval": Interval,
    "daily": Daily,
    "cron": CronKind,
    "session": SessionKind,
}
"""By ``schedule_type``."""


def kind_of(schedule: JobSchedule) -> ScheduleKind:
    """A schedule with the rules of its kind. Raises ``ScheduleError`` for a ``type`` that is none."""
    try:
        return KINDS[schedule.type](schedule)
    except (KeyError, TypeError):
        if schedule.type == "after":
            from peak_console.schedule.after import After

            KINDS["after"] = After  # a start without such jobs does not load it
            return After(schedule)
        known = ", ".join(dict.fromkeys([*KINDS, "after"]))
        message = f"schedule_type {wallclock.shown(schedule.type)} is unknown; use {known}"
        raise ScheduleError(message, "type") from None


def validate(schedule: JobSchedule) -> None:
    """Raise ``ScheduleError`` unless the schedule names moments. Costs microseconds for what was seen before."""
    kind = kind_of(schedule)
    if schedule.timezone is not None:
        zone_of(schedule)
    kind.validate()


def next_slot(schedule: JobSchedule, decided: datetime | None, now: datetime) -> datetime | None:
    """The oldest slot not yet decided; it may lie in the past, and then it is due. ``None``: never again.

    ``decided``: every slot up to and including this instant has been decided; ``None``: nothing ever was. A
    schedule that nothing was ever decided for starts now: an interval and a ``once`` without ``run_at`` are due at
    ``now``, a wall-clock schedule waits for its first moment strictly after ``now``.
    """
    return kind_of(schedule).next(decided, now)


def slots_between(schedule: JobSchedule, after: datetime, until: datetime) -> Iterator[datetime]:
    """Every slot in (after, until], oldest first and strictly ascending. An interval counts from ``after``.

    A ``once`` without ``run_at`` has no moment of its own, hence none here.
    """
    return kind_of(schedule).between(after, until)


def pending(schedule: JobSchedule, decided: datetime | None, now: datetime, limit: int = 1000) -> Pending | None:
    """The slots that are due at ``now`` and undecided, folded; ``None`` when there are none.

    Takes time for at most ``limit`` slots however long the absence; an interval takes the same for any.
    """
    return kind_of(schedule).pending(decided, now, limit)


def upcoming(schedule: JobSchedule, decided: datetime | None, now: datetime, count: int) -> list[datetime]:
    """What a job has ahead, oldest first, at most ``count``: the latest slot that is due and undecided, if any
    (the ones before it fold into it), then those strictly later than ``now``.

    An interval goes on from ``decided``, or from ``now`` when it never ran.
    """
    kind = kind_of(schedule)
    due = kind.pending(decided, now, 1)
    slot = due.latest if due else kind.next(decided, now)
    slots: list[datetime] = []
    while slot is not None and len(slots) < count:
        slots.append(slot)
        slot = kind.next(slot, slot)
    return slots


def fingerprint(schedule: JobSchedule) -> str:
    """A short text that is equal for schedules that name the same moments, and changes when they change.

    The machine's own zone counts by its name. A cron expression counts as text: two ways to write the same
    moments (``mon-fri``, ``1-5``) differ.
    """
    return kind_of(schedule).fingerprint()
