"""The runs of the history, newest first, with a cursor and marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.geometry import Size
from textual.message import Message

from peak_console.text import safe
from peak_console.tui.drawing import paint
from peak_console.tui.drawing.cursor_list import CursorList
from peak_console.tui.drawing.entries import EntryList
from peak_console.tui.drawing.glyphs import CURSOR
from peak_console.tui.history.lines import EMPTY, HistoryColumns, why
from peak_console.tui.keys.actions import binding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from textual.binding import BindingType
    from textual.strip import Strip

    from peak_console.model.records import Run
    from peak_console.tui.drawing.paint import Piece

STYLES = ("text", "name", "muted", "accent", "primary", "error", "warning", "success")
AHEAD = 100
"""So many runs before the end of the list more of them are asked for."""
MOST_MARKS = 2
"""Two runs are compared."""


class RunTable(CursorList):
    """Runs below a line of headings; more are asked for as the cursor comes near the end."""

    PREFIX = "run-table"
    STYLES = STYLES
    HEADINGS = 1
    COMPONENT_CLASSES: ClassVar[set[str]] = {*(f"run-table--{name}" for name in STYLES), "run-table--cursor"}

    BINDINGS: ClassVar[list[BindingType]] = [binding("open_past_run"), binding("mark_run")]

    @dataclass
    class Opened(Message):
        """The operator wants to see the output of a run."""

        run: Run

    @dataclass
    class MoreWanted(Message):
        """The cursor is near the last run that is shown."""

    def __init__(self, now: datetime, zone: tzinfo, *, id: str | None = None) -> None:  # noqa: A002
        self._runs: EntryList[Run] = EntryList(key=lambda run: run.id)
        super().__init__(self._runs, id=id)
        self._now, self._zone = now, zone
        self._columns: HistoryColumns | None = None
        self.marked: list[int] = []
        """Ids of the marked runs, the one that was marked last at the end."""

    @property
    def current(self) -> Run | None:
        """The run under the cursor."""
        return self._runs.current

    def show(self, runs: Sequence[Run], now: datetime) -> None:
        """Show these runs, newest first. The cursor stays on its run, at the very top on the newest."""
        self._now = now
        at_top = self._runs.cursor_place in (0, None) and self.scroll_offset.y == 0
        moved = self._runs.replace(runs)
        if at_top:
            self._runs.move_cursor(0)
        elif moved:
            self.scroll_to(y=self.scroll_offset.y + moved, animate=False, force=True)
        self.virtual_size = Size(1, len(runs) + self.HEADINGS)
        self._tell_why()
        self.refresh()

    def tick(self, now: datetime) -> None:
        """It is ``now``: paint the runs under way that are in sight."""
        self._now = now
        top = self.scroll_offset.y
        seen = range(top, min(top + self._rows_height, len(self._runs.items)))
        self.refresh_entries(place for place in seen if self._runs.items[place].outcome is None)

    def cursor_moved(self) -> None:
        self._tell_why()
        place = self._runs.cursor_place
        if place is not None and place >= len(self._runs.items) - AHEAD:
            self.post_message(self.MoreWanted())

    def open_entry(self) -> None:
        self.action_open_past_run()

    def action_open_past_run(self) -> None:
        if self.current is not None:
            self.post_message(self.Opened(self.current))

    def action_mark_run(self) -> None:
        """Mark the run under the cursor, or take its mark away, and go on to the next; two can be marked."""
        run, place = self.current, self._runs.cursor_place
        if run is None or place is None:
            return
        if run.id in self.marked:
            self.marked.remove(run.id)
        else:
            self.marked = [*self.marked[1 - MOST_MARKS :], run.id]
        self.refresh()
        self.action_move(1)

    def two_to_compare(self) -> tuple[int, int] | None:
        """The marked runs; else the run under the cursor and the one of its job before it in the list."""
        if len(self.marked) == MOST_MARKS:
            return self.marked[0], self.marked[1]
        run, place = self.current, self._runs.cursor_place
        if run is None or place is None:
            return None
        if self.marked and self.marked[0] != run.id:
            return self.marked[0], run.id
        older = (each for each in self._runs.items[place + 1 :] if each.job == run.job and each.started_at is not None)
        before = next(older, None)
        return (before.id, run.id) if before is not None else None

    def on_resize(self) -> None:
        self._columns = HistoryColumns(self.scrollable_content_region.width)
        self.refresh()
        self.scroll_to_cursor()

    def render_line(self, y: int) -> Strip:
        columns = self._columns or HistoryColumns(self.scrollable_content_region.width)
        place, runs = y - self.HEADINGS + self.scroll_offset.y, self._runs.items
        cursor = y >= self.HEADINGS and place == self._runs.cursor_place
        pieces: list[Piece] = []
        if y == 0:
            pieces = columns.titles()
        elif place < len(runs):
            marked = runs[place].id in self.marked
            line = columns.line(runs[place], self._now, self._zone, marked=marked)
            pieces = [(CURSOR if cursor else " ", "accent"), *line]
        elif y == 1 and not runs:
            pieces = [("  ", "text"), (EMPTY, "muted")]
        return paint.strip(pieces, self._colours(cursor=cursor), columns.width)

    def _tell_why(self) -> None:
        """Say below the list which run is under the cursor, and why it is as it is: few lines have room for that."""
        run = self.current
        if run is None:
            self.border_subtitle = ""
            return
        told = safe(why(run))
        self.border_subtitle = Content(f"#{run.id} {safe(run.job)}" + (f": {told}" if told else ""))
