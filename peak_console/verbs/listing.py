"""``jobs`` and ``next``: how each job stands, and what is coming."""

from __future__ import annotations

import os

from peak_console.decisions.ahead.upcoming import slots_ahead
from peak_console.decisions.arrays import bar, progress_in_words
from peak_console.decisions.capacity import Capacity, capacity_of
from peak_console.decisions.conditions import DISABLED_IN_FILE, held, override_in_words
from peak_console.decisions.holding.blackouts import window_in_words
from peak_console.decisions.holding.holds import scope
from peak_console.decisions.job_status import CLAIMED_MEANS, Standing, unmet_of, views
from peak_console.decisions.places import PlacesTaken, waits_since
from peak_console.decisions.serving import Coverage
from peak_console.errors import UsageError
from peak_console.jobs.model import mode_in_words
from peak_console.schedule.wording.words import foreign_zone, in_words
from peak_console.schedule.zones import zone_name
from peak_console.text import ago, duration
from peak_console.verbs.blackouts import blackout_object, in_blackout
from peak_console.verbs.shared.common import note_no_jobs, select
from peak_console.verbs.shared.output import note, write_json, write_table
from peak_console.verbs.shared.times import iso, moment, shown, shown_with_zone, until

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from peak_console.decisions.holding.blackouts import Window
    from peak_console.decisions.job_status import JobView
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import JobState, Run
    from peak_console.model.state import Hold
    from peak_console.verbs.shared.common import Selection

    Upcoming = tuple[datetime, JobDefinition]


BAR_CELLS = 10
MOST_SLOTS = 100_000
"""Slots shown at once at the most: a job of every minute has five thousand million up to the end of the calendar."""


def show_jobs(options: Namespace) -> int:
    """``jobs``: every job, how it stands and why, its schedule, next slot and last run."""
    with select(options) as selection:
        found = views(
            selection.jobs.values(), selection.store, selection.now, gates=selection.gates,
            blackouts=selection.blackouts_in_file, zone=selection.zone,
        )  # fmt: skip
        hold, holds = selection.store.hold() if selection.store is not None else None, selection.holds
        active = _active(selection)
        places = _places(selection, hold, [view.job.name for view in found if view.not_served is not None])
    _note_holds(hold, holds, active, selection)
    if options.json:
        write_json([_job_object(view, selection, places, hold) for view in found])
        return 0
    note_no_jobs(selection)
    if found:
        headers = ("state", "mode", "job", "schedule", "next", "", "last run", "tags")
        write_table(headers, [_job_row(view, selection, places) for view in found], flexible=7)
    return 0


def _active(selection: Selection) -> list[Window]:
    """The blackouts around this moment."""
    blackouts = selection.blackouts
    return blackouts.active(selection.now) if blackouts is not None else []


def _note_holds(hold: Hold | None, holds: Sequence[Hold], blackouts: Sequence[Window], selection: Selection) -> None:
    if hold is not None:
        note(f"{held(hold, selection.zone)}: nothing starts until it is released")
    for each in holds:
        note(f"{scope(each)} are {held(each, selection.zone)}")
    for window in blackouts:
        note(f"{window.scope}: {window_in_words(window, selection.zone)}")


def _places(selection: Selection, hold: Hold | None, not_served: Sequence[str]) -> PlacesTaken:
    """Who has the places, and who waits, among the runs of all jobs."""
    store, jobset = selection.store, selection.jobset
    limit = jobset.settings.max_concurrent_runs if jobset is not None else 0
    if store is None:
        return PlacesTaken((), limit, selection.now)
    return PlacesTaken(
        store.unfinished(),
        limit,
        selection.now,
        held=hold is not None,
        served=any(each.serves for each in store.engines()),
        not_served=not_served,
    )


def _waiting(view: JobView, places: PlacesTaken) -> list[Run]:
    """A job's slots that wait for their turn, the one that has waited longest first."""
    found = [run for run in (*places.waiting, *places.unserved) if run.job == view.job.name]
    return sorted(found, key=waits_since)


def _why_not(view: JobView, selection: Selection, places: PlacesTaken, hold: Hold | None) -> dict[str, Any] | None:
    """The condition that keeps a job from starting now."""
    active = [run.defined_by for run in places.active]
    capacity = capacity_of(selection.jobset, active) if selection.jobset is not None else Capacity(0, len(active))
    unmet = unmet_of(view, selection.now, capacity, hold=hold, zone=selection.zone)
    if unmet is None:
        return None
    until = iso(unmet.until, selection.zone_of(view.job))
    return {"condition": unmet.name, "sentence": unmet.sentence, "until": until}


