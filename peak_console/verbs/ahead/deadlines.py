"""``deadlines``: what has to have run by when, and whether it will."""

from __future__ import annotations

from peak_console.decisions.ahead.deadlines import Risk, has_deadlines, recorded
from peak_console.text import duration
from peak_console.verbs.shared.common import note_no_jobs, select
from peak_console.verbs.shared.output import note, write_json, write_table
from peak_console.verbs.shared.times import iso, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from typing import Any

    from peak_console.decisions.ahead.deadlines import Prospect
    from peak_console.verbs.shared.common import Selection


def show_deadlines(options: Namespace) -> int:
    """Show the deadlines of slots under way and of the next ones, the tightest first; 3 when one is in danger."""
    with select(options) as selection:
        found = _prospects(selection)
        jobset = selection.jobset
    assert jobset is not None  # select() needs it
    if options.json:
        write_json([_object(each, selection) for each in found])
    elif found:
        headers = ("state", "deadline", "job", "by", "expected", "late", "slack", "because")
        write_table(headers, [_row(each, selection) for each in found], flexible=len(headers) - 1)
    else:
        note_no_jobs(selection)
        note("nothing has to have run within a day" if has_deadlines(jobset) else
             "there are no deadlines; see finish_by in the jobs file")  # fmt: skip
    return 3 if any(each.risk in (Risk.MISSED, Risk.LATE, Risk.BLOCKED) for each in found) else 0


def _prospects(selection: Selection) -> Sequence[Prospect]:
    store, jobset = selection.store, selection.jobset
    if jobset is None or store is None:
        return []
    return recorded(jobset, selection.jobs.values(), store, store.job_states().get, selection.now, selection.blackouts)


def _object(prospect: Prospect, selection: Selection) -> dict[str, Any]:
    zone = selection.zone_of(selection.jobs[prospect.job])
    return {
        "deadline": prospect.name,
        "job": prospect.job,
        "slot": iso(prospect.slot, zone),
        "counts": "start" if prospect.starts else "end",
        "at": iso(prospect.at, zone),
        "expected": iso(prospect.expected, zone),
        "late": iso(prospect.late, zone),
        "slack_seconds": prospect.slack_seconds,
        "state": str(prospect.risk),
        "because": prospect.because or None,
        "path": list(prospect.path),
    }


def _row(prospect: Prospect, selection: Selection) -> tuple[str, ...]:
    zone = selection.zone_of(selection.jobs[prospect.job])
    slack = prospect.slack_seconds
    return (
        str(prospect.risk),
        prospect.name if prospect.name != prospect.job else ("start" if prospect.starts else "finish"),
        prospect.job,
        shown(prospect.at, zone),
        shown(prospect.expected, zone),
        shown(prospect.late, zone),
        "" if slack is None else ("-" if slack < 0 else "") + duration(abs(slack)),
        prospect.because or " → ".join(prospect.path if len(prospect.path) > 1 else ()),
    )
