"""What a jobs file says, as values. Immutable: a reload makes a new ``JobSet``."""

from __future__ import annotations

from enum import StrEnum

from peak_console.model.terms import LOCAL
from peak_console.schedule.model import JobSchedule
from peak_console.values import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from peak_console.calendars.own import Definition
    from peak_console.jobs.beside import AlertChannel, Deadline, ExecutorDefinition, Gate, Heartbeat
    from peak_console.jobs.blackouts import Blackout
    from peak_console.schedule.sessions.table import Calendar


class Overlap(StrEnum):
    """What happens to a slot that falls due while its job still runs."""

    SKIP = "skip"
    QUEUE = "queue"
    ALLOW = "allow"
    KILL_PREVIOUS = "kill_previous"


class CatchUp(StrEnum):
    """Which of the slots that were missed while no engine ran are run later."""

    SKIP = "skip"
    LATEST = "latest"
    ALL = "all"


LIVE = "LIVE"
"""How a job that trades with real money is marked wherever it is shown."""


class Mode(StrEnum):
    """With what a job trades: nothing real, an exchange's test network, or real money."""

    PAPER = "paper"
    TESTNET = "testnet"
    LIVE = "live"


class Wanted(StrEnum):
    """How an upstream has to end."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Upstream:
    """A job that another one waits for, and how it has to end."""

    job: str
    wanted: str = Wanted.SUCCEEDED

    def __str__(self) -> str:
        return self.job if self.wanted == Wanted.SUCCEEDED else f"{self.job}:{self.wanted}"


@dataclass(frozen=True, slots=True)
class Resources:
    """What a run asks a cluster for."""

    cpus: int = 1
    memory_mb: int = 1024
    gpus: int = 0
    queue_limit_seconds: float = 0
    """The longest that it may wait there; 0 is for ever."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A file that has to be there before a job starts, and new enough if a bound is named."""

    file: str
    """With placeholders; relative to the working directory of the job."""
    newer_than: str | None = None
    """``slot``, ``slot-1h``, ``today``, ``last close of XNYS``, or how old it may be: ``15m``."""
    calendar: Calendar | None = None
    """The calendar that a session's moment is of."""

    def __str__(self) -> str:
        return self.file if self.newer_than is None else f"{self.file} newer than {self.newer_than}"


class IfStale(StrEnum):
    """What becomes of a slot whose job requires a file that is missing or too old."""

    WAIT = "wait"
    SKIP = "skip"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Array:
    """Several runs for each slot, one for each index."""

    indexes: Sequence[int]
    at_once: int = 0
    """How many of them go on at once; 0 is any number."""
    succeeds: str | int = "all"
    """How many have to succeed: ``all``, ``any``, or so many at least."""
    axes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """Of a matrix: the values of each axis. The last axis changes fastest from index to index."""

    def __str__(self) -> str:
        from peak_console.jobs.arrays import array_in_words

        return array_in_words(self)


@dataclass(frozen=True, slots=True)
class Member:
    """Which run of an array a definition is for."""

    array: str
    """The name of the job with the array."""
    index: int
    values: Mapping[str, Any] = field(default_factory=dict)
    """Of a matrix: the value of each axis."""


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """One job. Durations are seconds."""

    name: str
    command: str = "python"
    args: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    schedule: JobSchedule = field(default_factory=JobSchedule)
    enabled: bool = True
    tags: Sequence[str] = ()
    timeout_seconds: float = 300
    """The longest a run may take; 0 is no limit."""
    description: str = ""
    argv: Sequence[str] | None = None
    """The whole argument list after ``command``; excludes ``args``."""
    cwd: str | None = None
    """Working directory; ``None`` is the engine's own."""
    env_file: str | None = None
    success_codes: Sequence[int] = (0,)
    retries: int = 0
    """How many further attempts a failed run gets."""
    retry_delay_seconds: float = 60
    retry_backoff: float = 2
    """Each further delay is this many times the one before."""
    overlap: str = Overlap.SKIP
    catch_up: str = CatchUp.LATEST
    misfire_grace_seconds: float | None = None
    """Lateness still accepted; ``None`` is the schedule type's own default (see ``decisions.policy``)."""
    kill_grace_seconds: float = 10
    alert_on_success: bool = True
    alert_after: int = 1
    """How many final failures in a row raise an alert."""
    realert_seconds: float = 3600
    """How long the same failure is not sent again."""
    max_output_bytes: int = 256 * 1024 * 1024
    """Per stream; beyond it the middle of the output is dropped. 0 is no limit."""
    executor: str = LOCAL
    """Where its runs are executed: ``local``, or one that the jobs file defines."""
    resources: Resources | None = None
    """What a run asks a cluster for; ``None`` is the least."""
    rerun_on_node_failure: bool = False
    """Whether a run whose node was lost is tried again, once it is certain that it lives no more."""
    array: Array | None = None
    """The runs that each slot consists of; ``None`` is a single one."""
    member: Member | None = None
    """Which run of an array this is the definition of; ``None`` in a jobs file."""
    group: str | None = None
    """The group whose limit its runs count for."""
    priority: int = 0
    """Who starts first where places are scarce: the higher one."""
    finish_by: str | None = None
    """By when a slot has to have run with success: ``08:55``, ``30m after slot``."""
    start_by: str | None = None
    """By when a slot has to have started, written like ``finish_by``."""
    expect_duration: Sequence[float] = ()
    """How many seconds a successful run takes at the least and at the most; empty is any."""
    after: Sequence[Upstream] = ()
    """The jobs that each slot waits for."""
    round: str = "day"
    """What makes a round of the chain: ``day``, or ``run`` for every success of the one upstream."""
    if_failed: str = "wait"
    """What becomes of a slot whose upstream has failed: ``wait``, ``skip``, ``run``."""
    if_skipped: str = "wait"
    """What becomes of a slot whose upstream did not run by its own rules: ``wait``, ``go``, ``skip``."""
    wait_at_most: float | None = None
    """How many seconds a slot waits for its upstreams before it is missed; ``None`` is any time."""
    meta: Mapping[str, Any] = field(default_factory=dict)
    """What others keep of the job: shown, handed on, and without a meaning here."""
    mode: str | None = None
    """With what it trades, one of ``Mode``; ``None`` where it does not trade."""

    requires: Sequence[Requirement] = ()
    """Files that have to be there, and new enough, before it starts."""
    if_stale: str = IfStale.WAIT
    """What becomes of a slot where they are not."""
    expect: Mapping[str, Any] | None = None
    """What the result of a run has to say; ``None`` where nobody asks."""
    result: str | None = None
    """The file with the result, with placeholders; ``None`` is what the run prints."""
    on_finish: Sequence[str] = ()
    """A command, word by word, that is told of each run once its end is recorded."""
    ping_url: str | None = None
    """Where its starts and ends are told, as healthchecks.io has it; a secret."""
    ping_url_env: str | None = None
    """The variable with that URL."""
    runbook: str | None = None
    """What to do when it fails: a URL, or a path, that stands in each of its alerts."""
    confirm: bool = False
    """Whether a person who starts or enables it has to give its name once more."""

    @property
    def is_live(self) -> bool:
        """Whether it trades with real money."""
        return self.mode == Mode.LIVE


