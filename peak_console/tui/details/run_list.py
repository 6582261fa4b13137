"""The last runs of one job as a table, with a cursor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.geometry import Size
from textual.message import Message

from peak_console.model.records import RunState
from peak_console.schedule.zones import local_time
from peak_console.text import duration, safe
from peak_console.tui.drawing import paint
from peak_console.tui.drawing.cursor_list import CursorList
from peak_console.tui.drawing.entries import EntryList
from peak_console.tui.drawing.glyphs import (
    CHANGED,
    CURSOR,
    NOTHING,
    QUEUED,
    RUNNING,
    SUBMITTED,
    outcome,
    used,
    why_late,
)
from peak_console.tui.keys.actions import binding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from textual.binding import BindingType
    from textual.strip import Strip

    from peak_console.model.records import Run
    from peak_console.tui.drawing.glyphs import Look
    from peak_console.tui.drawing.paint import Piece

WIDE = 100
"""From this width on there is room for the day of the week and the seconds."""
_STYLES = ("text", "muted", "accent", "primary", "error", "warning", "success")
_COLUMNS = (("run", 8), ("when", 20), ("by", 10), ("outcome", 14), ("code", 6), ("took", 8), ("late", 8))
_WHEN_NARROW = 13
_RIGHT = ("code", "took", "late")
EMPTY = "it has never run"


class RunList(CursorList):
    """Runs, newest first, below a line of headings that stays."""

    PREFIX = "run-list"
    STYLES = _STYLES
    HEADINGS = 1
    COMPONENT_CLASSES: ClassVar[set[str]] = {*(f"run-list--{name}" for name in _STYLES), "run-list--cursor"}

    BINDINGS: ClassVar[list[BindingType]] = [binding("open_run")]

    @dataclass
    class Opened(Message):
        """The operator wants to see the output of a run."""

        run_id: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        self._runs: EntryList[Run] = EntryList(key=lambda run: run.id)
        super().__init__(self._runs, id=id)
        self._zone: tzinfo | None = None

    @property
    def current(self) -> Run | None:
        """The run under the cursor."""
        return self._runs.current

    def show(self, runs: Sequence[Run], zone: tzinfo) -> None:
        """Show these runs, newest first, with times in ``zone``. The cursor stays on its run."""
        self._zone = zone
        self._runs.replace(runs)
        self.virtual_size = Size(1, len(runs) + self.HEADINGS)
        self._tell_more()
        self.refresh()

    def _tell_more(self) -> None:
        """Say below the list what its lines have no room for: what the run under the cursor used, why it was late."""
        run = self._runs.current
        self.border_subtitle = Content("; ".join(filter(None, (used(run), why_late(run))))) if run is not None else ""

    def cursor_moved(self) -> None:
        self._tell_more()
        self.scroll_visible(animate=False)  # on a small screen the list itself may be below the edge

    def open_entry(self) -> None:
        self.action_open_run()

    def action_open_run(self) -> None:
        run = self._runs.current
        if run is not None:
            self.post_message(self.Opened(run.id))

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        place, runs = y - self.HEADINGS + self.scroll_offset.y, self._runs.items
        cursor = y >= self.HEADINGS and place == self._runs.cursor_place
        pieces: list[Piece] = []
        if y == 0:
            pieces = [(" ", "text"), *_in_columns([(name, "muted") for name, _ in _COLUMNS], width), ("why", "muted")]
        elif self._zone is not None and place < len(runs):
            pieces = [(CURSOR if cursor else " ", "accent"), *_row(runs[place], self._zone, width)]
        elif y == 1 and not runs:
            pieces = [(" ", "text"), (EMPTY, "muted")]
        return paint.strip(pieces, self._colours(cursor=cursor), width)


def _row(run: Run, zone: tzinfo, width: int) -> list[Piece]:
    look = _look_of(run)
    took, late = run.duration_seconds, run.lateness_seconds
    at = local_time(run.started_at or run.scheduled_for or run.claimed_at, zone)
    cells = [
        (f"#{run.id}{CHANGED if run.args_changed else ''}", "text"),
        (_when(at, width), "text"),
        (safe(run.triggered_by).replace("_", " ") + (f" {run.attempt}" if run.attempt > 1 else ""), "muted"),
        (f"{look.glyph} {look.word}", look.style),
        (NOTHING if run.return_code is None else str(run.return_code), "error" if run.return_code else "muted"),
        (NOTHING if took is None else duration(took), "text"),
        (NOTHING if late is None else duration(max(0.0, late)), "muted"),
    ]
    pieces = _in_columns(cells, width)
    room = width - 1 - paint.pieces_width(pieces)
    changed = f"with changed {', '.join(run.args_changed)}" if run.args_changed else ""
    why = "; ".join(filter(None, (changed, run.reason or run.stop_reason, run.late_because)))
    return [*pieces, (paint.cut(safe(why), room), "muted")]


def _in_columns(cells: Sequence[Piece], width: int) -> list[Piece]:
    """Each text in its column."""
    pieces: list[Piece] = []
    for (name, size), cell in zip(_COLUMNS, cells, strict=True):
        room = _WHEN_NARROW if name == "when" and width < WIDE else size
        right = name in _RIGHT
        pieces += paint.fitted((cell,), room - 1 if not right else room - 2, right=right)
        pieces.append((" " if not right else "  ", "text"))
    return pieces


def _when(at: datetime, width: int) -> str:
    return f"{at:%a} {at.day:>2} {at:%b %H:%M:%S}" if width >= WIDE else f"{at.day:>2} {at:%b %H:%M}"


def _look_of(run: Run) -> Look:
    match run.state:
        case RunState.QUEUED:
            return QUEUED
        case RunState.SUBMITTED:
            return SUBMITTED
        case RunState.CLAIMED | RunState.RUNNING:
            return RUNNING
        case RunState.FINISHED:
            return outcome(run.outcome)
