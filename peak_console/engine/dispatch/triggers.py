"""Runs that each run of an upstream triggers: ``round = "run"``. Recorded together with the upstream's end."""

from __future__ import annotations

from datetime import timedelta

from peak_console.decisions.policy import Action, Verdict
from peak_console.decisions.selection import is_enabled
from peak_console.engine.dispatch.claims import claim_of
from peak_console.jobs.model import Wanted
from peak_console.model.records import Outcome, Trigger
from peak_console.schedule.after import RUN
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import JobState, Run
    from peak_console.store.store import Store

_NO_END = (Outcome.SKIPPED, Outcome.MISSED)


def has_ended_as_wanted(wanted: str, outcome: str) -> bool:
    """Whether the final end of an upstream's slot is one that triggers."""
    if outcome in _NO_END:
        return False
    succeeded = outcome == Outcome.SUCCEEDED
    return wanted == Wanted.ENDED or succeeded == (wanted == Wanted.SUCCEEDED)


def claim_triggered(
    store: Store,
    served: ServedJobs,
    state_of: Callable[[str], JobState | None],
    identity: str,
    ended: Run,
    now: datetime,
) -> list[Run]:
    """Queue a run of each enabled job that follows every run of the one that has ended for good.

    To be called in the transaction that records the end: then none is lost, and none is made twice.
    """
    queued: list[Run] = []
    slot = ended.finished_at or now
    for job in _followers(served, state_of, ended, now):
        claim = claim_of(
            served, job, Verdict(slot, Action.AWAIT, Trigger.AFTER, f"waiting for its turn after #{ended.id}")
        )
        claim = replace(claim, round_at=ended.round_at or ended.scheduled_for or slot)
        while not (runs := store.claim([claim], now, identity)):
            # The very moment is taken, by another run of the upstream.
            claim = replace(claim, scheduled_for=claim.scheduled_for + timedelta(microseconds=1))
        queued += runs
    return queued


def _followers(
    served: ServedJobs, state_of: Callable[[str], JobState | None], ended: Run, now: datetime
) -> Iterator[JobDefinition]:
    for job in served.jobset.jobs.values():
        if job.round != RUN or not any(each.job == ended.job for each in job.after):
            continue
        if not has_ended_as_wanted(job.after[0].wanted, ended.outcome or ""):
            continue
        if is_enabled(job, state_of(job.name), now):
            yield job
