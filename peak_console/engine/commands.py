"""What a front end can ask of the engine. Each command gets an answer: done or refused, and a sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from peak_console.engine.events import CommandAnswered, RunStopping
from peak_console.engine.planner import settled
from peak_console.errors import UnknownJobError
from peak_console.store.model import Hold, JobState, Override, RunState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from peak_console.engine.context import EngineContext
    from peak_console.engine.dispatch import Dispatcher
    from peak_console.engine.supervisor import End
    from peak_console.jobs.model import JobDefinition
    from peak_console.store.model import Command

    Answer = tuple[str, str, int | None]
    """``done`` or ``refused``, the sentence, and the run it is about."""

DONE, REFUSED = "done", "refused"


class Commander:
    """Carries commands out, in the order in which they were issued."""

    def __init__(self, context: EngineContext, dispatcher: Dispatcher, reload: Callable[[], str]) -> None:
        self._context = context
        self._dispatcher = dispatcher
        self._reload = reload
        self._ends: list[End] = []
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

    def obey(self, now: datetime) -> list[End]:
        """Answer every open command; the ends of runs that could not be started."""
        context = self._context
        self._ends = []
        for command in context.store.open_commands():
            carry_out = self._verbs.get(command.verb)
            try:
                answer, message, run_id = (
                    carry_out(command, now) if carry_out else (REFUSED, f'unknown command "{command.verb}"', None)
                )
            except UnknownJobError as error:
                answer, message, run_id = REFUSED, str(error), None
            context.store.answer(command.id, answer, message, now, run_id)
            context.emit(CommandAnswered(at=now, verb=command.verb, answer=answer, message=message))
        return self._ends

    def _job(self, command: Command) -> JobDefinition:
        job = self._context.jobs.get(command.job or "")
        if job is None:
            raise UnknownJobError(unknown_job(command.job or "", self._context.jobs))
        return job

    def _run(self, command: Command, now: datetime) -> Answer:
        context = self._context
        job = self._job(command)
        force = bool(command.arguments.get("force"))
        if context.draining:
            return REFUSED, "the engine is shutting down; nothing new starts", None
        if context.hold is not None and not force:
            return REFUSED, f"{job.name}: held by {context.hold.by}; release the hold, or use --force", None
        if changes := command.arguments.get("args"):
            job = replace(job, args={k: v for k, v in {**job.args, **changes}.items() if v is not None})
        run, refusal, ends = self._dispatcher.start_by_hand(job, now, force=force)
        self._ends += ends
        if run is None:
            return REFUSED, f"{job.name}: {refusal}, or use --force", None
        if ends:
            return REFUSED, f"{job.name} #{run.id} could not be started: {ends[0].reason}", run.id
        if run.state == RunState.QUEUED:
            return DONE, f"{job.name} #{run.id} waits for its turn", run.id
        return DONE, f"{job.name} #{run.id} started", run.id

    def _stop(self, command: Command, now: datetime) -> Answer:
        context = self._context
        wanted = [
            run
            for run in context.store.unfinished()
            if (run.id == command.run_id if command.run_id is not None else run.job == command.job)
        ]
        if not wanted:
            what = f"#{command.run_id}" if command.run_id is not None else command.job
            return REFUSED, f"{what} is not running", command.run_id
        reason = f"stopped by {command.issued_by}"
        stopped, foreign = [], []
        for run in wanted:
            live = next((live for live in context.supervisor if live.run.id == run.id), None)
            if run.state == RunState.QUEUED:
                self._ends.append(self._never(run.id, reason, now))
            elif live is None:
                foreign.append(run)
                continue
            else:
                context.supervisor.stop(run.id, reason)
                context.emit(RunStopping(at=now, run=live.run, reason=reason, killed=False))
            stopped.append(f"#{run.id}")
        if foreign:
            keeper = (foreign[0].supervisor or "?").split(" ", 1)[0]
            return REFUSED, f"#{foreign[0].id} is looked after by another process (pid {keeper})", foreign[0].id
        return DONE, f"stopping {wanted[0].job} {', '.join(stopped)}", wanted[0].id

    def _never(self, run_id: int, reason: str, now: datetime) -> End:
        from peak_console.engine.supervisor import End
        from peak_console.jobs.model import JobDefinition
        from peak_console.store.model import Outcome

        context = self._context
        run = next(run for run in context.queue if run.id == run_id)
        context.queue.remove(run)
        job = context.jobs.get(run.job) or JobDefinition(run.job)
        return End(run, job, Outcome.STOPPED, None, now, reason)

    def _enable(self, command: Command, now: datetime) -> Answer:
        return self._override(command, now, enabled=True)

    def _disable(self, command: Command, now: datetime) -> Answer:
        return self._override(command, now, enabled=False)

    def _override(self, command: Command, now: datetime, *, enabled: bool) -> Answer:
        context = self._context
        job = self._job(command)
        seconds, reason = command.arguments.get("for_seconds"), command.arguments.get("reason")
        until = now + timedelta(seconds=seconds) if seconds else None
        word = "enabled" if enabled else "disabled"
        override: Override | None = Override(enabled, command.issued_by, now, until, reason)
        if enabled == job.enabled and until is None:
            override = None  # what the file says holds again
        state = replace(context.planner.states.get(job.name) or JobState(job.name, ""), override=override)
        state = settled(job, state, now) or state
        with context.store:
            context.store.set_override(job.name, override)
            context.remember(state)
        context.planner.set_state(state, now)
        return DONE, f"{job.name} is {word}" + (f" until {self._local(until)}" if until else ""), None

    def _local(self, moment: datetime) -> str:
        return moment.astimezone(self._context.zone_of(None)).strftime("%Y-%m-%d %H:%M")

    def _hold(self, command: Command, now: datetime) -> Answer:
        context = self._context
        if context.hold is not None:
            return REFUSED, f"already held by {context.hold.by} since {self._local(context.hold.since)}", None
        context.hold = Hold(now, command.issued_by, command.arguments.get("reason"))
        context.store.set_hold(context.hold)
        return DONE, "held: nothing new starts until it is released", None

    def _release(self, _command: Command, _now: datetime) -> Answer:
        context = self._context
        if context.hold is None:
            return REFUSED, "nothing is held", None
        context.hold = None
        context.store.set_hold(None)
        return DONE, "released", None

    def _acknowledge(self, command: Command, now: datetime) -> Answer:
        count = self._context.store.acknowledge(command.issued_by, now, command.arguments.get("alert"))
        return DONE, f"{count} alert{'' if count == 1 else 's'} acknowledged", None

    def _reload_jobs(self, _command: Command, _now: datetime) -> Answer:
        error = self._reload()
        return (REFUSED, error, None) if error else (DONE, "the jobs file has been read again", None)


def unknown_job(name: str, known: dict[str, JobDefinition]) -> str:
    """What to say of a job that does not exist."""
    from peak_console.text import nearest

    near = nearest(name, known)
    hint = f'did you mean "{near}"?' if near else "see: peak-console jobs"
    return f'no job is called "{name}"; {hint}'
