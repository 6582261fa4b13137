"""Runs that make room for a later run of their job."""

from __future__ import annotations

from peak_console.decisions.turns import REPLACED
from peak_console.engine.supervision.ends import End
from peak_console.model.terms import Outcome, RunState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.engine.state.active_runs import ActiveRuns
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.store.store import Store


class Replacer:
    """Stops the runs of a job for one that takes their place: first in the registry, then for real."""

    def __init__(self, store: Store, runs: ActiveRuns) -> None:
        self._store = store
        self._runs = runs

    def record(self, job: JobDefinition) -> None:
        """Record that a job's runs have to make room, so that any engine sees to it."""
        waiting = [run.id for run in self._waiting(job)]
        own = [live.run.id for live in self._runs.supervisor.of_job(job.name)]
        arrays = [run.id for run in self._arrays(job)]
        members = [run.id for array in arrays for run in self._runs.of_array(array)]
        for run_id in [*own, *waiting, *arrays, *members]:
            self._store.stopping(run_id, REPLACED)

    def carry_out(self, job: JobDefinition, now: datetime) -> list[End]:
        """Stop a job's runs for one that takes their place; the ends of those that were only waiting."""
        supervisor = self._runs.supervisor
        members = [run for array in self._arrays(job) for run in self._runs.of_array(array.id)]
        for run_id in [*(live.run.id for live in supervisor.of_job(job.name)), *(run.id for run in members)]:
            supervisor.stop(run_id, REPLACED, recorded=True)
        for each in supervisor.preparation:
            if each.run.job == job.name:
                supervisor.stop(each.run.id, REPLACED, recorded=True)
        waiting = [*self._waiting(job), *(run for run in members if run.state == RunState.QUEUED)]
        ends = [End(run, job, Outcome.STOPPED, None, now, REPLACED) for run in waiting]
        self._runs.queue.drop({end.run.id for end in ends})
        return ends

    def _arrays(self, job: JobDefinition) -> list[Run]:
        """A job's arrays under way: they end with their runs."""
        return [run for run in self._runs.arrays.values() if run.job == job.name]

    def _waiting(self, job: JobDefinition) -> list[Run]:
        """A job's runs that wait for their turn; those that wait for upstreams take no place."""
        return [run for run in self._runs.queue if run.job == job.name and run.awaits is None]
