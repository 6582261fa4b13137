"""What a front end can ask of the engine. Each command gets an answer: done or refused, and a sentence."""

from __future__ import annotations

from datetime import timedelta

from peak_console.decisions.conditions import held
from peak_console.decisions.holding.backlog import Backlog
from peak_console.decisions.planner import settled
from peak_console.decisions.serving import not_served, others, serves
from peak_console.engine.commands.alerts import raise_told
from peak_console.engine.commands.answers import DONE, REFUSED, answer_of, unknown_job
from peak_console.engine.commands.confirmation import unconfirmed
from peak_console.engine.commands.gates import close_or_open
from peak_console.engine.commands.holding import Holding, HoldJobsRequest, ReleaseJobsRequest
from peak_console.engine.commands.requests import (
    AcknowledgeRequest,
    AlertRequest,
    GateRequest,
    HoldRequest,
    OverrideRequest,
    ReleaseRequest,
    ReloadRequest,
    RunRequest,
    StopRequest,
    TakeBackRequest,
    request_of,
)
from peak_console.engine.commands.stopping import Stopping, wanted_runs
from peak_console.engine.dispatch.chain_by_hand import refusal_of
from peak_console.engine.events import CommandAnswered
from peak_console.errors import PeakConsoleError, StateError, UnknownJobError, UsageError
from peak_console.model.records import Hold, JobState, Override, RunState
from peak_console.schedule.zones import local_time
from peak_console.store.bell import ring
from peak_console.text import counted
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from peak_console.decisions.holding.blackouts import Window
    from peak_console.engine.commands.answers import Answer
    from peak_console.engine.commands.requests import Request
    from peak_console.engine.context import EngineContext
    from peak_console.engine.dispatch.dispatcher import Dispatcher
    from peak_console.engine.supervision.ends import End
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Command, Run


