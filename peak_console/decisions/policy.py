"""What is to be done about a slot that has fallen due. Pure: (definition, state, now) in, a verdict out."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from peak_console.decisions.conditions import BLACKOUT, FRESHNESS, GATE, OVERLAP, PREREQUISITES, RETRY, first_unmet
from peak_console.decisions.grace import earliest_slot, is_too_late, lateness_in_words
from peak_console.jobs.model import CatchUp, IfStale, Overlap
from peak_console.model.terms import Trigger
from peak_console.schedule.kind import Pending
from peak_console.schedule.slots import kind_of, slots_between
from peak_console.schedule.zones import zone
from peak_console.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from peak_console.decisions.conditions import Situation
    from peak_console.decisions.holding.blackouts import Window
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run

ON_TIME_SECONDS = 300
"""A start later than this is called caught up: cron may be what looks, every five minutes."""
QUEUE_LIMIT = 100
"""The most slots of one job that wait; a queue that only grows is an overlap that must be seen."""
CATCH_UP_LIMIT = 1000
"""The most slots that ``catch_up = "all"`` runs; after a leap of the clock over years there are millions."""


class Action(StrEnum):
    START = "start"
    WAIT = "wait"
    """Wait for a place."""
    QUEUE = "queue"
    """Wait for the job's own earlier runs."""
    ASK = "ask"
    """Wait until its gates have answered."""
    AWAIT = "await"
    """Wait for what has to be before its turn can come: the job's upstreams."""
    REPLACE = "replace"
    """Stop the job's runs, then start."""
    SKIP = "skip"
    MISS = "miss"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done about one slot, and the earlier ones that it stands for."""

    slot: datetime
    action: Action
    triggered_by: Trigger = Trigger.SCHEDULE
    reason: str | None = None
    folded: int = 0
    """How many earlier undecided slots this one stands for."""
    since: datetime | None = None
    """The oldest of them."""
    replaces: bool = False
    """Whether it takes the place of the job's runs: those under way are stopped, those that wait are given up."""

    group: str | None = None
    """The group in which it waits for a place."""

    @property
    def waits(self) -> bool:
        """Whether it has to be queued."""
        return self.action in (Action.WAIT, Action.QUEUE, Action.ASK, Action.AWAIT, Action.REPLACE)


COUNTED_SLOTS = 1000
"""How many slots that were missed are counted, see ``schedule.slots.pending``."""


def decide(asked: Situation, pending: Pending, splits: int = 0) -> list[Verdict]:
    """What is to be done about a job's undecided slots, oldest first; never empty. Takes places for those that start.

    Args:
        asked: the job at this moment; its slot is the latest of ``pending``. That it is served, enabled and not held
            is for the caller to see: without that none of its slots is looked at. Nor is it inside of a
            blackout that defers its slots.
        pending: its undecided slots up to now, folded.
        splits: how often blackouts have split its slots already.
    """
    job, now = asked.job, asked.now
    window = asked.blackout_at(pending.latest)
    if window is not None and not window.defers:
        return _skip_inside(asked, pending, window, splits)
    owed = asked.owed_at(pending.latest)
    if is_too_late(job, owed, now):
        return [_verdict(pending, Action.MISS, reason=lateness_in_words(job, owed, now))]
    if asked.blackout is not None:
        return [_verdict(pending, Action.SKIP, reason=BLACKOUT.sentence(asked))]
    if asked.gate is not None and not asked.awaits_gate:
        return [_verdict(pending, Action.SKIP, reason=GATE.sentence(asked))]
    if job.catch_up == CatchUp.ALL and pending.count > 1:
        return _catch_up_all(asked, pending)
    return [_prepared(asked, _verdict(pending, Action.START, triggered_by=_trigger(pending, now)))]


def _skip_inside(asked: Situation, pending: Pending, window: Window, splits: int) -> list[Verdict]:
    """The newest slots lay in a blackout: they are skipped, whatever the time is now. Those before are decided on."""
    from peak_console.decisions.holding.blackout_slots import MOST_SPLITS, split
    from peak_console.decisions.holding.blackouts import window_in_words

    early: Pending | None = None
    if splits < MOST_SPLITS:
        early, pending = split(asked.job.schedule, pending, window.start)
    before = decide(asked, early, splits + 1) if early is not None else []
    return [*before, _verdict(pending, Action.SKIP, reason=window_in_words(window, asked.zone))]


