"""The job table: every job on a line, worst first, with the cursor on a job rather than on a place."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from peak_console.text import safe
from peak_console.tui.drawing.cursor_list import CursorList
from peak_console.tui.drawing.direct_painting import refresh_cells, set_title
from peak_console.tui.drawing.glyphs import ASCENDING, DESCENDING
from peak_console.tui.jobs.columns import COLUMN
from peak_console.tui.jobs.listing import JobList
from peak_console.tui.jobs.painter import JobPainter
from peak_console.tui.keys.actions import binding, key_shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from textual import events
    from textual.timer import Timer

    from peak_console.tui.jobs.cells import Facts
    from peak_console.tui.state.snapshot import Snapshot

STAND_SECONDS = 3.0
"""How long rows keep their places after a key: the next one is meant for what is seen now."""
_STYLES = (
    "text", "name", "muted", "header", "sorted", "error", "warning", "success", "primary", "accent", "bar", "live"
)  # fmt: skip


class JobTable(CursorList):
    """Every job on a line. It shows a snapshot, and posts what the operator points at."""

    PREFIX = "job-table"
    STYLES = _STYLES
    HEADINGS = 1
    COMPONENT_CLASSES: ClassVar[set[str]] = {*(f"job-table--{name}" for name in _STYLES), "job-table--cursor"}

    BINDINGS: ClassVar[list[BindingType]] = [
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
        self._jobs = JobList()
        super().__init__(self._jobs, id=id, classes=classes)
        self._keymap = keymap
        self._snapshot: Snapshot | None = None
        self._now: datetime | None = None
        self._painter = JobPainter()
        self._told: tuple[str | None, tuple[str, ...]] = (None, ())
        """The cursor and the marks that were last posted."""
        self._title = ""
        self._stands_until = 0.0
        """Until when, on the monotonic clock, rows keep their places."""
        self._stand_timer: Timer | None = None

    @property
    def cursor_name(self) -> str | None:
        """The job that the cursor is on; ``None`` while no row is shown."""
        return self._jobs.cursor

    @property
    def shown_names(self) -> tuple[str, ...]:
        """The jobs that are shown, from top to bottom."""
        return tuple(facts.row.name for facts in self._jobs.order)

    @property
    def filter_text(self) -> str:
        return self._jobs.filter_text

    @property
    def sort_column(self) -> str:
        return self._jobs.column

    @property
    def sort_descending(self) -> bool:
        return self._jobs.descending

    @property
    def marked_names(self) -> tuple[str, ...]:
        """The marked jobs that are shown, from top to bottom."""
        return self._jobs.marked_names

    def selected_names(self) -> tuple[str, ...]:
        """What an action is meant for: the marked jobs that are shown, else the one under the cursor."""
        return self._jobs.selected_names

    def show(self, snapshot: Snapshot) -> None:
        """Show these jobs. Only rows that read differently are painted."""
        first, self._snapshot = self._snapshot is None, snapshot
        if self._now is None or snapshot.taken_at > self._now:
            self._now = snapshot.taken_at
        changed, moved = self._jobs.take(snapshot.rows, snapshot.zone, snapshot.taken_at)
        for name in changed:
            self._painter.forget(name)
        if first or moved or (changed and self._fit_columns()):
            self._arranged()
            return
        self._repaint(*changed)
        self._settle()

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
        """Show only the jobs of which ``text`` holds, in the filter's language."""
        self.pin_cursor()
        if self._jobs.filter_by(text):
            self._jobs.chosen = True
            self._arranged()
            self.post_message(self.FilterChanged(self._jobs.filter_text))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the operator wants to see, as far as they fit."""
        return self._painter.chosen

    def show_columns(self, columns: Collection[str]) -> None:
        """Show these columns, as far as they fit."""
        self._painter.choose(columns)
        self._arranged()

    def move_to(self, name: str) -> None:
        """Put the cursor on a job, if it is shown."""
        if name in self._jobs.places:
            self.go(self._jobs.places[name])

    def pin_cursor(self) -> None:
        """From now on the cursor stays on its job; until then it is on the top row, the worst as a rule."""
        self._jobs.pinned = self._snapshot is not None

    @property
    def is_cursor_chosen(self) -> bool:
        """Whether the operator has put the cursor where it is; with a single job there is no other place for it."""
        return self._jobs.chosen or len(self._jobs.order) < 2

    def stand(self) -> None:
        """Rows keep their places from now on, until no key has been pressed for a while."""
        self._stands_until = time.monotonic() + STAND_SECONDS
        self._jobs.stands = True
        if self._stand_timer is None:
            self._stand_timer = self.set_timer(STAND_SECONDS, self._stop_standing)

    def _stop_standing(self) -> None:
        left = self._stands_until - time.monotonic()
        if left > 0:
            self._stand_timer = self.set_timer(left, self._stop_standing)
            return
        self._stand_timer = None
        if self._jobs.settle():
            self._arranged()
        else:
            self._settle()

    def keep_in_place(self, names: Collection[str]) -> None:
        """Some jobs have been acted on: the one under the cursor stays on its line, among its neighbours."""
        self._jobs.chosen = True
        if self._jobs.cursor in names:
            self._jobs.kept = self._jobs.cursor

    def clear_marks(self) -> None:
        self._mark(set())

    def on_resize(self) -> None:
        self.scroll_to_cursor()

    def notify_style_update(self) -> None:
        self._painter.forget()
        super().notify_style_update()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        column = self._painter.column_at(offset.x) if offset is not None and offset.y < self.HEADINGS else None
        if column is not None:
            self.sort(column)

    def cursor_moved(self) -> None:
        self.pin_cursor()
        self._jobs.chosen = True
        self._settle()

    def open_entry(self) -> None:
        if self._jobs.cursor is not None:
            self.post_message(self.Opened(self._jobs.cursor))

    def action_details(self) -> None:
        self.open_entry()

    def action_mark(self) -> None:
        """Mark the job under the cursor, or unmark it, and go to the next."""
        name = self._jobs.cursor
        if name is not None:
            self._jobs.marked ^= {name}
            self._painter.forget(name)
            self._repaint(name)
            self.action_move(1)

    def mark_all(self) -> None:
        """Mark every job that is shown; if all of them are, none."""
        shown = set(self._jobs.places)
        self._mark(set() if shown <= self._jobs.marked else self._jobs.marked | shown)

    def invert_marks(self) -> None:
        """Mark the shown jobs that are not marked, and unmark the others."""
        self._mark(self._jobs.marked ^ set(self._jobs.places))

    def _mark(self, names: set[str]) -> None:
        changed = self._jobs.marked ^ names
        self._jobs.marked = names
        for name in changed:
            self._painter.forget(name)
        self._repaint(*changed)
        self._settle()

    def action_reset(self) -> None:
        """Show all jobs again; with no filter, unmark them."""
        if self._jobs.filter_text:
            self.filter("")
        else:
            self.clear_marks()

    def render_lines(self, crop: Region) -> list[Strip]:
        # Not in on_resize, which comes after the first frame of the new size: that would be one without columns.
        if self._painter.width != self.scrollable_content_region.width:
            self._fit_columns()
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

    def _nothing(self) -> str:
        """What an empty table says."""
        if self._jobs.filter_text:
            return f"nothing matches '{safe(self._jobs.filter_text)}' — esc clears"
        path = self._snapshot.jobs_file if self._snapshot else ""
        return f"no jobs in {safe(path)}: press {key_shown('edit', self._keymap)} to edit"

    def _visible(self) -> Iterator[tuple[int, Facts]]:
        """The rows on the screen, each with the line of the widget that it starts in."""
        jobs, top = self._jobs, self.scroll_offset.y
        for line in range(top, min(top + self._rows_height, len(jobs.lines))):
            place = jobs.lines[line]
            if jobs.line_of[place] == line:
                yield line + 1 - top, jobs.order[place]

    def _fit_columns(self) -> bool:
        """Fit the columns to the jobs and the width; whether that changes every row."""
        return self._painter.fit_columns(self._jobs.order, self.scrollable_content_region.width)

    def _arranged(self) -> None:
        """Other rows, or the same in other places: paint everything."""
        self._fit_columns()
        self.virtual_size = Size(1, len(self._jobs.lines) + 1)
        self.refresh()
        self._settle()
        self.scroll_to_cursor()

    def _repaint(self, *names: str) -> None:
        """Paint the rows of some jobs, as far as they are in sight."""
        self.refresh_entries(self._jobs.places[name] for name in names if name in self._jobs.places)

    def _sorting(self) -> str:
        """By what the rows are sorted, where the worst are not first."""
        jobs = self._jobs
        if jobs.column == "state" and not jobs.descending:
            return ""
        return f" · by {COLUMN[jobs.column].title} {DESCENDING if jobs.descending else ASCENDING}"

    def _order_sign(self) -> str:
        """What is said of rows that are not in the places that their order gives them."""
        jobs = self._jobs
        if not jobs.is_older:
            return ""
        return " · ‖ order stands" if jobs.stands or jobs.kept is None else f" · ‖ {safe(jobs.kept)} stays here"

    def _settle(self) -> None:
        """Say in the title what is shown, and post what became of cursor and marks."""
        jobs = self._jobs
        shown = f"{len(jobs.order)} of {len(jobs)} · {jobs.filter_text}" if jobs.filter_text else str(len(jobs))
        marked = f" · {len(jobs.marked_names)} marked" if jobs.marked else ""
        fault = f" · ✖ {safe(jobs.filter_fault)}" if jobs.filter_fault else ""
        title = Content(f"1 Jobs · {safe(shown)}{fault}{marked}{self._sorting()}{self._order_sign()}")
        if title.plain != self._title:
            self._title = title.plain
            set_title(self, title)
        cursor, marks = self._told
        self._told = (jobs.cursor, jobs.marked_names)
        if jobs.cursor != cursor:
            self.post_message(self.Highlighted(jobs.cursor))
        if jobs.marked_names != marks:
            self.post_message(self.MarksChanged(jobs.marked_names))
