"""A run as programs get it: the documented keys of ``runs --json``."""

from __future__ import annotations

from peak_console.schedule.zones import local_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, tzinfo
    from typing import Any

    from peak_console.model.records import Run

RUN_KEYS = (
    "id", "run_type", "job", "triggered_by", "scheduled_for", "attempt", "outcome", "return_code", "started_at",
    "finished_at", "duration_seconds", "lateness_seconds", "late_because", "command", "tags", "tag", "args",
    "mode", "reason", "requested_by", "state", "executor", "node", "submitted_at", "waited_there_seconds", "waits_for",
    "args_changed", "array_indexes", "array_of", "array_index", "array_values", "cpu_seconds", "peak_memory_bytes",
)  # fmt: skip
"""The documented keys of a run in JSON, and the columns of the CSV."""


def iso(at: datetime | None, zone: tzinfo) -> str | None:
    """ISO 8601 with the offset of ``zone``."""
    return None if at is None else local_time(at, zone).isoformat()


def run_object(run: Run, zone: tzinfo) -> dict[str, Any]:
    """A run with its times in a zone."""
    values = (
        run.id, run.run_type, run.job, run.triggered_by, iso(run.scheduled_for, zone), run.attempt, run.outcome,
        run.return_code, iso(run.started_at, zone), iso(run.finished_at, zone), run.duration_seconds,
        run.lateness_seconds, run.late_because, list(run.command), list(run.tags), run.tag, dict(run.args),
        run.run_mode, run.reason, run.requested_by, run.state, run.executor, run.node,
        iso(run.submitted_at, zone), run.waited_there_seconds, run.waits_for,
        list(run.args_changed), run.array_indexes, run.array_of, run.array_index, dict(run.array_values),
        run.cpu_seconds, run.peak_memory_bytes,
    )  # fmt: skip
    return dict(zip(RUN_KEYS, values, strict=True))
