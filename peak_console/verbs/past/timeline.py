"""``timeline``: a lane per job, as the console's day view shows it; as JSON each run and slot on its own."""

from __future__ import annotations

import sys

from peak_console.decisions.ahead.day_view import Span, axis, coming, draw, under_way
from peak_console.decisions.job_words import job_words
from peak_console.errors import UsageError
from peak_console.model.lane import LaneItem
from peak_console.model.records import RunState
from peak_console.store.past.lanes import past_of
from peak_console.text import safe
from peak_console.verbs.shared.common import note_no_jobs, select
from peak_console.verbs.shared.output import cut, note, write, write_json
from peak_console.verbs.shared.times import iso, moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import JobState, Run
    from peak_console.store.store import Store
    from peak_console.verbs.shared.common import Selection

NAME_CELLS = 24
LEAST_CELLS, USUAL_CELLS = 20, 100
EXPECTED_BY = 20
"""So many runs tell how long the next is expected to take."""
MOST_ITEMS = 100_000
LEGEND = "━ ok  ═ several  ✖ failed  ○ missed  · skipped  ■ stopped  ▲ late  ▶ running  ◇ due  ┄ expected"


def show_timeline(options: Namespace) -> int:
    """``timeline``: what ran, what runs and what will run."""
    with select(options) as selection:
        span = _span(options, selection)
        asked = job_words(" ".join(options.words))
        jobs = [job for job in selection.jobs.values() if asked.wants(job.name, job.tags)]
        store = selection.store
        states = store.job_states() if store is not None else {}
        running: dict[str, list[Run]] = {}
        for run in store.unfinished() if store is not None else ():
            if run.state == RunState.RUNNING:
                running.setdefault(run.job, []).append(run)
        if options.json:
            items = [each for job in jobs for each in _each(job, store, states, running, selection.now, span)]
            write_json([_object(each, selection) for each in items[:MOST_ITEMS]])
            if len(items) > MOST_ITEMS:
                note(f"the first {MOST_ITEMS}; there are more, name fewer jobs or a shorter time")
            return 0
        lanes = {job.name: _lane(job, store, states, running, selection.now, span) for job in jobs}
    if not lanes:
        note_no_jobs(selection)
        if selection.jobs:
            note(f"no job is called {' '.join(map(safe, options.words))}, or like it; see: peak-console jobs")
        return 0
    write(f"{' ' * NAME_CELLS}{axis(span, selection.zone)}".rstrip() + "\n")
    for name, items in lanes.items():
        drawn = "".join(glyph for glyph, _ in draw(items, span, selection.now))
        write(f"{cut(safe(name), NAME_CELLS - 1):<{NAME_CELLS}}{drawn}".rstrip() + "\n")
    note(LEGEND)
    return 0


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


def _expected(store: Store | None, job: str) -> float | None:
    """The median of the last successful runs, in seconds."""
    if store is None:
        return None
    runs = store.runs(jobs=[job], outcome="succeeded", run_type="scheduler_job", limit=EXPECTED_BY)
    took = sorted(run.duration_seconds for run in runs if run.duration_seconds is not None)
    return took[len(took) // 2] if took else None


def _lane(
    job: JobDefinition,
    store: Store | None,
    states: Mapping[str, JobState],
    running: Mapping[str, Sequence[Run]],
    now: datetime,
    span: Span,
) -> list[LaneItem]:
    """What stands in a lane, in cells."""
    past = past_of(store, job.name, span.start, min(span.end, now), span.cell_seconds) if store is not None else []
    expected = _expected(store, job.name)
    return [
        *past,
        *under_way(running.get(job.name, ()), now, expected),
        *coming(job, states.get(job.name), now, span, expected),
    ]


def _each(
    job: JobDefinition,
    store: Store | None,
    states: Mapping[str, JobState],
    running: Mapping[str, Sequence[Run]],
    now: datetime,
    span: Span,
) -> Iterator[LaneItem]:
    """Every run, oldest first, and then the slots ahead, one for each cell of the span."""
    expected = _expected(store, job.name)
    runs = store.runs(jobs=[job.name], since=span.start, run_type="scheduler_job") if store is not None else []
    for run in reversed(runs):
        start = run.started_at or run.scheduled_for or run.claimed_at
        if run.outcome is not None and start < span.end:
            late = max(0.0, run.lateness_seconds or 0.0) if run.late_because else 0.0
            yield LaneItem(job.name, start, run.finished_at or start, run.outcome, run.id, late_seconds=late)
    yield from under_way(running.get(job.name, ()), now, expected)
    yield from coming(job, states.get(job.name), now, span, expected)


def _object(item: LaneItem, selection: Selection) -> dict[str, Any]:
    return {
        "job": item.job,
        "what": item.outcome,
        "start": iso(item.start, selection.zone),
        "end": iso(item.end, selection.zone),
        "run_id": item.run_id,
        "late_seconds": item.late_seconds,
    }
