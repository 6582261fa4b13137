"""The queued runs that wait for their jobs' upstreams: they may go on, go on waiting, or are given up."""

from __future__ import annotations

from datetime import timedelta

from peak_console.decisions.policy import Action, Verdict, decide_awaited
from peak_console.engine.alerting.stuck import Stuck
from peak_console.engine.dispatch.lateness import LATE_SECONDS
from peak_console.engine.events import SlotPassed
from peak_console.engine.supervision.mishaps import sentence
from peak_console.model.records import Outcome, RunState, Trigger
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.engine.context import EngineContext
    from peak_console.engine.dispatch.claims import Claims
    from peak_console.engine.dispatch.replacer import Replacer
    from peak_console.engine.supervision.ends import End
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run

    Decided = tuple[Run, JobDefinition, Verdict, datetime | None]

FILES_SECONDS = 1.0
"""How often the files are looked at that a run waits for."""
_OUTCOMES = {Action.SKIP: Outcome.SKIPPED, Action.MISS: Outcome.MISSED}


def reason_without(run: Run) -> str | None:
    """What a queued run's reason says beside what it awaits."""
    return (run.reason or "").removeprefix(run.awaits or "").removeprefix("; ") or None


class Awaiting:
    """Looks at the runs of the queue that wait for upstreams, and records what has changed in one transaction."""

    def __init__(self, context: EngineContext, claims: Claims, replacer: Replacer) -> None:
        self._context = context
        self._claims = claims
        self._replacer = replacer
        self._stuck_runs: set[int] = set()
        """Ids of the runs that wait for what will not come by itself."""
        self._stuck = Stuck(context.alerts)
        self._has_looked = False

    def look(self, now: datetime) -> list[End]:
        """Decide on them; the ends of runs that have made room for one that goes on."""
        served = self._context.served
        waiting = self._waiting()
        decided = self._decide(waiting, now) if waiting else []
        ends = self._carry_out(decided, now) if decided else []
        # An engine before this one may have told of what waits no more.
        is_first = not self._has_looked and any(job.after for job in served.jobs.values())
        self._has_looked = True
        if self._stuck_runs or decided or is_first:
            stuck = {run.job: run for run in reversed(self._waiting()) if run.id in self._stuck_runs}
            self._stuck_runs = {run.id for run in self._waiting()} & self._stuck_runs
            self._stuck.tell(stuck, served.jobs, now)
        return ends

    def _waiting(self) -> list[Run]:
        served, queue = self._context.served.jobs, self._context.runs.queue
        return [run for run in queue if run.awaits is not None and run.job in served]

    def _carry_out(self, decided: Sequence[Decided], now: datetime) -> list[End]:
        queue = self._context.runs.queue
        changed = self._record(decided, now)
        ends: list[End] = []
        for _, job, verdict, _ in decided:
            if verdict.replaces:
                ends += self._replacer.carry_out(job, now)
        queue.drop({run.id for run, _, _, _ in decided})
        for run in changed:
            if run.state == RunState.QUEUED:
                queue.add(run, own=False)
            else:
                self._context.chains.touch(run.job)
                self._context.emit(SlotPassed(at=now, run=run))
        return ends

    def _decide(self, waiting: Sequence[Run], now: datetime) -> list[Decided]:
        """What is new about them."""
        context = self._context
        may_be_new = context.chains.take_changed(context.clock.monotonic())
        facts = context.facts(now)
        decided: list[Decided] = []
        for run in waiting:
            job = context.served.jobs[run.job]
            if not (may_be_new(job) or job.requires or _is_overdue(run, job, now)):
                continue
            moment = run.round_at or run.scheduled_for
            by_hand = run.triggered_by == Trigger.MANUAL
            asked = facts.situation(job, context.served.planner.states.get(run.job), moment, by_hand=by_hand)
            try:
                verdict, outlook = decide_awaited(asked, run), asked.outlook(moment)
            except Exception as error:  # noqa: BLE001 - one job's trouble is that job's: it goes on waiting
                reason = context.served.launcher.redactor.text(f"waiting: {sentence(error)}")
                verdict, outlook = Verdict(run.scheduled_for or run.claimed_at, Action.AWAIT, reason=reason), None
            self._stuck_runs.discard(run.id)
            if verdict.action == Action.AWAIT and outlook is not None and outlook.stuck:
                self._stuck_runs.add(run.id)
            if verdict.action != Action.AWAIT or verdict.reason != run.awaits:
                decided.append((run, job, verdict, outlook.at if outlook is not None else None))
        return decided

    def _record(self, decided: Sequence[Decided], now: datetime) -> list[Run]:
        """Record the decisions; the runs as they are now, without those that another engine has taken."""
        context = self._context
        changed: list[Run] = []
        with context.alerts:
            for run, job, verdict, met_at in decided:
                if verdict.action in _OUTCOMES:
                    now_is = self._passed(run, job, verdict, now)
                elif verdict.action == Action.AWAIT:
                    now_is = self._waits_on(run, verdict)
                else:
                    if verdict.replaces:
                        self._replacer.record(job)
                    now_is = self._goes_on(run, job, met_at or now, now)
                changed += [now_is] if now_is is not None else []
        return changed

    def _passed(self, run: Run, job: JobDefinition, verdict: Verdict, now: datetime) -> Run | None:
        outcome = _OUTCOMES[verdict.action]
        reason = "; ".join(filter(None, (verdict.reason, reason_without(run))))
        if not self._context.store.finish(run.id, outcome, None, now, reason):
            return None
        self._claims.report_missed(job, run, verdict, now)
        return replace(
            run, state=RunState.FINISHED, outcome=outcome, finished_at=now, reason=reason, awaits=None, not_before=None
        )

    def _waits_on(self, run: Run, verdict: Verdict) -> Run | None:
        awaits = verdict.reason or ""
        reason = "; ".join(filter(None, (awaits, reason_without(run))))
        now_is = replace(run, awaits=awaits, reason=reason)
        return now_is if self._context.store.awaits(now_is) else None

    def _goes_on(self, run: Run, job: JobDefinition, met_at: datetime, now: datetime) -> Run | None:
        """A run whose upstreams let it go: one that has no schedule of its own is due since they did."""
        store = self._context.store
        moment = run.round_at or run.scheduled_for
        late = (now - (run.scheduled_for or run.claimed_at)).total_seconds() >= LATE_SECONDS
        names = ", ".join([*(str(each) for each in job.after), *(each.file for each in job.requires)])
        why = "; ".join(filter(None, (run.late_because, f"waited for {names}" if late else None)))
        now_is = replace(run, awaits=None, reason=reason_without(run), late_because=why or None)
        if job.schedule.type == "after" and job.round != "run" and run.triggered_by != Trigger.MANUAL:
            now_is = replace(now_is, scheduled_for=met_at, round_at=moment, late_because=run.late_because)
            while not store.comes_due(now_is):  # the very moment may be taken, by a run by hand
                if now_is.scheduled_for is None or not store.is_queued(run.id):
                    return None
                now_is = replace(now_is, scheduled_for=now_is.scheduled_for + timedelta(microseconds=1))
        return now_is if store.awaits(now_is) else None


def _is_overdue(run: Run, job: JobDefinition, now: datetime) -> bool:
    most = job.wait_at_most
    return most is not None and (now - run.claimed_at).total_seconds() >= most


def seconds_to_misses(context: EngineContext, now: datetime) -> list[float]:
    """In how many seconds runs of the queue will have waited for upstreams as long as they may."""
    found = []
    for run in context.runs.queue:
        job = context.served.jobs.get(run.job) if run.awaits is not None else None
        if job is not None and job.requires:
            found.append(FILES_SECONDS)
        if job is not None and job.wait_at_most is not None:
            found.append(max(0.0, job.wait_at_most - (now - run.claimed_at).total_seconds()))
    return found
