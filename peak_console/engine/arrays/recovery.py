"""Arrays that an engine finds when it comes."""

from __future__ import annotations

from peak_console.engine.arrays.ending import end_of_array
from peak_console.engine.supervision.ends import End
from peak_console.jobs.model import JobDefinition
from peak_console.model.records import Outcome, RunState
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.engine.context import EngineContext
    from peak_console.engine.dispatch.starter import Starter
    from peak_console.model.records import Run


def meet_array(context: EngineContext, starter: Starter, run: Run, now: datetime) -> list[End]:
    """Go on with an array as a whole that is claimed or running: its runs are met as all others are.

    One that is claimed has no runs yet: whoever takes it over queues them. One whose runs have all ended, and whose
    engine died before it had recorded the end of the whole, ends now.
    """
    is_ours = run.supervisor == context.identity
    if not is_ours and (context.is_alive(run.supervisor) or context.options.mode == "run"):
        context.runs.foreign.append(run)
        return []
    context.runs.arrays[run.id] = run
    if run.state == RunState.RUNNING:
        end = end_of_array(context, run.id)
        return [end] if end is not None else []
    if is_ours:  # the starter has it
        return []
    served = context.served
    is_known = run.job in served.jobset.jobs
    not_ours = is_known and run.job not in served.jobs
    is_early = run.scheduled_for is not None and run.scheduled_for > now  # claimed ahead of its slot
    if not_ours or is_early or not (is_known or served.is_gone(run.job, context.clock.monotonic())):
        del context.runs.arrays[run.id]
        context.runs.foreign.append(run)
        return []
    if not context.store.take_over(run, context.identity):
        return []
    run = replace(run, supervisor=context.identity)
    if not is_known:
        reason = "its engine died before it started, and the job is gone from the jobs file"
        outcome = Outcome.NOT_STARTED if run.stop_reason is None else Outcome.STOPPED
        return [End(run, JobDefinition(run.job, tags=run.tags), outcome, None, now, run.stop_reason or reason)]
    job = served.jobset.jobs[run.job]
    return starter.start([(run, context.runs.queue.with_arguments(run, job, served.launcher))])
