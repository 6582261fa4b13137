"""What a line of the history says of a run, in columns that fit the width. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.model.records import RunState, Trigger
from peak_console.schedule.zones import local_time
from peak_console.text import duration, safe
from peak_console.tui.drawing.glyphs import MARKED, QUEUED, RUNNING, elapsed, moment, outcome
from peak_console.tui.drawing.paint import cut, fitted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from peak_console.model.records import Run
    from peak_console.tui.drawing.glyphs import Look
    from peak_console.tui.drawing.paint import Piece

BROAD = 100
"""From this width on there is room for who or what has started a run."""
_WHEN, _OUTCOME, _TOOK, _LATE, _BY = 13, 14, 8, 9, 16
_LATE_PLACE = 4
_RIGHT = (3, _LATE_PLACE)
"""The places of the columns that are aligned to the right."""
_JOB_MIN, _JOB_MAX = 14, 34
_WHY_MIN = 12
TITLES = ("when", "outcome", "job", "took", "late", "by", "why")
EMPTY = "no run is like that"


class HistoryColumns:
    """The columns of one width."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.by = _BY if width >= BROAD else 0
        fixed = 2 + _WHEN + _OUTCOME + _TOOK + _LATE + self.by
        self.job = min(max(width - fixed - _WHY_MIN * (1 if width < BROAD else 3), _JOB_MIN), _JOB_MAX)

    def titles(self) -> list[Piece]:
        """The line above the runs."""
        return [("  ", "text"), *self._in_columns([(title, "muted") for title in TITLES])]

    def line(self, run: Run, now: datetime, zone: tzinfo, *, marked: bool = False) -> list[Piece]:
        """What is said of a run, without the sign of the cursor before it."""
        look = look_of(run)
        took, by = _took(run, now), by_whom(run)
        late = run.lateness_seconds if run.late_because else None
        code = f" {run.return_code}" if run.return_code else ""
        cells: list[Piece] = [
            (when(at_of(run), now, zone), "text"),
            (f"{look.glyph} {look.word}{code}", look.style),
            (safe(run.job), "name"),
            took,
            ("" if late is None else duration(max(0.0, late)), "warning"),
            (by, "muted"),
            (safe(why(run)), "muted"),
        ]
        return [(MARKED if marked else " ", "accent"), *self._in_columns(cells)]

    def _in_columns(self, cells: Sequence[Piece]) -> list[Piece]:
        widths = (_WHEN, _OUTCOME, self.job, _TOOK, _LATE, self.by)
        pieces: list[Piece] = []
        room = self.width - 2
        for place, (cell, size) in enumerate(zip(cells, widths, strict=False)):
            if size:
                gap = 2 if place == _LATE_PLACE else 1
                pieces += fitted((cell,), size - gap, right=place in _RIGHT, gap=gap)
                room -= size
        text, style = cells[-1]
        return [*pieces, (cut(text, max(0, room)), style)]


def at_of(run: Run) -> datetime:
    """The moment that a run stands at: its start, else its slot."""
    return run.started_at or run.scheduled_for or run.claimed_at


def when(at: datetime, now: datetime, zone: tzinfo) -> str:
    """``14:55:03`` of today, else with its day."""
    local = local_time(at, zone)
    return f"{local:%H:%M:%S}" if local.date() == local_time(now, zone).date() else moment(at, now, zone)


def by_whom(run: Run) -> str:
    """What has started a run, and who; nothing of one by its schedule."""
    if run.attempt > 1:
        return f"attempt {run.attempt}"
    if run.triggered_by == Trigger.SCHEDULE:
        return ""
    word = str(run.triggered_by).replace("_", " ")
    return f"{word} {safe(run.requested_by)}" if run.requested_by else word


def why(run: Run) -> str:
    """The recorded reasons of a run: of its end, and of its lateness."""
    return "; ".join(filter(None, (run.reason or run.stop_reason, run.late_because)))


def look_of(run: Run) -> Look:
    if run.outcome is not None:
        return outcome(run.outcome)
    return QUEUED if run.state == RunState.QUEUED else RUNNING


def _took(run: Run, now: datetime) -> Piece:
    if run.duration_seconds is not None:
        return duration(run.duration_seconds), "text"
    if run.started_at is not None and run.outcome is None:
        return elapsed(max(0.0, (now - run.started_at).total_seconds())), RUNNING.style
    return "", "text"
