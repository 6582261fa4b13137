"""What a jobs file would change, in lines: for a shell and for the console."""

from __future__ import annotations

from peak_console.schedule.wording.words import in_words
from peak_console.schedule.zones import local_time
from peak_console.text import counted, duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, tzinfo

    from peak_console.forecast.deadlines import Foreseen
    from peak_console.forecast.plan import JobChange, Plan
    from peak_console.jobs.model import JobSet

ADDED, REMOVED, CHANGED, WARNING = "+", "-", "~", "!"
_SIGNS = {"added": ADDED, "removed": REMOVED, "changed": CHANGED}


def lines_of(found: Plan, after: JobSet, zone: tzinfo) -> Iterator[str]:
    """Each change below a sign, and below a job what of it changes; then what would start at once, and be late."""
    for change in found.settings:
        yield f"{CHANGED} [scheduler] {change}" if change.is_shown else f"{CHANGED} {change}"
    for job in found.jobs:
        yield f"{_SIGNS[job.kind]} {job.job}{_about(job, after, zone)}"
        for change in job.fields:
            yield f"    {change}"
        if job.is_moved:
            yield f"    next slot: {_slot(job.slot_before, zone)} → {_slot(job.slot_after, zone)}"
    yield from warnings_of(found, zone)


def warnings_of(found: Plan, zone: tzinfo) -> Iterator[str]:
    """What would start at once, and which deadlines would be missed."""
    for name in found.at_once:
        yield f"{WARNING} {name} would start at once"
    for deadline in found.broken:
        yield f"{WARNING} {_broken(deadline, zone)}"


def in_short(found: Plan) -> str:
    """``2 jobs added, 1 job changed``; of settings alone ``settings changed``; empty where nothing is."""
    told = []
    for kind in _SIGNS:
        number = sum(job.kind == kind for job in found.jobs)
        if number:
            told.append(f"{counted(number, 'job')} {kind}")
    if found.settings:
        told.append("settings changed")
    return ", ".join(told)


def _about(change: JobChange, after: JobSet, zone: tzinfo) -> str:
    if change.kind == "added":
        return f": {in_words(after.jobs[change.job].schedule)}; first slot {_slot(change.slot_after, zone)}"
    if change.kind == "removed" and change.under_way:
        return f": {', '.join(f'#{number}' for number in change.under_way)} under way; what waits is given up"
    return ""


def _slot(slot: datetime | None, zone: tzinfo) -> str:
    return "none" if slot is None else f"{local_time(slot, zone):%a %Y-%m-%d %H:%M:%S %Z}"


def _broken(deadline: Foreseen, zone: tzinfo) -> str:
    slack = deadline.slack_seconds
    what = "start" if deadline.starts else "end"
    by = f", {duration(-slack)} late" if slack is not None else ""
    return f"{deadline.job} would not {what} by {_slot(deadline.at, zone)}{by}"
