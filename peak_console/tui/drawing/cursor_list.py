"""A list on the screen: its cursor is moved by keys and mouse, and what it shows scrolls with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.scroll_view import ScrollView

from peak_console.tui.drawing.direct_painting import refresh_cells
from peak_console.tui.drawing.paint import needed_filters, palette

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual import events
    from textual.filter import LineFilter

    from peak_console.tui.drawing.entries import Entries


class CursorList(ScrollView, can_focus=True):
    """Shows ``Entries``, below as many heading lines as ``HEADINGS`` says, which stay while the entries scroll.

    A list that draws its lines in ``_colours`` has a component style ``PREFIX--name`` for each of ``STYLES``, and
    ``PREFIX--cursor`` for what lies under the entry that has the cursor.
    """

    PREFIX: ClassVar[str] = ""
    STYLES: ClassVar[tuple[str, ...]] = ()
    HEADINGS: ClassVar[int] = 0

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "edge(0)", "First", show=False),
        Binding("end,G", "edge(-1)", "Last", show=False),
    ]

    def __init__(self, entries: Entries, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._entries = entries
        self._palettes: dict[bool, dict[str, Style]] = {}
        """The styles of an entry, by whether the cursor is on it."""

    # For each list to say otherwise.

    def cursor_moved(self) -> None:
        """Hear that the operator has moved the cursor, or has clicked on the entry that it is on."""

    def open_entry(self) -> None:
        """Show more of the entry under the cursor: the operator has clicked on it twice."""

    # The cursor.

    def action_move(self, by: int) -> None:
        place = self._entries.cursor_place
        self.go(0 if place is None else place + by)

    def action_page(self, by: int) -> None:
        place = self._entries.cursor_place
        if place is None:
            self.go(0)
            return
        lines = self._entries.lines_of(place)
        step = max(self._rows_height - len(lines), len(lines))
        self.go(self._entries.nearest(lines.start + by * step))

    def action_edge(self, place: int) -> None:
        self.go(place % max(1, self._entries.count))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y < self.HEADINGS or not self._entries.count:
            return
        line = offset.y - self.HEADINGS + self.scroll_offset.y
        place = self._entries.nearest(line)
        if line in self._entries.lines_of(place):
            self.go(place)
            if event.chain == 2:
                self.open_entry()

    def go(self, place: int) -> None:
        """Put the cursor on an entry, for the operator."""
        if self._entries.count:
            self.put_cursor(place)
            self.cursor_moved()

    def put_cursor(self, place: int) -> None:
        """Put the cursor on an entry and show it."""
        before = self._entries.cursor_place
        self._entries.move_cursor(place)
        after = self._entries.cursor_place
        if before != after:
            self.refresh_entries(each for each in (before, after) if each is not None)
        self.scroll_to_cursor()

    # What is in sight.

    @property
    def _rows_height(self) -> int:
        """How many lines there are for entries."""
        return max(0, self.scrollable_content_region.height - self.HEADINGS)

    def refresh_entries(self, places: Iterable[int]) -> None:
        """Paint the lines of some entries, as far as they are in sight."""
        top, regions = self.scroll_offset.y, []
        for place in places:
            lines = self._entries.lines_of(place)
            first, end = max(lines.start - top, 0), min(lines.stop - top, self._rows_height)
            if first < end:
                regions.append(Region(0, first + self.HEADINGS, self.size.width, end - first))
        refresh_cells(self, regions)

    def scroll_to_cursor(self) -> None:
        """Scroll as little as it takes to see the whole entry under the cursor; above the first one, everything."""
        place, height, top = self._entries.cursor_place, self._rows_height, self.scroll_offset.y
        if place is None or not height:
            return
        lines = self._entries.lines_of(place)
        first = lines.start if place else 0
        wanted = first if first < top else lines.stop - height if lines.stop > top + height else top
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True)

    # Colours.

    def get_line_filters(self) -> Sequence[LineFilter]:
        return needed_filters(self, super().get_line_filters())

    def notify_style_update(self) -> None:
        self._palettes.clear()
        super().notify_style_update()

    def _colours(self, *, cursor: bool) -> dict[str, Style]:
        """The styles by name of an entry that the cursor is on, or is not."""
        styles = self._palettes.get(cursor)
        if styles is None:
            styles = palette(self, self.PREFIX, self.STYLES)
            if cursor:
                under = self.get_component_rich_style(f"{self.PREFIX}--cursor")
                ground = Style(bgcolor=under.bgcolor)
                # What is reversed has a ground of its own.
                styles = {name: style if style.reverse else style + ground for name, style in styles.items()}
                if "name" in styles:
                    styles["name"] += Style(bold=under.bold, reverse=under.reverse)
            self._palettes[cursor] = styles
        return styles
