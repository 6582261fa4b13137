"""What keeps slots of some jobs waiting: the holds on them, and blackouts that defer, as an engine works by them."""

from __future__ import annotations

from peak_console.decisions.holding.holds import held_names, holding, is_over

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.engine.state.blackouts import EngineBlackouts
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.state import Hold
    from peak_console.store.store import Store


class JobHolds:
    """Reads the holds of the registry, tells the planner whose slots wait, and removes the holds that are over."""

    def __init__(self, store: Store, served: ServedJobs, blackouts: EngineBlackouts) -> None:
        self._store = store
        self._served = served
        self._blackouts = blackouts
        self.all: Sequence[Hold] = ()
        self._names: frozenset[str] = frozenset()
        self._deferred: frozenset[str] = frozenset()
        """The jobs whose slots wait for the end of a blackout."""
        self._held_until: dict[str, datetime] = {}
        """By job, when it was last seen held."""
        self._seen: tuple[object, ...] = ()
        self.read()

    def read(self) -> None:
        """Take over what the registry says. Raises ``StateError``."""
        self.all = self._store.holds()

    def look(self, now: datetime) -> None:
        """Have the planner know whose slots wait at present; remove what is over. Raises ``StateError``."""
        over = [hold for hold in self.all if is_over(hold, now)]
        if over:
            from peak_console.store.tables.holds import remove_holds

            remove_holds(self._store, over)
            self.all = [hold for hold in self.all if hold not in over]
        planner = self._served.planner
        deferred = self._blackouts.deferred(now)
        seen = (planner, deferred, *self.all)
        if seen != self._seen:
            self._seen = seen
            self._names, self._deferred = held_names(planner.jobs, self.all, now), deferred
            planner.hold(self._names | deferred, now)
        for name in self._names:
            self._held_until[name] = now

    def next_end(self) -> datetime | None:
        """When the next of them is over."""
        return min((hold.until for hold in self.all if hold.until is not None), default=None)

    def holds_job(self, name: str) -> bool:
        """Whether a job was held, or deferred by a blackout, when that was last looked at."""
        return name in self._names or name in self._deferred

    def of(self, job: JobDefinition, now: datetime) -> Hold | None:
        """The hold on a job."""
        return holding(job, self.all, now) if self.all else None

    def held_until(self, name: str) -> datetime | None:
        """When a job was last held; ``None`` if it never was."""
        return self._held_until.get(name)
