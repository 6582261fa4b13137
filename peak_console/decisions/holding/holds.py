"""Holds on some of the jobs: which jobs each covers, and until when. Pure."""

from __future__ import annotations

from peak_console.decisions.job_words import job_words
from peak_console.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from peak_console.jobs.model import JobDefinition
    from peak_console.model.state import Hold


def is_over(hold: Hold, now: datetime) -> bool:
    """Whether the end of a hold has come."""
    return hold.until is not None and hold.until <= now


def covers(hold: Hold, job: JobDefinition) -> bool:
    """Whether a hold is on a job: by one of its tags and by all of its words; without either it is on every job."""
    if hold.tags and set(hold.tags).isdisjoint(job.tags):
        return False
    if not hold.words:
        return True
    try:
        return job_words(hold.words).wants(job.name, job.tags)
    except UsageError:  # words that cannot be read keep jobs from starting rather than start them
        return True


def holding(job: JobDefinition, holds: Iterable[Hold], now: datetime) -> Hold | None:
    """The hold that is on a job: the one that lasts longest, as far as that is known."""
    found = [hold for hold in holds if not is_over(hold, now) and covers(hold, job)]
    return max(found, key=lambda hold: (hold.until is None, hold.until or hold.since), default=None)


def held_names(jobs: Mapping[str, JobDefinition], holds: Iterable[Hold], now: datetime) -> frozenset[str]:
    """The jobs that some hold is on."""
    holds = list(holds)
    return frozenset(name for name, job in jobs.items() if holds and holding(job, holds, now) is not None)


def scope(hold: Hold) -> str:
    """Which jobs a hold is on, in words: ``all jobs``, ``jobs tagged live or risk``, ``jobs tagged live: report``."""
    tagged = f"jobs tagged {' or '.join(hold.tags)}" if hold.tags else ""
    if not hold.words:
        return tagged or "all jobs"
    return f"{tagged or 'jobs'}: {hold.words}"
