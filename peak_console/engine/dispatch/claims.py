"""What the registry records of a slot that has been decided."""

from __future__ import annotations

from peak_console.alerts.judge import judge_catch_up, judge_missed
from peak_console.decisions.policy import Action, is_counted
from peak_console.engine.alerting.incidents import CATCH_UP, open_for_job
from peak_console.engine.dispatch.lateness import GATE, OWN_RUN, behind
from peak_console.model.records import Claim, Outcome
from peak_console.text import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.decisions.policy import Verdict
    from peak_console.engine.alerting.alert_log import AlertLog
    from peak_console.engine.dispatch.lateness import Lateness
    from peak_console.engine.state.active_runs import ActiveRuns
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run

TAG = "scheduler"
"""The registry's tag of runs that the engine itself made, as documented."""


class Claims:
    """Makes claims of verdicts, with the reasons for lateness, and the alerts about slots that were missed."""

    def __init__(self, served: ServedJobs, runs: ActiveRuns, alerts: AlertLog, lateness: Lateness) -> None:
        self._served = served
        self._runs = runs
        self._alerts = alerts
        self._lateness = lateness

    def of(
        self,
        job: JobDefinition,
        verdict: Verdict,
        *,
        late_because: str | None = None,
        requested_by: str | None = None,
    ) -> Claim:
        """The claim of a slot by its verdict."""
        return claim_of(self._served, job, verdict, late_because=late_because, requested_by=requested_by)

    def why_late(self, job: JobDefinition, verdict: Verdict, now: datetime, claims: Sequence[Claim]) -> str | None:
        """What a slot has waited for until now, and what it waits for: those of the same moment come first."""
        waits = self.waits_for(verdict, claims)
        return "; ".join(filter(None, (self._lateness.why(job, verdict.slot, now), waits))) or None

    def waits_for(self, verdict: Verdict, claims: Sequence[Claim]) -> str | None:
        """What a slot that is queued waits for; ``claims`` are those of the same moment."""
        if verdict.action in (Action.QUEUE, Action.REPLACE):
            return OWN_RUN
        if verdict.action == Action.ASK:
            return GATE
        if verdict.action != Action.WAIT:
            return None
        if verdict.group is not None:
            return f"waited for a place in the group {verdict.group}"
        starting = [claim.job for claim in claims if not claim.queued and claim.outcome is None]
        return behind([*(live.run for live in self._runs.supervisor), *self._runs.foreign], starting)

    def report_missed(self, job: JobDefinition, run: Run, verdict: Verdict, now: datetime) -> None:
        """Raise the alert about a slot that was missed, or that stands for missed ones; in the claim's transaction."""
        if verdict.action == Action.MISS:
            since, count = verdict.since or verdict.slot, verdict.folded + 1
            alert = judge_missed(
                job.name, count=count, since=since, tags=job.tags, reason=verdict.reason, run_id=run.id, now=now,
                zone=self._served.zone_of(job), counted=is_counted(job, count),
            )  # fmt: skip
            open_for_job(self._alerts, Outcome.MISSED, job, alert)
        elif verdict.folded and verdict.since is not None:
            caught_up = judge_catch_up(
                run,
                count=verdict.folded,
                since=verdict.since,
                now=now,
                zone=self._served.zone_of(job),
                counted=is_counted(job, verdict.folded),
            )
            if caught_up is not None:
                open_for_job(self._alerts, CATCH_UP, job, caught_up)


def claim_of(
    served: ServedJobs,
    job: JobDefinition,
    verdict: Verdict,
    *,
    late_because: str | None = None,
    requested_by: str | None = None,
) -> Claim:
    """The claim of a slot by its verdict."""
    command, args = served.launcher.shown(job)
    outcome = {Action.SKIP: Outcome.SKIPPED, Action.MISS: Outcome.MISSED}.get(verdict.action)
    reason = verdict.reason
    if verdict.folded:
        least = "" if is_counted(job, verdict.folded) else "at least "
        also = f"stands for {least}{counted(verdict.folded, 'earlier slot')} too"
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
        awaits=verdict.reason if verdict.action == Action.AWAIT else None,
        round_at=verdict.slot if job.schedule.type == "after" else None,
        stands_since=verdict.since,
        run_mode=job.mode,
        priority=job.priority,
        requested_by=requested_by,
        definition=served.definition_of(job),
        executor=job.executor,
        array_indexes=_indexes_of(job) if job.array is not None else None,
    )


def _indexes_of(job: JobDefinition) -> str:
    from peak_console.jobs.arrays import indexes_in_words

    assert job.array is not None
    return indexes_in_words(job.array.indexes)
