"""An array that starts: each of its runs is claimed, all in one transaction with the start of the whole."""

from __future__ import annotations

from peak_console.engine.dispatch.claims import TAG
from peak_console.engine.events import RunStarted
from peak_console.engine.supervision.ends import End
from peak_console.jobs.arrays import member_name, parse, values_at
from peak_console.model.records import Claim, Outcome, RunState
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from peak_console.engine.context import EngineContext
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run


def open_array(context: EngineContext, run: Run, job: JobDefinition) -> list[End]:
    """Queue each run of an array that was claimed as a whole; its end when it is not to start any more.

    Whoever asks twice queues nothing twice. Raises ``StateError``; then nothing is queued.
    """
    store, now = context.store, context.clock.now()
    with store:
        recorded = store.run(run.id)
        if recorded is None or recorded.state != RunState.CLAIMED:
            return []
        if recorded.stop_reason is not None:
            return [End(recorded, job, Outcome.STOPPED, None, now, recorded.stop_reason)]
        store.started(run.id, now, None)
        members = store.claim(list(_claims(context, run, job)), now, context.identity)
    started = replace(run, state=RunState.RUNNING, started_at=now, supervisor=context.identity)
    context.runs.arrays[run.id] = started
    for member in members:
        context.runs.queue.keep_arguments(member, job)
    context.runs.queue.add_all(members)
    context.emit(RunStarted(at=now, run=started, command=run.command))
    return []


def _claims(context: EngineContext, run: Run, job: JobDefinition) -> Iterator[Claim]:
    axes = job.array.axes if job.array is not None else {}
    command, args = context.served.launcher.shown(job)
    definition = context.served.definition_of(job)
    for index in parse(run.array_indexes or "")[0]:
        yield Claim(
            job=member_name(run.job, index),
            scheduled_for=run.scheduled_for or run.claimed_at,
            triggered_by=run.triggered_by,
            queued=True,
            command=command,
            args=args,
            tags=run.tags,
            tag=TAG,
            round_at=run.round_at,
            run_mode=run.run_mode,
            priority=run.priority,
            requested_by=run.requested_by,
            args_changed=run.args_changed,
            executor=job.executor,
            definition=definition,
            array_of=run.id,
            array_index=index,
            array_values=values_at(axes, index) if axes else {},
        )
