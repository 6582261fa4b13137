"""What the day view says of what is under the cursor. Pure."""

from __future__ import annotations

from peak_console.model.lane import COMING, RUNNING
from peak_console.model.terms import Outcome
from peak_console.schedule.zones import local_time
from peak_console.text import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from peak_console.model.ahead import AheadRun, Due
    from peak_console.model.lane import LaneItem


def clock(at: datetime, now: datetime, zone: tzinfo) -> str:
    """``14:55`` of today, else with its day."""
    local = local_time(at, zone)
    return f"{local:%H:%M}" if local.date() == local_time(now, zone).date() else f"{local:%a} {local.day} {local:%H:%M}"


def told(item: LaneItem, zone: tzinfo) -> str:
    """What an item is, in words."""
    start, end = local_time(item.start, zone), local_time(item.end, zone)
    if item.ahead is not None:
        return _told_ahead(item.ahead, item, zone)
    if item.outcome == COMING:
        long = (item.end - item.start).total_seconds()
        return f"due {start:%H:%M:%S}" + (f", until about {end:%H:%M:%S} ({duration(long)})" if long else "")
    late = f", {duration(item.late_seconds)} late" if item.late_seconds > 0 else ""
    if item.outcome == RUNNING:
        return f"#{item.run_id} running since {start:%H:%M:%S}{late}, until about {end:%H:%M:%S}"
    if item.count > 1:
        bad = f", {item.bad} not well ({item.outcome.replace('_', ' ')})" if item.bad else ", all well"
        return f"{item.count} runs until {end:%H:%M}{bad}{late}"
    run = f"#{item.run_id} " if item.run_id is not None else ""
    took = f", {duration((item.end - item.start).total_seconds())}" if item.run_id is not None else ""
    return f"{run}{item.outcome.replace('_', ' ')} {start:%H:%M:%S}{took}{late}"


def _told_ahead(run: AheadRun, item: LaneItem, zone: tzinfo) -> str:
    """What is foreseen of a slot ahead, in words."""
    slot = local_time(run.slot or item.start, zone)
    if run.outcome in (Outcome.SKIPPED, Outcome.MISSED):
        because = f": {run.reason}" if run.reason else ""
        return f"{slot:%H:%M:%S} will be {run.outcome}{because}{_deadline(run.due, zone)}"
    if run.starts_at is None:
        why = run.waits or run.reason
        return f"due {slot:%H:%M:%S}, and still waits{f': {why}' if why else ''}{_deadline(run.due, zone)}"
    start, end = local_time(item.start, zone), local_time(item.end, zone)
    what = f"due {slot:%H:%M:%S}" if run.attempt == 1 else f"attempt {run.attempt} {start:%H:%M:%S}"
    if run.attempt == 1 and run.slot is not None and (run.starts_at - run.slot).total_seconds() >= 1:
        what += f", starts about {start:%H:%M:%S}{f' ({run.waits})' if run.waits else ''}"
    long = "no history yet" if run.is_guess else duration((item.end - item.start).total_seconds())
    fails = ", will probably fail" if run.will_fail else ""
    due = _deadline(run.due, zone)
    return f"{what}{due}{' ·' if due else ','} until about {end:%H:%M:%S} ({long}){fails}"


def _deadline(due: Due | None, zone: tzinfo) -> str:
    if due is None:
        return ""
    at, slack = local_time(due.at, zone), due.slack_seconds
    by = f" · {'start' if due.starts else 'end'} by {at:%H:%M}"
    if slack is None:
        return f"{by}: will miss it"
    if slack < 0:
        return f"{by}: {duration(-slack)} late"
    return f"{by}: {'no history yet' if due.is_guess else f'{duration(slack)} slack'}"