def _job_object(view: JobView, selection: Selection, places: PlacesTaken, hold: Hold | None) -> dict[str, Any]:
    job, run = view.job, view.last_run
    waiting = _waiting(view, places)
    return {
        "name": job.name,
        "mode": job.mode,
        "enabled": view.enabled,
        "disabled_by": view.disabled_by,
        "state": view.standing,
        "schedule": in_words(job.schedule),
        "timezone": zone_name(selection.zone_name_of(job)),
        "next_slot": iso(view.next_slot, selection.zone_of(job)),
        "why_not": _why_not(view, selection, places, hold),
        "not_served": view.not_served,
        "gate": view.gate,
        "array": _array(view),
        "blackout": window_in_words(view.blackout, selection.zone) if view.blackout is not None else None,
        "waiting": {
            "slots": len(waiting),
            "since": iso(waits_since(waiting[0]), selection.zone),
            "behind": places.behind(waiting[0]),
        }
        if waiting
        else None,
        "last_run": {
            "id": run.id,
            "outcome": run.outcome,
            "return_code": run.return_code,
            "started_at": iso(run.started_at, selection.zone),
            "finished_at": iso(run.finished_at, selection.zone),
        }
        if run is not None
        else None,
        "last_success": {"id": success.id, "finished_at": iso(success.finished_at, selection.zone)}
        if (success := view.last_success) is not None
        else None,
        "no_success_since": iso(view.missing_since, selection.zone_of(job)),
        "tags": list(job.tags),
        "meta": _meta(job),
    }


def _array(view: JobView) -> dict[str, int] | None:
    """How far the job's array is, while one is under way."""
    progress = view.progress
    if progress is None:
        return None
    return {
        "runs": progress.size, "succeeded": progress.succeeded, "failed": progress.failed,
        "under_way": progress.under_way, "waiting": progress.waiting,
    }  # fmt: skip


def _meta(job: JobDefinition) -> dict[str, Any]:
    if not job.meta:
        return {}
    from peak_console.redact import Redactor

    return Redactor.from_environments(os.environ, job.env).meta(job.meta)


def _job_row(view: JobView, selection: Selection, places: PlacesTaken) -> tuple[str, ...]:
    job, slot = view.job, view.next_slot
    return (
        _state(view, selection, places),
        mode_in_words(job),
        job.name,
        _schedule(job, selection),
        shown_with_zone(slot, selection.zone_of(job)) if slot is not None else "–",
        until(slot, selection.now) if slot is not None else "",
        _last(view.last_run, selection.now),
        ", ".join(job.tags),
    )


def _schedule(job: JobDefinition, selection: Selection) -> str:
    """In words, with its zone where that is not the scheduler's."""
    return in_words(job.schedule, with_zone=foreign_zone(job.schedule, selection.zone) is not None)


def _state(view: JobView, selection: Selection, places: PlacesTaken) -> str:
    """The word, and who has switched the job on or off."""
    switched = _switched(view, selection)
    if view.standing == Standing.DISABLED:
        return switched
    blackout = window_in_words(view.blackout, selection.zone) if view.blackout is not None else ""
    not_served = f"not served: {view.not_served}" if view.not_served else blackout or view.gate or ""
    claimed = CLAIMED_MEANS if view.standing == Standing.CLAIMED else ""
    there = _waits_there(view, selection) if view.standing == Standing.SUBMITTED else ""
    how_far = f" {bar(view.progress, BAR_CELLS)} {progress_in_words(view.progress)}" if view.progress else ""
    state = f"{view.standing}{there}{how_far}{_waits(view, places)}"
    if view.standing == Standing.AWAITING:
        state = view.queued[0].awaits or state
    return ", ".join(filter(None, (state, _missing(view, selection), claimed, switched, not_served)))


def _missing(view: JobView, selection: Selection) -> str:
    """The slot that has passed without a success, where one has, and how old the last success is."""
    if view.missing_since is None:
        return ""
    success = view.last_success
    last = ago((selection.now - (success.finished_at or success.claimed_at)).total_seconds()) if success else "never"
    return f"no success for {shown(view.missing_since, selection.zone)} (last success {last})"


def _waits_there(view: JobView, selection: Selection) -> str:
    """Where a submitted run waits, for how long, and for what."""
    run = view.active[0]
    since = f" for {duration((selection.now - run.submitted_at).total_seconds())}" if run.submitted_at else ""
    why = f": {run.waits_for}" if run.waits_for else ""
    return f" to {run.executor}{since}{why}"


def _waits(view: JobView, places: PlacesTaken) -> str:
    """How long a slot of a job has waited for its turn and whom it waits for, and how many more do."""
    waiting = _waiting(view, places)
    if not waiting:
        return ""
    words = places.in_words(waiting[0]) if waiting[0] not in places.unserved else ""  # that is said beside it
    told = f" for {duration(places.waited_seconds(waiting[0]))}{f' {words}' if words else ''}"
    more = f", {len(waiting)} slots waiting" if len(waiting) > 1 else ""
    return (told if view.standing == Standing.QUEUED else "") + more