class Commander:
    """Carries commands out in the order in which they were issued, each exactly once, also across crashes."""

    def __init__(
        self,
        context: EngineContext,
        dispatcher: Dispatcher,
        record: Callable[[Sequence[End]], None],
        reload: Callable[[bool], str],
    ) -> None:
        """``record`` writes down ends that a command makes; ``reload`` reads the jobs file: the error, or nothing."""
        self._context = context
        self._dispatcher = dispatcher
        self._record = record
        self._reload = reload
        self._stopping = Stopping(context.store, context.runs, context.served, context.emit, record)
        self._afterwards: list[Callable[[], object]] = []
        """What follows from the present command once it is durable."""

    def obey(self, now: datetime) -> None:
        """Answer every open command, also one that makes no sense. Raises ``StateError`` when the registry refuses."""
        for number in self._context.store.open_command_ids():
            self._afterwards.clear()
            self._context.chains.touch_all()  # it may enable, disable, or stop what others wait for
            verb, answered = self._obey_one(number, now)
            if answered is not None:
                answer, message = answered
                self._context.emit(CommandAnswered(at=now, verb=verb, answer=answer, message=message))

    def raise_alerts(self, now: datetime) -> None:
        """Raise the alerts that jobs and people have left, who wait for no answer. Raises ``StateError``."""
        for number in self._context.store.open_command_ids("alert"):
            self._obey_one(number, now)

    def _obey_one(self, number: int, now: datetime) -> tuple[str, tuple[str, str] | None]:
        """A command's verb, and its answer with the sentence; ``None`` when it is not, or no longer, ours to answer."""
        store = self._context.store
        try:
            command = store.command(number)
        except ValueError as error:
            return "command", self._refuse(number, f"command {number} cannot be read: {error}", now)
        if command is None or command.answer is not None:  # withdrawn a moment ago
            return "command", None
        if self._context.is_shared and self._is_for_another(command):
            return command.verb, None
        try:
            answered = self._answer(command, now)
            if answered is None:
                return command.verb, None
            for follow_up in self._afterwards:
                follow_up()
        except StateError:  # the registry refuses: the command stays open until it works again
            raise
        except Exception as error:  # noqa: BLE001 - the next engine would meet it again: one command would end them all
            answered = self._give_up(command, error, now)
        store.forget_arguments(command)
        return command.verb, answered

    def _refuse(self, number: int, message: str, now: datetime) -> tuple[str, str]:
        message = self._context.served.launcher.redactor.text(message)
        self._context.store.answer(number, REFUSED, message, now)
        return REFUSED, message

    def _give_up(self, command: Command, error: Exception, now: datetime) -> tuple[str, str]:
        """Answer a command that an error of ours has cut short. A run that it has made is told of."""
        known = self._context.store.command(command.id)
        if command.verb == "run" and known is not None and known.run_id is not None:
            answer, message, run_id = self._made_before(known.run_id)
            self._context.store.answer(command.id, answer, message, now, run_id)
            return answer, message
        what = f"{command.verb} was cut short by a fault in Peak Console ({type(error).__name__}: {error})"
        return self._refuse(command.id, f"{what}; please report it, and see: peak-console status", now)

    def _is_for_another(self, command: Command) -> bool:
        """Whether another engine is the one to carry it out: it looks after the run, or serves the job."""
        context = self._context
        if command.job is None and command.run_id is None:
            return False  # the first engine that sees it
        rivals = others(context.store.engines(), context.lock_name)
        jobs = {command.job or ""}
        if command.verb == "stop":
            runs = wanted_runs(command.run_id, command.job, context.store.unfinished())
            if any(run.id in context.runs.supervisor for run in runs):
                return False
            pids = {(run.supervisor or "").split(" ", 1)[0] for run in runs}
            if any(str(each.pid) in pids for each in rivals):
                return True
            jobs = {run.defined_by for run in runs} or jobs
        return any(serves(each, job) for each in rivals for job in jobs - context.served.jobs.keys())

    def _answer(self, command: Command, now: datetime) -> tuple[str, str] | None:
        """Carry a command out and answer it; ``None`` if that was done, or it was withdrawn, a moment ago."""
        try:
            context = self._context
            request = request_of(command, context.store.arguments_of)
            if refusal := unconfirmed(context.served, context.runs, context.blackouts, request, command.arguments, now):
                raise UsageError(refusal)
            if not isinstance(request, RunRequest | ReloadRequest):
                return self._answer_at_once(command, request, now)
            answer, message, run_id = self._carry_out(command.id, request, now)
        except StateError:
            raise
        except PeakConsoleError as error:
            answer, message, run_id = REFUSED, str(error), None
        self._context.store.answer(command.id, answer, message, now, run_id)
        return answer, message

    def _answer_at_once(self, command: Command, request: Request, now: datetime) -> tuple[str, str] | None:
        """Change the registry in one transaction with the answer. What goes beyond it (a signal, a plan) follows."""
        store = self._context.store
        with store:
            if store.is_answered(command.id):
                return None
            try:
                answer, message, run_id = self._carry_out(command.id, request, now)
            except StateError:
                raise
            except PeakConsoleError as error:
                answer, message, run_id = REFUSED, str(error), None
            store.answer(command.id, answer, message, now, run_id)
        return answer, message

    def _carry_out(self, command_id: int, request: Request, now: datetime) -> Answer:
        match request:
            case RunRequest():
                return self._run(command_id, request, now)
            case StopRequest():
                return self._stopping.stop(request, now, self._afterwards)
            case OverrideRequest():
                return self._override(request, now)
            case HoldRequest():
                return self._hold(request, now)
            case ReleaseRequest():
                return self._release(request, now)
            case GateRequest() | AlertRequest():
                return self._gate_or_alert(request, now)
            case HoldJobsRequest():
                self._afterwards.append(self._read_holds)
                return Holding(self._context.store, self._context.served).hold(request, now)
            case ReleaseJobsRequest():
                self._afterwards.append(self._read_holds)
                return Holding(self._context.store, self._context.served).release(request)
            case AcknowledgeRequest():
                return self._acknowledge(request, now)
            case TakeBackRequest():
                count = self._context.store.take_back(request.alerts)
                return DONE, f"{counted(count, 'alert')} open again", None
            case ReloadRequest():
                return self._reload_jobs(request)
        from peak_console.engine.commands.blackouts import add_or_end

        return add_or_end(self._context, request, now, self._afterwards)

    def _gate_or_alert(self, request: GateRequest | AlertRequest, now: datetime) -> Answer:
        if isinstance(request, GateRequest):
            return close_or_open(self._context, request, now, self._afterwards)
        return raise_told(self._context.alerts, self._context.served.jobset, request, now, self._afterwards)

    def _job(self, name: str) -> JobDefinition:
        known = self._context.served.jobset.jobs
        job = known.get(name)
        if job is None:
            raise UnknownJobError(unknown_job(name, known))
        return job

    def _run(self, command_id: int, request: RunRequest, now: datetime) -> Answer:
        context, force = self._context, request.force
        if request.made is not None:
            return self._made_before(request.made)
        job = self._job(request.job)
        if job.name not in context.served.jobs:
            return REFUSED, not_served(job.name, context.store.engines()), None
        if context.status.draining:
            return REFUSED, "the engine is shutting down; nothing new starts", None
        hold = context.status.hold or context.holds.of(job, now)
        if hold is not None and not force:
            why = held(hold, context.served.zone_of(None))
            return REFUSED, f"{job.name}: {why}; release the hold, or use --force", None
        window = context.blackouts.over(job, now)
        if window is not None and not force:
            return REFUSED, f"{job.name}: {self._shut(window)}; wait for its end, or use --force", None
        overridden = [held(hold, context.served.zone_of(None))] if hold is not None else []
        overridden += [self._shut(window)] if window is not None else []
        beside = f", although {' and '.join(overridden)}" if overridden else ""
        if (gate := context.status.why_gated(job)) is not None:
            return REFUSED, f"{job.name}: {gate}; see: peak-console gate list", None
        job = self._as_asked(job, request)
        if request.chain is not None and (
            refusal := refusal_of(context.served.jobset.jobs, context.store, job, request.chain)
        ):
            return REFUSED, f"{job.name}: {refusal}", None
        run, refusal, ends = self._dispatcher.start_by_hand(
            job,
            now,
            by=request.by,
            force=force,
            command_id=command_id,
            chain=request.chain,
            args_changed=sorted(request.arguments),
        )
        self._record(ends)
        if run is None:
            return REFUSED, f"{job.name}: {refusal}, or use --force", None
        failed = [end for end in ends if end.run.id == run.id]
        if failed:
            return REFUSED, f"{job.name} #{run.id} could not be started: {failed[0].reason}", run.id
        if run.state == RunState.QUEUED:
            return DONE, f"{job.name} #{run.id} waits for its turn{beside}", run.id
        return DONE, f"{job.name} #{run.id} started{self._changed(request)}{beside}", run.id

    def _shut(self, window: Window) -> str:
        from peak_console.decisions.holding.blackouts import window_in_words

        return window_in_words(window, self._context.served.zone_of(None))

    def _as_asked(self, job: JobDefinition, request: RunRequest) -> JobDefinition:
        """A job with other arguments, or of its array only what failed. Raises ``UsageError``."""
        if request.arguments:
            from peak_console.jobs.run_changes import with_changes

            job = with_changes(job, request.arguments)
        if not request.failed:
            return job
        from peak_console.engine.arrays.again import failed_part

        return failed_part(self._context.store, job)

    def _changed(self, request: RunRequest) -> str:
        """`` with n=20, without fast``: the arguments that were asked for, without secrets."""
        told = self._context.served.launcher.redactor.args(request.arguments)
        words = [f"without {name}" if value is None else f"with {name}={value}" for name, value in told.items()]
        return f" {', '.join(words)}" if words else ""

    def _made_before(self, run_id: int) -> Answer:
        """The answer that is owed still: the run was made, and then its engine died or met an error."""
        store = self._context.store
        run = store.run(run_id)
        if run is None and run_id > store.last_run_id():
            return REFUSED, f"there is no run #{run_id}; see: peak-console runs", None
        return (*answer_of(run, run_id), run_id)

    def _override(self, request: OverrideRequest, now: datetime) -> Answer:
        context, enabled = self._context, request.enabled
        job = self._job(request.job)
        until = request.until or (now + timedelta(seconds=request.seconds) if request.seconds else None)
        if until is not None and until <= now:
            return REFUSED, f"{self._local(until)} is over; name a later end", None
        word = "enabled" if enabled else "disabled"
        override: Override | None = Override(enabled, request.by, now, until, request.reason)
        if enabled == job.enabled and until is None:
            override = None  # what the file says holds again
        is_ours = job.name in context.served.jobs
        states = context.served.planner.states if is_ours else context.store.job_states()
        state = replace(states.get(job.name) or JobState(job.name, ""), override=override)
        state = settled(job, state, now) or state
        context.store.set_override(job.name, override)
        context.store.remember([state])
        if is_ours:
            self._afterwards.append(lambda: context.served.planner.set_state(state, now))
        return DONE, f"{job.name} is {word}" + (f" until {self._local(until)}" if until else ""), None

    def _local(self, moment: datetime) -> str:
        return local_time(moment, self._context.served.zone_of(None)).strftime("%Y-%m-%d %H:%M")

    def _hold(self, request: HoldRequest, now: datetime) -> Answer:
        context = self._context
        hold = context.store.hold()  # another engine may have set it
        if request.edit:
            if hold is None:
                return REFUSED, "nothing is held", None
            self._set_hold(Hold(hold.since, request.by, request.reason))
            return DONE, "the hold's reason is changed", None
        if hold is not None:
            return REFUSED, f"already {held(hold, context.served.zone_of(None))}", None
        self._set_hold(Hold(now, request.by, request.reason))
        return DONE, "held: nothing new starts until it is released", None

    def _release(self, request: ReleaseRequest, now: datetime) -> Answer:
        context = self._context
        if context.store.hold() is None:
            return REFUSED, "nothing is held", None
        if request.slots is None:
            self._set_hold(None)
            return DONE, "released", None
        if context.is_shared:
            return REFUSED, "several engines share these jobs: release without a choice, as each job says", None
        if context.status.draining:
            return REFUSED, "the engine is shutting down: nothing new starts", None
        released = self._dispatcher.release(request.slots, request.by, now)
        self._set_hold(None)
        self._afterwards.append(lambda: self._record(self._dispatcher.carry_out(released, now)))
        return DONE, f"released; {_runs_of_slots(released.runs, request.slots)}", None

    def _read_holds(self) -> None:
        """Work by the holds on some of the jobs as they are now; they hold for every engine."""
        self._context.holds.read()
        if self._context.is_shared:
            ring(self._context.directory)

    def _set_hold(self, hold: Hold | None) -> None:
        context = self._context
        context.store.set_hold(hold)
        self._afterwards.append(lambda: setattr(context.status, "hold", hold))
        if context.is_shared:  # it holds for every engine
            self._afterwards.append(lambda: ring(context.directory))

    def _acknowledge(self, request: AcknowledgeRequest, now: datetime) -> Answer:
        alert = request.alert
        if alert is not None and not self._context.store.has_alert(alert):
            return REFUSED, f"there is no alert #{alert}; see: peak-console alerts", None
        count = self._context.store.acknowledge(
            request.by, now, alert, note=request.note or None, newest=request.newest
        )
        return DONE, f"{counted(count, 'alert')} acknowledged", None

    def _reload_jobs(self, request: ReloadRequest) -> Answer:
        error = self._reload(request.accept)
        return (REFUSED, error, None) if error else (DONE, "the jobs file has been read again", None)


def _runs_of_slots(runs: Sequence[Run], choice: Backlog) -> str:
    """What has become of the slots that waited."""
    if not runs:
        return "no slot waited"
    what = counted(len(runs), "job")
    if choice == Backlog.DROP:
        return f"the slots of {what} are dropped"
    started = sum(run.state == RunState.CLAIMED for run in runs)
    return f"{started} {'run starts' if started == 1 else 'runs start'}, {len(runs) - started} wait or are missed"
