"""The rule that yields a job's slots."""

from __future__ import annotations

from enum import StrEnum

from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.schedule.sessions.table import Calendar

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class ScheduleType(StrEnum):
    ONCE = "once"
    INTERVAL = "interval"
    DAILY = "daily"
    CRON = "cron"
    AFTER = "after"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class AfterRule:
    """What a schedule of type ``after`` follows."""

    names: tuple[str, ...]
    """The upstreams as the jobs file names them."""
    round: str = "day"
    roots: tuple[JobSchedule, ...] = ()
    """The schedules of the upstreams, and of theirs, down to those with times of their own."""


@dataclass(frozen=True, slots=True)
class SessionRule:
    """What a schedule has to do with the sessions of a calendar; as it stands in the jobs file."""

    calendar: Calendar | None = None
    """Only on its days; ``None`` is a mistake."""
    at: str | None = None
    """For ``session``: a moment of each session, such as ``open-15m``."""
    every: str | None = None
    """For ``session``: the pace within each session, such as ``10m``."""
    begin: str | None = None
    """With ``every``: from which moment on; the open, unless it is said. In the file: ``from``."""
    end: str | None = None
    """With ``every``: up to which moment; the close, unless it is said. In the file: ``until``."""
    session_of_week: int | None = None
    session_of_month: int | None = None
    session_of_quarter: int | None = None
    session_of_year: int | None = None
    nth_weekday: str | None = None
    """Such as ``3 fri``, of each month."""
    if_closed: str | None = None
    """What becomes of a day on which the calendar is closed."""


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
    sessions: SessionRule | None = None
    """For ``session``, and for ``daily`` and ``cron`` on days of a calendar."""
    jitter_seconds: int = 0
    """Up to so much later than the rule says, by a part that is always the same for one slot of ``jitter_seed``."""
    jitter_seed: str = ""
    """The job's name: jobs with the same rule are spread."""
    last_run_at: datetime | None = None
    """For callers of the Python API that keep their own state; the engine does not use it."""
    next_run_at: datetime | None = None
    """As ``last_run_at``: when set, ``is_job_due`` compares with it and computes nothing."""
