"""What runs, with its progress, and what comes next, with countdowns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView

from peak_console.tui.drawing.direct_painting import refresh_cells
from peak_console.tui.drawing.paint import changed_span, needed_filters, palette, strip
from peak_console.tui.upcoming.lines import line_pieces, name_width, upcoming_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from textual import events
    from textual.filter import LineFilter
    from textual.strip import Strip

    from peak_console.tui.drawing.paint import Palette, Piece
    from peak_console.tui.state.snapshot import Snapshot
    from peak_console.tui.upcoming.lines import UpcomingLine

_STYLES = ("text", "muted", "primary", "warning", "rest")


class Upcoming(ScrollView, can_focus=True):
    """Running jobs first, then every slot ahead in time order. Paints only the lines that read differently."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"upcoming--{name}" for name in _STYLES}

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "scroll_up", "Up", show=False),
        Binding("j", "scroll_down", "Down", show=False),
        Binding("g", "scroll_home", "Top", show=False),
        Binding("G", "scroll_end", "Bottom", show=False),
    ]

    @dataclass
    class Chosen(Message):
        """The operator clicked on a job."""

        name: str

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.border_title = Content("3 Upcoming")
        self._snapshot: Snapshot | None = None
        self._now: datetime | None = None
        self._lines: list[UpcomingLine] = []
        self._names = 0
        self._width = 0
        self._drawn: dict[int, list[Piece]] = {}
        """What each line that is in sight says."""
        self._palette: Palette | None = None

    def show(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        if self._now is None or snapshot.taken_at > self._now:
            self._now = snapshot.taken_at
        lines = upcoming_lines(snapshot)
        if lines == self._lines:
            return
        self._lines, self._names = lines, name_width(lines)
        self._drawn.clear()
        self.virtual_size = Size(1, len(lines))
        self.refresh()

    def tick(self, now: datetime) -> None:
        """It is ``now``: paint the countdowns and bars that read differently."""
        self._now = now
        before, self._drawn = self._drawn, {}  # what is out of sight is drawn anew when it comes back
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

    def get_line_filters(self) -> Sequence[LineFilter]:
        return needed_filters(self, super().get_line_filters())

    def notify_style_update(self) -> None:
        self._palette = None
        super().notify_style_update()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        number = offset.y + self.scroll_offset.y
        if number < len(self._lines) and (name := self._lines[number].name) is not None:
            self.post_message(self.Chosen(name))

    def render_line(self, y: int) -> Strip:
        if self._palette is None:
            self._palette = palette(self, "upcoming", _STYLES)
        number = y + self.scroll_offset.y
        pieces = (self._drawn.get(number) or self._draw(number)) if number < len(self._lines) else []
        return strip(pieces, self._palette, self._width)

    def _draw(self, number: int) -> list[Piece]:
        if self._snapshot is None or self._now is None:
            return []
        pieces = line_pieces(self._lines[number], self._now, self._snapshot.zone, self._names, self._width)
        self._drawn[number] = pieces
        return pieces