def mode_in_words(job: JobDefinition) -> str:
    """A job's mode as every list shows it: that it is live stands out. Empty where it has none."""
    return LIVE if job.is_live else job.mode or ""


@dataclass(frozen=True, slots=True)
class SchedulerSettings:
    """The ``[scheduler]`` table, without the defaults for jobs (the loader has applied those)."""

    timezone: str | None = None
    """IANA name; ``None`` is the machine's own zone."""
    state_dir: str | None = None
    max_concurrent_runs: int = 0
    """0 is no limit."""
    python: str | None = None
    keep_runs: int = 1000
    """Finished runs kept per job; 0 keeps all."""
    keep_days: float = 90
    """Days a finished run is kept; 0 keeps all."""
    max_state_bytes: int = 10 * 1024**3
    """Of all runs' output together; 0 is no limit."""
    queue_warning_seconds: float = 60
    """A slot that waits longer for its turn is told of; 0 never."""
    provenance: bool = False
    """Whether it is noted from what code each run was made."""
    allow_modes: Sequence[str] = tuple(Mode)
    """The modes whose jobs this machine accepts."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """What Prometheus is told, and where."""

    file: str | None = None
    """The file for node_exporter, absolute; ``None`` is none."""
    every: float = 30
    """Seconds between two writes."""
    max_jobs: int = 500
    """How many jobs have series of their own."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a jobs file. ``line`` and ``column`` count from 1; 0 when there is no place."""

    path: str
    line: int
    column: int
    message: str
    is_error: bool = True
    unknown_key: str = ""
    """An unknown key that resembles no known key: one of the user's own."""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        return f"{place}: {self.message}"


@dataclass(frozen=True, slots=True)
class JobSet:
    """Everything one jobs file says, valid as a whole."""

    path: str
    """Absolute path of the jobs file."""
    jobs: Mapping[str, JobDefinition]
    """By name, in the file's order."""
    settings: SchedulerSettings = field(default_factory=SchedulerSettings)
    channels: Sequence[AlertChannel] = ()
    gates: Sequence[Gate] = ()
    blackouts: Sequence[Blackout] = ()
    """Windows in which nothing of some jobs starts."""
    executors: Sequence[ExecutorDefinition] = ()
    heartbeat: Heartbeat | None = None
    metrics: Metrics = field(default_factory=Metrics)
    alert_file: str | None = None
    """The file, absolute, that each alert is written to as a line; ``None`` is none."""
    confirm_tags: Sequence[str] = ()
    """Jobs with one of these tags are to be confirmed, beside those that say so themselves."""
    deadlines: Sequence[Deadline] = ()
    groups: Mapping[str, int] = field(default_factory=dict)
    """By group: how many runs of its jobs go on at once."""
    warnings: Sequence[Problem] = ()
    base: str | None = None
    """Where relative paths of its jobs begin, absolute; ``None`` is the process's own working directory."""
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    """Those that its jobs use, by the name that it calls them."""
    calendar_tables: Mapping[str, Definition] = field(default_factory=dict)
    """Its ``[calendars.NAME]`` tables, also those that nothing uses."""

    @property
    def has_deadlines(self) -> bool:
        """Whether any start or end is expected by a moment."""
        return bool(self.deadlines) or any(job.finish_by or job.start_by for job in self.jobs.values())

    def asks_to_confirm(self, job: JobDefinition) -> bool:
        """Whether a person who starts or enables a job has to give its name once more."""
        return job.confirm or not frozenset(self.confirm_tags).isdisjoint(job.tags)
