"""What is remembered of jobs between starts, as values. Every datetime is aware and UTC.

Apart from ``model``, because a start with nothing to do needs this and no more.
"""

from __future__ import annotations

from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Override:
    """An operator's enable or disable of one job; it outranks the jobs file until it lapses."""

    enabled: bool
    by: str
    at: datetime
    until: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class JobState:
    """What the engine remembers of a job between starts."""

    job: str
    schedule: str
    decided_until: datetime | None = None
    off_since: datetime | None = None
    failures: int = 0
    override: Override | None = None


@dataclass(frozen=True, slots=True)
class GateState:
    """What people and its check have said of a gate."""

    gate: str
    closed_at: datetime | None = None
    """Since when a person keeps it closed, whatever its check says; ``None`` where nobody does."""
    closed_by: str = ""
    closed_reason: str | None = None
    answer: str | None = None
    """``open`` or ``closed``, as its check said last; ``None`` where it was never asked."""
    words: str = ""
    """What the check said with it."""
    answered_at: datetime | None = None
    """Since when the check has answered so."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing new starts: of all jobs, or of those with one of some tags, or that some words are about."""

    since: datetime
    by: str
    reason: str | None = None
    until: datetime | None = None
    """When it ends of itself; ``None`` is once somebody releases it."""
    tags: Sequence[str] = ()
    """On jobs with one of these tags; empty: whatever their tags."""
    words: str = ""
    """On jobs that these words are about (``decisions.job_words``); empty: whatever their names."""
    id: int = 0
    """Its number in the registry; 0 of the hold on everything."""
