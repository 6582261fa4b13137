"""Slots that are due are claimed, batch by batch."""

from __future__ import annotations

from peak_console.alerts.mishaps import judge_undecided
from peak_console.decisions.policy import CATCH_UP_LIMIT, decide
from peak_console.engine.alerting.incidents import UNDECIDED, open_for_job
from peak_console.engine.dispatch.claims import TAG
from peak_console.engine.events import RunQueued, SlotPassed
from peak_console.engine.supervision.mishaps import sentence
from peak_console.errors import StateError
from peak_console.jobs.model import CatchUp
from peak_console.model.records import Claim, Outcome, RunState, Trigger

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from peak_console.decisions.capacity import Capacity
    from peak_console.decisions.facts import Facts
    from peak_console.decisions.policy import Verdict
    from peak_console.engine.context import EngineContext
    from peak_console.engine.dispatch.claims import Claims
    from peak_console.engine.dispatch.replacer import Replacer
    from peak_console.engine.supervision.ends import End
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.schedule.slots import Pending

    Due = tuple[JobDefinition, Pending]

FIRST_BATCH = 16
BATCH_GROWTH = 4
MOST_CLAIMS = 2000
"""Of many slots due at one moment the first 16 are claimed at once, so that starting begins early; each further batch
is 4 times larger, so that there are few commits. A batch stays near 2,000 claims: jobs that catch up on all of their
slots have up to a thousand each, and the engine does nothing else while it claims."""


class DueSlots:
    """Claims the slots that are due."""

    def __init__(self, context: EngineContext, claims: Claims, replacer: Replacer) -> None:
        self._context = context
        self._claims = claims
        self._replacer = replacer
        self._replaced: list[End] = []
        self._refusal: StateError | None = None

    def claim(self, now: datetime, *, yields: bool = False) -> Iterator[tuple[Run, JobDefinition]]:
        """Claim what is due and give what is to be started, batch by batch: one starts while the next is claimed.

        Ends early when the registry refuses, see ``raise_refusal``; what is left is still due. ``yields``: nothing
        starts, all of it joins the queue, where others wait for a place.
        """
        context = self._context
        due = context.served.planner.due(now)
        capacity = context.capacity()
        capacity.yields = yields
        size = FIRST_BATCH
        while due:
            context.beat()
            batch, later = _batch(due, size)
            try:
                ready = self._record(batch, now, capacity)
            except StateError as error:
                for job, _ in due:
                    context.served.planner.refresh(job.name, now)
                self._refusal = error
                return
            yield from ready
            due, size = later, size * BATCH_GROWTH

    def take_replaced(self) -> list[End]:
        """The ends of runs that waited and have given way to a claimed one, once."""
        ends, self._replaced = self._replaced, []
        return ends

    def raise_refusal(self) -> None:
        """Raise the ``StateError`` that has ended ``claim`` early, once."""
        refusal, self._refusal = self._refusal, None
        if refusal is not None:
            raise refusal

    def _record(self, due: Sequence[Due], now: datetime, capacity: Capacity) -> list[tuple[Run, JobDefinition]]:
        """Record a batch in one transaction; the claimed runs of it that are to be started.

        A batch that cannot be recorded because of one job's own data is recorded job by job.
        """
        taken = capacity.copy()
        try:
            runs, replaced = self._commit(due, now, capacity)
        except StateError:
            raise
        except Exception as error:  # noqa: BLE001 - one job's trouble is that job's
            capacity.set_to(taken)
            if len(due) == 1:
                job, pending = due[0]
                return self.started(self._commit_undecided(job, pending, error, now), now)
            return [started for each in due for started in self._record([each], now, capacity)]
        for job in replaced:
            self._replaced += self._replacer.carry_out(job, now)
        return self.started(runs, now)

    def _commit(self, due: Sequence[Due], now: datetime, capacity: Capacity) -> tuple[list[Run], list[JobDefinition]]:
        """The runs recorded for a batch, and the jobs whose runs are to be replaced."""
        context = self._context
        verdicts: dict[tuple[str, datetime], Verdict] = {}
        claims: list[Claim] = []
        replaced: list[JobDefinition] = []
        decided = [context.served.planner.decided(job, pending.latest) for job, pending in due]
        facts = context.facts(now, capacity)
        with context.alerts:
            if context.is_shared:  # other engines may have started runs since
                capacity.set_to(context.capacity())
            for job, pending in due:
                for verdict in self._decide(job, pending, facts):
                    if verdict.replaces:
                        replaced.append(job)
                    verdicts[job.name, verdict.slot] = verdict
                    claims.append(
                        self._claims.of(job, verdict, late_because=self._claims.why_late(job, verdict, now, claims))
                    )
            runs = context.store.claim(claims, now, context.identity)
            context.store.remember(decided)
            for run in runs:
                self._claims.report_missed(
                    context.served.jobs[run.job], run, verdicts[run.job, run.scheduled_for or now], now
                )
            for job in replaced:
                self._replacer.record(job)
        for state in decided:  # not before it is durable: a slot that could not be recorded is still due
            context.served.planner.settle(state, now)
        return runs, replaced

    def _commit_undecided(self, job: JobDefinition, pending: Pending, error: Exception, now: datetime) -> list[Run]:
        """Record a slot about which nothing could be decided: it did not start, and why."""
        context = self._context
        reason = context.served.launcher.redactor.text(sentence(error))
        claim = Claim(
            job=job.name, scheduled_for=pending.latest, triggered_by=Trigger.SCHEDULE, outcome=Outcome.NOT_STARTED,
            reason=reason, command=[], args={}, tags=list(job.tags), tag=TAG, run_mode=job.mode,
        )  # fmt: skip
        state = context.served.planner.decided(job, pending.latest)
        with context.alerts:
            runs = context.store.claim([claim], now, context.identity)
            context.store.remember([state])
            open_for_job(context.alerts, UNDECIDED, job, judge_undecided(job.name, reason, now=now))
        context.served.planner.settle(state, now)
        return runs

    def started(self, runs: Sequence[Run], now: datetime) -> list[tuple[Run, JobDefinition]]:
        """Of runs that have just been recorded those to be started now; the others wait, or have passed."""
        context = self._context
        started = []
        for run in runs:
            match run.state:
                case RunState.CLAIMED | RunState.RUNNING:
                    started.append((run, context.served.jobs[run.job]))
                case RunState.QUEUED:
                    context.runs.queue.add(run)
                    context.emit(RunQueued(at=now, run=run))
                case RunState.FINISHED:
                    context.chains.touch(run.job)
                    context.emit(SlotPassed(at=now, run=run))
                    if not context.options.keep_registry and not context.chains.is_awaited(run.job):
                        context.store.forget([run.id])
        return started

    def _decide(self, job: JobDefinition, pending: Pending, facts: Facts) -> list[Verdict]:
        """What becomes of a job's due slots. The planner gives enabled jobs only, and a hold was asked before."""
        return decide(facts.situation(job, self._context.served.planner.states.get(job.name), pending.latest), pending)


def _batch(due: list[Due], size: int) -> tuple[list[Due], list[Due]]:
    """At most ``size`` of the jobs that are due, fewer where they have many slots; and the rest."""
    claims = 0
    for count, (job, pending) in enumerate(due[:size], 1):
        claims += min(pending.count, CATCH_UP_LIMIT) if job.catch_up == CatchUp.ALL else 1
        if claims >= MOST_CLAIMS:
            return due[:count], due[count:]
    return due[:size], due[size:]
