"""From due slots to running processes: decide, record, then act."""

from __future__ import annotations

from datetime import timedelta

from peak_console.alerts.judge import judge_catch_up, judge_missed
from peak_console.alerts.mishaps import judge_undecided
from peak_console.decisions.policy import CATCH_UP_LIMIT, Action, decide, decide_by_hand, is_counted
from peak_console.decisions.turns import REPLACED, Turns, why_given_up
from peak_console.engine.ends import End
from peak_console.engine.events import RunQueued, RunStarted, SlotPassed
from peak_console.engine.incidents import CATCH_UP, UNDECIDED, open_for_job
from peak_console.engine.lateness import OWN_RUN, Lateness, behind
from peak_console.engine.mishaps import sentence
from peak_console.engine.places import Places
from peak_console.errors import StateError
from peak_console.jobs.model import CatchUp, JobDefinition
from peak_console.model.records import Claim, Outcome, RunState, Trigger
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from peak_console.decisions.capacity import Capacity
    from peak_console.decisions.conditions import Situation
    from peak_console.decisions.facts import Facts
    from peak_console.decisions.policy import Verdict
    from peak_console.engine.context import EngineContext
    from peak_console.model.records import Run
    from peak_console.schedule.slots import Pending

    Due = tuple[JobDefinition, Pending]

TAG = "scheduler"
"""The registry's tag of runs that the engine itself made, as documented."""
FIRST_BATCH = 16
BATCH_GROWTH = 4
MOST_CLAIMS = 2000
"""Of many slots that are due at one moment so few are claimed first, so that starting begins at once; the next batch
is so many times larger, so that few commits are waited for. No batch goes far beyond so many claims: jobs that catch up
on all of their slots have up to a thousand each, and nobody is looked after meanwhile."""


