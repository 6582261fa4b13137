"""What the engine's parts share: one thread's world. Nothing here decides anything."""

from __future__ import annotations

from peak_console.decisions.capacity import Capacity
from peak_console.decisions.facts import Facts
from peak_console.model.terms import LOCK
from peak_console.schedule.zones import zone
from peak_console.values import dataclass, field, replace

GONE_SECONDS = 5.0
"""How long a job has to be missing from the jobs file before what waits for it is given up."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, tzinfo

    from peak_console.clock import Clock
    from peak_console.decisions.planner import Planner
    from peak_console.engine.alerting.alert_log import AlertLog
    from peak_console.engine.dispatch.run_queue import RunQueue
    from peak_console.engine.events import EngineEvent
    from peak_console.engine.setup import EngineOptions
    from peak_console.engine.supervision.launch import Launcher
    from peak_console.engine.supervision.supervisor import Supervisor
    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.model.records import EngineInfo, Hold, JobState, Run
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
    alerts: AlertLog
    queue: RunQueue
    emit: Callable[[EngineEvent], None]
    beat: Callable[[], object] = lambda: None
    """A sign of life, for whoever waits for one: called between the steps of what may take long."""
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
    foreign: list[Run] = field(default_factory=list)
    """Unfinished runs that another living process looks after."""
    succeeded: int = 0
    failed: int = 0

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

    def facts(self, now: datetime, capacity: Capacity | None = None) -> Facts:
        """What the conditions of every job look at. The runs that wait are those of this moment."""
        return Facts(
            now,
            self.capacity() if capacity is None else capacity,
            self.active_runs,
            self.queue,
            hold=self.hold,
            zone=self.zone_of(None),
        )

    def with_args_of(self, job: JobDefinition, run: Run) -> JobDefinition:
        """A job with the arguments that its run was claimed with."""
        given = self.queue.arguments(run)
        return self.launcher.with_args_of(job, run) if given is None else replace(job, args=given)
