"""``plan FILE``: what another jobs file would change, before it is put in the place of the one at work."""

from __future__ import annotations

from peak_console.forecast.plan import plan_of, shown
from peak_console.jobs.file.loader import load
from peak_console.schedule.wording.words import in_words
from peak_console.text import duration, safe
from peak_console.verbs.shared.common import select
from peak_console.verbs.shared.output import note, write, write_json
from peak_console.verbs.shared.times import iso, shown_with_zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator
    from typing import Any

    from peak_console.forecast.deadlines import Foreseen
    from peak_console.forecast.plan import FieldChange, JobChange, Plan
    from peak_console.jobs.model import JobSet
    from peak_console.verbs.shared.common import Selection

_EXIT_STARTS = 3
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def show_plan(options: Namespace) -> int:
    """``plan FILE``: nothing is changed. 3 when something would start at once."""
    with select(options) as selection:
        assert selection.jobset is not None
        after = load(options.file)
        found = plan_of(selection.jobset, after, selection.store, selection.now)
    if options.json:
        write_json(_object(found, selection))
    else:
        lines = list(_lines(found, after, selection))
        write("".join(f"{safe(line)}\n" for line in lines))
        if not lines:
            note(f"{options.file} says what {selection.jobset.path} says: nothing would change")
    return _EXIT_STARTS if found.at_once else 0


def _lines(found: Plan, after: JobSet, selection: Selection) -> Iterator[str]:
    for change in found.settings:
        yield f"~ [scheduler] {change}" if change.is_shown else f"~ {change}"
    for job in found.jobs:
        yield f"{_SIGNS[job.kind]} {job.job}{_about(job, after, selection)}"
        for change in job.fields:
            yield f"    {change}"
        if job.is_moved:
            yield f"    next slot: {_slot(job, selection, after=False)} → {_slot(job, selection, after=True)}"
    for name in found.at_once:
        yield f"! {name} would start at once"
    for deadline in found.broken:
        yield f"! {_broken(deadline, selection)}"


def _about(change: JobChange, after: JobSet, selection: Selection) -> str:
    if change.kind == "added":
        return f": {in_words(after.jobs[change.job].schedule)}; first slot {_slot(change, selection, after=True)}"
    if change.kind == "removed" and change.under_way:
        return f": {', '.join(f'#{number}' for number in change.under_way)} under way; what waits is given up"
    return ""


def _slot(change: JobChange, selection: Selection, *, after: bool) -> str:
    slot = change.slot_after if after else change.slot_before
    return "none" if slot is None else shown_with_zone(slot, selection.zone)


def _broken(deadline: Foreseen, selection: Selection) -> str:
    slack = deadline.slack_seconds
    what = "start" if deadline.starts else "end"
    by = f", {duration(-slack)} late" if slack is not None else ""
    return f"{deadline.job} would not {what} by {shown_with_zone(deadline.at, selection.zone)}{by}"


def _object(found: Plan, selection: Selection) -> dict[str, Any]:
    zone = selection.zone
    return {
        "settings": [_field(change) for change in found.settings],
        "jobs": [
            {
                "job": each.job,
                "change": each.kind,
                "fields": [_field(change) for change in each.fields],
                "slot_before": iso(each.slot_before, zone),
                "slot_after": iso(each.slot_after, zone),
                "under_way": list(each.under_way),
            }
            for each in found.jobs
        ],
        "at_once": list(found.at_once),
        "broken": [
            {"job": each.job, "deadline": iso(each.at, zone), "slack_seconds": each.slack_seconds}
            for each in found.broken
        ],
    }


def _field(change: FieldChange) -> dict[str, Any]:
    if not change.is_shown:
        return {"field": change.field, "before": None, "after": None}
    return {"field": change.field, "before": shown(change.before), "after": shown(change.after)}
