"""Definitions with what a test cares about, and sensible values for the rest."""

from __future__ import annotations

from typing import Any

from peak_console.jobs.model import JobDefinition
from peak_console.schedule.model import JobSchedule

_SCHEDULE_FIELDS = set(JobSchedule.__dataclass_fields__) - {"type"}


def make_job(name: str = "backup", **changes: Any) -> JobDefinition:
    """A job; schedule fields given beside the job's own make its schedule: ``make_job(interval_seconds=60)``."""
    given = {field: changes.pop(field) for field in list(changes) if field in _SCHEDULE_FIELDS}
    kind = next((k for f, k in _KINDS.items() if f in given), "once")
    schedule = changes.pop("schedule", JobSchedule(type=kind, **{"timezone": "UTC", **given}))
    changes.setdefault("command", "/bin/true")
    return JobDefinition(name, schedule=schedule, **changes)


_KINDS = {"interval_seconds": "interval", "daily_time": "daily", "cron": "cron"}
