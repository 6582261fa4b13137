"""``runs`` and ``alerts``: what has happened, newest first."""

from __future__ import annotations

from peak_console.decisions.arrays import progress_in_words
from peak_console.decisions.past.run_object import RUN_KEYS, run_object
from peak_console.engine.commands.requests import LARGEST_NUMBER
from peak_console.errors import UsageError
from peak_console.model.records import Level, Outcome, RunState
from peak_console.runs.usage import with_usage_so_far
from peak_console.store.history import RUN_TYPE
from peak_console.store.tables.arrays import Arrays
from peak_console.store.tables.metrics import metrics_of
from peak_console.store.tables.provenance import provenance_of
from peak_console.text import duration, nearest, safe, size
from peak_console.verbs.shared.common import note_file_error, number_of, select
from peak_console.verbs.shared.output import note, write_csv, write_json, write_table
from peak_console.verbs.shared.times import iso, moment, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo
    from typing import Any

    from peak_console.model.progress import Progress
    from peak_console.model.records import Alert, Run
    from peak_console.store.store import Store
    from peak_console.verbs.shared.common import Selection

LATE_SECONDS = 2.0
"""A wait on a cluster that is shorter is not worth a word."""


def show_runs(options: Namespace) -> int:
    """``runs``: the registry, as a table, JSON or CSV."""
    if options.json and options.csv:
        raise UsageError("--json and --csv: choose one of them")
    if options.follow:
        from peak_console.verbs.shared.following import follow_runs

        return follow_runs(options)
    outcome = outcome_of(options.outcome)
    limit = limit_of(options.limit)
    with select(options, needs_jobs=False) as selection:
        runs = _runs(options, selection, outcome, limit)
        numbers = _metrics(selection, runs) if options.metrics else None
        wants = (options.json or options.csv) and selection.store is not None
        under_way = [run.id for run in runs if run.is_array and run.state == RunState.RUNNING]
        arrays = Arrays(selection.store).progress(under_way) if under_way and selection.store is not None else {}
        made = provenance_of(selection.store, [run.id for run in runs]) if wants and selection.store is not None else {}
    note_file_error(selection)
    if options.json or options.csv:
        objects = [{**run_object(run, selection.zone), "provenance": made.get(run.id)} for run in runs]
        if numbers is not None:
            for each in objects:
                each["metrics"] = numbers.get(each["id"], {})
        if options.json:
            write_json(objects)
        else:
            columns = (*RUN_KEYS, "provenance", *(["metrics"] if numbers is not None else []))
            write_csv(columns, [list(each.values()) for each in objects])
        return 0
    if runs:
        headers = (
            "run", "type", "mode", "job", "triggered by", "slot", "started", "took", "cpu", "memory", "late", "outcome",
            "code", "why",
            "metrics", "command",
        )  # fmt: skip
        rows = [_run_row(run, selection.zone, (numbers or {}).get(run.id, {}), arrays.get(run.id)) for run in runs]
        write_table(headers, rows, flexible=len(headers) - 1)
        note_more(len(runs), limit)
    else:
        note("no run is recorded" if selection.store is None else "no recorded run matches")
    return 0


def _metrics(selection: Selection, runs: Sequence[Run]) -> dict[int, dict[str, float]]:
    return metrics_of(selection.store, [run.id for run in runs]) if selection.store is not None else {}


def _runs(options: Namespace, selection: Selection, outcome: str | None, limit: int) -> Sequence[Run]:
    jobs: list[str] | None = list(selection.jobs) if selection.is_filtered else None
    if options.job is not None:
        jobs = [selection.recorded_job(options.job)]
    since = None
    if options.since is not None:
        since = moment("--since", options.since, selection.zone, selection.now, ahead=False)
    if selection.store is None:
        return []
    array = _array_of(options.array, selection.store) if options.array is not None else None
    found = selection.store.runs(
        jobs=jobs, outcome=outcome, run_type=options.run_type, tag=options.tag, since=since, limit=limit,
        array=array, with_members=options.job is not None and options.job not in selection.jobs,
    )  # fmt: skip
    return [with_usage_so_far(run) for run in found]


def _array_of(text: str, store: Store) -> int:
    """The number of an array. Raises ``UsageError`` for anything else."""
    number = number_of(text)
    run = store.run(number) if number is not None else None
    if run is None or not run.is_array:
        raise UsageError(f"--array: {safe(text)} is no array; see which there are: peak-console runs")
    return run.id


def outcome_of(text: str | None) -> str | None:
    if text is None:
        return None
    word = text.strip().lower().replace("-", "_")
    known = [str(outcome) for outcome in Outcome]
    if word not in known:
        guess = nearest(word, known)
        hint = f'did you mean "{guess}"?' if guess else f"use one of {', '.join(known)}"
        raise UsageError(f'--outcome: "{safe(text)}" is no outcome; {hint}')
    return word


def limit_of(number: int) -> int:
    """The registry's limit for a ``--limit``."""
    if number < 0:
        raise UsageError(f"--limit: {number} is negative; 0 is all")
    return min(number, LARGEST_NUMBER) or -1


