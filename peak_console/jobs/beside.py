"""What a jobs file says beside its jobs: gates, deadlines, clusters, and where alerts and heartbeats go. Immutable."""

from __future__ import annotations

from peak_console.values import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peak_console.jobs.model import JobDefinition


@dataclass(frozen=True, slots=True)
class Gate:
    """What has to say yes before its jobs start. With neither command, file nor env only people close it."""

    name: str
    command: Sequence[str] = ()
    file: str | None = None
    env: str | None = None
    every: float = 30
    """Seconds between two questions."""
    timeout: float = 5
    """Seconds that an answer may take."""
    tags: Sequence[str] = ()
    jobs: Sequence[str] = ()

    @property
    def is_asked(self) -> bool:
        """Whether it has a check of its own, beside what people say."""
        return bool(self.command or self.file or self.env)

    def guards(self, job: JobDefinition) -> bool:
        """Whether a job starts only while it is open."""
        if not (self.tags or self.jobs):
            return True
        return job.name in self.jobs or not frozenset(self.tags).isdisjoint(job.tags)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment by which several jobs have to have run."""

    name: str
    at: str
    """Written like ``finish_by``."""
    jobs: Sequence[str] = ()
    tags: Sequence[str] = ()

    def covers(self, job: JobDefinition) -> bool:
        """Whether a job has to have run by it."""
        return job.name in self.jobs or not frozenset(self.tags).isdisjoint(job.tags)


@dataclass(frozen=True, slots=True)
class ExecutorDefinition:
    """A cluster that runs may be executed on: one table ``[executors.NAME]``. Durations are seconds."""

    name: str
    shared_dir: str
    """The same path on this machine and on every node."""
    type: str = "slurm"
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    reservation: str | None = None
    python: str = "/usr/bin/python3"
    """The interpreter of our wrapper, on the nodes."""
    options: Sequence[str] = ()
    """Further options of ``sbatch``; ours win."""
    env: Mapping[str, str] = field(default_factory=dict)
    max_submitted: int = 500
    poll_seconds: float = 10
    command_timeout_seconds: float = 30
    unreachable_alert_seconds: float = 300
    settle_seconds: float = 60
    fence_seconds: float = 120


@dataclass(frozen=True, slots=True)
class AlertChannel:
    """One place that alerts are delivered to. ``url`` is an Apprise URL and a secret."""

    name: str
    url: str = field(repr=False)
    min_level: str = "warning"
    tags: Sequence[str] = ()
    """Only alerts of jobs with one of these tags; empty is every alert."""
    escalate_after: float = 0
    """Seconds after which it is told of an alert that nobody has acknowledged; 0 is at once, of every alert."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Where an engine says that it works: a URL that is a secret, or a file."""

    url: str | None = field(repr=False)
    url_env: str | None = None
    file: str | None = None
    every: float = 30
    """Seconds between two."""
