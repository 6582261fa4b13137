"""Runs that make room for a later run of their job."""

from __future__ import annotations

from peak_console.decisions.turns import REPLACED
from peak_console.engine.supervision.ends import End
from peak_console.model.terms import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.engine.context import EngineContext
    from peak_console.jobs.model import JobDefinition


class Replacer:
    """Stops the runs of a job for one that takes their place: first in the registry, then for real."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context

    def record(self, job: JobDefinition) -> None:
        """Record that a job's runs have to make room, so that any engine sees to it."""
        context = self._context
        waiting = [run.id for run in context.queue if run.job == job.name]
        for run_id in [*(live.run.id for live in context.supervisor.of_job(job.name)), *waiting]:
            context.store.stopping(run_id, REPLACED)

    def carry_out(self, job: JobDefinition, now: datetime) -> list[End]:
        """Stop a job's runs for one that takes their place; the ends of those that were only waiting."""
        context, supervisor = self._context, self._context.supervisor
        for live in supervisor.of_job(job.name):
            supervisor.stop(live.run.id, REPLACED, recorded=True)
        for each in supervisor.preparation:
            if each.run.job == job.name:
                supervisor.stop(each.run.id, REPLACED, recorded=True)
        ends = [End(run, job, Outcome.STOPPED, None, now, REPLACED) for run in context.queue if run.job == job.name]
        context.queue.drop({end.run.id for end in ends})
        return ends
