"""What a front end can ask of the engine. Each command gets an answer: done or refused, and a sentence."""

from __future__ import annotations

from datetime import timedelta

from peak_console.decisions.planner import settled
from peak_console.decisions.serving import not_served, others, serves
from peak_console.engine.arguments import alert_number, changed_arguments, override_seconds, reason_of
from peak_console.engine.events import CommandAnswered, RunStopping
from peak_console.errors import PeakConsoleError, StateError, UnknownJobError
from peak_console.model.records import Hold, JobState, Outcome, Override, RunState
from peak_console.schedule.zones import local_time
from peak_console.store.bell import ring
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from peak_console.engine.context import EngineContext
    from peak_console.engine.dispatch import Dispatcher
    from peak_console.engine.ends import End
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Command, Run

    Answer = tuple[str, str, int | None]
    """``done`` or ``refused``, the sentence, and the run it is about."""

DONE, REFUSED = "done", "refused"


IN_THE_REGISTRY = ("stop", "enable", "disable", "hold", "release", "ack")
"""What these decide is a change to the registry, made in one transaction with their answer; what goes beyond the
registry (a signal, a plan in memory) follows once that is durable."""


class Commander:
    """Carries commands out, in the order in which they were issued, each once whatever crashes meanwhile."""

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
        self._afterwards: list[Callable[[], object]] = []
        """What follows from the present command once it is durable."""
        self._verbs: dict[str, Callable[[Command, datetime], Answer]] = {
            "run": self._run,
            "stop": self._stop,
            "enable": self._enable,
            "disable": self._disable,
            "hold": self._hold,
            "release": self._release,
            "ack": self._acknowledge,
            "reload": self._reload_jobs,
        }

    def obey(self, now: datetime) -> None:
        """Answer every open command, whatever stands in it. Raises ``StateError`` when the registry refuses."""
        for number in self._context.store.open_command_ids():
            self._afterwards.clear()
            verb, answered = self._obey_one(number, now)
            if answered is not None:
                answer, message = answered
                self._context.emit(CommandAnswered(at=now, verb=verb, answer=answer, message=message))

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
            if command.verb in IN_THE_REGISTRY:
                with store:
                    if store.is_answered(number):
                        return command.verb, None
                    answered = self._answer(command, now)
            else:
                answered = self._answer(command, now)
            for follow_up in self._afterwards:
                follow_up()
        except StateError:  # the registry refuses: the command stays open until it works again
            raise
        except Exception as error:  # noqa: BLE001 - the next engine would meet it again: one command would end them all
            answered = self._give_up(command, error, now)
        store.forget_arguments(command)
        return command.verb, answered

    def _refuse(self, number: int, message: str, now: datetime) -> tuple[str, str]:
        message = self._context.launcher.redactor.text(message)
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
            return False  # whoever sees it first
        rivals = others(context.store.engines(), context.lock_name)
        jobs = {command.job or ""}
        if command.verb == "stop":
            runs = [
                run
                for run in context.store.unfinished()
                if (run.id == command.run_id if command.run_id is not None else run.job == command.job)
            ]
            if any(run.id in context.supervisor for run in runs):
                return False
            pids = {(run.supervisor or "").split(" ", 1)[0] for run in runs}
            if any(str(each.pid) in pids for each in rivals):
                return True
            jobs = {run.job for run in runs} or jobs
        return any(serves(each, job) for each in rivals for job in jobs - context.jobs.keys())

    def _answer(self, command: Command, now: datetime) -> tuple[str, str]:
        carry_out = self._verbs.get(command.verb)
        try:
            answer, message, run_id = (
                carry_out(command, now) if carry_out else (REFUSED, f'unknown command "{command.verb}"', None)
            )
        except StateError:
            raise
        except PeakConsoleError as error:
            answer, message, run_id = REFUSED, str(error), None
        self._context.store.answer(command.id, answer, message, now, run_id)
        return answer, message

    def _job(self, command: Command) -> JobDefinition:
        known = self._context.jobset.jobs
        job = known.get(command.job or "")
        if job is None:
            raise UnknownJobError(unknown_job(command.job or "", known))
        return job

    def _run(self, command: Command, now: datetime) -> Answer:
        context = self._context
        if command.run_id is not None:
            return self._made_before(command.run_id)
        job = self._job(command)
        if job.name not in context.jobs:
            return REFUSED, not_served(job.name, context.store.engines()), None
        force = bool(command.arguments.get("force"))
        if context.draining:
            return REFUSED, "the engine is shutting down; nothing new starts", None
        if context.hold is not None and not force:
            return REFUSED, f"{job.name}: held by {context.hold.by}; release the hold, or use --force", None
        if changes := changed_arguments(context.store.arguments_of(command).get("args")):
            job = replace(job, args={k: v for k, v in {**job.args, **changes}.items() if v is not None})
        run, refusal, ends = self._dispatcher.start_by_hand(job, now, force=force, command_id=command.id)
        self._record(ends)
        if run is None:
            return REFUSED, f"{job.name}: {refusal}, or use --force", None
        failed = [end for end in ends if end.run.id == run.id]
        if failed:
            return REFUSED, f"{job.name} #{run.id} could not be started: {failed[0].reason}", run.id
        if run.state == RunState.QUEUED:
            return DONE, f"{job.name} #{run.id} waits for its turn", run.id
        return DONE, f"{job.name} #{run.id} started", run.id

    def _made_before(self, run_id: int) -> Answer:
        """The answer that is owed still: the run was made, and then its engine died or met an error."""
        store = self._context.store
        run = store.run(run_id)
        if run is None and run_id > store.last_run_id():
            return REFUSED, f"there is no run #{run_id}; see: peak-console runs", None
        return (*answer_of(run, run_id), run_id)

    def _stop(self, command: Command, now: datetime) -> Answer:
        context = self._context
        if command.run_id is None and command.job is None:
            return REFUSED, "stop: name a job, or a run by its number", None
        wanted = [
            run
            for run in context.store.unfinished()
            if (run.id == command.run_id if command.run_id is not None else run.job == command.job)
        ]
        if not wanted:
            what = f"#{command.run_id}" if command.run_id is not None else command.job
            return REFUSED, f"{what} is not running; see: peak-console jobs", command.run_id
        reason = f"stopped by {command.issued_by}"
        mine = [run for run in wanted if run.state == RunState.QUEUED or run.id in context.supervisor]
        for run in mine:
            context.store.stopping(run.id, reason)
        self._afterwards.append(lambda: self._end_runs(mine, reason, now))
        foreign = [run for run in wanted if run not in mine]
        if foreign:
            keeper = (foreign[0].supervisor or "?").split(" ", 1)[0]
            return REFUSED, f"#{foreign[0].id} is looked after by another process (pid {keeper})", foreign[0].id
        return DONE, f"stopping {wanted[0].job} {', '.join(f'#{run.id}' for run in mine)}", wanted[0].id

    def _end_runs(self, runs: Sequence[Run], reason: str, now: datetime) -> None:
        """Stop runs whose stop has been recorded: signal those under way, then record the ends of those that wait."""
        context = self._context
        waiting = {run.id for run in runs if run.state == RunState.QUEUED}
        for run in runs:
            if run.id not in waiting:
                live = next((live for live in context.supervisor if live.run.id == run.id), None)
                context.supervisor.stop(run.id, reason, recorded=True)
                context.emit(RunStopping(at=now, run=live.run if live else run, reason=reason, killed=False))
        if waiting:
            context.queue.drop(waiting)
            self._record([self._never(run, reason, now) for run in runs if run.id in waiting])

    def _never(self, run: Run, reason: str, now: datetime) -> End:
        """The end of a run that waits. It may be in the registry's queue only, put there by another process."""
        from peak_console.engine.ends import End
        from peak_console.jobs.model import JobDefinition

        job = self._context.jobs.get(run.job) or JobDefinition(run.job)
        return End(run, job, Outcome.STOPPED, None, now, reason)

    def _enable(self, command: Command, now: datetime) -> Answer:
        return self._override(command, now, enabled=True)

    def _disable(self, command: Command, now: datetime) -> Answer:
        return self._override(command, now, enabled=False)

    def _override(self, command: Command, now: datetime, *, enabled: bool) -> Answer:
        context = self._context
        job = self._job(command)
        seconds, reason = override_seconds(command), reason_of(command)
        until = now + timedelta(seconds=seconds) if seconds else None
        word = "enabled" if enabled else "disabled"
        override: Override | None = Override(enabled, command.issued_by, now, until, reason)
        if enabled == job.enabled and until is None:
            override = None  # what the file says holds again
        is_ours = job.name in context.jobs
        states = context.planner.states if is_ours else context.store.job_states()
        state = replace(states.get(job.name) or JobState(job.name, ""), override=override)
        state = settled(job, state, now) or state
        context.store.set_override(job.name, override)
        context.remember(state)
        if is_ours:
            self._afterwards.append(lambda: context.planner.set_state(state, now))
        return DONE, f"{job.name} is {word}" + (f" until {self._local(until)}" if until else ""), None

    def _local(self, moment: datetime) -> str:
        return local_time(moment, self._context.zone_of(None)).strftime("%Y-%m-%d %H:%M")

    def _hold(self, command: Command, now: datetime) -> Answer:
        context = self._context
        hold = context.store.hold()  # another engine may have set it
        if hold is not None:
            return REFUSED, f"already held by {hold.by} since {self._local(hold.since)}", None
        self._set_hold(Hold(now, command.issued_by, reason_of(command)))
        return DONE, "held: nothing new starts until it is released", None

    def _release(self, _command: Command, _now: datetime) -> Answer:
        if self._context.store.hold() is None:
            return REFUSED, "nothing is held", None
        self._set_hold(None)
        return DONE, "released", None

    def _set_hold(self, hold: Hold | None) -> None:
        context = self._context
        context.store.set_hold(hold)
        self._afterwards.append(lambda: setattr(context, "hold", hold))
        if context.is_shared:  # it holds for every engine
            self._afterwards.append(lambda: ring(context.directory))

    def _acknowledge(self, command: Command, now: datetime) -> Answer:
        alert = alert_number(command)
        if alert is not None and not self._context.store.has_alert(alert):
            return REFUSED, f"there is no alert #{alert}; see: peak-console alerts", None
        count = self._context.store.acknowledge(command.issued_by, now, alert)
        return DONE, f"{count} alert{'' if count == 1 else 's'} acknowledged", None

    def _reload_jobs(self, command: Command, _now: datetime) -> Answer:
        error = self._reload(bool(command.arguments.get("accept")))
        return (REFUSED, error, None) if error else (DONE, "the jobs file has been read again", None)


def answer_of(run: Run | None, run_id: int) -> tuple[str, str]:
    """What is to be said of a run that a command has made; ``None`` is one that is no longer recorded."""
    if run is None:
        return DONE, f"#{run_id} started; it is no longer recorded"
    if run.outcome == Outcome.NOT_STARTED:
        return REFUSED, f"{run.job} #{run_id} could not be started: {run.reason}"
    if run.state == RunState.QUEUED:
        return DONE, f"{run.job} #{run_id} waits for its turn"
    if run.state == RunState.CLAIMED:
        return DONE, f"{run.job} #{run_id} is about to start; see: peak-console runs"
    return DONE, f"{run.job} #{run_id} started"


def unknown_job(name: str, known: Mapping[str, JobDefinition]) -> str:
    """What to say of a job that does not exist."""
    from peak_console.text import nearest

    near = nearest(name, known)
    hint = f'did you mean "{near}"?' if near else "see: peak-console jobs"
    return f'no job is called "{name}"; {hint}'
