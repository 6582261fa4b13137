"""Claims slots a moment before they come, so that at the slot itself only processes have to be started.

Only slots that are to start beyond doubt are claimed ahead; all others are decided when they are due. Whatever happens
before the slot comes (a command, a reload, a clock that is set, a stop) gives all of them back: they are undecided
then, as if nothing had been claimed. Should the engine die in between, the next one finds claims whose processes never
began.
"""

from __future__ import annotations

from peak_console.decisions.conditions import KNOWN_AHEAD, first_unmet
from peak_console.decisions.policy import Action, decide
from peak_console.decisions.turns import ahead
from peak_console.errors import StartError, StateError
from peak_console.model.terms import LOCAL, Trigger
from peak_console.schedule.slots import pending
from peak_console.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.decisions.facts import Facts
    from peak_console.decisions.policy import Verdict
    from peak_console.engine.context import EngineContext
    from peak_console.engine.dispatch.claims import Claims
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.model.state import JobState

AHEAD_SECONDS = 0.05
"""So long before a slot it is claimed."""
LEAST_SECONDS = 0.01
"""A claim that cannot be begun so long before the slot waits for the slot: it would make the start later."""
READY_SECONDS = 0.001
"""So long before the slot the engine sees whether its claims still hold, and then waits for the slot."""
BATCH = 16
"""So many slots are claimed in one transaction."""
LATE_SECONDS = 1.0
"""Slots that are not let go until then are given back and decided anew: the machine has slept."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A claim whose slot has not come."""

    run: Run
    job: JobDefinition
    before: JobState | None
    """What was remembered of the job before the claim."""


