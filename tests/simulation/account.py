"""What a registry owes in the end: a row for every slot that was decided, and for every further attempt."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.simulation.decisions import named_by
from tests.simulation.invariants import BrokenError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peak_console.jobs.model import JobDefinition
    from tests.simulation.faults import FaultyStore
    from tests.simulation.stories import Story

MINUTE = timedelta(minutes=1)


def steady_jobs(story: Story) -> Iterator[JobDefinition]:
    """The jobs of one run at a time that are never edited, and never disabled."""
    switched = {action.job for action in story.actions if action.kind in ("disable", "enable")}
    for name, job in story.jobset.jobs.items():
        is_steady = job.array is None and job.enabled and name not in switched
        if is_steady and all(each.jobs.get(name) == job for each in story.edited):
            yield job


def nothing_is_missed(story: Story, store: FaultyStore) -> None:
    """Every slot of a steady job has a run, whatever became of it, or one that says that it stands for it."""
    for job in steady_jobs(story) if story.has_true_clock else ():
        if job.schedule.cron is not None and job.schedule.sessions is None:
            _has_all_slots(job, job.schedule.cron, store)


def _has_all_slots(job: JobDefinition, cron: str, store: FaultyStore) -> None:
    decided = store.peek("SELECT decided_until FROM job_state WHERE job = ?", (job.name,))
    rows = store.peek(
        "SELECT coalesce(stands_since, scheduled_for), scheduled_for FROM runs"
        " WHERE job = ? AND attempt = 1 AND triggered_by IN ('schedule', 'catch_up') ORDER BY scheduled_for",
        (job.name,),
    )
    if not (decided and decided[0][0] and rows):
        return
    until = datetime.fromisoformat(decided[0][0])
    spans = [(datetime.fromisoformat(since), datetime.fromisoformat(slot)) for since, slot in rows]
    at, number = spans[0][1], 0
    while at <= until:
        while number < len(spans) and spans[number][1] < at:
            number += 1
        if named_by(cron, at) and (number == len(spans) or not spans[number][0] <= at <= spans[number][1]):
            raise BrokenError("no slot is silently missed", f"{job.name} was due at {at}, and no run tells of it")
        at += MINUTE


def attempts_follow(story: Story, store: FaultyStore) -> None:
    """Every attempt of a steady job that has failed was followed by the next, up to the last."""
    for job in steady_jobs(story):
        rows = store.peek(
            "SELECT id, attempt FROM runs AS one WHERE job = ? AND outcome = 'failed' AND attempt <= ? AND NOT EXISTS"
            " (SELECT 1 FROM runs WHERE job = one.job AND scheduled_for = one.scheduled_for AND attempt > one.attempt)",
            (job.name, job.retries),
        )
        if rows:
            raise BrokenError("retries", f"attempt {rows[0][1]} of {job.name} (#{rows[0][0]}) was not followed")
