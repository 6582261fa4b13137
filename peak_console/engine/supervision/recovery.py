"""What an engine finds when it begins: runs that outlived their engine, and claims whose process never began."""

from __future__ import annotations

from peak_console.engine.alerting.incidents import unwatched_cause
from peak_console.engine.dispatch.lateness import DOWN, GATE
from peak_console.engine.events import RunAdopted
from peak_console.engine.supervision.mishaps import sentence
from peak_console.errors import StartError, StateError
from peak_console.jobs.model import JobDefinition
from peak_console.model.records import Outcome, RunState
from peak_console.store.directory import NEXT_IDS, run_directories
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.engine.context import EngineContext
    from peak_console.engine.dispatch.starter import Starter
    from peak_console.engine.supervision.ends import End
    from peak_console.model.records import Run
    from peak_console.runs.executors import Executors
    from peak_console.runs.interface import Executor


def unknown_runs(directory: str, last_id: int, executors: Executors, *, all_of_them: bool) -> list[int]:
    """Ids of runs found on disk that are newer than the registry's last id.

    Without ``all_of_them`` only the next few ids are looked at.
    """
    numbers = run_directories(directory) if all_of_them else range(last_id + 1, last_id + 1 + NEXT_IDS)
    return sorted(n for n in numbers if n > last_id and executors.is_started(n))


class Recovery:
    """Takes over what other processes left behind, and leaves alone what they still look after."""

    def __init__(self, context: EngineContext, starter: Starter) -> None:
        self._context = context
        self._starter = starter
        self._told: set[int] = set()

    def look(self, now: datetime) -> list[End]:
        """Bring queue and runs into line with the registry; return the ends of runs that are over."""
        context = self._context
        context.runs.foreign.clear()
        context.runs.arrays.clear()
        context.chains.touch_all()
        ends: list[End] = []
        unfinished = context.store.unfinished(strict=True)
        context.runs.queue.fill(run for run in unfinished if run.state == RunState.QUEUED)
        for run in unfinished:
            context.beat()
            if run.state == RunState.QUEUED or run.id in context.runs.supervisor or run.id in context.runs.ahead:
                continue
            try:
                ends += self._meet(run, now) if not run.is_array else self._meet_array(run, now)
            except StateError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever one run does, all others are taken over
                context.runs.foreign.append(run)  # it counts as running, and is looked at again
                self._tell(run, sentence(error), now)
        return ends

    def _meet(self, run: Run, now: datetime) -> list[End]:
        context = self._context
        if self._is_left_alone(run, now):
            if not self._give_back(run):
                context.runs.foreign.append(run)
        elif context.store.take_over(run, context.identity):
            return self._take_over(replace(run, supervisor=context.identity), now)
        return []

    def _meet_array(self, run: Run, now: datetime) -> list[End]:
        from peak_console.engine.arrays.recovery import meet_array

        return meet_array(self._context, self._starter, run, now)

    def _give_back(self, run: Run) -> bool:
        """Queue what a dead engine has claimed and not started, of a job that is not served here.

        Otherwise it would keep its place until an engine comes that selects its job.
        """
        context = self._context
        name = run.defined_by
        not_served_here = name in context.served.jobset.jobs and name not in context.served.jobs
        if context.options.mode == "run" or context.is_alive(run.supervisor) or not not_served_here:
            return False
        why = "; ".join(dict.fromkeys(filter(None, (run.late_because, DOWN))))
        return self._is_still_to_start(run) and context.store.give_back(run, why)

    def _tell(self, run: Run, error: str, now: datetime) -> None:
        """Raise an alert for a run that cannot be taken over, once."""
        if run.id in self._told:
            return
        self._told.add(run.id)
        from peak_console.alerts.mishaps import judge_unwatched

        with self._context.alerts:
            self._context.alerts.open_incident(unwatched_cause(run.id), judge_unwatched(run, error, now=now), run.tags)

    def _is_left_alone(self, run: Run, now: datetime) -> bool:
        """Whether another process looks after a run, or an engine will later."""
        context = self._context
        if run.supervisor != context.identity and (context.is_alive(run.supervisor) or context.options.mode == "run"):
            return True  # who came for one run only leaves the others to the next engine
        served = context.served
        is_known = run.defined_by in served.jobset.jobs
        gone_for_a_moment = not is_known and not served.is_gone(run.defined_by, context.clock.monotonic())
        not_ours = is_known and run.defined_by not in served.jobs
        is_early = run.scheduled_for is not None and run.scheduled_for > now  # claimed ahead of its slot
        wait = not context.status.may_start or gone_for_a_moment or not_ours or is_early
        return wait and self._is_still_to_start(run)

    def _is_still_to_start(self, run: Run) -> bool:
        """Whether a run was never handed to its executor. It may be recorded as submitted an instant before that."""
        is_claim = run.state in (RunState.CLAIMED, RunState.SUBMITTED)
        return is_claim and not self._executor_of(run).is_started(run.id)

    def _executor_of(self, run: Run) -> Executor:
        return self._context.runs.supervisor.executors.of(run.executor)

    def _take_over(self, run: Run, now: datetime) -> list[End]:
        context = self._context
        job = context.served.jobset.jobs.get(run.defined_by)
        # Its timeout is not known any more, so it has none.
        unknown = JobDefinition(run.job, tags=run.tags, timeout_seconds=0)
        definition = context.runs.queue.with_arguments(run, job, context.served.launcher) if job else unknown
        if self._is_still_to_start(run):
            ends = self._start_anew(run, job is not None, definition, now)
            if ends is not None:
                return ends
        end = context.runs.supervisor.adopt(run, definition)
        if end is not None:
            return [end]
        adopted = next(live.run for live in context.runs.supervisor if live.run.id == run.id)
        context.emit(RunAdopted(at=now, run=adopted))
        return []

    def _start_anew(self, run: Run, known: bool, job: JobDefinition, now: datetime) -> list[End] | None:
        """Start a run whose process has not begun; its end when that must not be, ``None`` if it began after all."""
        from peak_console.engine.supervision.ends import End

        if known and run.stop_reason is None and self._context.status.awaits_gate(job):
            if self._context.store.give_back(run, GATE):
                self._context.runs.queue.add(replace(run, state=RunState.QUEUED, supervisor=None, late_because=GATE))
            return []
        if known and run.stop_reason is None:
            return self._starter.start([(run, job)])
        try:
            # The engine that died may have asked for the start an instant before.
            if not self._executor_of(run).fence(run.id):
                return None
        except StartError:  # no process can write there, so none can start it
            pass
        if run.stop_reason is not None:
            return [End(run, job, Outcome.STOPPED, None, now, run.stop_reason)]
        reason = "its engine died before it started, and the job is gone from the jobs file"
        return [End(run, job, Outcome.NOT_STARTED, None, now, reason)]