class ClaimsAhead:
    """The claims whose slot has not come; all of them are of one moment."""

    def __init__(self, context: EngineContext, claims: Claims) -> None:
        self._context = context
        self._claims = claims
        self._taken: list[Taken] = []
        self._slot: datetime | None = None
        """The last moment whose slots were looked at."""
        self._version = 0
        """The registry's, when they were claimed."""
        self._is_void = False
        """Whether something has happened since."""

    def seconds_left(self, now: datetime) -> float | None:
        """In how many seconds there is something to do, if there will be."""
        if self._taken and self._slot is not None:
            return max(0.0, (self._slot - now).total_seconds() - READY_SECONDS)
        slot = self._context.served.planner.next_at()
        if not self._may_claim() or slot is None or slot == self._slot:
            return None
        left = (slot - now).total_seconds() - AHEAD_SECONDS
        return left if left > 0 else None

    def claim(self, now: datetime) -> None:
        """Claim the next slots if they come in a moment."""
        context = self._context
        slot = context.served.planner.next_at()
        if self._taken or slot is None or slot == self._slot or not self._may_claim():
            return
        if not 0 < (slot - now).total_seconds() <= AHEAD_SECONDS:
            return
        self._slot = slot
        served = context.served
        jobs = [served.jobs[name] for name in served.planner.next_names() if name in served.jobs]
        jobs = sorted(filter(_is_plain, jobs), key=lambda job: (ahead(slot, job.priority), job.name))
        self._version = context.store.data_version()
        while jobs and (slot - context.clock.now()).total_seconds() > LEAST_SECONDS:
            try:
                self._claim(jobs[:BATCH], slot, now)
            except StateError:
                raise
            except Exception:  # noqa: BLE001 - one job's trouble is that job's, and is told when the slot is due
                break
            jobs = jobs[BATCH:]
        self._prepare(slot)

    def _may_claim(self) -> bool:
        """Whether nothing but the jobs themselves decides on what starts."""
        context = self._context
        jobset = context.served.jobset
        return (
            context.status.may_start
            and context.status.gates is None
            and not context.is_shared
            and not (jobset.settings.max_concurrent_runs or jobset.groups)
        )

    def _claim(self, jobs: Sequence[JobDefinition], slot: datetime, now: datetime) -> None:
        context = self._context
        planner = context.served.planner
        facts = context.facts(slot)
        found = {job.name: (job, verdict) for job in jobs if (verdict := self._verdict(job, slot, facts)) is not None}
        if not found:
            return
        claims = [self._claims.of(job, verdict) for job, verdict in found.values()]
        before = {name: planner.states.get(name) for name in found}
        decided = [planner.decided(job, slot) for job, _ in found.values()]
        with context.store:
            runs = context.store.claim(claims, now, context.identity)
            context.store.remember(decided)
        for state in decided:
            planner.settle(state, now)
        for run in runs:
            context.runs.ahead[run.id] = run
            self._taken.append(Taken(run, found[run.job][0], before[run.job]))

    def _verdict(self, job: JobDefinition, slot: datetime, facts: Facts) -> Verdict | None:
        """The verdict on a job's slot if it is the only one of the job that is undecided, and starts beyond doubt."""
        state = self._context.served.planner.states.get(job.name)
        if state is not None and state.override is not None:  # it may lapse
            return None
        try:
            found = pending(job.schedule, state.decided_until if state else None, slot)
            if found is None or found.count != 1 or found.latest != slot:
                return None
            situation = facts.situation(job, state, slot)
            if first_unmet(situation, KNOWN_AHEAD) is not None:
                return None
            verdicts = decide(situation, found)
            self._context.served.definition_of(job)
            self._context.served.launcher.shown(job)
        except Exception:  # noqa: BLE001 - one job's trouble is that job's, and is told when the slot is due
            return None
        plain = len(verdicts) == 1 and verdicts[0].action == Action.START and not verdicts[0].replaces
        return verdicts[0] if plain and verdicts[0].triggered_by == Trigger.SCHEDULE else None

    def _prepare(self, slot: datetime) -> None:
        """Make files and specifications while there is time."""
        context = self._context
        supervisor = context.runs.supervisor
        for taken in self._taken:
            if (slot - context.clock.now()).total_seconds() < LEAST_SECONDS / 2:
                return
            try:
                supervisor.executors.of(LOCAL).prepare([taken.run.id])
            except StartError:  # it is said when the run cannot start
                continue
            supervisor.preparation.make_ahead(context.served.launcher, taken.job, taken.run)

    # When the slot comes, or something else does.

    def take(self, now: datetime, *, is_asked: bool) -> list[tuple[Run, JobDefinition]]:
        """What was claimed and is to be started now, once: its slot has come, and nothing has happened since.

        ``is_asked``: the engine has been asked for something since. See ``give_back_disturbed``.
        """
        if not self._taken or self._slot is None:
            return []
        try:
            self._is_void = self._is_void or is_asked or self._is_disturbed(self._slot, now)
        except StateError:
            self._is_void = True
        if self._is_void or not self._awaits_slot(self._slot):
            return []
        ready = [(taken.run, taken.job) for taken in self._taken]
        self._forget()
        return ready

    def _awaits_slot(self, slot: datetime) -> bool:
        """Whether the slot has come, if need be after the last moment before it."""
        clock = self._context.clock
        left = (slot - clock.now()).total_seconds()
        if 0 < left <= READY_SECONDS:
            clock.sleep(left)
        return clock.now() >= slot

    def _is_disturbed(self, slot: datetime, now: datetime) -> bool:
        """Whether anything has happened since the claim that may concern it."""
        context = self._context
        served = context.served
        if not -LATE_SECONDS <= (slot - now).total_seconds() <= AHEAD_SECONDS or not self._may_claim():
            return True
        if context.store.data_version() != self._version:
            return True
        facts = context.facts(slot)
        return any(
            served.jobs.get(job.name) is not job
            or first_unmet(facts.situation(job, served.planner.states.get(job.name), slot), KNOWN_AHEAD) is not None
            for job in (taken.job for taken in self._taken)
        )

    def give_back_disturbed(self, now: datetime) -> None:
        """Give back what must not start as it was claimed. Raises ``StateError``; the next turn tries again."""
        if self._is_void:
            self.give_back(now)

    def give_back(self, now: datetime) -> None:
        """Have the slots be undecided again. Raises ``StateError`` with nothing changed."""
        if not self._taken:
            return
        context = self._context
        states = self._undecided()
        with context.store:
            context.store.forget([taken.run.id for taken in self._taken])
            context.store.remember(states)
        self._restore(states, now)

    def forget(self, now: datetime) -> None:
        """Have the slots be undecided again where the registry that held the claims is gone."""
        self._restore(self._undecided(), now)

    def _restore(self, states: Sequence[JobState], now: datetime) -> None:
        preparation = self._context.runs.supervisor.preparation
        for taken in self._taken:
            preparation.drop_ahead(self._context.served.launcher, taken.run)
        self._forget()
        for state in states:
            self._context.served.planner.set_state(state, now)

    def _undecided(self) -> list[JobState]:
        """What is to be remembered of the jobs. A schedule that was edited meanwhile counts from its edit on."""
        planner = self._context.served.planner
        return [
            replace(state, decided_until=taken.before.decided_until if taken.before is not None else None)
            for taken in self._taken
            if (state := planner.states.get(taken.job.name)) is not None
            and (taken.before is None or taken.before.schedule == state.schedule)
        ]

    def _forget(self) -> None:
        for taken in self._taken:
            self._context.runs.ahead.pop(taken.run.id, None)
        self._taken = []
        self._is_void = False


def _is_plain(job: JobDefinition) -> bool:
    """Whether a slot of a job is one run, and what other runs and files do has no part in whether it starts."""
    return not (job.after or job.requires or job.array) and job.executor == LOCAL