def decide_awaited(asked: Situation, run: Run) -> Verdict:
    """What becomes of a run that has waited for its job's upstreams, and may go on waiting.

    One that may go on queues as any slot does, whatever place it gets: the turns give places.

    Args:
        asked: its job at this moment; its slot is the moment of the run's round.
        run: queued, with what it awaits.
    """
    job, slot = asked.job, run.scheduled_for or run.claimed_at
    verdict = Verdict(slot, Action.START, Trigger(run.triggered_by))
    unmet = first_unmet(asked, PREREQUISITES)
    outlook = asked.outlook(asked.slot)
    if unmet is None:
        if job.catch_up == CatchUp.ALL and verdict.triggered_by == Trigger.CATCH_UP:
            return verdict  # one after the other, whatever the overlap policy
        overlapped = _overlapped(asked, verdict)
        if overlapped.action == Action.SKIP and asked.waiting < QUEUE_LIMIT:
            return verdict  # it has waited: it is not skipped because of a run that is about to end
        return overlapped
    reason = unmet.sentence(asked)
    if (outlook is not None and outlook.way == "skip") or (unmet is FRESHNESS and job.if_stale == IfStale.SKIP):
        return replace(verdict, action=Action.SKIP, reason=reason)
    most = job.wait_at_most
    if most is not None and (asked.now - run.claimed_at).total_seconds() >= most:
        from peak_console.text import duration

        return replace(verdict, action=Action.MISS, reason=f"waited {duration(most)}, the most it may: {reason}")
    return replace(verdict, action=Action.AWAIT, reason=reason)


def _prepared(asked: Situation, verdict: Verdict) -> Verdict:
    """A verdict by which a slot starts, unless it has to wait for the job's upstreams, or is skipped because of them.

    A slot that comes from the upstreams alone is always queued first: when it is due is known once they have ended.
    """
    outlook = asked.outlook(verdict.slot)
    if outlook is not None and outlook.way == "skip":
        return replace(verdict, action=Action.SKIP, reason=outlook.sentence)
    if (stale := asked.staleness(verdict.slot)) is not None and (outlook is None or outlook.way == "go"):
        if asked.job.if_stale == IfStale.SKIP:
            return replace(verdict, action=Action.SKIP, reason=stale)
        return _awaiting(asked, verdict, stale)
    if outlook is not None and (outlook.way == "wait" or asked.job.schedule.type == "after"):
        return _awaiting(asked, verdict, outlook.sentence or "waiting for its turn")
    return _placed(asked, _overlapped(asked, verdict))


def _awaiting(asked: Situation, verdict: Verdict, reason: str) -> Verdict:
    """A verdict by which a slot waits for upstreams; where slots of its round do so already, the overlap policy holds.

    A slot of another round, which may never have its upstreams, is in nobody's way.
    """
    from peak_console.schedule.rounds import round_of

    schedule = asked.job.schedule
    day = round_of(schedule, asked.job.round, verdict.slot, zone(schedule.timezone))
    same = sum(day.holds(moment) for moment in asked.awaiting)
    if same >= (QUEUE_LIMIT if asked.job.overlap in (Overlap.QUEUE, Overlap.ALLOW) else 1):
        return replace(verdict, action=Action.SKIP, reason=f"an earlier slot of its round is still {reason}")
    return replace(verdict, action=Action.AWAIT, reason=reason)


def decide_by_hand(asked: Situation, slot: datetime, *, force: bool) -> Verdict:
    """What is to be done about a run that somebody asks for: the job's overlap policy holds, unless forced.

    Another attempt that is still to come makes no run by hand wait: it is left out or replaced only where the policy
    says so.
    """
    verdict = Verdict(slot, Action.START, Trigger.MANUAL)
    if not force:
        verdict = _overlapped(asked, verdict, by_hand=True)
    return _placed(asked, verdict)


def is_counted(job: JobDefinition, count: int) -> bool:
    """Whether a count of slots is exact: slots of wall-clock schedules are counted up to the limit only."""
    return count < COUNTED_SLOTS - 1 or job.schedule.type in ("interval", "once")


def _verdict(
    pending: Pending, action: Action, *, triggered_by: Trigger = Trigger.SCHEDULE, reason: str = ""
) -> Verdict:
    folded = pending.count - 1
    return Verdict(pending.latest, action, triggered_by, reason or None, folded, pending.oldest if folded else None)


def _trigger(pending: Pending, now: datetime) -> Trigger:
    late = (now - pending.latest).total_seconds() > ON_TIME_SECONDS
    return Trigger.CATCH_UP if late or pending.count > 1 else Trigger.SCHEDULE


