"""The runs of a job's last array that did not succeed, as an array of their own."""

from __future__ import annotations

from peak_console.errors import UsageError
from peak_console.model.records import Outcome, RunState
from peak_console.store.tables.arrays import Arrays
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.jobs.model import JobDefinition
    from peak_console.store.store import Store


def failed_part(store: Store, job: JobDefinition) -> JobDefinition:
    """A job whose array has only the runs that did not succeed last time. Raises ``UsageError`` where there are none.

    An index that the array does not have any more is left out.
    """
    if job.array is None:
        raise UsageError(f"{job.name}: it is no array, so there is no part of it to run; leave --failed out")
    last = store.last_runs([job.name]).get(job.name)
    if last is None or not last.is_array:
        raise UsageError(f"{job.name}: it has not run as an array yet; leave --failed out")
    if last.state != RunState.FINISHED:
        raise UsageError(f"{job.name}: #{last.id} is still running; wait for its end, or stop it")
    known = set(job.array.indexes)
    failed = [index for index, outcome, _ in Arrays(store).ends(last.id) if outcome != Outcome.SUCCEEDED]
    indexes = tuple(index for index in failed if index in known)
    if not indexes:
        raise UsageError(f"{job.name}: each run of #{last.id} has succeeded; leave --failed out to run all of them")
    return replace(job, array=replace(job.array, indexes=indexes))