class Dispatcher:
    """Claims what is due and starts what was claimed."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._unrecorded: list[tuple[Run, int, str]] = []
        self._untold: list[End] = []
        self.places = Places(context)
        self._lateness = Lateness(context)
        self._refusal: StateError | None = None

    def dispatch(self, now: datetime) -> list[End]:
        """Claim every slot that is due, start what may start; the ends of those that could not be.

        Raises ``StateError`` when the registry refuses; nothing has started then that is not claimed, and the ends
        come with the next call.
        """
        context = self._context
        self._lateness.look(now)
        if context.hold is None and not context.draining:
            if context.queue and context.jobset.settings.max_concurrent_runs:
                self._serve_queue(now)  # those that have waited for a place come first
            self._untold += self._start(self._claim_due(now))
        refusal, self._refusal = self._refusal, None
        if refusal is not None:
            raise refusal
        self._serve_queue(now)
        self.places.lay_out_ahead(now)
        return self._take_untold()

    def dispatch_queue(self, now: datetime) -> list[End]:
        """Start the queued runs whose turn has come; the ends of those that could not be started."""
        self._serve_queue(now)
        return self._take_untold()

    def _serve_queue(self, now: datetime) -> None:
        context = self._context
        if context.hold is None and not context.draining:
            self._untold += self._give_up(now)
            self._untold += self._start(self._from_queue(now))

    def _take_untold(self) -> list[End]:
        ends, self._untold = self._untold, []
        return ends

    def _give_up(self, now: datetime) -> list[End]:
        """What waits for its turn, or for another attempt, does not outlast its job, nor the disabling of that."""
        context = self._context
        if not context.queue:
            return []
        facts = context.facts(now)
        asked: dict[str, Situation] = {}
        ends = []
        for run in context.queue:
            job, reason = context.jobs.get(run.job), ""
            if context.is_gone(run.job):
                job, reason = JobDefinition(run.job, tags=run.tags), "its job is gone from the jobs file"
            elif job is not None:
                if run.job not in asked:
                    asked[run.job] = facts.situation(job, context.planner.states.get(run.job), None)
                reason = why_given_up(run, asked[run.job], context.store.is_by_hand)
            if job is not None and reason:
                outcome = Outcome.STOPPED if run.stop_reason else Outcome.SKIPPED
                ends.append(End(run, job, outcome, None, now, reason))
        if ends:
            context.queue.drop({end.run.id for end in ends})
        return ends

    def _claim_due(self, now: datetime) -> Iterator[tuple[Run, JobDefinition]]:
        """Claim what is due and give what is to be started, batch by batch: one starts while the next is claimed.

        Ends early when the registry refuses; what is left is still due.
        """
        context = self._context
        due = context.planner.due(now)
        capacity = context.capacity()
        size = FIRST_BATCH
        while due:
            context.beat()
            batch, later = _batch(due, size)
            try:
                ready = self._record(batch, now, capacity)
            except StateError as error:
                for job, _ in due:
                    context.planner.refresh(job.name, now)
                self._refusal = error
                return
            yield from ready
            due, size = later, size * BATCH_GROWTH

    def _record(self, due: Sequence[Due], now: datetime, capacity: Capacity) -> list[tuple[Run, JobDefinition]]:
        """Record a batch in one transaction; the claimed runs of it that are to be started.

        A batch that cannot be recorded because of one job's own data is recorded job by job.
        """
        taken = capacity.taken
        try:
            runs, replaced = self._commit(due, now, capacity)
        except StateError:
            raise
        except Exception as error:  # noqa: BLE001 - one job's trouble is that job's
            capacity.taken = taken
            if len(due) == 1:
                job, pending = due[0]
                return self._claimed(self._commit_undecided(job, pending, error, now), now)
            return [started for each in due for started in self._record([each], now, capacity)]
        for job in replaced:
            self._untold += self._replace(job, now)
        return self._claimed(runs, now)

    def _commit(self, due: Sequence[Due], now: datetime, capacity: Capacity) -> tuple[list[Run], list[JobDefinition]]:
        """The runs recorded for a batch, and the jobs whose runs are to be replaced."""
        context = self._context
        verdicts: dict[tuple[str, datetime], Verdict] = {}
        claims: list[Claim] = []
        replaced: list[JobDefinition] = []
        decided = [context.planner.decided(job, pending.latest) for job, pending in due]
        facts = context.facts(now, capacity)
        with context.alerts:
            if context.is_shared:  # other engines may have started runs since
                capacity.taken = context.capacity().taken
            for job, pending in due:
                for verdict in self._decide(job, pending, facts):
                    if verdict.replaces:
                        replaced.append(job)
                    verdicts[job.name, verdict.slot] = verdict
                    claims.append(self._claim(job, verdict, late_because=self._why_late(verdict, now, claims)))
            runs = context.store.claim(claims, now, context.identity)
            for state in decided:
                context.remember(state)
            for run in runs:
                self._tell_of_missed(context.jobs[run.job], run, verdicts[run.job, run.scheduled_for or now], now)
            for job in replaced:
                self._note_replaced(job)
        for state in decided:  # not before it is durable: a slot that could not be recorded is still due
            context.planner.settle(state, now)
        return runs, replaced

    def _commit_undecided(self, job: JobDefinition, pending: Pending, error: Exception, now: datetime) -> list[Run]:
        """Record a slot about which nothing could be decided: it did not start, and why."""
        context = self._context
        reason = context.launcher.redactor.text(sentence(error))
        claim = Claim(
            job=job.name, scheduled_for=pending.latest, triggered_by=Trigger.SCHEDULE, outcome=Outcome.NOT_STARTED,
            reason=reason, command=[], args={}, tags=list(job.tags), tag=TAG,
        )  # fmt: skip
        state = context.planner.decided(job, pending.latest)
        with context.alerts:
            runs = context.store.claim([claim], now, context.identity)
            context.remember(state)
            open_for_job(context.alerts, UNDECIDED, job, judge_undecided(job.name, reason, now=now))
        context.planner.settle(state, now)
        return runs

    def _claimed(self, runs: Sequence[Run], now: datetime) -> list[tuple[Run, JobDefinition]]:
        """Of runs that have just been recorded those to be started now; the others wait, or have passed."""
        context = self._context
        started = []
        for run in runs:
            if run.state == RunState.CLAIMED:
                started.append((run, context.jobs[run.job]))
            elif run.state == RunState.QUEUED:
                self._enqueue(run, now)
            else:
                context.emit(SlotPassed(at=now, run=run))
                if not context.options.keep_registry:
                    context.store.forget([run.id])
        return started

    def _decide(self, job: JobDefinition, pending: Pending, facts: Facts) -> list[Verdict]:
        """What becomes of a job's due slots. The planner gives enabled jobs only, and a hold was asked before."""
        return decide(facts.situation(job, self._context.planner.states.get(job.name), pending.latest), pending)

    def _why_late(self, verdict: Verdict, now: datetime, claims: Sequence[Claim]) -> str | None:
        """What a slot has waited for until now, and what it waits for: those of the same moment come first."""
        waits = self._waits_for(verdict, [claim.job for claim in claims if not claim.queued and claim.outcome is None])
        return "; ".join(filter(None, (self._lateness.why(verdict.slot, now), waits))) or None

    def _waits_for(self, verdict: Verdict, starting: list[str]) -> str | None:
        """What a slot that is queued waits for; ``starting`` are jobs that start at the same moment."""
        if verdict.action in (Action.QUEUE, Action.REPLACE):
            return OWN_RUN
        if verdict.action != Action.WAIT:
            return None
        return behind([*(live.run for live in self._context.supervisor), *self._context.foreign], starting)

    def _claim(self, job: JobDefinition, verdict: Verdict, *, late_because: str | None = None) -> Claim:
        command, args = self._context.launcher.shown(job)
        outcome = {Action.SKIP: Outcome.SKIPPED, Action.MISS: Outcome.MISSED}.get(Action(verdict.action))
        reason = verdict.reason
        if verdict.folded:
            least = "" if is_counted(job, verdict.folded) else "at least "
            also = f"stands for {least}{verdict.folded} earlier slot{'s' if verdict.folded > 1 else ''} too"
            reason = f"{reason}; {also}" if reason else also
        return Claim(
            job=job.name,
            scheduled_for=verdict.slot,
            triggered_by=verdict.triggered_by,
            queued=verdict.waits,
            outcome=outcome,
            reason=reason,
            command=command,
            args=args,
            tags=list(job.tags),
            tag=TAG,
            late_because=late_because if outcome is None else None,
        )

    def _tell_of_missed(self, job: JobDefinition, run: Run, verdict: Verdict, now: datetime) -> None:
        context = self._context
        if verdict.action == Action.MISS:
            since, count = verdict.since or verdict.slot, verdict.folded + 1
            alert = judge_missed(
                job.name, count=count, since=since, tags=job.tags, reason=verdict.reason, run_id=run.id, now=now,
                zone=context.zone_of(job), counted=is_counted(job, count),
            )  # fmt: skip
            open_for_job(context.alerts, Outcome.MISSED, job, alert)
        elif verdict.folded and verdict.since is not None:
            caught_up = judge_catch_up(
                run,
                count=verdict.folded,
                since=verdict.since,
                now=now,
                zone=context.zone_of(job),
                counted=is_counted(job, verdict.folded),
            )
            if caught_up is not None:
                open_for_job(context.alerts, CATCH_UP, job, caught_up)

    def _from_queue(self, now: datetime) -> list[tuple[Run, JobDefinition]]:
        """Queued runs whose turn has come, claimed in one transaction."""
        context = self._context
        if not (chosen := self._next_of_queue(now)):
            return []
        with context.store:
            if context.is_shared:  # another engine may have taken places since
                chosen = chosen[: context.capacity().free]
            taken = [
                (replace(run, late_because=why), job)
                for run, job in chosen
                if context.store.take_from_queue(run.id, context.identity, why := self._lateness.why_still(run, now))
            ]
        context.queue.drop({run.id for run, _ in chosen})
        return taken

    def _next_of_queue(self, now: datetime) -> list[tuple[Run, JobDefinition]]:
        context = self._context
        if not context.queue:
            return []
        chosen = []
        turns = Turns(context.queue, context.active_runs, context.capacity(), now)
        for run, job in turns.ready(context.jobs):
            try:
                definition = context.with_args_of(job, run)
            except Exception as error:  # noqa: BLE001 - one job's trouble is that job's
                context.queue.drop({run.id})
                reason = context.launcher.redactor.text(sentence(error))
                self._untold.append(End(run, job, Outcome.NOT_STARTED, None, now, reason))
                continue
            chosen.append((run, definition))
            turns.take(run, job)
        return chosen

    def start_by_hand(
        self, job: JobDefinition, now: datetime, *, force: bool, command_id: int | None = None
    ) -> tuple[Run | None, str, list[End]]:
        """Claim and start a manual run under the job's overlap policy, or beside what runs with ``force``.

        The command that asks for it learns of the run in the same transaction, so that it never makes another.

        Returns the run, or ``None`` and why there is none, and the ends of runs that could not be started or gave way.
        """
        context = self._context
        slot = now
        runs: list[Run] = []
        while not runs:  # the very moment may be taken, by a slot or by the same key pressed twice
            with context.store:
                if command_id is not None and context.store.is_answered(command_id):
                    return None, "its asker has given up waiting", []
                asked = context.facts(now).situation(job, context.planner.states.get(job.name), slot)
                verdict = decide_by_hand(asked, slot, force=force)
                if verdict.action == Action.SKIP:
                    return None, f"{verdict.reason}; stop it first", []
                claim = self._claim(job, verdict, late_because=self._waits_for(verdict, []))
                runs = context.store.claim([claim], now, context.identity)
                if runs and command_id is not None:
                    context.store.carried_out(command_id, runs[0].id)
                if runs and verdict.replaces:
                    self._note_replaced(job)
            slot += timedelta(microseconds=1)
        context.queue.keep_arguments(runs[0], job)
        ends = self._replace(job, now) if verdict.replaces else []
        if runs[0].state == RunState.QUEUED:
            self._enqueue(runs[0], now)
            return runs[0], "", ends
        return runs[0], "", ends + self._start([(runs[0], job)])

    def _enqueue(self, run: Run, now: datetime) -> None:
        self._context.queue.add(run)
        self._context.emit(RunQueued(at=now, run=run))

    def _note_replaced(self, job: JobDefinition) -> None:
        """Record that a job's runs have to make room, so that any engine sees to it."""
        context = self._context
        waiting = [run.id for run in context.queue if run.job == job.name]
        for run_id in [*(live.run.id for live in context.supervisor.of_job(job.name)), *waiting]:
            context.store.stopping(run_id, REPLACED)

    def _replace(self, job: JobDefinition, now: datetime) -> list[End]:
        """Stop a job's runs for one that takes their place; the ends of those that were only waiting."""
        context, supervisor = self._context, self._context.supervisor
        for live in supervisor.of_job(job.name):
            supervisor.stop(live.run.id, REPLACED, recorded=True)
        for each in supervisor.preparation:
            if each.run.job == job.name:
                supervisor.stop(each.run.id, REPLACED, recorded=True)
        ends = [End(run, job, Outcome.STOPPED, None, now, REPLACED) for run in context.queue if run.job == job.name]
        context.queue.drop({end.run.id for end in ends})
        return ends

    def _start(self, ready: Iterable[tuple[Run, JobDefinition]]) -> list[End]:
        """Start claimed runs, all of them before anything else is done."""
        context = self._context
        ends, events = [], []
        for result in context.supervisor.start(ready, context.launcher):
            if isinstance(result, End):
                ends.append(result)
                continue
            run = result.run = replace(result.run, supervisor=context.identity)
            at = run.started_at or run.claimed_at
            self._unrecorded.append((run, result.handle.pid, result.handle.pid_started))
            events.append(RunStarted(at=at, run=run, command=context.launcher.resolved(run.id)))
        self.record_starts()
        for event in events:
            context.emit(event)
        return ends

    def start_prepared(self) -> list[End]:
        """Start the runs whose preparation has come to its end; a hold keeps them waiting."""
        ripe = self._context.supervisor.preparation.ripe() if self._context.hold is None else ()
        return self._start(ripe) if ripe else []

    def start_anew(self, run: Run, job: JobDefinition) -> list[End]:
        """Start a run that was claimed, but whose process has not begun; should it begin now, it is adopted."""
        return self._start([(run, job)])

    def record_starts(self) -> None:
        """Write down which processes run; kept and tried again when the registry refuses."""
        store = self._context.store
        if not self._unrecorded:
            return
        with store:
            for run, pid, pid_started in self._unrecorded:
                store.started(run.id, run.started_at or run.claimed_at, pid, pid_started)
        self._unrecorded.clear()


def _batch(due: list[Due], size: int) -> tuple[list[Due], list[Due]]:
    """At most ``size`` of the jobs that are due, fewer where they have many slots; and the rest."""
    claims = 0
    for count, (job, pending) in enumerate(due[:size], 1):
        claims += min(pending.count, CATCH_UP_LIMIT) if job.catch_up == CatchUp.ALL else 1
        if claims >= MOST_CLAIMS:
            return due[:count], due[count:]
    return due[:size], due[size:]