def note_more(shown_rows: int, limit: int) -> None:
    if shown_rows == limit:
        note(f"the newest {limit}; there may be more, see --limit")


def _run_row(run: Run, zone: tzinfo, numbers: Mapping[str, float], progress: Progress | None = None) -> tuple[str, ...]:
    from peak_console.jobs.command import shown as as_command

    trigger = run.triggered_by.replace("_", " ")
    late = run.late_because if run.attempt == 1 else None
    values = ", ".join(f"{axis} {value}" for axis, value in run.array_values.items())
    how_far = progress_in_words(progress) if progress is not None else None
    return (
        f"#{run.id}",
        run.run_type if run.run_type != RUN_TYPE else "",
        "LIVE" if run.is_live else run.run_mode or "",
        run.job,
        trigger if run.attempt == 1 else f"{trigger}, attempt {run.attempt}",
        # A slot that became a run is told by its start and its lateness.
        shown(run.scheduled_for, zone) if run.started_at is None else "",
        shown(run.started_at, zone),
        "" if run.duration_seconds is None else duration(run.duration_seconds),
        "" if run.cpu_seconds is None else duration(run.cpu_seconds),
        "" if run.peak_memory_bytes is None else size(run.peak_memory_bytes),
        "" if run.lateness_seconds is None else duration(run.lateness_seconds),
        (run.outcome or run.state).replace("_", " "),
        "" if run.return_code is None else str(run.return_code),
        "; ".join(filter(None, (run.reason, late, values, how_far, waits_there(run)))),
        ", ".join(f"{name} {value:g}" for name, value in numbers.items()),
        as_command(run.command),
    )


def waits_there(run: Run) -> str | None:
    """What a run waits for with its executor, or how long it has waited there if that made it late."""
    if run.state == RunState.SUBMITTED:
        return f"waits in {run.executor}" + (f": {run.waits_for}" if run.waits_for else "")
    waited = run.waited_there_seconds
    return f"waited {duration(waited)} in {run.executor}" if waited is not None and waited >= LATE_SECONDS else None


def show_alerts(options: Namespace) -> int:
    """``alerts``: the alert log."""
    limit = limit_of(options.limit)
    if options.follow:
        from peak_console.verbs.shared.following import follow_alerts

        return follow_alerts(options)
    with select(options, needs_jobs=False) as selection:
        alerts = _alerts(selection, limit, open_only=options.open, level=options.level)
    note_file_error(selection)
    if options.json:
        write_json([alert_object(alert, selection.zone) for alert in alerts])
    elif alerts:
        headers = ("time", "level", "job", "message", "acknowledged")
        write_table(headers, [_alert_row(alert, selection.zone) for alert in alerts], flexible=3)
        note_more(len(alerts), limit)
    else:
        note("no alert is open" if options.open else "no alert is recorded")
    return 0


def _alerts(selection: Selection, limit: int, *, open_only: bool, level: str | None) -> Sequence[Alert]:
    if selection.store is None:
        return []
    jobs: list[str | None] | None = None
    if selection.is_filtered:
        # As with channels: tags that are asked for leave out what is about no job.
        jobs = [*selection.jobs, *([] if selection.include_tags else [None])]
    return selection.store.alerts(limit=limit, open_only=open_only, jobs=jobs, levels=levels_from(level))


def levels_from(level: str | None) -> Sequence[str] | None:
    """A level and those above it; ``None`` is every level."""
    return None if level is None else list(Level)[list(Level).index(Level(level)) :]


def alert_object(alert: Alert, zone: tzinfo) -> dict[str, Any]:
    return {
        "id": alert.id,
        "level": alert.level,
        "source": alert.source,
        "message": alert.message,
        "timestamp": iso(alert.timestamp, zone),
        "context": dict(alert.context),
        "job": alert.job,
        "run_id": alert.run_id,
        "acknowledged_at": iso(alert.acknowledged_at, zone),
        "acknowledged_by": alert.acknowledged_by,
        "note": alert.ack_note,
        "cause": alert.cause,
        "count": alert.count,
        "last_at": iso(alert.latest_at, zone),
        "resolved_at": iso(alert.resolved_at, zone),
    }


def _alert_row(alert: Alert, zone: tzinfo) -> tuple[str, ...]:
    acknowledged = "–"
    if alert.acknowledged_at is not None and alert.acknowledged_by is not None:
        acknowledged = f"by {alert.acknowledged_by}, {shown(alert.acknowledged_at, zone)}"
        acknowledged += f": {alert.ack_note}" if alert.ack_note else ""
    if alert.resolved_at is not None:
        acknowledged = f"resolved {shown(alert.resolved_at, zone)}"
    first = next(iter(alert.message.splitlines()), "")
    if alert.count > 1:
        first += f" (×{alert.count}, last {shown(alert.latest_at, zone)})"
    run = f" #{alert.run_id}" if alert.run_id is not None else ""
    return (shown(alert.timestamp, zone), alert.level, f"{alert.job or ''}{run}".strip(), first, acknowledged)
