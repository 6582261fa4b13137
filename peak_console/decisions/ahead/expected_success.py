"""The watch on expected runs: a job whose slot has passed without a successful run since. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from peak_console.schedule.model import ScheduleType
from peak_console.schedule.slots import fingerprint, kind_of, next_slot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import JobState, Run

LEEWAY = timedelta(minutes=1)
"""So long after a slot that nobody has decided on it has passed: an engine starts it sooner."""
_TICK = timedelta(microseconds=1)
_FIRST = datetime.min.replace(tzinfo=UTC)


def missing_since(
    job: JobDefinition,
    state: JobState | None,
    due: datetime | None,
    unfinished: Sequence[Run],
    success: Run | None,
    now: datetime,
) -> datetime | None:
    """The job's last slot that has passed, where no run has succeeded for it or since; else ``None``.

    Of a job that is enabled. ``due`` is its next slot, in the past while nobody has decided on it. ``unfinished``
    are its runs under way or waiting: while one may still succeed, nothing is missing.
    ``success`` is its last successful run.
    """
    slot = _passed(state, due, now)
    if slot is None or job.round == "run" or (success is not None and _counts_for(success, slot, job)):
        return None
    if any(_may_succeed_for(run, slot) for run in unfinished):
        return None
    return slot if slot == due or _is_slot(slot, job, state, now) else None


def _passed(state: JobState | None, due: datetime | None, now: datetime) -> datetime | None:
    """The last slot that has passed, as far as it is one."""
    if due is not None and now - due >= LEEWAY:
        return due
    return state.decided_until if state is not None else None


def _is_slot(moment: datetime, job: JobDefinition, state: JobState | None, now: datetime) -> bool:
    """Whether the moment up to which slots are decided is a slot: it may be when the job was first seen, or enabled."""
    if state is None or state.schedule != fingerprint(job.schedule):
        return False
    if not kind_of(job.schedule).is_wall_clock:
        return True
    before = moment - _TICK if moment - _FIRST >= _TICK else moment
    return next_slot(job.schedule, before, now) == moment


def _may_succeed_for(run: Run, slot: datetime) -> bool:
    """Whether a run may yet succeed: it is under way, is another attempt, or waits for that slot or a later one."""
    if run.started_at is not None or run.attempt > 1:
        return True
    return run.scheduled_for is None or run.scheduled_for >= slot


def _counts_for(success: Run, slot: datetime, job: JobDefinition) -> bool:
    """Whether a success is one of a slot or came after it, also by hand; of a ``once`` any success counts."""
    schedule, at = job.schedule, success.scheduled_for or success.claimed_at
    if at >= slot or (success.finished_at or success.claimed_at) >= slot or schedule.type == ScheduleType.ONCE:
        return True
    # What is remembered of an interval may have been moved by an edit: a whole interval has to have passed.
    return schedule.type == ScheduleType.INTERVAL and slot - at < timedelta(seconds=schedule.interval_seconds or 0)
