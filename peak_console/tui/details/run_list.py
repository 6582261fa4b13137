"""The last runs of one job as a table, with a cursor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView

from peak_console.model.records import RunState
from peak_console.schedule.zones import local_time
from peak_console.text import duration, safe
from peak_console.tui.drawing import paint
from peak_console.tui.drawing.glyphs import CURSOR, NOTHING, QUEUED, RUNNING, outcome
from peak_console.tui.keys.actions import binding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from textual import events
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


class RunList(ScrollView, can_focus=True):
    """Runs, newest first, below a line of headings that stays."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*(f"run-list--{name}" for name in _STYLES), "run-list--cursor"}

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "edge(0)", "Newest", show=False),
        Binding("end,G", "edge(-1)", "Oldest", show=False),
        binding("open_run"),
    ]

    @dataclass
    class Opened(Message):
        """The operator wants to see the output of a run."""

        run_id: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._runs: Sequence[Run] = ()
        self._zone: tzinfo | None = None
        self._place = 0
        self._palettes: dict[bool, dict[str, Style]] = {}

    def show(self, runs: Sequence[Run], zone: tzinfo) -> None:
        """Show these runs, newest first, with times in ``zone``. The cursor stays on its run."""
        under = self._runs[self._place].id if self._place < len(self._runs) else None
        self._runs, self._zone = runs, zone
        self._place = next((place for place, run in enumerate(runs) if run.id == under), 0)
        self.virtual_size = Size(1, len(runs) + 1)
        self.refresh()

    def notify_style_update(self) -> None:
        self._palettes.clear()
        super().notify_style_update()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and offset.y > 0 and offset.y - 1 + self.scroll_offset.y < len(self._runs):
            self._go(offset.y - 1 + self.scroll_offset.y)
            if event.chain == 2:
                self.action_open_run()

    def action_move(self, by: int) -> None:
        self._go(self._place + by)

    def action_page(self, by: int) -> None:
        self._go(self._place + by * max(1, self._height - 1))

    def action_edge(self, place: int) -> None:
        self._go(place % max(1, len(self._runs)))

    def action_open_run(self) -> None:
        if self._place < len(self._runs):
            self.post_message(self.Opened(self._runs[self._place].id))

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        place = y - 1 + self.scroll_offset.y
        cursor = y > 0 and place == self._place and bool(self._runs)
        pieces: list[Piece] = []
        if y == 0:
            pieces = [(" ", "text"), *_cells([(name, "muted") for name, _ in _COLUMNS], width), ("why", "muted")]
        elif self._zone is not None and place < len(self._runs):
            pieces = [(CURSOR if cursor else " ", "accent"), *_row(self._runs[place], self._zone, width)]
        elif y == 1 and not self._runs:
            pieces = [(" ", "text"), (EMPTY, "muted")]
        return paint.strip(pieces, self._palette(cursor=cursor), width)

    def _palette(self, *, cursor: bool) -> dict[str, Style]:
        styles = self._palettes.get(cursor)
        if styles is None:
            styles = paint.palette(self, "run-list", _STYLES)
            if cursor:
                over = Style(bgcolor=self.get_component_rich_style("run-list--cursor").bgcolor)
                styles = {name: style + over for name, style in styles.items()}
            self._palettes[cursor] = styles
        return styles

    @property
    def _height(self) -> int:
        """How many lines there are for runs."""
        return max(0, self.scrollable_content_region.height - 1)

    def _go(self, place: int) -> None:
        self._place = min(max(place, 0), max(0, len(self._runs) - 1))
        top = self.scroll_offset.y
        wanted = min(self._place, max(top, self._place - self._height + 1))
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True)
        self.scroll_visible(animate=False)  # on a small screen the list itself may be below the edge
        self.refresh()


def _row(run: Run, zone: tzinfo, width: int) -> list[Piece]:
    look = _look(run)
    took, late = run.duration_seconds, run.lateness_seconds
    at = local_time(run.started_at or run.scheduled_for or run.claimed_at, zone)
    cells = [
        (f"#{run.id}", "text"),
        (_when(at, width), "text"),
        (safe(run.triggered_by).replace("_", " ") + (f" {run.attempt}" if run.attempt > 1 else ""), "muted"),
        (f"{look.glyph} {look.word}", look.style),
        (NOTHING if run.return_code is None else str(run.return_code), "error" if run.return_code else "muted"),
        (NOTHING if took is None else duration(took), "text"),
        (NOTHING if late is None else duration(max(0.0, late)), "muted"),
    ]
    pieces = _cells(cells, width)
    room = width - 1 - paint.pieces_width(pieces)
    return [*pieces, (paint.cut(safe(run.reason or run.stop_reason or ""), room), "muted")]


def _cells(cells: Sequence[Piece], width: int) -> list[Piece]:
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


def _look(run: Run) -> Look:
    if run.outcome is not None:
        return outcome(run.outcome)
    return QUEUED if run.state == RunState.QUEUED else RUNNING
