"""An array that ends: by how its runs ended, and by its job's rule."""

from __future__ import annotations

from peak_console.decisions.arrays import end_of
from peak_console.engine.supervision.ends import End
from peak_console.jobs.model import JobDefinition
from peak_console.model.records import Outcome, RunState
from peak_console.store.tables.arrays import Arrays

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.engine.context import EngineContext


def end_of_array(context: EngineContext, array: int) -> End | None:
    """The end of an array as a whole; ``None`` while one of its runs waits or is under way, and when it is recorded."""
    arrays = Arrays(context.store)
    if not arrays.is_over(array):
        return None
    run = context.store.run(array)
    if run is None or run.state != RunState.RUNNING:
        return None
    job = context.served.jobset.jobs.get(run.job) or JobDefinition(run.job, tags=run.tags)
    ends = [(index, outcome or "lost") for index, outcome, _ in arrays.ends(array)]
    outcome, words = end_of(job.array, ends, run.stop_reason)
    return End(run, job, outcome, None, context.clock.now(), words)


def first_failed(context: EngineContext, array: int) -> int | None:
    """The id of the first run of an array that did not succeed and has a process's output to tell why."""
    told = (Outcome.FAILED, Outcome.TIMED_OUT, Outcome.UNEXPECTED, Outcome.LOST)
    return next((run_id for _, outcome, run_id in Arrays(context.store).ends(array) if outcome in told), None)
