"""``alerts --follow`` and ``runs --follow``: what comes is printed as it comes, a line each."""

from __future__ import annotations

import time

from peak_console.errors import PeakConsoleError
from peak_console.model.terms import RunState
from peak_console.store.tables.metrics import metrics_of
from peak_console.store.tables.provenance import provenance_of
from peak_console.verbs.shared.common import note_file_error, select
from peak_console.verbs.shared.output import write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator
    from typing import Any

    from peak_console.model.records import Alert, Run
    from peak_console.store.store import Store
    from peak_console.verbs.shared.common import Selection

LOOK_SECONDS = 0.25


def _opened(selection: Selection) -> Store:
    if selection.store is None:
        raise PeakConsoleError(f"{selection.directory}: nothing is recorded there yet; start an engine first")
    return selection.store


def _changes(store: Store) -> Iterator[None]:
    """Now, and whenever the registry has changed."""
    version = None
    while True:
        if (now := store.data_version()) != version:
            version = now
            yield
        time.sleep(LOOK_SECONDS)


def _json_line(value: Any) -> str:
    from json import dumps

    from peak_console.text import safe_json

    return safe_json(dumps(value, ensure_ascii=False)) + "\n"


def follow_alerts(options: Namespace) -> int:
    """Print the alerts that come from now on, until interrupted."""
    from peak_console.verbs.past.registry import alert_object, levels_from

    with select(options, needs_jobs=False) as selection:
        note_file_error(selection)
        store, levels = _opened(selection), levels_from(options.level)
        known = store.alert_counts().newest
        for _ in _changes(store):
            for alert in reversed(store.alerts(after=known, levels=levels)):
                known = max(known, alert.id)
                told = (
                    _json_line(alert_object(alert, selection.zone)) if options.json else _alert_line(alert, selection)
                )
                write(told)
    return 0


def _alert_line(alert: Alert, selection: Selection) -> str:
    from peak_console.text import safe
    from peak_console.verbs.shared.times import shown

    first = next(iter(alert.message.splitlines()), "")
    return f"{shown(alert.timestamp, selection.zone)}  {alert.level:8}  {safe(first)}\n"


def follow_runs(options: Namespace) -> int:
    """Print the runs that end from now on, until interrupted."""
    from peak_console.decisions.past.run_object import run_object

    with select(options, needs_jobs=False) as selection:
        note_file_error(selection)
        store = _opened(selection)
        job = selection.recorded_job(options.job) if options.job is not None else None
        newest = store.newest_run_id()
        under_way = {run.id for run in store.unfinished()}
        for _ in _changes(store):
            under_way |= {run_id for run_id, _ in store.runs_after(newest)}
            newest = max([newest, *under_way])
            for run_id in sorted(under_way):
                run = store.run(run_id)
                if run is not None and run.state != RunState.FINISHED:
                    continue
                under_way.discard(run_id)
                if (
                    run is not None
                    and (job is None or job in (run.job, run.defined_by))
                    and selection.shows(run.defined_by)
                ):
                    made = provenance_of(store, [run.id]).get(run.id)
                    numbers = metrics_of(store, [run.id]).get(run.id, {})
                    told = {**run_object(run, selection.zone), "provenance": made, "metrics": numbers}
                    write(_json_line(told) if options.json else _run_line(run, selection))
    return 0


def _run_line(run: Run, selection: Selection) -> str:
    from peak_console.text import duration, safe
    from peak_console.verbs.shared.times import shown

    took = f" after {duration(run.duration_seconds)}" if run.duration_seconds is not None else ""
    reason = f": {safe(run.reason)}" if run.reason else ""
    mark = "LIVE " if run.is_live else ""
    outcome = (run.outcome or "").replace("_", " ")
    return f"{shown(run.finished_at, selection.zone)}  {mark}{safe(run.job)} #{run.id} {outcome}{took}{reason}\n"
