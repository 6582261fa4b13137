"""``why``: why a job starts or does not, now, then and in the time to come."""

from __future__ import annotations

from datetime import timedelta

from peak_console.decisions.capacity import Capacity, capacity_of
from peak_console.decisions.job_status import answers_of, views
from peak_console.decisions.why import about_now, about_run, about_slot, value_of, way_out
from peak_console.errors import UsageError
from peak_console.model.terms import RunState
from peak_console.schedule.slots import next_slot
from peak_console.text import safe
from peak_console.values import replace
from peak_console.verbs.shared.common import number_of, select
from peak_console.verbs.shared.output import write, write_json, write_table
from peak_console.verbs.shared.times import iso, moment, shown, shown_with_zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from peak_console.forecast.forecast import ForecastRun
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.verbs.shared.common import Selection

AHEAD = timedelta(days=1)
LATER = timedelta(hours=6)
"""So long after a slot the forecast goes on, to see what becomes of it."""
RECENT = 10
"""So many of the job's last runs are looked at for what happened around a moment."""
MOST_RUNS = 1000
LATEST = 3


def show_why(options: Namespace) -> int:
    """``why JOB``: nothing is written and nothing is started."""
    with select(options) as selection:
        job = selection.job(options.job)
        if options.run is not None:
            told = _of_run(options.run, job, selection)
        elif options.slot is not None:
            told = _of_slot(_moment("--slot", options.slot, selection), job, selection)
        elif options.at is not None:
            told = _at(_moment("--at", options.at, selection), job, selection)
        else:
            told = _now(job, selection)
    if options.json:
        write_json(told)
        return 0
    if told["conditions"]:
        rows = [("holds" if each["holds"] else "no", each["condition"], each["saw"]) for each in told["conditions"]]
        write_table(("", "condition", "saw"), rows, flexible=2)
        write("\n")
    lines = [told["sentence"], *([f"what would change it: {told['change']}"] if told["change"] else []), *told["more"]]
    write("".join(f"{safe(line)}\n" for line in lines))
    return 0


def _moment(option: str, text: str, selection: Selection) -> datetime:
    return moment(option, text, selection.zone, selection.now, ahead=False)


def _told(
    job: JobDefinition,
    at: datetime,
    sentence: str,
    selection: Selection,
    *,
    change: str = "",
    conditions: Sequence[dict[str, Any]] = (),
    more: Sequence[str] = (),
) -> dict[str, Any]:
    return {
        "job": job.name,
        "at": iso(at, selection.zone),
        "sentence": sentence,
        "change": change or None,
        "conditions": list(conditions),
        "more": list(more),
    }


def _now(job: JobDefinition, selection: Selection) -> dict[str, Any]:
    store, now, zone = selection.store, selection.now, selection.zone_of(job)
    [view] = views([job], store, now, gates=selection.gates, zone=selection.zone)
    if not view.enabled and view.next_slot is None:  # when it would be due, were it enabled
        view = replace(view, next_slot=next_slot(job.schedule, now, now))
    active = [run.job for run in store.unfinished() if run.state != RunState.QUEUED] if store is not None else []
    capacity = capacity_of(selection.jobset, active) if selection.jobset is not None else Capacity(0, len(active))
    hold = store.hold() if store is not None else None
    found, asked = answers_of(view, now, capacity, hold=hold, zone=zone)
    unmet = next((answer for answer in found if not answer.holds), None)
    conditions = [
        {"condition": each.name, "holds": each.holds, "saw": value_of(each, asked), "until": iso(each.until, zone)}
        for each in found
    ]
    more = [about_run(run, zone) for run in _runs_of(job, selection, LATEST)]
    more += _foretold(_forecast(job, selection, now, now + AHEAD), job, selection, now + AHEAD)
    return _told(
        job, now, about_now(job.name, unmet, zone), selection, change=way_out(unmet, job.name), conditions=conditions,
        more=more,
    )  # fmt: skip


def _of_run(text: str, job: JobDefinition, selection: Selection) -> dict[str, Any]:
    number = number_of(text)
    run = selection.store.run(number) if selection.store is not None and number is not None else None
    if run is None or run.job != job.name:
        raise UsageError(f"--run: {safe(text)} is no run of {job.name}; see: peak-console runs --job {job.name}")
    return _told(job, run.claimed_at, about_run(run, selection.zone_of(job)), selection)


