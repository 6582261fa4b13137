"""``plan FILE``: what another jobs file would change, before it is put in the place of the one at work."""

from __future__ import annotations

from peak_console.forecast.plan import plan_of, shown
from peak_console.forecast.plan_words import lines_of
from peak_console.jobs.file.loader import load
from peak_console.text import safe
from peak_console.verbs.shared.common import select
from peak_console.verbs.shared.output import note, write, write_json
from peak_console.verbs.shared.times import iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

    from peak_console.forecast.plan import FieldChange, Plan
    from peak_console.verbs.shared.common import Selection

_EXIT_STARTS = 3


def show_plan(options: Namespace) -> int:
    """``plan FILE``: nothing is changed. 3 when something would start at once."""
    with select(options) as selection:
        assert selection.jobset is not None
        after = load(options.file)
        found = plan_of(selection.jobset, after, selection.store, selection.now)
    if options.json:
        write_json(_object(found, selection))
    else:
        lines = list(lines_of(found, after, selection.zone))
        write("".join(f"{safe(line)}\n" for line in lines))
        if not lines:
            note(f"{options.file} says what {selection.jobset.path} says: nothing would change")
    return _EXIT_STARTS if found.at_once else 0


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
