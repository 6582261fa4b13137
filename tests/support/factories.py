"""Definitions with what a test cares about, and sensible values for the rest."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from peak_console.decisions.capacity import Capacity
from peak_console.decisions.conditions import Situation
from peak_console.jobs.model import JobDefinition
from peak_console.model.records import Run, RunState, Trigger
from peak_console.schedule.model import JobSchedule
from peak_console.schedule.sessions.table import NO_BREAK, Calendar

if TYPE_CHECKING:
    from datetime import datetime

_SCHEDULE_FIELDS = set(JobSchedule.__dataclass_fields__) - {"type"}


def make_job(name: str = "backup", **changes: Any) -> JobDefinition:
    """A job; schedule fields given beside the job's own make its schedule: ``make_job(interval_seconds=60)``."""
    given = {field: changes.pop(field) for field in list(changes) if field in _SCHEDULE_FIELDS}
    kind = next((k for f, k in _KINDS.items() if f in given), "once")
    schedule = changes.pop("schedule", JobSchedule(type=kind, **{"timezone": "UTC", **given}))
    changes.setdefault("command", "/bin/true")
    return JobDefinition(name, schedule=schedule, **changes)


def make_market(name: str, since: datetime, *, opens: float = 8, closes: float = 16.5, days: int = 14) -> Calendar:
    """A market that is open each day, from a day on, between two hours of UTC; the last session closes early."""
    first = since.date().toordinal() - date(1970, 1, 1).toordinal()
    numbers = range(first, first + days)
    hours = [(opens, closes)] * (days - 1) + [(opens, closes - 3)]
    return Calendar(
        name, "UTC", (first, first + days - 1), days=numbers, starts=[86400 * day for day in numbers],
        ends=[86400 * (day + 1) for day in numbers],
        opens=[86400 * day + round(3600 * at) for day, (at, _) in zip(numbers, hours, strict=True)],
        closes=[86400 * day + round(3600 * at) for day, (_, at) in zip(numbers, hours, strict=True)],
        break_starts=[NO_BREAK] * days, break_ends=[NO_BREAK] * days, early=[numbers[-1]],
    )  # fmt: skip


_KINDS = {"interval_seconds": "interval", "daily_time": "daily", "cron": "cron"}


def make_situation(job: JobDefinition, slot: datetime | None, now: datetime, **known: Any) -> Situation:
    """A job's situation in which nothing is in its way, apart from what is given as ``known``."""
    known.setdefault("capacity", Capacity(0, 0))
    return Situation(job, now, slot=slot, **known)


def make_queued(run_id: int, slot: datetime, job: str = "backup", **changes: Any) -> Run:
    """A run that waits for its turn; with an ``attempt`` beyond the first it is a retry."""
    by = Trigger.RETRY if changes.get("attempt", 1) > 1 else Trigger.SCHEDULE
    made = {"triggered_by": by, "attempt": 1, "state": RunState.QUEUED, "claimed_at": slot, **changes}
    return Run(id=run_id, job=job, scheduled_for=slot, **made)
