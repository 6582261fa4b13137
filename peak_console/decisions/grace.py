"""How late a slot may still start. Pure."""

from __future__ import annotations

from datetime import timedelta

from peak_console.jobs.model import CatchUp
from peak_console.schedule.slots import kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.jobs.model import JobDefinition

SKIP_GRACE_SECONDS = 60


def grace_seconds(job: JobDefinition) -> float | None:
    """Lateness still accepted; ``None`` is any. The job's own word, else what suits its schedule.

    A late interval run still does its work, a late wall-clock run may do harm: daily, cron and a ``run_at`` get an
    hour. ``catch_up = "skip"`` accepts a minute unless the job says otherwise.
    """
    if job.misfire_grace_seconds is not None:
        return job.misfire_grace_seconds
    if job.catch_up == CatchUp.SKIP:
        return SKIP_GRACE_SECONDS
    return kind_of(job.schedule).default_grace


def earliest_slot(job: JobDefinition, now: datetime) -> datetime | None:
    """The oldest slot that may still start; ``None`` is any, as for a grace that reaches back before the calendar."""
    grace = grace_seconds(job)
    try:
        return None if grace is None else now - timedelta(seconds=grace)
    except OverflowError:
        return None


def is_too_late(job: JobDefinition, slot: datetime, now: datetime) -> bool:
    """Whether a slot is later than its grace."""
    earliest = earliest_slot(job, now)
    return earliest is not None and slot < earliest


def lateness_in_words(job: JobDefinition, slot: datetime, now: datetime) -> str:
    """How late a slot is, and the grace that it exceeds, in words."""
    from peak_console.text import duration

    grace = duration(grace_seconds(job) or 0)
    return f"{duration((now - slot).total_seconds())} late, more than the grace of {grace}"
