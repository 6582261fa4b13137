"""A chain that a person runs by hand: the jobs that wait for its first one are queued with it, in one transaction."""

from __future__ import annotations

from datetime import timedelta

from peak_console.decisions.policy import Action, Verdict
from peak_console.engine.dispatch.claims import claim_of
from peak_console.model.records import Outcome, Trigger
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from peak_console.engine.dispatch.run_queue import RunQueue
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.store.store import Store

_TICK = timedelta(microseconds=1)


def refusal_of(jobs: Mapping[str, JobDefinition], store: Store, job: JobDefinition, chain: str) -> str:
    """Why a chain cannot be run from a job on; empty when it can."""
    from peak_console.decisions.upstreams.graph import Graph

    if not Graph(jobs).followers(job.name):
        return "no job waits for it; run it by itself"
    if chain == "from_here":
        last = store.last_runs([job.name]).get(job.name)
        if last is None or last.outcome in (None, Outcome.SUCCEEDED):
            return "it has not failed; run its chain anew with --with-downstream"
    return ""


def claim_followers(
    store: Store, served: ServedJobs, queue: RunQueue, identity: str, first: Run, now: datetime
) -> list[Run]:
    """Queue a run of every job that waits for the one of ``first``; in the transaction that records ``first``.

    Jobs that wait for it already go on by themselves, and so do those that every success of another one triggers.
    """
    from peak_console.decisions.upstreams.graph import Graph

    jobs = served.jobset.jobs
    waiting = {run.job for run in queue if run.awaits is not None}
    moment = first.scheduled_for or now
    queued: list[Run] = []
    for name in Graph(jobs).downstream(first.job):
        job = jobs[name]
        if job.round == "run" or name in waiting:
            continue
        verdict = Verdict(moment + _TICK, Action.AWAIT, Trigger.MANUAL, f"waiting for its turn after #{first.id}")
        claim = replace(claim_of(served, job, verdict, requested_by=first.requested_by), round_at=moment)
        while not (runs := store.claim([claim], now, identity)):
            claim = replace(claim, scheduled_for=claim.scheduled_for + _TICK)
        queued += runs
    return queued
