"""What the registry holds, as values. Every datetime is aware and UTC."""

from __future__ import annotations

from peak_console.model.state import Hold, JobState, Override
from peak_console.model.terms import LOCAL, LOCK, RESIDENT_MODES, Level, Outcome, RunState, Trigger
from peak_console.values import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Any

__all__ = [
    "RESIDENT_MODES",
    "Alert",
    "AlertCounts",
    "Claim",
    "Command",
    "Delivery",
    "EngineInfo",
    "Hold",
    "JobState",
    "Level",
    "Outcome",
    "Override",
    "Run",
    "RunState",
    "Trigger",
]


@dataclass(frozen=True, slots=True)
class Run:
    """One row of the registry: one attempt to execute a job."""

    id: int
    job: str
    triggered_by: Trigger
    scheduled_for: datetime | None
    attempt: int
    state: RunState
    claimed_at: datetime
    run_type: str = "scheduler_job"
    outcome: Outcome | None = None
    return_code: int | None = None
    """``None`` while it runs, and when no process ever started."""
    reason: str | None = None
    not_before: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    stop_reason: str | None = None
    supervisor: str | None = None
    executor: str = LOCAL
    """Where it is executed: ``local``, or as the jobs file names it."""
    reference: str | None = None
    """What its executor finds it by."""
    submitted_at: datetime | None = None
    """When it was handed to an executor that starts it when it has room; ``None`` for one that starts it at once."""
    node: str | None = None
    """The machine that it is on, where its executor has several."""
    waits_for: str | None = None
    """Of a submitted run: why it has not started, as its executor says."""
    command: Sequence[str] = ()
    args: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()
    tag: str | None = None
    late_because: str | None = None
    """Why it started late."""
    priority: int = 0
    """Who starts first where places are scarce: the higher one."""
    awaits: str | None = None
    """What it waits for before it can have a turn, in words; ``None`` when nothing but its turn."""
    round_at: datetime | None = None
    """The moment by which it belongs to a round of its chain; ``None`` is its slot."""
    stands_since: datetime | None = None
    """The oldest of the slots that it stands for; ``None`` when it stands for its own."""
    run_mode: str | None = None
    """What its job traded with: one of ``jobs.model.Mode``."""

    @property
    def is_live(self) -> bool:
        """Whether it traded with real money."""
        return self.run_mode == "live"

    requested_by: str | None = None
    """Who has asked for it, of a run by hand."""
    args_changed: Sequence[str] = ()
    """The arguments that somebody has changed for it, or left out."""
    array_indexes: str | None = None
    """Of an array as a whole, which has no process of its own: the indexes of its runs, as in ``0-99``."""
    array_of: int | None = None
    """Of one run of an array: the id of the array as a whole."""
    array_index: int | None = None
    array_values: Mapping[str, Any] = field(default_factory=dict)
    """Of one run of a matrix: the value of each axis."""

    @property
    def is_array(self) -> bool:
        """Whether it is an array as a whole."""
        return self.array_indexes is not None

    @property
    def defined_by(self) -> str:
        """The job in the jobs file: that of ``sweep[7]``, one run of an array, is ``sweep``."""
        return self.job if self.array_of is None else self.job.rpartition("[")[0]

    cpu_seconds: float | None = None
    """Processor time of its processes, by the kernel; ``None`` until it has ended, and where nothing tells."""
    peak_memory_bytes: int | None = None
    """The most memory that one of its processes has held."""

    @property
    def duration_seconds(self) -> float | None:
        """Seconds from start to finish, or ``None`` until both are known."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def waited_there_seconds(self) -> float | None:
        """Seconds from the submission to its executor to its start there; ``None`` until both are known."""
        if self.submitted_at is None or self.started_at is None:
            return None
        return max(0.0, (self.started_at - self.submitted_at).total_seconds())

    @property
    def lateness_seconds(self) -> float | None:
        """Seconds from the slot to the start; ``None`` where there is no slot or no start."""
        if self.started_at is None or self.scheduled_for is None:
            return None
        return (self.started_at - self.scheduled_for).total_seconds()

    @property
    def counted_lateness(self) -> float | None:
        """The lateness of a first attempt for a slot; ``None`` for retries, runs by hand, and each run of an array."""
        by_schedule = self.triggered_by in (Trigger.SCHEDULE, Trigger.CATCH_UP, Trigger.AFTER)
        return self.lateness_seconds if by_schedule and self.attempt == 1 and self.array_of is None else None


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
    lock: str = LOCK
    """The file whose lock it holds while it serves."""
    include_tags: Sequence[str] = ()
    exclude_tags: Sequence[str] = ()
    jobs: Sequence[str] | None = None
    """The jobs that it serves; ``None`` is all."""
    serves: bool = False
    """Whether it did so when this was read: it has not left, and it holds its lock."""

    @property
    def selection(self) -> str:
        """Its tags as they stand on a command line; empty when it serves every job."""
        flags = (("--include-tags", self.include_tags), ("--exclude-tags", self.exclude_tags))
        return " ".join(f"{flag} {','.join(tags)}" for flag, tags in flags if tags)

    @property
    def named(self) -> str:
        """``pid 12``, with its tags if it has any."""
        return f"pid {self.pid}" + (f", {self.selection}" if self.selection else "")


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
    """A message to the operator about runs or the engine. ``id`` is 0 until it is stored."""

    level: Level
    message: str
    timestamp: datetime
    source: str = "scheduler"
    context: Mapping[str, Any] = field(default_factory=dict)
    job: str | None = None
    run_id: int | None = None
    id: int = 0
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    cause: str | None = None
    """Of an incident: what it is about. One incident at a time is open for a cause."""
    count: int = 1
    last_at: datetime | None = None
    """When it last happened; ``None`` is ``timestamp``."""
    told_at: datetime | None = None
    """When the channels were last told of an incident; ``None`` is ``timestamp``."""
    resolved_at: datetime | None = None
    """When the cause of an incident was gone."""
    ack_note: str | None = None
    """What whoever acknowledged it has noted."""

    @property
    def is_open(self) -> bool:
        """Whether it needs attention: it is neither acknowledged nor resolved."""
        return self.acknowledged_at is None and self.resolved_at is None

    @property
    def latest_at(self) -> datetime:
        """When it last happened."""
        return self.last_at or self.timestamp


@dataclass(frozen=True, slots=True)
class AlertCounts:
    """How the alert log stands; two of them are equal when nothing in it has changed."""

    newest: int = 0
    """The newest alert's id; 0 when there is none."""
    open: int = 0
    """How many are neither acknowledged nor resolved."""
    incidents: int = 0
    """How many incidents have a cause that is not gone."""
    occurrences: int = 0
    """How often these have happened."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert on its way to one channel."""

    id: int
    alert: Alert
    channel: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A slot that has been decided, as it is to be recorded.

    With an ``outcome`` it needs no process (``missed``, ``skipped``); ``queued`` waits for its turn; otherwise
    its process is started next.
    """

    job: str
    scheduled_for: datetime
    triggered_by: Trigger = Trigger.SCHEDULE
    attempt: int = 1
    queued: bool = False
    not_before: datetime | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    command: Sequence[str] = ()
    args: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()
    tag: str | None = None
    late_because: str | None = None
    """Why it starts late."""
    priority: int = 0
    awaits: str | None = None
    """What it waits for before it can have a turn."""
    round_at: datetime | None = None
    stands_since: datetime | None = None
    run_mode: str | None = None
    """What its job trades with."""
    requested_by: str | None = None
    """Who has asked for it, of a run by hand."""
    args_changed: Sequence[str] = ()
    """The arguments that somebody has changed for it, or left out."""
    executor: str = LOCAL
    array_indexes: str | None = None
    """Of an array as a whole: the indexes of its runs."""
    array_of: int | None = None
    array_index: int | None = None
    array_values: Mapping[str, Any] = field(default_factory=dict)
    definition: str | None = None
    """The definition that it is claimed with, a line for each field, without secrets."""
