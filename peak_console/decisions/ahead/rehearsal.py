"""What an engine does at one moment, in its order: the runs that wait, the slots that are due, what is left over.

The engine's dispatch does the same by the same decisions, and records and starts what they say.
"""

from __future__ import annotations

from bisect import insort

from peak_console.decisions.conditions import GROUP, OVERLAP, PLACES, RETRY, first_unmet
from peak_console.decisions.facts import Facts
from peak_console.decisions.policy import Action, decide, decide_awaited
from peak_console.decisions.turns import REPLACED, Turns, turn, why_given_up, why_shut
from peak_console.model.records import Run, RunState, Trigger
from peak_console.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from peak_console.decisions.conditions import Situation
    from peak_console.decisions.planner import Planner
    from peak_console.decisions.policy import Verdict
    from peak_console.jobs.model import JobDefinition

GIVE_UP = "give up"
"""What becomes of a run that waits and will never start; every other word is an ``Action``."""
_NEW = 2**62
"""Runs that the rehearsal queues have numbers above this: later than any that is recorded."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that an engine does about one job."""

    job: JobDefinition
    action: str
    slot: datetime | None
    reason: str | None = None
    """Why it does not start now."""
    run: Run | None = None
    """The run that has waited until now; ``None`` for a slot that has just fallen due."""


class Rehearsal:
    """The steps of one moment. Settles the planner's slots, and changes nothing else that it was given."""

    def __init__(self, planner: Planner, facts: Facts, is_by_hand: Callable[[Run], bool]) -> None:
        self._planner = planner
        self._facts = facts
        self._is_by_hand = is_by_hand
        self._queue = list(facts.queue)
        self._started: dict[str, list[Run]] = {}
        self.steps: list[Step] = []

    def perform(self) -> list[Step]:
        """Everything that an engine which serves these jobs does now; nothing during a hold."""
        facts = self._facts
        if facts.hold is not None:
            return []
        if facts.holds or facts.blackouts is not None:
            self._planner.hold(facts.waiting_names(self._planner.jobs), facts.now)
        if self._queue and facts.capacity.is_limited:
            if any(job.priority for job in self._planner.jobs.values()):
                facts.capacity.yields = any(_waits_for_turn(run, facts.now) for run in self._queue)
            else:
                self._serve_queue()  # those that have waited for a place come first
        now_known = Facts(
            facts.now, facts.capacity, self._active, list(self._queue), zone=facts.zone,
            upstreams=facts.upstreams, stale=facts.stale, why_gated=facts.why_gated, awaits_gate=facts.awaits_gate,
            in_arrays=facts.in_arrays, blackouts=facts.blackouts,
        )  # fmt: skip
        for job, pending in self._planner.due(facts.now):
            asked = now_known.situation(job, self._planner.states.get(job.name), pending.latest)
            why = _in_the_way(asked)
            for verdict in decide(asked, pending):
                self._follow(job, verdict, asked, why)
            self._planner.settle(self._planner.decided(job, pending.latest), facts.now)
        facts.capacity.yields = False
        self._serve_queue()
        return self.steps

    def _active(self, job: str) -> list[Run]:
        return [*self._facts.active(job), *self._started.get(job, ())]

    def _follow(self, job: JobDefinition, verdict: Verdict, asked: Situation, why: str | None) -> None:
        if verdict.replaces:
            self._drop(job, [run for run in self._queue if run.job == job.name])
        reason = verdict.reason
        if verdict.action == Action.ASK:
            reason = asked.gate
        elif verdict.action == Action.WAIT:
            reason = (GROUP if asked.capacity.is_group_full(job) else PLACES).sentence(asked)
        elif verdict.waits and verdict.action != Action.AWAIT:
            reason = why or "an earlier slot goes first"
        awaits = verdict.reason if verdict.action == Action.AWAIT else None
        run = Run(
            _NEW + len(self.steps), job.name, verdict.triggered_by, verdict.slot, 1, RunState.QUEUED, asked.now,
            awaits=awaits, priority=job.priority,
        )  # fmt: skip
        if verdict.waits:
            insort(self._queue, run, key=turn)
        elif verdict.action == Action.START:
            self._started.setdefault(job.name, []).append(run)
        self.steps.append(Step(job, verdict.action, verdict.slot, reason))

    def _drop(self, job: JobDefinition, runs: list[Run]) -> None:
        for run in runs:
            self._queue.remove(run)
            self.steps.append(Step(job, GIVE_UP, run.scheduled_for, REPLACED, run))

    def _serve_queue(self) -> None:
        jobs, facts = self._planner.jobs, self._facts
        for run in list(self._queue):
            job = jobs.get(run.defined_by)
            if job is None:
                continue
            asked = facts.situation(job, self._planner.states.get(job.name), None)
            if reason := why_given_up(run, asked, self._is_by_hand):
                self._queue.remove(run)
                self.steps.append(Step(job, GIVE_UP, run.scheduled_for, reason, run))
        self._look_at_awaiting()
        turns = Turns(self._queue, self._active, facts.capacity, facts.now, self._planner.held, facts.in_arrays)
        for run, job in turns.ready(jobs):
            window = facts.blackouts.over(job, facts.now) if facts.blackouts is not None else None
            if (shut := why_shut(run, window, facts.zone)) is not None:
                self._queue.remove(run)
                self.steps.append(Step(job, GIVE_UP, run.scheduled_for, shut, run))
                continue
            if (gate := facts.why_gated(job)) is not None:
                if not facts.awaits_gate(job):
                    self._queue.remove(run)
                    self.steps.append(Step(job, GIVE_UP, run.scheduled_for, gate, run))
                continue
            turns.take(run, job)
            self._queue.remove(run)
            self._started.setdefault(run.job, []).append(run)
            self._start(run, job)

    def _look_at_awaiting(self) -> None:
        """The runs that wait for upstreams go on, or are given up, or wait on."""
        facts, kept = self._facts, []
        for run in self._queue:
            job = self._planner.jobs.get(run.job)
            if run.awaits is None or job is None:
                kept.append(run)
                continue
            state = self._planner.states.get(run.job)
            moment, by_hand = run.round_at or run.scheduled_for, run.triggered_by == Trigger.MANUAL
            verdict = decide_awaited(facts.situation(job, state, moment, by_hand=by_hand), run)
            if verdict.action in (Action.SKIP, Action.MISS):
                self.steps.append(Step(job, verdict.action, run.scheduled_for, verdict.reason, run))
            else:
                kept.append(run if verdict.action == Action.AWAIT else replace(run, awaits=None))
        self._queue = kept

    def _start(self, run: Run, job: JobDefinition) -> None:
        """A run that waits starts: if it has been queued at this very moment, it has not waited."""
        if run.id < _NEW:
            self.steps.append(Step(job, Action.START, run.scheduled_for, None, run))
            return
        place = next(n for n, step in enumerate(self.steps) if step.job is job and step.slot == run.scheduled_for)
        self.steps[place] = Step(job, Action.START, run.scheduled_for)


def _waits_for_turn(run: Run, now: datetime) -> bool:
    return run.awaits is None and (run.not_before is None or run.not_before <= now)


def _in_the_way(asked: Situation) -> str | None:
    """Which of the job's own runs keeps its next slot from starting."""
    unmet = first_unmet(asked, (OVERLAP, RETRY))
    return unmet.sentence(asked) if unmet is not None else None
