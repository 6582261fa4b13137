"""The rule that yields a job's slots."""

from __future__ import annotations

from enum import StrEnum

from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class ScheduleType(StrEnum):
    ONCE = "once"
    INTERVAL = "interval"
    DAILY = "daily"
    CRON = "cron"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class AfterRule:
    """What a schedule of type ``after`` follows."""

    names: tuple[str, ...]
    """The upstreams as the jobs file names them."""
    round: str = "day"
    roots: tuple[JobSchedule, ...] = ()
    """The schedules of the upstreams, and of theirs, down to those with times of their own."""


@dataclass(frozen=True, slots=True)
class JobSchedule:
    """When a job is due. Plain values as they stand in the jobs file; the maths is in ``slots``.

    A wall-clock time (``daily_time``, ``cron``, a naive ``run_at``) is read in ``timezone``, an IANA name;
    ``None`` is the machine's own zone.
    """

    type: str = "once"
    interval_seconds: float | None = None
    daily_time: str | None = None
    """``HH:MM`` or ``HH:MM:SS``."""
    days: tuple[str, ...] = ()
    """For ``daily``: the weekdays it runs on, as in ``WEEKDAYS``; empty is every day."""
    cron: str | None = None
    run_at: datetime | None = None
    timezone: str | None = None
    follows: AfterRule | None = None
    """For ``after``: what it follows."""
    last_run_at: datetime | None = None
    """For callers of the Python API that keep their own state; the engine does not use it."""
    next_run_at: datetime | None = None
    """As ``last_run_at``: when set, ``is_job_due`` compares with it and computes nothing."""
