"""What the parts of one engine share: ``startup`` assembles it, and hands parts what they use of it.

Only parts that use most of it get all of it: the dispatcher and its decisions on slots, bookkeeping, recovery,
commands, deadlines, programs after a run, and a reload.
"""

from __future__ import annotations

from peak_console.decisions.capacity import Capacity, capacity_of
from peak_console.decisions.facts import Facts
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from peak_console.clock import Clock
    from peak_console.engine.alerting.alert_log import AlertLog
    from peak_console.engine.dispatch.chain_looks import ChainLooks
    from peak_console.engine.events import EngineEvent
    from peak_console.engine.setup import EngineOptions
    from peak_console.engine.state.active_runs import ActiveRuns
    from peak_console.engine.state.blackouts import EngineBlackouts
    from peak_console.engine.state.engine_status import EngineStatus
    from peak_console.engine.state.holds import JobHolds
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.store.store import Store


@dataclass(frozen=True, slots=True)
class EngineContext:
    """The engine's surroundings, which never change, and the objects that hold its state."""

    options: EngineOptions
    clock: Clock
    directory: str
    """The state directory."""
    identity: str
    """Names this process in the registry as the supervisor of its runs."""
    is_alive: Callable[[str | None], bool]
    """Whether the process that such a name stands for still lives."""
    lock_name: str
    emit: Callable[[EngineEvent], None]
    beat: Callable[[], object]
    """Gives a sign of life between the steps of long work."""
    began_at: float
    """When the engine began, in seconds on the monotonic clock."""
    seen_before: datetime | None
    """The last sign of an engine before this one."""
    store: Store
    alerts: AlertLog
    wake: Callable[[], None]
    """Wakes the engine, from any thread."""
    served: ServedJobs
    runs: ActiveRuns
    status: EngineStatus
    chains: ChainLooks
    holds: JobHolds
    blackouts: EngineBlackouts

    @property
    def is_shared(self) -> bool:
        """Whether other engines may serve the rest of the jobs."""
        return bool(self.options.include_tags or self.options.exclude_tags or self.served.contested)

    def capacity(self) -> Capacity:
        """How many more runs may start now. Where engines share the jobs, ask inside the transaction that claims."""
        jobset = self.served.jobset
        if not jobset.settings.max_concurrent_runs and not jobset.groups:
            return Capacity(0, 0)
        # Where other engines start runs too, only the registry knows.
        return capacity_of(jobset, self.store.active_jobs() if self.is_shared else self.runs.jobs())

    def facts(self, now: datetime, capacity: Capacity | None = None) -> Facts:
        """What the conditions of every job look at. The runs that wait are those of this moment."""
        return Facts(
            now,
            self.capacity() if capacity is None else capacity,
            self.runs.of_job,
            self.runs.queue,
            hold=self.status.hold,
            why_gated=self.status.why_gated,
            awaits_gate=self.status.awaits_gate,
            upstreams=self.chains.at(now),
            stale=self.status.stale,
            holds=self.holds.all,
            blackouts=self.blackouts.all,
            zone=self.served.zone_of(None),
            in_arrays=self.runs.in_arrays(),
        )
