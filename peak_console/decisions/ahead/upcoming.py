"""The slots that a job has ahead, and when they will start, as its engine is going to see them. Pure."""

from __future__ import annotations

from datetime import timedelta

from peak_console.decisions.grace import is_too_late
from peak_console.decisions.planner import settled
from peak_console.decisions.selection import is_enabled, override_in_force
from peak_console.schedule.slots import kind_of, next_slot, pending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from peak_console.decisions.holding.blackouts import Blackouts
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import JobState
    from peak_console.schedule.model import JobSchedule


MOST_BLACKOUTS = 1000
"""So many windows in a row are passed over at the most, to find a slot that lies in none."""
_INSTANT = timedelta(microseconds=1)


def starts_ahead(
    job: JobDefinition,
    state: JobState | None,
    now: datetime,
    blackouts: Blackouts | None,
    after: datetime | None = None,
) -> Iterator[datetime]:
    """When the slots that a job has ahead will start: as ``slots_ahead``, without those that a blackout skips.

    Slots that a blackout defers are one, at its end.
    """
    last, since = after, after
    if after is not None and blackouts is not None and (window := blackouts.over(job, after)) is not None:
        since = window.start - _INSTANT if window.defers else after  # what it defers starts at its end
    for slot in slots_outside(job, state, now, blackouts, since):
        start = slot
        if blackouts is not None:
            start = blackouts.owed_at(job, slot)
            if start <= now and (end := blackouts.owed_at(job, now)) > now:  # it is due, and waits
                start = end
            window = blackouts.over(job, max(start, now))
            if window is not None and not window.defers:  # a window that skips begins where another one ends
                continue
        if last is None or start > last:
            yield start
            last = start


def slots_outside(
    job: JobDefinition,
    state: JobState | None,
    now: datetime,
    blackouts: Blackouts | None,
    after: datetime | None = None,
) -> Iterator[datetime]:
    """The slots of a job that lie in no blackout which skips them. Whole windows are passed over at once."""
    if blackouts is None or not blackouts.concern(job):
        yield from slots_ahead(job, state, now, after)
        return
    passed = 0
    slots = slots_ahead(job, state, now, after)
    while (slot := next(slots, None)) is not None:
        window = blackouts.over(job, slot)
        if window is None or window.defers:
            yield slot
            continue
        passed += 1
        if window.end is None or passed > MOST_BLACKOUTS:
            return
        slots = slots_ahead(job, state, now, max(window.end - _INSTANT, after or window.end - _INSTANT))


def slots_ahead(
    job: JobDefinition, state: JobState | None, now: datetime, after: datetime | None = None
) -> Iterator[datetime]:
    """The slots that a job has ahead, oldest first, without end where the schedule has none.

    The first may be due already (in the past); the slots before it fold into it, and one that is later than its
    grace is left out. An operator's override counts until it lapses. With ``after``, slots later than that only,
    and of a wall-clock schedule also those that have passed.
    """
    state = settled(job, state, now) or state
    override = override_in_force(state, now)
    lapses = override.until if override is not None else None
    ends: datetime | None = None
    if not is_enabled(job, state, now):
        if lapses is None or not job.enabled:
            return
        state = settled(job, state, lapses) or state
        now, after = lapses, None if after is None else max(after, lapses)
    elif lapses is not None and not job.enabled:
        ends = lapses
    slot = _first(job, state.decided_until if state is not None else None, now, after)
    while slot is not None and (ends is None or slot < ends):
        yield slot
        slot = next_slot(job.schedule, slot, slot)


def _first(job: JobDefinition, decided: datetime | None, now: datetime, after: datetime | None) -> datetime | None:
    schedule = job.schedule
    if after is not None and kind_of(schedule).is_wall_clock:
        return next_slot(schedule, after, after)
    slot = next_slot(schedule, decided, now)
    if slot is not None and slot <= now:
        slot = _latest_due(schedule, decided, now) or slot
        if is_too_late(job, slot, now):
            slot = next_slot(schedule, slot, slot)
    if slot is None or after is None or slot > after:
        return slot
    last = _latest_due(schedule, slot, after) or slot
    return next_slot(schedule, last, last)


def _latest_due(schedule: JobSchedule, decided: datetime | None, until: datetime) -> datetime | None:
    folded = pending(schedule, decided, until, limit=1)
    return folded.latest if folded is not None else None
