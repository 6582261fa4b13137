"""``timeline``: a lane per job, as the console's day view shows it; as JSON each run and slot on its own."""

from __future__ import annotations

import sys

from peak_console.decisions.ahead.day_view import Span, axis, coming, draw, foreseen, legend, under_way
from peak_console.decisions.ahead.durations import REMEMBERED, durations_that_count, expected
from peak_console.decisions.job_words import job_words
from peak_console.errors import StateError, UsageError
from peak_console.model.lane import LaneItem
from peak_console.model.records import RunState
from peak_console.store.past.lanes import past_of
from peak_console.text import safe
from peak_console.verbs.shared.common import note_no_jobs, select
from peak_console.verbs.shared.output import cut, note, write, write_json
from peak_console.verbs.shared.times import iso, moment, shown_with_zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any

    from peak_console.forecast.outlook import Outlook
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.verbs.shared.common import Selection

NAME_CELLS = 24
LEAST_CELLS, USUAL_CELLS = 20, 100
MOST_ITEMS = 100_000
FORECAST_SECONDS = 20.0
"""So much of a processor's time a forecast may take."""


def show_timeline(options: Namespace) -> int:
    """``timeline``: what ran, what runs and what will run."""
    with select(options) as selection:
        span = _span(options, selection)
        asked = job_words(" ".join(options.words))
        jobs = [job for job in selection.jobs.values() if asked.wants(job.name, job.tags)]
        view = _View(selection, span, _outlook(selection, span))
        lanes = {job.name: _Lane(job, view) for job in jobs}
        if options.json:
            items = [each for lane in lanes.values() for each in lane.each()]
            write_json([_object(each, selection) for each in items[:MOST_ITEMS]])
            if len(items) > MOST_ITEMS:
                note(f"the first {MOST_ITEMS}; there are more, name fewer jobs or a shorter time")
            return 0
        drawn = {name: draw(lane.in_cells(), span, selection.now, lane.sessions()) for name, lane in lanes.items()}
    if not lanes:
        note_no_jobs(selection)
        if selection.jobs:
            note(f"no job is called {' '.join(map(safe, options.words))}, or like it; see: peak-console jobs")
        return 0
    write(f"{' ' * NAME_CELLS}{axis(span, selection.zone)}".rstrip() + "\n")
    for name, cells in drawn.items():
        line = "".join(glyph for glyph, _ in cells)
        write(f"{cut(safe(name), NAME_CELLS - 1):<{NAME_CELLS}}{line}".rstrip() + "\n")
    note(legend())
    return 0


def _outlook(selection: Selection, span: Span) -> Outlook | None:
    """What is foreseen until the end of the span, for a day at the most; ``None`` where it cannot be told."""
    from time import process_time

    from peak_console.forecast.outlook import HORIZON, foresee

    until = min(span.end, selection.now + HORIZON)
    if selection.jobset is None or until <= selection.now:
        return None
    enough = process_time() + FORECAST_SECONDS
    try:
        *_, found = foresee(selection.jobset, selection.store, selection.now, until, lambda: process_time() < enough)
    except StateError as error:
        note(f"{error}; what is ahead are slots alone")
        return None
    if not found.is_whole:
        note(
            f"the forecast goes up to {shown_with_zone(found.end, selection.zone)}, as there are too many runs to come;"
            " later ones are slots alone"
        )
    return found


def _span(options: Namespace, selection: Selection) -> Span:
    zone, now = selection.zone, selection.now
    start = moment("--from", options.from_ or "3h", zone, now, ahead=False)
    end = moment("--to", options.to or "3h", zone, now, ahead=True)
    if end <= start:
        raise UsageError(f"--to: {options.to} lies before --from")
    width = USUAL_CELLS
    if sys.stdout.isatty():
        from shutil import get_terminal_size

        width = max(LEAST_CELLS, get_terminal_size().columns - NAME_CELLS)
    return Span(start, (end - start).total_seconds() / width, width)


class _View:
    """What the lanes have in common."""

    def __init__(self, selection: Selection, span: Span, outlook: Outlook | None) -> None:
        self.store = store = selection.store
        self.now = selection.now
        self.span = span
        self.outlook = outlook
        self.states = store.job_states() if store is not None else {}
        self.blackouts = selection.blackouts
        self.running: dict[str, list[Run]] = {}
        for run in store.unfinished() if store is not None else ():
            if run.state == RunState.RUNNING:
                self.running.setdefault(run.job, []).append(run)


class _Lane:
    """What stands in one job's lane."""

    def __init__(self, job: JobDefinition, view: _View) -> None:
        self._job = job
        self._view = view
        attempts = view.store.last_attempts(job.name, REMEMBERED) if view.store is not None else []
        self._known = durations_that_count(attempts)

    def in_cells(self) -> list[LaneItem]:
        """The past in cells, then what runs and what comes."""
        span, store, now = self._view.span, self._view.store, self._view.now
        past = past_of(store, self._job.name, span.start, min(span.end, now), span.cell_seconds) if store else []
        return [*past, *self._ahead()]

    def each(self) -> Iterator[LaneItem]:
        """Every run, oldest first, and then what comes, one for each cell of the span."""
        job, store, span = self._job, self._view.store, self._view.span
        runs = store.runs(jobs=[job.name], since=span.start, run_type="scheduler_job") if store is not None else []
        for run in reversed(runs):
            start = run.started_at or run.scheduled_for or run.claimed_at
            if run.outcome is not None and start < span.end:
                late = max(0.0, run.lateness_seconds or 0.0) if run.late_because else 0.0
                yield LaneItem(job.name, start, run.finished_at or start, run.outcome, run.id, late_seconds=late)
        yield from self._ahead()

    def sessions(self) -> Iterator[tuple[datetime, datetime]]:
        """When its market is open."""
        from peak_console.schedule.sessions.hours import open_between

        rule = self._job.schedule.sessions
        if rule is not None and rule.calendar is not None and rule.calendar.has_hours:
            yield from open_between(rule.calendar, self._view.span.start, self._view.span.end)

    def _ahead(self) -> Iterator[LaneItem]:
        """What runs, and what comes: foreseen as far as that goes, and slots after it."""
        view, job = self._view, self._job
        now, span, outlook = view.now, view.span, view.outlook
        runs = outlook.of_job.get(job.name, ()) if outlook is not None else ()
        ends = {run.run_id: run.ends_at for run in runs if run.run_id is not None and run.ends_at is not None}
        yield from under_way(view.running.get(job.name, ()), now, self._known, ends)
        yield from foreseen(runs, now, span)
        usual = expected(self._known)
        yield from coming(
            job, view.states.get(job.name), now, span, usual.usual if usual is not None else None,
            outlook.end if outlook is not None else None, view.blackouts,
        )  # fmt: skip


def _object(item: LaneItem, selection: Selection) -> dict[str, Any]:
    zone, run = selection.zone, item.ahead
    due = run.due if run is not None else None
    return {
        "job": item.job,
        "what": item.outcome,
        "start": iso(item.start, zone),
        "end": iso(item.end, zone),
        "run_id": item.run_id,
        "late_seconds": item.late_seconds,
        "slot": iso(run.slot, zone) if run is not None else None,
        "attempt": run.attempt if run is not None else None,
        "foreseen": run.outcome if run is not None else None,
        "because": (run.reason or run.waits) if run is not None else None,
        "deadline": iso(due.at, zone) if due is not None else None,
        "slack_seconds": due.slack_seconds if due is not None else None,
        "risk": due.risk if due is not None else None,
    }
