"""The kinds of schedules by name.

A kind wraps a ``JobSchedule`` and keeps nothing else, so that it is made wherever it is needed. ``slots`` has the
commonest questions as functions of a ``JobSchedule``.
"""

from __future__ import annotations

from peak_console.schedule import wallclock
from peak_console.schedule.kind import zone_of
from peak_console.schedule.once_and_interval import Interval, Once
from peak_console.schedule.wall_clock_kinds import CronKind, Daily
from peak_console.schedule.wallclock import ScheduleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.schedule.kind import ScheduleKind
    from peak_console.schedule.model import JobSchedule

KINDS: dict[str, type[ScheduleKind]] = {"once": Once, "interval": Interval, "daily": Daily, "cron": CronKind}
"""By ``schedule_type``."""


def kind_of(schedule: JobSchedule) -> ScheduleKind:
    """A schedule with the rules of its kind. Raises ``ScheduleError`` for a ``type`` that is none."""
    try:
        return KINDS[schedule.type](schedule)
    except (KeyError, TypeError):
        message = f"schedule_type {wallclock.shown(schedule.type)} is unknown; use {', '.join(KINDS)}"
        raise ScheduleError(message, "type") from None


def validate(schedule: JobSchedule) -> None:
    """Raise ``ScheduleError`` unless the schedule names moments. Costs microseconds for what was seen before."""
    kind = kind_of(schedule)
    if schedule.timezone is not None:
        zone_of(schedule)
    kind.validate()