def _of_slot(slot: datetime, job: JobDefinition, selection: Selection) -> dict[str, Any]:
    zone = selection.zone_of(job)
    if slot <= selection.now:
        told = about_slot(job.name, slot, _runs_of(job, selection, MOST_RUNS), zone)
        return _told(job, slot, told or _nothing_at(slot, job, selection), selection)
    found = _forecast(job, selection, slot, slot + LATER)
    own = [run for run in found if run.slot == slot]
    if not own:
        return _told(job, slot, _nothing_at(slot, job, selection), selection)
    first, *others = _foretold(own, job, selection, slot + LATER, limit=len(own))
    return _told(job, slot, first, selection, more=others)


def _at(at: datetime, job: JobDefinition, selection: Selection) -> dict[str, Any]:
    """What happened, or will happen, around a moment."""
    zone = selection.zone_of(job)
    if at > selection.now:
        found = _foretold(_forecast(job, selection, at, at + AHEAD), job, selection, at + AHEAD, limit=1)
        return _told(job, at, found[0], selection)
    runs = _runs_of(job, selection, MOST_RUNS)
    told = about_slot(job.name, at, runs, zone)
    if told:
        return _told(job, at, told, selection)
    under_way = [run for run in runs if run.started_at is not None and run.started_at <= at and _ends_after(run, at)]
    if under_way:
        sentence = f"at {shown(at, zone)} " + "; ".join(about_run(run, zone) for run in under_way)
        return _told(job, at, sentence, selection)
    before = [run for run in runs if run.claimed_at <= at][:1]
    after = [run for run in runs if run.claimed_at > at][-1:]
    more = [about_run(run, zone) for run in (*before, *after)]
    return _told(job, at, _nothing_at(at, job, selection), selection, more=more)


def _ends_after(run: Run, at: datetime) -> bool:
    return run.finished_at is None or run.finished_at >= at


def _nothing_at(at: datetime, job: JobDefinition, selection: Selection) -> str:
    """Why nothing is known of a moment: the schedule has no slot there, or nobody has decided on it."""
    zone = selection.zone_of(job)
    moment = shown(at, zone)
    state = selection.store.job_states().get(job.name) if selection.store is not None else None
    following = next_slot(job.schedule, at - timedelta(microseconds=1), at)
    if following != at:
        what = "it never starts again" if following is None else f"the next slot is {shown(following, zone)}"
        return f"{job.name} has no slot at {moment}: by its schedule as it is now {what}"
    if state is not None and state.off_since is not None and state.off_since <= at:
        return f"{job.name} was disabled at {moment}: it has been off since {shown(state.off_since, zone)}"
    if state is not None and state.decided_until is not None and state.decided_until >= at:
        return f"the slot {moment} of {job.name} was passed over: it was disabled, or its schedule was edited since"
    return f"nothing is recorded of the slot {moment} of {job.name}: no engine has looked at it, or its row has expired"


def _runs_of(job: JobDefinition, selection: Selection, limit: int) -> list[Run]:
    """A job's last runs, newest first."""
    return selection.store.runs(jobs=[job.name], limit=limit) if selection.store is not None else []


def _forecast(job: JobDefinition, selection: Selection, begin: datetime, end: datetime) -> Sequence[ForecastRun]:
    from peak_console.forecast.forecast import Question, forecast

    assert selection.jobset is not None
    question = Question(now=selection.now, begin=begin, end=end)
    return forecast(selection.jobset, selection.store, question).of([job.name]).runs


def _foretold(
    runs: Sequence[ForecastRun], job: JobDefinition, selection: Selection, end: datetime, limit: int = 1
) -> list[str]:
    """What the forecast says, a sentence for each of the first few runs."""
    zone = selection.zone_of(job)
    if not runs:
        return [f"by forecast {job.name} does not start before {shown_with_zone(end, zone)}"]
    return [f"by forecast {_in_words(run, selection, job)}" for run in runs[:limit]]


def _in_words(run: ForecastRun, selection: Selection, job: JobDefinition) -> str:
    zone = selection.zone_of(job)
    if run.starts_at is None:
        reason = f": {run.reason or run.late_because}" if run.reason or run.late_because else ""
        what = "still waits then" if run.outcome == RunState.QUEUED else f"is {run.outcome.replace('_', ' ')}"
        return f"the slot {shown(run.slot, zone)} of {job.name} {what}{reason}"
    ends = f", {'about ' if run.is_guess else ''}until {shown(run.ends_at, zone)[11:]}" if run.ends_at else ""
    late = f", as it {run.late_because}" if run.late_because else ""
    begins = "goes on" if run.run_id is not None else f"starts at {shown(run.starts_at, zone)}"
    return f"{job.name} {begins}{ends}, {run.outcome.replace('_', ' ')}{late}"
