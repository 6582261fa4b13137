"""``why``: why a job starts or does not, now, then and in the time to come."""

from __future__ import annotations

from peak_console.decisions.why import way_out
from peak_console.errors import UsageError
from peak_console.forecast.why import Reasons
from peak_console.text import safe
from peak_console.values import replace
from peak_console.verbs.shared.common import number_of, select
from peak_console.verbs.shared.output import write, write_json, write_table
from peak_console.verbs.shared.times import iso, moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from datetime import datetime
    from typing import Any

    from peak_console.forecast.why import Told
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.verbs.shared.common import Selection


def show_why(options: Namespace) -> int:
    """``why JOB``: nothing is written and nothing is started."""
    with select(options) as selection:
        assert selection.jobset is not None  # select() needs it
        job = selection.job(options.job)
        reasons = Reasons(selection.jobset, selection.store, selection.now)
        if options.run is not None:
            told = reasons.of_run(_run(options.run, job, selection), job)
        elif options.slot is not None:
            told = reasons.of_slot(_moment("--slot", options.slot, selection), job)
        elif options.at is not None:
            told = reasons.at(_moment("--at", options.at, selection), job)
        else:
            told = reasons.now(job)
            told = replace(told, more=[*told.more, *reasons.ahead(job)])
    change = way_out(told.unmet, job.name)
    if options.json:
        write_json(_object(told, change, selection))
        return 0
    if told.conditions:
        rows = [("holds" if each.holds else "no", each.name, each.saw) for each in told.conditions]
        write_table(("", "condition", "saw"), rows, flexible=2)
        write("\n")
    lines = [told.sentence, *([f"what would change it: {change}"] if change else []), *told.more]
    write("".join(f"{safe(line)}\n" for line in lines))
    return 0


def _moment(option: str, text: str, selection: Selection) -> datetime:
    return moment(option, text, selection.zone, selection.now, ahead=False)


def _run(text: str, job: JobDefinition, selection: Selection) -> Run:
    """The run of a job that ``--run`` names. Raises ``UsageError``."""
    number = number_of(text)
    run = selection.store.run(number) if selection.store is not None and number is not None else None
    if run is None or run.job != job.name:
        raise UsageError(f"--run: {safe(text)} is no run of {job.name}; see: peak-console runs --job {job.name}")
    return run


def _object(told: Told, change: str, selection: Selection) -> dict[str, Any]:
    where = selection.zone_of(selection.jobs[told.job])
    return {
        "job": told.job,
        "at": iso(told.at, selection.zone),
        "sentence": told.sentence,
        "change": change or None,
        "conditions": [
            {"condition": each.name, "holds": each.holds, "saw": each.saw, "until": iso(each.until, where)}
            for each in told.conditions
        ],
        "more": list(told.more),
    }
