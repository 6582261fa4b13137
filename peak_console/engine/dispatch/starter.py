"""Claimed runs become running ones, and the registry learns of it."""

from __future__ import annotations

from peak_console.engine.events import RunStarted
from peak_console.engine.supervision.ends import End
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from peak_console.engine.context import EngineContext
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run


class Starter:
    """Starts runs that are claimed, and records the starts."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._unrecorded: list[tuple[Run, int, str]] = []

    def start(self, ready: Iterable[tuple[Run, JobDefinition]]) -> list[End]:
        """Start claimed runs, all of them before anything else is done; the ends of those that could not be started.

        A run that another process is starting at this moment is adopted.
        """
        context = self._context
        ends, events = [], []
        for result in context.runs.supervisor.start(ready, context.served.launcher):
            if isinstance(result, End):
                ends.append(result)
                continue
            run = result.run = replace(result.run, supervisor=context.identity)
            at = run.started_at or run.claimed_at
            self._unrecorded.append((run, result.handle.pid, result.handle.pid_started))
            events.append(RunStarted(at=at, run=run, command=context.served.launcher.resolved(run.id)))
        self.record()
        for event in events:
            context.emit(event)
        return ends

    def start_prepared(self) -> list[End]:
        """Start the runs whose preparation has come to its end; a hold keeps them waiting."""
        ripe = self._context.runs.supervisor.preparation.ripe() if self._context.status.hold is None else ()
        return self.start(ripe) if ripe else []

    def record(self) -> None:
        """Write down which processes run; kept and tried again when the registry refuses."""
        store = self._context.store
        if not self._unrecorded:
            return
        with store:
            for run, pid, pid_started in self._unrecorded:
                store.started(run.id, run.started_at or run.claimed_at, pid, pid_started)
        self._unrecorded.clear()
