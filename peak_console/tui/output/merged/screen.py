"""The outputs of some jobs as one list that grows, each line with its job's name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

from peak_console.text import safe
from peak_console.tui.drawing import paint
from peak_console.tui.drawing.cursor_list import CursorList
from peak_console.tui.drawing.entries import EntryList
from peak_console.tui.drawing.glyphs import CURSOR
from peak_console.tui.output.ansi import shown_line
from peak_console.tui.output.painting import TIME_CELLS
from peak_console.tui.output.words import stamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from textual.app import ComposeResult
    from textual.strip import Strip

    from peak_console.tui.drawing.paint import Piece
    from peak_console.tui.output.merged.merging import MergedLine

JOB_STYLES = ("primary", "success", "warning", "accent")
"""Jobs take them in turns, in the order of their names."""
NAME_CELLS = 24
"""Terminal cells that a job's name takes at the most."""


class MergedList(CursorList):
    """Lines with a cursor. While the cursor is on the last one it stays on the last one."""

    PREFIX = "merged"
    STYLES = ("text", "muted", "error", *JOB_STYLES)
    COMPONENT_CLASSES: ClassVar[set[str]] = {*(f"merged--{name}" for name in STYLES), "merged--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", "Output", show=False)]

    @dataclass
    class Opened(Message):
        """The operator wants to see the output of the run that has printed a line."""

        job: str
        run_id: int

    def __init__(self, jobs: Sequence[str], zone: tzinfo) -> None:
        self._list: EntryList[MergedLine] = EntryList(key=id)
        super().__init__(self._list, id="merged")
        self._zone = zone
        self._styles = {job: JOB_STYLES[place % len(JOB_STYLES)] for place, job in enumerate(sorted(jobs))}
        self._name_cells = min(NAME_CELLS, max((paint.width_of(safe(job)) for job in jobs), default=0))

    @property
    def follows(self) -> bool:
        """Whether the cursor stays on the last line as lines come."""
        return self._list.cursor_place in (None, self._list.count - 1)

    def show(self, lines: Sequence[MergedLine], gone: int) -> None:
        """Show these lines, the oldest ``gone`` of those before are no longer among them."""
        follows, place = self.follows, self._list.cursor_place or 0
        self._list.items = lines
        self.virtual_size = Size(1, len(lines))
        self.put_cursor(len(lines) - 1 if follows else max(0, place - gone))
        if not follows and gone:
            self.scroll_relative(y=-gone, animate=False, force=True)
        self.refresh()

    def open_entry(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        line = self._list.current
        if line is not None:
            self.post_message(self.Opened(line.job, line.run_id))

    def render_line(self, y: int) -> Strip:
        width, place = self.scrollable_content_region.width, y + self.scroll_offset.y
        cursor = place == self._list.cursor_place
        pieces: list[Piece] = []
        if place < self._list.count:
            line = self._list.items[place]
            cells = min(self._name_cells, width // 5)
            name = paint.cut(safe(line.job), cells)
            name += " " * (cells - paint.width_of(name))
            at = stamp(line.at, self._zone) if line.at is not None else ""
            text = "".join(part.text for part in shown_line(line.data, line.length).pieces)
            pieces = [
                (CURSOR if cursor else " ", "accent"),
                (f"{at:<{TIME_CELLS}}", "muted"),
                (f"{name} ", self._styles.get(line.job, "text")),
                (CURSOR if line.is_error else " ", "error"),
                (paint.cut(text, max(1, width - TIME_CELLS - cells - 3)), "text"),
            ]
        return paint.strip(pieces, self._colours(cursor=cursor), width)


class MergedScreen(ModalScreen[None]):
    """What some jobs print, as it comes."""

    CSS_PATH = os.path.join(os.path.dirname(__file__), "merged.tcss")
    AUTO_FOCUS = "MergedList"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "Back", show=False)]

    @dataclass
    class Chosen(Message):
        """The operator wants to see the output of a run; the screen is closing."""

        job: str
        run_id: int

    def __init__(self, jobs: Sequence[str], zone: tzinfo) -> None:
        super().__init__()
        self._jobs, self._zone = jobs, zone

    def compose(self) -> ComposeResult:
        yield Static(id="headline", markup=False)
        yield MergedList(self._jobs, self._zone)
        yield Static(Content("Enter output of the run  End follow  Esc back"), id="keys", markup=False)

    def show(self, lines: Sequence[MergedLine], dropped: int, gone: int) -> None:
        """Show these lines; ``dropped`` were there before, ``gone`` of them since the last time."""
        merged = self.query_one(MergedList)
        merged.show(lines, gone)
        count = len(self._jobs)
        told = f"Output of {count} job{'' if count == 1 else 's'} · {dropped + len(lines):,} lines"
        if dropped:
            told += f", the last {len(lines):,} are kept"
        if not lines:
            told += " · nothing has been printed yet"
        self.query_one("#headline", Static).update(Content(told))

    def on_merged_list_opened(self, event: MergedList.Opened) -> None:
        event.stop()
        self.app.post_message(self.Chosen(event.job, event.run_id))
        self.dismiss()

    def action_leave(self) -> None:
        self.dismiss()
