"""A run that is foreseen: when it starts and ends, what it waits for, and how it stands with its deadline."""

from __future__ import annotations

from peak_console.model.terms import Outcome
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

LATE, TIGHT, GOOD, UNKNOWN = "late", "tight", "good", "unknown"
"""How likely a deadline is missed: probably, in one of ten cases or more, hardly; nobody can tell without a history."""


@dataclass(frozen=True, slots=True)
class Due:
    """The tightest deadline of a slot, and what is foreseen of it."""

    name: str
    """The job's, or a set's."""
    at: datetime
    expected: datetime | None
    """``None``: it does not come to pass."""
    starts: bool = False
    """Whether the start counts, and not the end."""
    spread_seconds: float = 0.0
    """By how much later it comes in one of ten cases."""
    is_guess: bool = False

    @property
    def slack_seconds(self) -> float | None:
        """How much is left; negative is too late."""
        return None if self.expected is None else (self.at - self.expected).total_seconds()

    @property
    def risk(self) -> str:
        slack = self.slack_seconds
        if slack is None or slack < 0:
            return LATE
        if self.is_guess:
            return UNKNOWN
        return TIGHT if slack < self.spread_seconds else GOOD


@dataclass(frozen=True, slots=True)
class AheadRun:
    """One attempt at a job's slot, as a forecast has it."""

    job: str
    slot: datetime | None
    starts_at: datetime | None
    """``None``: it does not start, or still waits at the end of the forecast."""
    ends_at: datetime | None
    outcome: str
    """How it ends; ``queued`` where it still waits at the end of the forecast."""
    attempt: int = 1
    triggered_by: str = "schedule"
    waits: str | None = None
    """What it waits for."""
    reason: str | None = None
    """Why it is skipped, missed, stopped."""
    run_id: int | None = None
    """The run's id, if it is recorded already."""
    is_guess: bool = False
    """Whether no run of the job has ended yet, so that nobody knows how long one takes."""
    due: Due | None = None
    round_at: datetime | None = None
    """By what it belongs to a round of its chain, where that is not its slot."""

    @property
    def at(self) -> datetime | None:
        """When it takes place: its start, else its slot."""
        return self.starts_at or self.slot

    @property
    def will_fail(self) -> bool:
        return self.starts_at is not None and self.outcome in (Outcome.FAILED, Outcome.TIMED_OUT)
