"""What the registry holds, as values. Every datetime is aware and UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Any


RESIDENT_MODES = ("headless", "console")
"""The modes of engines that stay and serve a directory; the others claim and pass on."""


class Trigger(StrEnum):
    """Why a run exists."""

    SCHEDULE = "schedule"
    MANUAL = "manual"
    RETRY = "retry"
    CATCH_UP = "catch_up"
    SCRIPT = "script"
    """Logged by a user's script through ``log_scheduler_job_run``."""


class RunState(StrEnum):
    """Where a run is."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    RUNNING = "running"
    FINISHED = "finished"


class Outcome(StrEnum):
    """How a run ended. ``MISSED`` and ``SKIPPED`` are slots that never got a process."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    STOPPED = "stopped"
    LOST = "lost"
    NOT_STARTED = "not_started"
    MISSED = "missed"
    SKIPPED = "skipped"


class Level(StrEnum):
    """How much an alert matters, least first."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Run:
    """One row of the registry: one attempt to execute a job."""

    id: int
    job: str
    triggered_by: str
    scheduled_for: datetime | None
    attempt: int
    state: str
    claimed_at: datetime
    run_type: str = "scheduler_job"
    outcome: str | None = None
    return_code: int | None = None
    """``None`` while it runs, and when no process ever started."""
    reason: str | None = None
    not_before: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    stop_reason: str | None = None
    supervisor: str | None = None
    pid: int | None = None
    pid_started: str | None = None
    command: Sequence[str] = ()
    args: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()
    tag: str | None = None

    @property
    def duration_seconds(self) -> float | None:
        """Seconds from start to finish, or ``None`` until both are known."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def lateness_seconds(self) -> float | None:
        """Seconds from the slot to the start; ``None`` where there is no slot or no start."""
        if self.started_at is None or self.scheduled_for is None:
            return None
        return (self.started_at - self.scheduled_for).total_seconds()


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
class Hold:
    """Nothing new starts at all."""

    since: datetime
    by: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """The engine that last served a state directory."""

    pid: int | None = None
    host: str | None = None
    mode: str | None = None
    version: str | None = None
    jobs_file: str | None = None
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    loaded_at: datetime | None = None
    config_error: str | None = None
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """What a front end asked of the engine, and its answer."""

    id: int
    verb: str
    job: str | None
    run_id: int | None
    arguments: Mapping[str, Any]
    issued_by: str
    issued_at: datetime
    answer: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """A judgement about runs that somebody should see. ``id`` is 0 until it is stored."""

    level: str
    message: str
    timestamp: datetime
    source: str = "scheduler"
    context: Mapping[str, Any] = field(default_factory=dict)
    job: str | None = None
    run_id: int | None = None
    id: int = 0
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert on its way to one channel."""

    id: int
    alert: Alert
    channel: str
    attempts: int
