"""What the wallboard says, most urgent first. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.decisions.job_status import Standing
from peak_console.text import countdown, safe
from peak_console.tui.drawing.glyphs import SLOW_FACTOR, UNUSUAL_SECONDS, elapsed
from peak_console.tui.state.snapshot import EngineState

if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.tui.state.snapshot import JobRow, Snapshot

    Line = tuple[str, str]
    """A text and its style."""

LATE_SECONDS = 60.0
"""A start that is later than that is late."""


def board(snapshot: Snapshot, now: datetime) -> list[Line]:
    """What is wrong first: the engine, a hold, failed jobs, late ones; then what runs, and what comes next."""
    lines: list[Line] = []
    if snapshot.stale_since is not None:
        lines.append(("OLD NEWS", "error"))
    if snapshot.engine in (EngineState.STOPPED, EngineState.BLOCKED):
        lines.append((f"ENGINE {snapshot.engine}", "error"))
    if snapshot.hold is not None:
        lines.append(("HOLD", "warning"))
    failed = [row for row in snapshot.rows if row.view.standing == Standing.FAILED]
    late = [(row, seconds) for row in snapshot.rows if (seconds := lateness(row, now)) is not None]
    lines += [(f"x {safe(row.name)}", "error") for row in failed]
    lines += [(f"late {safe(row.name)} {elapsed(seconds)}", "warning") for row, seconds in late]
    if not lines:
        lines.append(("all ok", "success"))
    running = [row for row in snapshot.rows if row.view.active]
    if running:
        lines.append((f"{len(running)} running", "primary"))
    if (upcoming := _next(snapshot)) is not None and upcoming.next_at is not None:
        left = (upcoming.next_at - now).total_seconds()
        lines.append((f"{countdown(left)} {safe(upcoming.name)}", "muted"))
    return lines


def lateness(row: JobRow, now: datetime) -> float | None:
    """By how many seconds a job's start is overdue, or its run takes longer than usual; ``None`` where neither is."""
    at = row.next_at
    if at is not None and (now - at).total_seconds() > LATE_SECONDS:
        return (now - at).total_seconds()
    started = next((run.started_at for run in row.view.active if run.started_at is not None), None)
    expected = row.expected_seconds
    if started is None or expected is None:
        return None
    over = (now - started).total_seconds() - SLOW_FACTOR * expected
    return over if over > UNUSUAL_SECONDS else None


def _next(snapshot: Snapshot) -> JobRow | None:
    waiting = [row for row in snapshot.rows if row.next_at is not None and row.view.not_served is None]
    return min(waiting, key=lambda row: row.next_at, default=None)  # type: ignore[arg-type,return-value]
