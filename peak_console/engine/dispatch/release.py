"""The slots that wait under a hold are decided by an operator's choice, in the transaction that releases it."""

from __future__ import annotations

from peak_console.decisions.holding.backlog import decide_as, leniently, waiting
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.decisions.holding.backlog import Backlog
    from peak_console.decisions.policy import Verdict
    from peak_console.engine.context import EngineContext
    from peak_console.engine.dispatch.claims import Claims
    from peak_console.engine.dispatch.replacer import Replacer
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Claim, Run
    from peak_console.model.state import JobState


@dataclass(frozen=True, slots=True)
class Released:
    """What was recorded, and is carried out once it is durable."""

    runs: Sequence[Run]
    decided: Sequence[JobState]
    replaced: Sequence[JobDefinition]


class Release:
    """Decides on waiting slots by a person's word instead of their jobs' rules for late slots."""

    def __init__(self, context: EngineContext, claims: Claims, replacer: Replacer) -> None:
        self._context = context
        self._claims = claims
        self._replacer = replacer

    def record(self, choice: Backlog, by: str, now: datetime) -> Released:
        """Decide on every slot that waits. The planner is told by ``carry_out``, once it is durable."""
        context = self._context
        planner = context.served.planner
        facts = context.facts(now)
        verdicts: dict[tuple[str, datetime], Verdict] = {}
        claims: list[Claim] = []
        replaced: list[JobDefinition] = []
        decided: list[JobState] = []
        jobs = [job for name, job in planner.jobs.items() if name not in planner.held]  # others are held by their own
        for own, slots in waiting(jobs, planner.states, now):
            job = leniently(own, choice)
            decided.append(planner.decided(own, slots.latest))
            for verdict in decide_as(
                choice, by, facts.situation(job, planner.states.get(job.name), slots.latest), slots
            ):
                if verdict.replaces:
                    replaced.append(own)
                verdicts[job.name, verdict.slot] = verdict
                why = self._claims.why_late(own, verdict, now, claims)
                claims.append(self._claims.of(own, verdict, late_because=why))
        with context.alerts:
            runs = context.store.claim(claims, now, context.identity)
            context.store.remember(decided)
            for run in runs:
                verdict = verdicts[run.job, run.scheduled_for or now]
                self._claims.report_missed(context.served.jobs[run.job], run, verdict, now)
            for job in replaced:
                self._replacer.record(job)
        return Released(runs, decided, replaced)
