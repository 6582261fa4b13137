"""Stops that people ask for: of one run, or of all runs of a job."""

from __future__ import annotations

from peak_console.engine.commands.answers import DONE, REFUSED
from peak_console.engine.events import RunStopping
from peak_console.model.records import Outcome, RunState
from peak_console.text import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from peak_console.engine.commands.answers import Answer
    from peak_console.engine.commands.requests import StopRequest
    from peak_console.engine.events import EngineEvent
    from peak_console.engine.state.active_runs import ActiveRuns
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.engine.supervision.ends import End
    from peak_console.model.records import Run
    from peak_console.store.store import Store


class Stopping:
    """Stops runs that this engine supervises, and those that wait; runs of other processes it names."""

    def __init__(
        self,
        store: Store,
        runs: ActiveRuns,
        served: ServedJobs,
        emit: Callable[[EngineEvent], None],
        record: Callable[[Sequence[End]], None],
    ) -> None:
        """``record`` writes down the ends of runs that have never started."""
        self._store = store
        self._runs = runs
        self._served = served
        self._emit = emit
        self._record = record

    def stop(self, request: StopRequest, now: datetime, afterwards: list[Callable[[], object]]) -> Answer:
        """Record the stop; signals and the ends of runs that wait follow ``afterwards``, once it is durable."""
        unfinished = self._store.unfinished()
        wanted = wanted_runs(request.run_id, request.job, unfinished)
        if not wanted:
            what = f"#{request.run_id}" if request.run_id is not None else request.job
            return REFUSED, f"{what} is not running; see: peak-console jobs", request.run_id
        reason = f"stopped by {request.by}"
        arrays = {run.id for run in wanted if run.is_array}
        members = [run for run in unfinished if run.array_of in arrays] if arrays else []
        told = ", ".join(f"#{run.id}" for run in wanted)
        told += f" and its {counted(len(members), 'run')}" if members else ""
        wanted += members
        mine = [
            run
            for run in wanted
            if run.state == RunState.QUEUED or run.id in self._runs.supervisor or run.id in self._runs.arrays
        ]
        for run in mine:
            self._store.stopping(run.id, reason)
        afterwards.append(lambda: self._end_runs(mine, reason, now))
        foreign = [run for run in wanted if run not in mine]
        if foreign:
            keeper = (foreign[0].supervisor or "?").split(" ", 1)[0]
            return REFUSED, f"#{foreign[0].id} is looked after by another process (pid {keeper})", foreign[0].id
        return DONE, f"stopping {wanted[0].job} {told}", wanted[0].id

    def _end_runs(self, runs: Sequence[Run], reason: str, now: datetime) -> None:
        """Stop runs whose stop has been recorded: signal those under way, then record the ends of those that wait."""
        waiting = {run.id for run in runs if run.state == RunState.QUEUED}
        for run in runs:
            if run.id not in waiting and not run.is_array:  # an array ends with its runs
                live = next((live for live in self._runs.supervisor if live.run.id == run.id), None)
                self._runs.supervisor.stop(run.id, reason, recorded=True)
                self._emit(RunStopping(at=now, run=live.run if live else run, reason=reason, killed=False))
        if waiting:
            self._runs.queue.drop(waiting)
            self._record([self._never(run, reason, now) for run in runs if run.id in waiting])

    def _never(self, run: Run, reason: str, now: datetime) -> End:
        """The end of a run that waits. It may be in the registry's queue only, put there by another process."""
        from peak_console.engine.supervision.ends import End
        from peak_console.jobs.model import JobDefinition

        job = self._served.job_of(run) or JobDefinition(run.job)
        return End(run, job, Outcome.STOPPED, None, now, reason)


def wanted_runs(run_id: int | None, job: str | None, runs: Sequence[Run]) -> list[Run]:
    """The run with a number, or else the runs of a job."""
    return [run for run in runs if (run.id == run_id if run_id is not None else run.job == job)]
