"""Lines that were found in outputs, and lines that differ: two screens with a list each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from peak_console.text import safe
from peak_console.tui.drawing import paint
from peak_console.tui.drawing.cursor_list import CursorList
from peak_console.tui.drawing.entries import EntryList
from peak_console.tui.drawing.glyphs import CURSOR
from peak_console.tui.history.run_table import STYLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.strip import Strip

    from peak_console.tui.drawing.paint import Piece

CSS = os.path.join(os.path.dirname(__file__), "found.tcss")
PLACEHOLDER = "a text or a regular expression, in the outputs of the runs of the history; Enter begins"
_WHERE_CELLS = 30


@dataclass(frozen=True)
class FoundLine:
    """A line of a run's output that has what was looked for."""

    job: str
    run_id: int
    stream: str
    line: int
    text: str


class FoundList(CursorList):
    """Lines in styles, with a cursor."""

    PREFIX = "found"
    STYLES = STYLES
    COMPONENT_CLASSES: ClassVar[set[str]] = {*(f"found--{name}" for name in STYLES), "found--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", "Output", show=False)]

    @dataclass
    class Opened(Message):
        """The operator wants to see where a line stands."""

        place: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        self._list: EntryList[Sequence[Piece]] = EntryList(key=id_of)
        super().__init__(self._list, id=id)

    @property
    def place(self) -> int | None:
        """The place of the line under the cursor."""
        return self._list.cursor_place

    @property
    def count(self) -> int:
        return self._list.count

    def show(self, lines: Sequence[Sequence[Piece]]) -> None:
        """Show these lines; the cursor stays at its place."""
        place = self._list.cursor_place or 0
        self._list.items = lines
        self._list.move_cursor(place)
        self.virtual_size = Size(1, len(lines))
        self.refresh()

    def open_entry(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        if self.place is not None:
            self.post_message(self.Opened(self.place))

    def render_line(self, y: int) -> Strip:
        width, place = self.scrollable_content_region.width, y + self.scroll_offset.y
        cursor = place == self._list.cursor_place
        pieces: list[Piece] = []
        if place < self._list.count:
            pieces = [(CURSOR if cursor else " ", "accent"), *self._list.items[place]]
        return paint.strip(_cut(pieces, width), self._colours(cursor=cursor), width)


def id_of(line: Sequence[Piece]) -> int:
    return id(line)


def _cut(pieces: Sequence[Piece], width: int) -> list[Piece]:
    kept: list[Piece] = []
    room = width
    for text, style in pieces:
        if room <= 0:
            break
        kept.append((paint.cut(text, room), style))
        room -= paint.width_of(text)
    return kept


class FoundScreen(ModalScreen[None]):
    """Lines of outputs that have a text, as they are found."""

    CSS_PATH = CSS
    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", show=False),
        Binding("slash", "again", "Search", show=False),
        Binding("q", "close", "Back", show=False),
    ]

    @dataclass
    class Asked(Message):
        """The operator wants a text to be looked for."""

        pattern: str

    @dataclass
    class Chosen(Message):
        """The operator wants to see a line in its output; the screen is closing."""

        line: FoundLine
        pattern: str

    def __init__(self, scope: str) -> None:
        """``scope`` says which runs are searched."""
        super().__init__()
        self._scope, self._pattern = scope, ""
        self.lines: list[FoundLine] = []

    def compose(self) -> ComposeResult:
        yield Static(Content(f"Find in outputs · {safe(self._scope)}"), id="headline", markup=False)
        yield Input(placeholder=PLACEHOLDER, id="pattern", compact=True)
        yield FoundList(id="found")
        yield Static(Content("Enter output at the line  / another text  Esc back"), id="keys", markup=False)

    @property
    def list(self) -> FoundList:
        return self.query_one(FoundList)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._pattern, self.lines = event.value, []
        self.list.show([])
        self.list.focus()
        self.post_message(self.Asked(event.value))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()

    def on_found_list_opened(self, event: FoundList.Opened) -> None:
        event.stop()
        self.app.post_message(self.Chosen(self.lines[event.place], self._pattern))
        self.dismiss()

    def add(self, lines: Sequence[FoundLine], told: str) -> None:
        """More has been found; ``told`` says how far the search is."""
        if lines:
            self.lines += lines
            self.list.show([_pieces(line) for line in self.lines])
        self.tell(told)

    def tell(self, told: str, *, wrong: bool = False) -> None:
        """Say how far the search is, or what is wrong."""
        headline = self.query_one("#headline", Static)
        headline.update(Content(f"✖ {safe(told)}" if wrong else f"Find in outputs · {safe(self._scope)} · {told}"))
        headline.set_class(wrong, "-error")

    def action_again(self) -> None:
        self.query_one("#pattern", Input).focus()

    def action_leave(self) -> None:
        self.dismiss()

    action_close = action_leave


def _pieces(line: FoundLine) -> Sequence[Piece]:
    where = paint.cut(f"{safe(line.job)} #{line.run_id}", _WHERE_CELLS - 1)
    return [
        (f"{where:<{_WHERE_CELLS}}", "text"),
        (f"{'err' if line.stream == 'err' else '   '} {line.line:>6}  ", "error" if line.stream == "err" else "muted"),
        (safe(line.text), "text"),
    ]


class DifferenceScreen(ModalScreen[None]):
    """What is different between two runs."""

    CSS_PATH = CSS
    AUTO_FOCUS = "FoundList"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "Back", show=False)]

    def __init__(self, title: str, lines: Sequence[Sequence[Piece]]) -> None:
        super().__init__()
        self._title, self._lines = title, lines

    def compose(self) -> ComposeResult:
        yield Static(Content(safe(self._title)), id="headline", markup=False)
        yield FoundList(id="found")
        yield Static(Content("↑ ↓ scroll  Esc back"), id="keys", markup=False)

    def on_mount(self) -> None:
        self.query_one(FoundList).show(self._lines)

    def on_found_list_opened(self, event: FoundList.Opened) -> None:
        event.stop()

    def action_leave(self) -> None:
        self.dismiss()
