"""A blackout: windows of time, and the jobs of which nothing starts inside. One that a person has added is one, too."""

from __future__ import annotations

from enum import StrEnum

from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.jobs.model import JobDefinition
    from peak_console.schedule.blackouts.windows import Windows


class BlackoutPolicy(StrEnum):
    """What becomes of the slots inside."""

    SKIP = "skip"
    DEFER = "defer"
    """The newest one runs at the end of the window, once."""


@dataclass(frozen=True, slots=True)
class Blackout:
    """One ``[[blackout]]`` table, or what a person has added with ``blackout add``."""

    name: str
    windows: Windows
    policy: str = BlackoutPolicy.SKIP
    tags: Sequence[str] = ()
    jobs: Sequence[str] = ()
    exceptions: Sequence[str] = ()
    """Names of jobs that it is not about, whatever their tags."""
    rule: str = ""
    """When it is, in words: ``22:00 to 02:00``."""
    calendars: Sequence[str] = ()
    """The calendars that its windows are made of."""
    by: str = ""
    """Who has added it; empty where it stands in the jobs file."""
    since: datetime | None = None
    """When a person has added it."""
    reason: str = ""
    words: str = ""
    """Of one that a person has added: only jobs that these words are about (``decisions.job_words``)."""

    def covers(self, job: JobDefinition) -> bool:
        """Whether nothing of a job starts inside of its windows."""
        if job.name in self.exceptions:
            return False
        if not (self.tags or self.jobs):
            return True
        return job.name in self.jobs or not frozenset(self.tags).isdisjoint(job.tags)