def _switched(view: JobView, selection: Selection) -> str:
    """Who has disabled the job, or enabled it against its file; empty where it is as the file says and enabled."""
    override = view.override
    if override is not None and not (override.enabled and view.job.enabled):
        return override_in_words(override, lambda at: shown(at, selection.zone))
    return "" if view.enabled else DISABLED_IN_FILE


def _last(run: Run | None, now: datetime) -> str:
    if run is None:
        return "never"
    if run.outcome is None:
        return f"#{run.id} {run.state}"
    outcome = run.outcome.replace("_", " ")
    code = f" ({run.return_code})" if run.return_code else ""
    at = run.finished_at or run.claimed_at
    return f"#{run.id} {outcome}{code}, {ago((now - at).total_seconds())}"


def show_next(options: Namespace) -> int:
    """``next``: upcoming slots of all jobs, oldest first."""
    if options.count < 0 or (options.count == 0 and options.to is None):
        raise UsageError("--count: give 1 or more; 0 (all of them) needs an end, --to")
    if options.count > MOST_SLOTS:
        raise UsageError(f"--count: give {MOST_SLOTS} at the most, and go on with --from")
    with select(options) as selection:
        jobs = {options.job: selection.job(options.job)} if options.job is not None else selection.jobs
        states = selection.store.job_states() if selection.store is not None else {}
        hold, holds = selection.store.hold() if selection.store is not None else None, selection.holds
        blackouts, active = selection.blackouts, _active(selection)
        coverage = Coverage(selection.store.engines() if selection.store is not None else (), selection.now)
        not_served = {name: why for name in jobs if (why := coverage.why_not_served(name)) is not None}
    _note_holds(hold, holds, active, selection)
    if options.calendar:
        _show_weeks(options, selection, jobs, states)
        return 0
    found = _upcoming(options, selection, jobs, states)
    if options.ics:
        from peak_console.verbs.ahead.next_views import write_ics

        write_ics(found, selection.now)
        return 0
    if options.json:
        write_json(
            [
                {
                    "job": job.name,
                    "mode": job.mode,
                    "not_served": not_served.get(job.name),
                    "blackout": blackout_object(blackouts, job, slot, selection),
                    "slot": iso(slot, selection.zone_of(job)),
                }
                for slot, job in found
            ]
        )
        return 0
    note_no_jobs(selection)
    if found:
        rows = [
            (
                shown_with_zone(slot, selection.zone_of(job)),
                until(slot, selection.now)
                + (", not served" if job.name in not_served else "")
                + in_blackout(blackouts, job, slot, selection),
                mode_in_words(job),
                job.name,
                _schedule(job, selection),
            )
            for slot, job in found
        ]
        write_table(("slot", "", "mode", "job", "schedule"), rows, flexible=4)
        for name in dict.fromkeys(job.name for _, job in found if job.name in not_served):
            note(f"{name} is not served: {not_served[name]}")
    elif jobs:
        note("no job has anything ahead; see: peak-console jobs")
    return 0


def _show_weeks(
    options: Namespace, selection: Selection, jobs: Mapping[str, JobDefinition], states: Mapping[str, JobState]
) -> None:
    """All slots of some weeks, counted by day."""
    from datetime import timedelta

    from peak_console.verbs.ahead.next_views import WEEKS_DAYS, write_weeks

    start = _moment_of("--from", options.from_, selection) or selection.now
    end = _moment_of("--to", options.to, selection) or start + timedelta(WEEKS_DAYS - 1)
    options.count, options.to = 0, end.isoformat()
    write_weeks(_upcoming(options, selection, jobs, states), jobs.values(), start, end, selection.zone)


def _upcoming(
    options: Namespace, selection: Selection, jobs: Mapping[str, JobDefinition], states: Mapping[str, JobState]
) -> list[Upcoming]:
    from heapq import merge
    from itertools import islice, takewhile
    from operator import itemgetter

    now = selection.now
    after = _moment_of("--from", options.from_, selection)
    end = _moment_of("--to", options.to, selection)
    if end is not None and end < (after or now):
        raise UsageError(f"--to: {options.to} lies before {'--from' if after else 'now'}")

    def ahead(job: JobDefinition) -> Iterator[Upcoming]:
        return ((slot, job) for slot in slots_ahead(job, states.get(job.name), now, after))

    # Equal slots come in the order of the file; no job's slots are computed further than they are shown.
    slots: Iterator[Upcoming] = merge(*map(ahead, jobs.values()), key=itemgetter(0))
    if end is not None:
        slots = takewhile(lambda item: item[0] <= end, slots)
    found = list(islice(slots, options.count or MOST_SLOTS + 1))
    if len(found) > MOST_SLOTS:
        note(f"the first {MOST_SLOTS}; there are more, see --from")
    return found[:MOST_SLOTS]


def _moment_of(option: str, text: str | None, selection: Selection) -> datetime | None:
    return None if text is None else moment(option, text, selection.zone, selection.now, ahead=True)
