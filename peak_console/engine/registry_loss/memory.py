"""What a serving engine remembers goes back into a registry that was damaged, moved or removed under it.

So nothing runs twice, and no run is left alone: a fresh registry gets the rows that could be read of the old one, and
then what the engine remembers.
"""

from __future__ import annotations

from peak_console.errors import StartError, StateError
from peak_console.model.records import Alert, Level, RunState
from peak_console.store.repair.damage import SOURCE, STATES_WHOLE
from peak_console.store.repair.restore import EngineMemory, write_memory
from peak_console.text import counted
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.engine.context import EngineContext
    from peak_console.engine.supervision.bookkeeping import Bookkeeper
    from peak_console.model.records import Run
    from peak_console.runs.executors import Executors
    from peak_console.store.store import Store


def memory_of(context: EngineContext, bookkeeper: Bookkeeper) -> EngineMemory:
    """What an engine remembers of runs, slots and its hold."""
    runs: dict[int, Run] = {end.run.id: end.run for end in bookkeeper.unrecorded}
    runs |= {run.id: run for run in context.runs.queue}
    runs |= {each.run.id: each.run for each in context.runs.supervisor.preparation}
    for live in context.runs.supervisor:
        runs[live.run.id] = replace(live.run, stop_reason=live.stop_reason or live.run.stop_reason)
    return EngineMemory(
        list(runs.values()),
        list(context.served.planner.states.values()),
        bookkeeper.failures,
        context.status.hold,
        list(context.status.gates.states.values()) if context.status.gates is not None else (),
        context.holds.all,
        context.blackouts.added,
        _last_id(context),
    )


def _last_id(context: EngineContext) -> int:
    """The highest number of a run, read from a registry that may be removed, but is still open."""
    try:
        return context.store.last_run_id()
    except StateError:  # damaged: the numbers of the files tell
        return 0


def restore(store: Store, executors: Executors, memory: EngineMemory, now: datetime) -> None:
    """Make a registry that has lost its past serve on. Raises ``StateError``."""
    fresh = store.engine_info().started_at is None
    with store:
        write_memory(store, memory)
        if fresh and not any(alert.source == SOURCE for alert in store.alerts(limit=50)):
            store.add_alert(_removed(memory, now), [], now)
    for run in memory.runs:
        if run.state != RunState.QUEUED:
            try:  # its end is written there
                executors.of(run.executor).prepare([run.id])
            except StartError:  # it is lost then, as the disk is
                pass


def _removed(memory: EngineMemory, now: datetime) -> Alert:
    running = sum(run.state != RunState.QUEUED for run in memory.runs)
    lines = [
        "the registry was removed while an engine served it: a fresh one is in use",
        f"The schedules go on where they were; {counted(running, 'run') if running else 'no runs'} under way.",
        "The history is gone, and with a removed state directory the output of all runs up to now.",
    ]
    return Alert(Level.CRITICAL, "\n".join(lines), now, source=SOURCE, context={STATES_WHOLE: False})
