"""Runs under way, with their progress, and slots to come, with countdowns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message

from peak_console.tui.drawing.cursor_list import CursorList
from peak_console.tui.drawing.direct_painting import refresh_cells
from peak_console.tui.drawing.glyphs import CURSOR
from peak_console.tui.drawing.paint import changed_span, strip
from peak_console.tui.upcoming.entries import UpcomingEntries
from peak_console.tui.upcoming.lines import line_pieces, name_width, upcoming_lines

if TYPE_CHECKING:
    from datetime import datetime

    from textual.strip import Strip

    from peak_console.tui.drawing.paint import Piece
    from peak_console.tui.state.snapshot import Snapshot
    from peak_console.tui.upcoming.lines import UpcomingLine

_STYLES = ("text", "muted", "primary", "success", "warning", "error", "rest", "accent")


class Upcoming(CursorList):
    """Running jobs first, then every slot ahead in time order. Paints only the lines that read differently.

    While it has the focus its cursor is on the job that keys act on, the one under the cursor of the job table.
    """

    PREFIX = "upcoming"
    STYLES = _STYLES
    COMPONENT_CLASSES: ClassVar[set[str]] = {*(f"upcoming--{name}" for name in _STYLES), "upcoming--cursor"}

    @dataclass
    class Chosen(Message):
        """The operator has put the cursor on a job, or clicked on it."""

        name: str

    @dataclass
    class Opened(Message):
        """The operator wants to see more of a job."""

        name: str

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        self._list = UpcomingEntries()
        super().__init__(self._list, id=id, classes=classes)
        self.border_title = Content("3 Upcoming")
        self._snapshot: Snapshot | None = None
        self._now: datetime | None = None
        self._names = 0
        self._width = 0
        self._drawn: dict[int, list[Piece]] = {}
        """What each line that is in sight says."""

    def show(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        if self._now is None or snapshot.taken_at > self._now:
            self._now = snapshot.taken_at
        lines = upcoming_lines(snapshot)
        if lines == self._list.lines:
            return
        self._list.replace(lines)
        self._names = name_width(lines)
        self._drawn.clear()
        self.virtual_size = Size(1, len(lines))
        self.refresh()

    def tick(self, now: datetime) -> None:
        """It is ``now``: paint the countdowns and bars that read differently."""
        self._now = now
        before, self._drawn = self._drawn, {}  # a line out of sight is drawn when it comes back
        top = self.scroll_offset.y
        regions = []
        for number in range(top, top + self.scrollable_content_region.height):
            drawn = before.get(number)
            if drawn is not None:
                left, changed = changed_span(drawn, self._draw(number))
                if changed:
                    regions.append(Region(left, number - top, changed, 1))
        refresh_cells(self, regions)

    def on_resize(self) -> None:
        self._width = self.scrollable_content_region.width
        self._drawn.clear()
        self.refresh()

    def on_focus(self) -> None:
        self._repaint_cursor()

    def on_blur(self) -> None:
        self._repaint_cursor()

    @property
    def current(self) -> UpcomingLine | None:
        """The line under the cursor; ``None`` while the cursor is on none."""
        return self._list.current

    @property
    def cursor_name(self) -> str | None:
        """The job under the cursor; ``None`` while the cursor is on none."""
        line = self._list.current
        return line.name if line is not None else None

    def follow(self, name: str | None) -> None:
        """Put the cursor on the job that keys act on, unless it is there; on none where that job has no line.

        Does not scroll: the focus may have come with a click, which is meant for the line that is under the mouse.
        """
        if name == self.cursor_name:
            return
        self._repaint_cursor()
        self._list.move_to_job(name)
        self._repaint_cursor()

    def cursor_moved(self) -> None:
        if self.cursor_name is not None:
            self.post_message(self.Chosen(self.cursor_name))

    def open_entry(self) -> None:
        if self.cursor_name is not None:
            self.post_message(self.Opened(self.cursor_name))

    def _repaint_cursor(self) -> None:
        place = self._list.cursor_place
        if place is not None:
            self.refresh_entries([place])

    def render_line(self, y: int) -> Strip:
        number = y + self.scroll_offset.y
        pieces = (self._drawn.get(number) or self._draw(number)) if number < len(self._list.lines) else []
        place = self._list.cursor_place
        cursor = self.has_focus and place is not None and number in self._list.lines_of(place)
        if cursor and pieces:
            text, style = pieces[0]  # it begins with a blank
            pieces = [(CURSOR, "accent"), (text[1:], style), *pieces[1:]]
        return strip(pieces, self._colours(cursor=cursor), self._width)

    def _draw(self, number: int) -> list[Piece]:
        if self._snapshot is None or self._now is None:
            return []
        pieces = line_pieces(self._list.lines[number], self._now, self._snapshot.zone, self._names, self._width)
        self._drawn[number] = pieces
        return pieces
