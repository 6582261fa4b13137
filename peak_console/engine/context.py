"""What the engine's parts share: one thread's world. Nothing here decides anything."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from datetime import timedelta

from peak_console.alerts.timing import DIGEST_SECONDS, REALERT_SECONDS
from peak_console.decisions.capacity import Capacity
from peak_console.engine.events import AlertRaised
from peak_console.engine.launch import GIVEN
from peak_console.model.terms import LOCK
from peak_console.schedule.zones import zone
from peak_console.values import replace

GONE_SECONDS = 5.0
"""How long a job has to be missing from the jobs file before what waits for it is given up."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo
    from types import TracebackType
    from typing import Self

    from peak_console.clock import Clock
    from peak_console.decisions.planner import Planner
    from peak_console.engine.events import EngineEvent
    from peak_console.engine.launch import Launcher
    from peak_console.engine.setup import EngineOptions
    from peak_console.engine.supervisor import Supervisor
    from peak_console.jobs.model import AlertChannel, JobDefinition, JobSet
    from peak_console.model.records import Alert, EngineInfo, Hold, JobState, Run
    from peak_console.store.store import Store


@dataclass(slots=True)
class EngineContext:
    """The engine's belongings, handed to each of its parts."""

    options: EngineOptions
    clock: Clock
    directory: str
    identity: str
    """Names this process in the registry as the supervisor of its runs."""
    store: Store
    jobset: JobSet
    jobs: dict[str, JobDefinition]
    """Those of ``jobset`` that this engine serves: the tags select them, and no other engine has them."""
    launcher: Launcher
    planner: Planner
    supervisor: Supervisor
    emit: Callable[[EngineEvent], None]
    on_alert: Callable[[], None]
    """Called once a transaction with alerts has been committed."""
    beat: Callable[[], object] = lambda: None
    """A sign of life, for whoever waits for one: called between the steps of what may take long."""
    channels: Sequence[AlertChannel] = ()
    hold: Hold | None = None
    loaded_at: float = 0.0
    """When ``jobset`` was taken up, on the monotonic clock."""
    began_at: float = 0.0
    """When the engine began, on the monotonic clock."""
    lock_name: str = LOCK
    contested: Mapping[str, EngineInfo] = field(default_factory=dict)
    """The jobs that the tags select too, but that another engine serves."""
    seen_before: datetime | None = None
    """The last sign of an engine before this one."""
    draining: bool = False
    queue: list[Run] = field(default_factory=list)
    """Runs in state ``queued``, oldest slot first."""
    queued_here: set[int] = field(default_factory=set)
    """Ids of the runs that this process has put into the queue."""
    given: dict[int, Mapping[str, object]] = field(default_factory=dict)
    """By run: arguments among which are secrets given by hand, which the registry does not hold."""
    foreign: list[Run] = field(default_factory=list)
    """Unfinished runs that another living process looks after."""
    alerts_owed: bool = False
    """Whether alerts wait for a thread that could not be started."""
    succeeded: int = 0
    failed: int = 0
    news: list[tuple[AlertRaised, bool]] = field(default_factory=list)
    """Alerts of the transaction under way, and whether they have somewhere to go; told once they are durable."""

    def __enter__(self) -> Self:
        """Begin a transaction whose alerts are told of after its commit: nobody looks for them before."""
        self.store.__enter__()
        self.news.clear()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.store.__exit__(kind, error, trace)
        if kind is not None:
            return
        news, self.news = self.news, []
        for event, _ in news:
            self.emit(event)
        if any(to_send for _, to_send in news):
            self.wake_delivery()

    def wake_delivery(self) -> None:
        """Have alerts sent; later, if the machine has no room for a thread now. They wait in the outbox."""
        try:
            self.on_alert()
        except (RuntimeError, MemoryError, OSError, ImportError):
            self.alerts_owed = True
        else:
            self.alerts_owed = False

    @property
    def is_shared(self) -> bool:
        """Whether other engines may serve the rest of the jobs."""
        return bool(self.options.include_tags or self.options.exclude_tags or self.contested)

    def is_gone(self, job: str) -> bool:
        """Whether a job is in the jobs file no more; while it is written, jobs are missing for a moment."""
        return job not in self.jobset.jobs and self.clock.monotonic() - self.loaded_at >= GONE_SECONDS

    def zone_of(self, job: JobDefinition | None) -> tzinfo:
        """The zone that a job's times are shown in."""
        name = job.schedule.timezone if job is not None else None
        return zone(name or self.jobset.settings.timezone)

    def raise_alert(self, alert: Alert, tags: Sequence[str] = (), also_to: Sequence[str] = ()) -> None:
        """Store an alert with what has to be delivered, as part of the transaction begun by ``with context``.

        ``also_to`` names channels that get it whatever they ask for.
        """
        channels = self._channels_for(alert, tags)
        if self.options.send_alerts:
            channels += [each.name for each in self.channels if each.name in also_to and each.name not in channels]
        stored = self.store.add_alert(self._safe(alert), channels, self.digest_at())
        self.news.append((AlertRaised(at=stored.timestamp, alert=stored), bool(channels)))

    def open_incident(
        self, cause: str, alert: Alert, tags: Sequence[str] = (), *, realert_seconds: float = REALERT_SECONDS
    ) -> None:
        """As ``raise_alert``, with an alert that stays open until ``resolve`` is called with its cause.

        While it is open, the same cause again counts on instead of adding an alert, and is sent again no sooner than
        ``realert_seconds`` after the last time. ``cause`` is a kind and what it is about: ``waiting:backup``.
        """
        channels = self._channels_for(alert, tags)
        safe = replace(self._safe(alert), cause=cause)
        stored, told = self.store.open_incident(safe, channels, self.digest_at(), realert_seconds)
        if told:
            self.news.append((AlertRaised(at=alert.timestamp, alert=stored), bool(channels)))

    def resolve(
        self, *causes: str, recovery: Alert | None = None, tags: Sequence[str] = (), until: datetime | None = None
    ) -> Sequence[Alert]:
        """The causes of some incidents are gone: resolve those that are open, and return them.

        ``recovery``, good news about it, is recorded if there was one, and goes wherever the incidents went.
        ``until`` spares incidents that have happened again since. Part of a transaction begun by ``with context``.
        """
        resolved = self.store.resolve(causes, self.clock.now(), until)
        if resolved and recovery is not None:
            self.raise_alert(recovery, tags, self.store.channels_told(resolved))
        return resolved

    def digest_at(self) -> datetime:
        """When what is recorded now is sent, with whatever else has come by then."""
        return self.clock.now() + timedelta(seconds=DIGEST_SECONDS)

    def _channels_for(self, alert: Alert, tags: Sequence[str]) -> list[str]:
        from peak_console.alerts.routing import channels_for

        return channels_for(alert, tags, self.channels) if self.options.send_alerts else []

    def _safe(self, alert: Alert) -> Alert:
        return replace(alert, message=self.launcher.redactor.text(alert.message))

    def remember(self, state: JobState) -> None:
        """Record what is remembered of a job's slots."""
        self.store.decided(state.job, state.schedule, state.decided_until, state.off_since)

    def remember_changes(self) -> None:
        """Record what the planner has decided of slots without starting anything; inside a transaction."""
        for name in self.planner.changed:
            self.remember(self.planner.states[name])
        self.planner.changed.clear()

    def active_runs(self, job: str) -> list[Run]:
        """A job's runs that have a process or are about to, whoever looks after them, oldest first."""
        mine = [live.run for live in self.supervisor.of_job(job)]
        mine += [each.run for each in self.supervisor.preparation if each.run.job == job]
        return sorted([*mine, *(run for run in self.foreign if run.job == job)], key=lambda run: run.id)

    def active_count(self) -> int:
        return len(self.supervisor) + len(self.foreign)

    def capacity(self) -> Capacity:
        """How many more runs may start now. Where engines share the jobs, ask inside the transaction that claims."""
        limit = self.jobset.settings.max_concurrent_runs
        if not limit:
            return Capacity(0, 0)
        # Where other engines start runs too, only the registry knows.
        return Capacity(limit, self.store.active_count() if self.is_shared else self.active_count())

    def enqueue(self, run: Run) -> None:
        """Put a run that this process has recorded into the queue."""
        self.queued_here.add(run.id)
        insort(self.queue, run, key=_turn)

    def keep_given(self, run: Run, job: JobDefinition) -> None:
        """Remember the arguments of a run that could not be had from the registry again."""
        if GIVEN in run.args.values():
            self.given[run.id] = job.args

    def with_args_of(self, job: JobDefinition, run: Run) -> JobDefinition:
        """A job with the arguments that its run was claimed with."""
        given = self.given.get(run.id)
        return self.launcher.with_args_of(job, run) if given is None else replace(job, args=given)

    def fill_queue(self, runs: Iterable[Run]) -> None:
        """Make a queue of recorded runs that other processes have put there."""
        self.queue[:] = sorted(runs, key=_turn)


def _turn(queued: Run) -> tuple[datetime, int]:
    """In which order queued runs start."""
    return queued.not_before or queued.scheduled_for or queued.claimed_at, queued.id
