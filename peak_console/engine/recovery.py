"""What an engine finds when it comes: runs that outlived their engine, and claims whose process never began."""

from __future__ import annotations

from dataclasses import replace

from peak_console.engine.events import RunAdopted
from peak_console.jobs.model import JobDefinition
from peak_console.runs.local import process_mark
from peak_console.store.directory import run_directory
from peak_console.store.model import Outcome, RunState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.engine.context import EngineContext
    from peak_console.engine.dispatch import Dispatcher
    from peak_console.engine.supervisor import End
    from peak_console.runs.interface import Executor
    from peak_console.store.model import Run


def identity(pid: int) -> str:
    """A living process, told from any later one with the same pid; the registry's ``supervisor``."""
    return f"{pid} {process_mark(pid)}"


def is_alive(supervisor: str | None) -> bool:
    """Whether the process that an ``identity`` names still lives."""
    if supervisor is None:
        return False
    return identity(int(supervisor.split(" ", 1)[0])) == supervisor


class Recovery:
    """Takes over what other processes left behind, and leaves alone what they still look after."""

    def __init__(self, context: EngineContext, executor: Executor, dispatcher: Dispatcher) -> None:
        self._context = context
        self._executor = executor
        self._dispatcher = dispatcher

    def look(self, now: datetime) -> list[End]:
        """Bring queue and runs into line with the registry; the ends of runs that are over."""
        context = self._context
        context.queue.clear()
        context.foreign.clear()
        ends: list[End] = []
        for run in context.store.unfinished():
            if run.state == RunState.QUEUED:
                context.enqueue(run, here=False)
            elif run.id in context.supervisor or run.supervisor == context.identity:
                continue
            elif is_alive(run.supervisor) or context.options.mode == "run":
                context.foreign.append(run)  # who came for one run only leaves the others to the next engine
            elif context.store.take_over(run, context.identity):
                ends += self._take_over(run, now)
        return ends

    def _take_over(self, run: Run, now: datetime) -> list[End]:
        context = self._context
        job = context.jobset.jobs.get(run.job)
        definition = context.launcher.with_args_of(job, run) if job else JobDefinition(run.job, tags=run.tags)
        directory = run_directory(context.directory, run.id)
        if run.state == RunState.CLAIMED and self._executor.seize(directory):
            return self._start_anew(run, job is not None, definition, now)
        end = context.supervisor.adopt(run, definition)
        if end is not None:
            return [end]
        self._record_adopted(run, now)
        return []

    def _start_anew(self, run: Run, known: bool, job: JobDefinition, now: datetime) -> list[End]:
        from peak_console.engine.supervisor import End

        if not known:
            reason = "its engine died before it started, and the job is gone from the jobs file"
            return [End(run, job, Outcome.NOT_STARTED, None, now, reason)]
        return self._dispatcher.start_anew(run, job)

    def _record_adopted(self, run: Run, now: datetime) -> None:
        context = self._context
        live = next(live for live in context.supervisor if live.run.id == run.id)
        adopted = replace(
            run,
            state=RunState.RUNNING,
            started_at=run.started_at or run.claimed_at,
            pid=live.handle.pid,
            pid_started=live.handle.pid_started,
            supervisor=context.identity,
        )
        context.supervisor.update(adopted)
        context.store.started(run.id, adopted.started_at or now, live.handle.pid, live.handle.pid_started)
        context.emit(RunAdopted(at=now, run=adopted))
