"""What stands in one job's lane of the day view, as a value."""

from __future__ import annotations

from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.model.ahead import AheadRun

COMING = "coming"
"""Stands for the outcome of a slot ahead."""
RUNNING = "running"
"""Stands for the outcome of a run under way."""


@dataclass(frozen=True, slots=True)
class LaneItem:
    """A run, or several within one cell; a run under way; or a slot ahead."""

    job: str
    start: datetime
    end: datetime
    outcome: str
    """The worst one of several; ``RUNNING``, ``COMING``."""
    run_id: int | None = None
    """The newest of those with that outcome."""
    count: int = 1
    bad: int = 0
    """How many of several have not succeeded."""
    late_seconds: float = 0.0
    """How late the latest of them was, where that was told."""
    ahead: AheadRun | None = None
    """Of a slot ahead: what is foreseen of it; ``None`` where nothing is but the slot."""
