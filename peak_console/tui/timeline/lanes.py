"""The lanes: a job's name, and what stands in its cells. The cursor is on a job and on a cell."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message

from peak_console.decisions.ahead import day_view, day_words
from peak_console.text import safe
from peak_console.tui.drawing import paint
from peak_console.tui.drawing.cursor_list import CursorList
from peak_console.tui.drawing.direct_painting import refresh_cells
from peak_console.tui.drawing.entries import EntryList
from peak_console.tui.drawing.glyphs import CURSOR
from peak_console.tui.keys.actions import binding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo

    from textual.strip import Strip

    from peak_console.decisions.ahead.day_view import Span
    from peak_console.model.lane import LaneItem
    from peak_console.tui.drawing.paint import Piece

STYLES = ("text", "session", "name", "muted", "accent", "primary", "error", "warning", "success", "now", "here")
NAME_SHARE, NAME_MIN, NAME_MAX = 4, 14, 32
NOW = "│"
UNREAD = "…"
EMPTY = "no job is shown in the table"


@dataclass(frozen=True)
class Lane:
    """What stands in a job's lane."""

    items: Sequence[LaneItem] = ()
    sessions: Sequence[tuple[datetime, datetime]] = ()
    """When the job's market is open."""


class LaneList(CursorList):
    """A lane per job, below the axis."""

    PREFIX = "lanes"
    STYLES = STYLES
    HEADINGS = 1
    COMPONENT_CLASSES: ClassVar[set[str]] = {*(f"lanes--{name}" for name in STYLES), "lanes--cursor"}

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "step(-1)", "Left", show=False),
        Binding("right,l", "step(1)", "Right", show=False),
        binding("open_lane_run"),
        binding("next_item"),
        binding("previous_item"),
    ]

    @dataclass
    class Opened(Message):
        """The operator wants to see the run that stands under the cursor."""

        item: LaneItem
        start: datetime
        end: datetime

    @dataclass
    class Seen(Message):
        """Other lanes are in sight than before."""

    @dataclass
    class ScrollWanted(Message):
        """The cursor goes beyond the edge: the time is to move by so many cells."""

        by: int

    def __init__(self, zone: tzinfo, *, id: str | None = None) -> None:  # noqa: A002
        self._list: EntryList[str] = EntryList(key=lambda name: name)
        super().__init__(self._list, id=id)
        self._zone = zone
        self._span: Span | None = None
        self._now: datetime | None = None
        self._lanes: Mapping[str, Lane] = {}
        self._drawn: dict[str, day_view.Cells] = {}
        self.cell = 0
        """The cell under the cursor."""

    @property
    def name_cells(self) -> int:
        """The width of the names."""
        return min(max(self.size.width // NAME_SHARE, NAME_MIN), NAME_MAX)

    @property
    def time_cells(self) -> int:
        """How many cells a lane has."""
        return max(1, self.scrollable_content_region.width - self.name_cells - 2)

    @property
    def job(self) -> str | None:
        """The job under the cursor."""
        return self._list.current

    def names_in_sight(self, margin: int = 0) -> Sequence[str]:
        """The jobs whose lanes are on the screen, and so many before and after them."""
        top, height = self.scroll_offset.y, self._rows_height
        return self._list.items[max(0, top - margin) : top + height + margin]

    def show(self, names: Sequence[str], span: Span, lanes: Mapping[str, Lane], now: datetime) -> None:
        """Show these lanes; those that are not among ``lanes`` have not been read yet."""
        if self._span is None:
            self.cell = min(span.cell_of(now), span.cells - 1)
        self._list.replace(names)
        self._span, self._lanes, self._now = span, lanes, now
        self.cell = min(self.cell, span.cells - 1)
        self._drawn.clear()
        self.virtual_size = Size(1, len(names) + self.HEADINGS)
        self._tell()
        self.refresh()

    def cursor_moved(self) -> None:
        self._tell()
        self.post_message(self.Seen())

    def watch_scroll_y(self, old: float, new: float) -> None:
        super().watch_scroll_y(old, new)
        if round(old) != round(new):
            self.post_message(self.Seen())

    def open_entry(self) -> None:
        self.action_open_lane_run()

    def action_step(self, by: int) -> None:
        self._go_to_cell(self.cell + by)

    def action_next_item(self) -> None:
        self._to_item(1)

    def action_previous_item(self) -> None:
        self._to_item(-1)

    def _to_item(self, by: int) -> None:
        if self._span is None or self.job is None:
            return
        cell = day_view.nearest(self._lanes.get(self.job, Lane()).items, self._span, self.cell, by)
        self._go_to_cell(cell if cell is not None else (self._span.cells if by > 0 else -1))

    def _go_to_cell(self, cell: int) -> None:
        if self._span is None:
            return
        if 0 <= cell < self._span.cells:
            self.cell = cell
            self._tell()
            place = self._list.cursor_place
            refresh_cells(self, [Region(0, 0, self.size.width, 1)])
            self.refresh_entries([place] if place is not None else [])
            return
        self.post_message(
            self.ScrollWanted(self._span.cells // 2 if cell >= self._span.cells else -self._span.cells // 2)
        )

    def action_open_lane_run(self) -> None:
        item = self.item
        if item is not None and self._span is not None:
            self.post_message(self.Opened(item, self._span.start_of(self.cell), self._span.start_of(self.cell + 1)))

    @property
    def item(self) -> LaneItem | None:
        """What stands under the cursor."""
        if self._span is None or self.job is None:
            return None
        return day_view.at_cell(self._lanes.get(self.job, Lane()).items, self._span, self.cell)

    def _tell(self) -> None:
        """Say below the lanes what stands under the cursor."""
        if self._span is None or self._now is None or self.job is None:
            self.border_subtitle = ""
            return
        item = self.item
        told = day_words.told(item, self._zone) if item is not None else "nothing"
        at = day_words.clock(self._span.start_of(self.cell), self._now, self._zone)
        self.border_subtitle = Content(f"{safe(self.job)} · {at} · {told}")

    def on_resize(self) -> None:
        self._drawn.clear()
        self.refresh()
        self.scroll_to_cursor()

    def render_line(self, y: int) -> Strip:
        width, names = self.scrollable_content_region.width, self._list.items
        if self._span is None or self._now is None:
            return paint.strip([], self._colours(cursor=False), width)
        place = y - self.HEADINGS + self.scroll_offset.y
        cursor = y >= self.HEADINGS and place == self._list.cursor_place
        pieces: list[Piece] = []
        if y == 0:
            pieces = self._axis(self._span, self._now)
        elif place < len(names):
            pieces = self._lane(names[place], self._span, self._now, cursor=cursor)
        elif y == 1 and not names:
            pieces = [("  ", "text"), (EMPTY, "muted")]
        return paint.strip(pieces, self._colours(cursor=cursor), width)

    def _axis(self, span: Span, now: datetime) -> list[Piece]:
        line = list(day_view.axis(span, self._zone))
        marks = {span.cell_of(now): ("▼", "now"), self.cell: ("▾", "here")}
        cells = [marks.get(cell, (glyph, "muted")) for cell, glyph in enumerate(line)]
        return [(" " * (self.name_cells + 2), "text"), *_joined(cells)]

    def _lane(self, name: str, span: Span, now: datetime, *, cursor: bool) -> list[Piece]:
        head = [
            (CURSOR if cursor else " ", "accent"),
            *paint.fitted(((safe(name), "name"),), self.name_cells, gap=1),
        ]
        lane = self._lanes.get(name)
        if lane is None:
            return [*head, (UNREAD, "muted")]
        cells = self._drawn.get(name)
        if cells is None:
            cells = self._drawn[name] = day_view.draw(lane.items, span, now, lane.sessions)
        today = span.cell_of(now)
        if 0 <= today < span.cells and cells[today][0] in (*day_view.BLANKS, day_view.AHEAD):
            cells = [*cells[:today], (NOW, "now"), *cells[today + 1 :]]
        if cursor and 0 <= self.cell < span.cells:
            glyph = cells[self.cell][0]
            cells = [*cells[: self.cell], ("_" if glyph in day_view.BLANKS else glyph, "here"), *cells[self.cell + 1 :]]
        return [*head, *_joined(cells)]


def _joined(cells: Sequence[tuple[str, str]]) -> list[Piece]:
    """Neighbours of one style as one piece."""
    return [("".join(glyph for glyph, _ in group), style) for style, group in groupby(cells, key=lambda cell: cell[1])]
