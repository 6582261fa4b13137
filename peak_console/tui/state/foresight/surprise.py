"""Whether what has happened is what was foreseen. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.model.ahead import AheadRun
    from peak_console.model.records import Run

LEAST_SECONDS = 10.0
"""What starts or ends so much sooner or later than foreseen is no surprise."""
SHARE = 0.25
"""Nor is an end that is off by so much of the run's length."""


def _foreseen(run: Run, runs: Sequence[AheadRun]) -> AheadRun | None:
    """What was foreseen of a run."""
    for each in runs:
        if each.run_id == run.id or (each.slot == run.scheduled_for and each.attempt == run.attempt):
            return each
    return None


def _leeway(run: AheadRun) -> float:
    if run.starts_at is None or run.ends_at is None:
        return LEAST_SECONDS
    return max(LEAST_SECONDS, SHARE * (run.ends_at - run.starts_at).total_seconds())


def surprises(run: Run, runs: Sequence[AheadRun], made_at: datetime) -> bool:
    """Whether a run has started or ended otherwise than foreseen; ``runs`` are those foreseen of its job."""
    if run.started_at is None or (run.finished_at or run.started_at) < made_at:
        return False  # it has no process, or was known when the forecast was made
    each = _foreseen(run, runs)
    if each is None or each.starts_at is None:
        return True
    if abs((run.started_at - each.starts_at).total_seconds()) > LEAST_SECONDS:
        return True
    if run.finished_at is None:
        return False
    if run.outcome != each.outcome or each.ends_at is None:
        return True
    return abs((run.finished_at - each.ends_at).total_seconds()) > _leeway(each)


def is_overdue(run: Run, runs: Sequence[AheadRun], now: datetime) -> bool:
    """Whether a run goes on for longer than foreseen."""
    each = _foreseen(run, runs)
    if each is None or each.ends_at is None:
        return False
    return (now - each.ends_at).total_seconds() > _leeway(each)
