"""The job table: every job on a line, worst first, with the cursor on a job rather than on a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from peak_console.text import safe
from peak_console.tui.drawing.direct_painting import refresh_cells, set_title
from peak_console.tui.drawing.paint import needed_filters, palette
from peak_console.tui.jobs.listing import JobList
from peak_console.tui.jobs.painter import RowPainter
from peak_console.tui.keys.actions import binding, key_shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from textual import events
    from textual.filter import LineFilter

    from peak_console.tui.jobs.cells import Facts
    from peak_console.tui.state.snapshot import Snapshot

_STYLES = ("text", "name", "muted", "header", "sorted", "error", "warning", "success", "primary", "accent", "bar")


class JobTable(ScrollView, can_focus=True):
    """Every job on a line. It shows a snapshot, and posts what the operator points at."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*(f"job-table--{name}" for name in _STYLES), "job-table--cursor"}

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "edge(0)", "First job", show=False),
        Binding("end,G", "edge(-1)", "Last job", show=False),
        binding("details"),
        binding("mark"),
        Binding("escape", "reset", "Show all, unmark", show=False),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor is on another job, or on none."""

        name: str | None

    @dataclass
    class Opened(Message):
        """The operator wants to see more of a job."""

        name: str

    @dataclass
    class MarksChanged(Message):
        """Other jobs are marked than before; those that are shown, from top to bottom."""

        names: tuple[str, ...]

    @dataclass
    class SortChanged(Message):
        """It is sorted by another column, or the other way round."""

        column: str
        descending: bool

    @dataclass
    class FilterChanged(Message):
        """Another filter holds; an empty text shows every job."""

        text: str

    def __init__(
        self,
        keymap: Mapping[str, str] = {},
        *,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        """``keymap`` holds the keys that the operator has replaced, as in ``ConsoleConfig``."""
        super().__init__(id=id, classes=classes)
        self._keymap = keymap
        self._jobs = JobList()
        self._snapshot: Snapshot | None = None
        self._now: datetime | None = None
        self._painter = RowPainter()
        self._palette: dict[bool, dict[str, Style]] = {}
        """The styles of a row, by whether the cursor is on it."""
        self._told: tuple[str | None, tuple[str, ...]] = (None, ())
        """The cursor and the marks that were last posted."""
        self._title = ""

    @property
    def cursor_name(self) -> str | None:
        """The job that the cursor is on; ``None`` while no row is shown."""
        return self._jobs.cursor

    @property
    def filter_text(self) -> str:
        return self._jobs.filter_text

    @property
    def sort_column(self) -> str:
        return self._jobs.column

    @property
    def sort_descending(self) -> bool:
        return self._jobs.descending

    def selected_names(self) -> tuple[str, ...]:
        """What an action is meant for: the marked jobs that are shown, else the one under the cursor."""
        return self._jobs.selected_names

    def show(self, snapshot: Snapshot) -> None:
        """Show these jobs. Only what reads differently is painted anew."""
        first, self._snapshot = self._snapshot is None, snapshot
        if self._now is None or snapshot.taken_at > self._now:
            self._now = snapshot.taken_at
        changed, moved = self._jobs.take(snapshot.rows, snapshot.zone)
        for name in changed:
            self._painter.forget(name)
        if first or moved or (changed and self._lay_out()):
            self._arranged()
            return
        self._repaint(*changed)

    def tick(self, now: datetime) -> None:
        """It is ``now``: paint the countdowns and ages that read differently."""
        before, self._now = self._now, now
        zone = self._snapshot.zone if self._snapshot else None
        if before is None or before.astimezone(zone).date() != now.astimezone(zone).date():
            self._painter.forget()  # notes name the day of what is not today
            self.refresh()
            return
        changed = ((y, self._painter.tick(facts, now)) for y, facts in self._visible())
        refresh_cells(self, [Region(span[0], y, span[1], 1) for y, span in changed if span is not None])

    def sort(self, column: str, *, descending: bool | None = None) -> None:
        """Sort by a column; ``None`` is its usual direction, or the other one when it is sorted by it already."""
        self.pin_cursor()
        if self._jobs.sort_by(column, descending):
            self._arranged()
            self.post_message(self.SortChanged(self._jobs.column, self._jobs.descending))

    def filter(self, text: str) -> None:
        """Show only the jobs that every word of ``text`` is found in: in the name, the state's word or a tag."""
        self.pin_cursor()
        if self._jobs.filter_by(text):
            self._arranged()
            self.post_message(self.FilterChanged(self._jobs.filter_text))

    def move_to(self, name: str) -> None:
        """Put the cursor on a job, if it is shown."""
        if name in self._jobs.place:
            self._go(self._jobs.place[name])

    def pin_cursor(self) -> None:
        """From now on the cursor stays on its job; until then it is on the top row, the worst as a rule."""
        self._jobs.pinned = self._snapshot is not None

    def clear_marks(self) -> None:
        marked, self._jobs.marked = self._jobs.marked, set()
        for name in marked:
            self._painter.forget(name)
        self._repaint(*marked)
        self._settle()

    def on_resize(self) -> None:
        self._scroll_to_cursor()

    def get_line_filters(self) -> Sequence[LineFilter]:
        return needed_filters(self, super().get_line_filters())

    def notify_style_update(self) -> None:
        self._palette.clear()
        self._painter.forget()
        super().notify_style_update()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y == 0:
            self._sort_at(offset.x)
            return
        line = offset.y - 1 + self.scroll_offset.y
        if line < len(self._jobs.lines):
            self._go(self._jobs.lines[line])
            if event.chain == 2:
                self.action_open()

    def action_move(self, by: int) -> None:
        self._go(self._cursor_place() + by)

    def action_page(self, by: int) -> None:
        jobs = self._jobs
        if jobs.lines:
            line = jobs.line_of[self._cursor_place()] + by * max(1, self._height() - 1)
            self._go(jobs.lines[min(max(line, 0), len(jobs.lines) - 1)])

    def action_edge(self, place: int) -> None:
        self._go(place % max(1, len(self._jobs.order)))

    def action_open(self) -> None:
        if self._jobs.cursor is not None:
            self.post_message(self.Opened(self._jobs.cursor))

    action_details = action_open

    def action_mark(self) -> None:
        """Mark the job under the cursor, or unmark it, and go to the next."""
        name = self._jobs.cursor
        if name is not None:
            self._jobs.marked ^= {name}
            self._painter.forget(name)
            self._repaint(name)
            self.action_move(1)

    def action_reset(self) -> None:
        """Show all jobs again; with no filter, unmark them."""
        if self._jobs.filter_text:
            self.filter("")
        else:
            self.clear_marks()

    def render_lines(self, crop: Region) -> list[Strip]:
        # Not in on_resize, which comes after the first frame of the new size: that would be one without columns.
        if self._painter.width != self.scrollable_content_region.width:
            self._lay_out()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        jobs, colours = self._jobs, self._colours(cursor=False)
        if self._now is None or self._snapshot is None:
            return Strip.blank(self.size.width, colours["text"])
        if not jobs.order:
            return self._painter.message(self._nothing() if y == 1 else "", colours)
        if y == 0:
            return self._painter.header(jobs.column, descending=jobs.descending, palette=colours)
        line = y - 1 + self.scroll_offset.y
        if line >= len(jobs.lines):
            return self._painter.message("", colours)
        place = jobs.lines[line]
        facts = jobs.order[place]
        cursor, is_note = facts.row.name == jobs.cursor, jobs.line_of[place] != line
        colours, marked = self._colours(cursor=cursor), facts.row.name in jobs.marked
        return self._painter.line(
            facts, self._now, self._snapshot.zone, colours, is_note=is_note, cursor=cursor, marked=marked
        )

    def _colours(self, *, cursor: bool) -> dict[str, Style]:
        found = self._palette.get(cursor)
        if found is None:
            found = palette(self, "job-table", _STYLES)
            if cursor:
                under = self.get_component_rich_style("job-table--cursor")
                found = {name: style + Style(bgcolor=under.bgcolor) for name, style in found.items()}
                found["name"] += Style(bold=under.bold, reverse=under.reverse)
            self._palette[cursor] = found
        return found

    def _nothing(self) -> str:
        """What an empty table says."""
        if self._jobs.filter_text:
            return f"nothing matches '{safe(self._jobs.filter_text)}' — esc clears"
        path = self._snapshot.jobs_file if self._snapshot else ""
        return f"no jobs in {safe(path)}: press {key_shown('edit', self._keymap)} to edit"

    def _visible(self) -> Iterator[tuple[int, Facts]]:
        """The rows on the screen, each with the line of the widget that it starts in."""
        jobs, top = self._jobs, self.scroll_offset.y
        for line in range(top, min(top + self._height(), len(jobs.lines))):
            place = jobs.lines[line]
            if jobs.line_of[place] == line:
                yield line + 1 - top, jobs.order[place]

    def _height(self) -> int:
        """How many lines there are for rows."""
        return max(0, self.scrollable_content_region.height - 1)

    def _cursor_place(self) -> int:
        return self._jobs.place.get(self._jobs.cursor or "", 0)

    def _lay_out(self) -> bool:
        """Fit the columns anew; whether every row has to be drawn anew for it."""
        return self._painter.lay_out(self._jobs.order, self.scrollable_content_region.width)

    def _arranged(self) -> None:
        """Other rows, or the same in other places: paint everything."""
        self._lay_out()
        self.virtual_size = Size(1, len(self._jobs.lines) + 1)
        self.refresh()
        self._settle()
        self._scroll_to_cursor()

    def _repaint(self, *names: str) -> None:
        """Paint some rows anew, those of them that are on the screen."""
        regions = []
        for place in (self._jobs.place[name] for name in names if name in self._jobs.place):
            first = self._jobs.line_of[place] - self.scroll_offset.y
            last = first + self._jobs.order[place].noted
            first, last = max(first, 0), min(last, self._height() - 1)
            if first <= last:
                regions.append(Region(0, first + 1, self.size.width, last - first + 1))
        refresh_cells(self, regions)

    def _go(self, place: int) -> None:
        before = self._jobs.cursor
        self.pin_cursor()
        self._jobs.move_cursor(place)
        if before is not None and before != self._jobs.cursor:
            self._repaint(before, self._jobs.cursor or "")
        self._scroll_to_cursor()
        self._settle()

    def _scroll_to_cursor(self) -> None:
        """Scroll as little as it takes to see the cursor's row whole."""
        jobs, height = self._jobs, self._height()
        if not jobs.order or not height:
            return
        place = self._cursor_place()
        first = jobs.line_of[place]
        last = first + jobs.order[place].noted
        top = self.scroll_offset.y
        wanted = first if first < top else last - height + 1 if last >= top + height else top
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True)

    def _settle(self) -> None:
        """Say in the title what is shown, and post what became of cursor and marks."""
        jobs = self._jobs
        shown = f"{len(jobs.order)} of {len(jobs)} · {jobs.filter_text}" if jobs.filter_text else str(len(jobs))
        marked = f" · {len(jobs.marked_names)} marked" if jobs.marked else ""
        title = Content(f"1 Jobs · {safe(shown)}{marked}")
        if title.plain != self._title:
            self._title = title.plain
            set_title(self, title)
        cursor, marks = self._told
        self._told = (jobs.cursor, jobs.marked_names)
        if jobs.cursor != cursor:
            self.post_message(self.Highlighted(jobs.cursor))
        if jobs.marked_names != marks:
            self.post_message(self.MarksChanged(jobs.marked_names))

    def _sort_at(self, x: int) -> None:
        column = self._painter.column_at(x)
        if column is not None:
            self.sort(column)
