"""What is to be done about a slot that has fallen due. Pure: (definition, state, now) in, a verdict out."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from peak_console.jobs.model import CatchUp, Overlap
from peak_console.model.terms import Trigger
from peak_console.schedule.kinds import kind_of
from peak_console.schedule.slots import slots_between
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.jobs.model import JobDefinition
    from peak_console.schedule.slots import Pending

ON_TIME_SECONDS = 300
"""A start later than this is called caught up: cron may be what looks, every five minutes."""
SKIP_GRACE_SECONDS = 60
QUEUE_LIMIT = 100
"""Slots that wait for one job at the most; a queue that only grows is an overlap that must be seen."""

ALLOW_LIMIT = 100
"""Runs of one job that go on side by side at the most: slots that come faster than runs end would fill the machine."""
CATCH_UP_LIMIT = 1000
"""Slots that ``catch_up = "all"`` runs at the most; after a leap of the clock over years there are millions."""


class Action(StrEnum):
    START = "start"
    QUEUE = "queue"
    REPLACE = "replace"
    """Stop what runs, then start."""
    SKIP = "skip"
    MISS = "miss"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done about one slot, and the earlier ones that it stands for."""

    slot: datetime
    action: str
    triggered_by: str = Trigger.SCHEDULE
    reason: str | None = None
    folded: int = 0
    """How many earlier undecided slots this one stands for."""
    since: datetime | None = None
    """The oldest of them."""


def grace_seconds(job: JobDefinition) -> float | None:
    """Lateness still accepted; ``None`` is any. The job's own word, else what suits its schedule.

    A late interval run still does its work, a late wall-clock run may do harm: daily, cron and a ``run_at`` get an
    hour. ``catch_up = "skip"`` accepts a minute unless the job says otherwise.
    """
    if job.misfire_grace_seconds is not None:
        return job.misfire_grace_seconds
    if job.catch_up == CatchUp.SKIP:
        return SKIP_GRACE_SECONDS
    return kind_of(job.schedule).default_grace


def earliest_slot(job: JobDefinition, now: datetime) -> datetime | None:
    """The oldest slot that may still start; ``None`` is any, as for a grace that reaches back before the calendar."""
    grace = grace_seconds(job)
    try:
        return None if grace is None else now - timedelta(seconds=grace)
    except OverflowError:
        return None


COUNTED_SLOTS = 1000
"""How many slots that were missed are counted, see ``schedule.slots.pending``."""


def decide(
    job: JobDefinition, pending: Pending, now: datetime, active: Sequence[int], waiting: int = 0
) -> list[Verdict]:
    """What is to be done about a job's undecided slots, oldest first; never empty.

    Args:
        pending: its undecided slots up to now, folded.
        active: ids of its runs that are claimed or running, or wait for another attempt.
        waiting: how many of its slots are queued already.
    """
    earliest = earliest_slot(job, now)
    if earliest is not None and pending.latest < earliest:
        return [_verdict(pending, Action.MISS, reason=_lateness_reason(job, pending.latest, now))]
    if job.catch_up == CatchUp.ALL and pending.count > 1:
        return _catch_up_all(job, pending, now, earliest, active, waiting)
    return [_overlapped(job, _verdict(pending, Action.START, triggered_by=_trigger(pending, now)), active, waiting)]


def is_counted(job: JobDefinition, count: int) -> bool:
    """Whether so many slots are all there were: of wall-clock times nobody counts further than the limit."""
    return count < COUNTED_SLOTS - 1 or job.schedule.type in ("interval", "once")


def _verdict(pending: Pending, action: str, *, triggered_by: str = Trigger.SCHEDULE, reason: str = "") -> Verdict:
    folded = pending.count - 1
    return Verdict(pending.latest, action, triggered_by, reason or None, folded, pending.oldest if folded else None)


def _trigger(pending: Pending, now: datetime) -> str:
    late = (now - pending.latest).total_seconds() > ON_TIME_SECONDS
    return Trigger.CATCH_UP if late or pending.count > 1 else Trigger.SCHEDULE


def _lateness_reason(job: JobDefinition, slot: datetime, now: datetime) -> str:
    from peak_console.text import duration

    grace = duration(grace_seconds(job) or 0)
    return f"{duration((now - slot).total_seconds())} late, more than the grace of {grace}"


def _catch_up_all(
    job: JobDefinition,
    pending: Pending,
    now: datetime,
    earliest: datetime | None,
    active: Sequence[int],
    waiting: int,
) -> list[Verdict]:
    """Every slot within the grace runs, one after the other; what is older, or too many, is missed as one."""
    slots = _latest_slots(job, pending, now)
    late = sum(earliest is not None and slot < earliest for slot in slots)
    verdicts = []
    if late or len(slots) > CATCH_UP_LIMIT:
        reason = (
            _lateness_reason(job, slots[late - 1], now) if late else f"more than {CATCH_UP_LIMIT} slots were missed"
        )
        late = max(late, 1)
        folded = max(0, pending.count - len(slots)) + late - 1
        since = pending.oldest if pending.oldest != slots[late - 1] else None
        verdicts.append(Verdict(slots[late - 1], Action.MISS, Trigger.SCHEDULE, reason, folded, since))
    for index, slot in enumerate(slots[late:]):
        # The order is the point of catching up on all of them, so only the first may start at once.
        queue = job.overlap != Overlap.ALLOW and (index > 0 or active or waiting)
        action = Action.QUEUE if queue else Action.START
        verdicts.append(Verdict(slot, action, Trigger.CATCH_UP))
    return verdicts


def _latest_slots(job: JobDefinition, pending: Pending, now: datetime) -> Sequence[datetime]:
    """The undecided slots, oldest first; of more than may run the latest of those, and the one before them."""
    if pending.count <= CATCH_UP_LIMIT - 1:  # where there are more, not all may have been counted
        return [pending.oldest, *slots_between(job.schedule, pending.oldest, now)]
    return kind_of(job.schedule).latest(pending.oldest, now, CATCH_UP_LIMIT + 1)


def _overlapped(job: JobDefinition, verdict: Verdict, active: Sequence[int], waiting: int) -> Verdict:
    if not (active or waiting) or (job.overlap == Overlap.ALLOW and len(active) < ALLOW_LIMIT):
        return verdict
    action, reason = Action.SKIP, f"#{active[-1]} is still running" if active else "an earlier slot still waits"
    if job.overlap == Overlap.ALLOW:
        reason = f"{len(active)} of its runs are under way"
    elif job.overlap == Overlap.QUEUE:
        if waiting < QUEUE_LIMIT:
            action, reason = Action.QUEUE, ""
        else:
            reason = f"{waiting} earlier slots still wait"
    elif job.overlap == Overlap.KILL_PREVIOUS:
        action, reason = Action.REPLACE, ""
    return Verdict(verdict.slot, action, verdict.triggered_by, reason or None, verdict.folded, verdict.since)


def retry_at(job: JobDefinition, attempt: int, finished_at: datetime) -> datetime | None:
    """When the attempt after ``attempt`` (from 1) starts, or ``None`` when there is none left."""
    if attempt > job.retries:
        return None
    try:
        delay = timedelta(seconds=job.retry_delay_seconds * job.retry_backoff ** (attempt - 1))
        return finished_at + delay
    except (OverflowError, ValueError):  # a backoff that leaves the calendar never comes
        return None
