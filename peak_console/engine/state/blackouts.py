"""The blackouts that an engine works by: those of its jobs file, and those that people have added."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.decisions.holding.blackouts import Blackouts, Window
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.jobs.blackouts import Blackout
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.store.store import Store


class EngineBlackouts:
    """Reads what people have added, and tells which job waits for the end of a window."""

    def __init__(self, store: Store, served: ServedJobs) -> None:
        self._store = store
        self._served = served
        self.added: Sequence[Blackout] = ()
        """Those that people have added."""
        self._all: Blackouts | None = None
        self._made_of: tuple[object, ...] = ()
        self._deferred: frozenset[str] = frozenset()
        self._deferred_of: tuple[object, ...] = ()
        self._change_at: datetime | None = None
        """When a window next begins or ends, as it was worked out last."""
        self.read()

    def read(self) -> None:
        """Take over what the registry says. Raises ``StateError``."""
        self.added = self._store.blackouts()

    @property
    def all(self) -> Blackouts | None:
        """Every blackout that there is; ``None`` where there is none."""
        jobset = self._served.jobset
        if self._made_of != (jobset.blackouts, self.added):
            self._made_of = (jobset.blackouts, self.added)
            self._all, self._deferred_of = None, ()
            if jobset.blackouts or self.added:
                from peak_console.decisions.holding.blackouts import Blackouts

                self._all = Blackouts([*jobset.blackouts, *self.added])
        return self._all

    def over(self, job: JobDefinition, now: datetime) -> Window | None:
        """The blackout in which nothing of a job starts now."""
        found = self.all
        return found.over(job, now) if found is not None else None

    def why_shut(self, run: Run, job: JobDefinition, now: datetime) -> str | None:
        """The blackout in which a run that would start now is skipped; ``None`` where there is none."""
        window = self.over(job, now)
        if window is None:
            return None
        from peak_console.decisions.turns import why_shut

        return why_shut(run, window, self._served.zone_of(None))

    def deferred(self, now: datetime) -> frozenset[str]:
        """The served jobs whose slots wait for the end of a window."""
        found = self.all
        if found is None:
            return frozenset()
        planner = self._served.planner
        is_old = self._change_at is not None and self._change_at <= now
        if is_old or self._deferred_of != (planner, found):
            self._deferred_of = (planner, found)
            self._deferred = found.deferred(planner.jobs, now)
            self._change_at = found.next_change(now)
        return self._deferred

    def next_change(self, now: datetime) -> datetime | None:
        """When a window next begins or ends."""
        found = self.all
        if found is None:
            return None
        self.deferred(now)
        return self._change_at