def _catch_up_all(asked: Situation, pending: Pending) -> list[Verdict]:
    """Every slot within the grace runs, one after the other; what is older, or too many, is missed as one."""
    job, now = asked.job, asked.now
    slots = _latest_slots(job, pending)
    earliest = earliest_slot(job, now)
    late = sum(earliest is not None and asked.owed_at(slot) < earliest for slot in slots)
    verdicts = []
    if late or len(slots) > CATCH_UP_LIMIT:
        reason = f"more than {CATCH_UP_LIMIT} slots were missed"
        if late:
            reason = lateness_in_words(job, asked.owed_at(slots[late - 1]), now)
        late = max(late, 1)
        missed = max(0, pending.count - len(slots)) + late - 1
        oldest = pending.oldest if pending.oldest != slots[late - 1] else None
        verdicts.append(Verdict(slots[late - 1], Action.MISS, Trigger.SCHEDULE, reason, missed, oldest))
    in_order = job.overlap != Overlap.ALLOW
    queue = in_order and bool(asked.active or asked.retries or asked.waiting)
    for slot, folded, since in _one_by_one(asked, slots[late:]):
        if (window := asked.blackout_at(slot)) is not None and not window.defers:
            verdicts += _skip_inside(asked, Pending(slot, slot, 1), window, 0)
            continue
        verdict = Verdict(slot, Action.QUEUE if queue else Action.START, Trigger.CATCH_UP, folded=folded, since=since)
        if (job.after or job.requires) and (prepared := _prepared(asked, verdict)).action in (
            Action.AWAIT,
            Action.SKIP,
        ):
            verdicts.append(prepared)
            continue
        verdicts.append(_placed(asked, verdict))
        queue = in_order  # the order is the point of catching up on all of them: only the first may start at once
    return verdicts


def _one_by_one(asked: Situation, slots: Sequence[datetime]) -> Iterable[tuple[datetime, int, datetime | None]]:
    """The slots that are decided one by one, each with how many earlier ones it stands for, and since when."""
    if asked.blackouts is None:
        return ((slot, 0, None) for slot in slots)
    from peak_console.decisions.holding.blackout_slots import deferred_as_one

    return deferred_as_one(asked, slots)


def _latest_slots(job: JobDefinition, pending: Pending) -> Sequence[datetime]:
    """The undecided slots, oldest first; of more than may run the latest of those, and the one before them."""
    if pending.count <= CATCH_UP_LIMIT - 1:  # where there are more, not all may have been counted
        return [pending.oldest, *slots_between(job.schedule, pending.oldest, pending.latest)]
    return kind_of(job.schedule).latest(pending.oldest, pending.latest, CATCH_UP_LIMIT + 1)


def _overlapped(asked: Situation, verdict: Verdict, *, by_hand: bool = False) -> Verdict:
    """A verdict under the job's overlap policy: what runs, and what waits, may be in its way."""
    unmet = first_unmet(asked, (OVERLAP, RETRY))
    if unmet is None:
        return verdict
    policy = asked.job.overlap
    if policy == Overlap.QUEUE and unmet is RETRY and by_hand:
        return verdict
    if policy == Overlap.QUEUE and asked.waiting < QUEUE_LIMIT:
        return replace(verdict, action=Action.QUEUE)
    if policy == Overlap.KILL_PREVIOUS:
        return replace(verdict, action=Action.REPLACE if asked.active else Action.START, replaces=True)
    # A queue that is full is a skip for the slots in it, whatever runs.
    reason = f"{asked.waiting} earlier slots still wait" if policy == Overlap.QUEUE else unmet.sentence(asked)
    return replace(verdict, action=Action.SKIP, reason=reason)


def _placed(asked: Situation, verdict: Verdict) -> Verdict:
    """A verdict by which a slot starts takes a place; without one the slot waits."""
    if verdict.action == Action.START and asked.awaits_gate:
        return replace(verdict, action=Action.ASK)
    if verdict.action != Action.START or asked.capacity.take(asked.job):
        return verdict
    group = asked.job.group if asked.capacity.is_group_full(asked.job) else None
    return replace(verdict, action=Action.WAIT, group=group)


def retry_at(job: JobDefinition, attempt: int, finished_at: datetime) -> datetime | None:
    """When the attempt after ``attempt`` (from 1) starts, or ``None`` when there is none left."""
    if attempt > job.retries:
        return None
    try:
        delay = timedelta(seconds=job.retry_delay_seconds * job.retry_backoff ** (attempt - 1))
        return finished_at + delay
    except (OverflowError, ValueError):  # a backoff that leaves the calendar never comes
        return None
