"""The chain of a job: a tree of the jobs that wait for each other, each with how it stands; Enter goes to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen

from peak_console.text import safe
from peak_console.tui.answers.screen import CSS, FRAME
from peak_console.tui.drawing import paint
from peak_console.tui.drawing.cursor_list import CursorList
from peak_console.tui.drawing.entries import EntryList
from peak_console.tui.drawing.glyphs import CURSOR, standing
from peak_console.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.strip import Strip

    from peak_console.tui.drawing.paint import Piece

_STYLES = ("text", "name", "muted", "accent", "primary", "error", "warning", "success")


@dataclass(frozen=True, slots=True)
class ChainLine:
    """One job in the tree."""

    job: str
    text: str
    """The branches before it, its name, how it stands, and what it waits for."""
    standing: str
    """How it stands, by ``Standing``."""
    place: int = 0
    """Its place in the tree: a job that waits for several others stands there several times."""


class ChainList(CursorList):
    """The lines of a tree, with a cursor."""

    PREFIX = "chain"
    STYLES = _STYLES
    COMPONENT_CLASSES: ClassVar[set[str]] = {*(f"chain--{name}" for name in _STYLES), "chain--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "screen.go", "Go to", show=False)]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        self._list: EntryList[ChainLine] = EntryList(key=lambda line: (line.job, line.place))
        super().__init__(self._list, id=id)

    @property
    def job(self) -> str | None:
        """The job under the cursor."""
        return self._list.current.job if self._list.current is not None else None

    def show(self, lines: Sequence[ChainLine], job: str | None = None) -> None:
        """Show these lines; the cursor goes to ``job``, else it stays on its own."""
        self._list.replace(lines)
        if job is not None:
            self._list.move_cursor(next((place for place, line in enumerate(lines) if line.job == job), 0))
        self.virtual_size = Size(1, len(lines))
        self.refresh()

    def open_entry(self) -> None:
        self.screen.run_worker(self.run_action("screen.go"))

    def on_resize(self) -> None:
        self.scroll_to_cursor()

    def render_line(self, y: int) -> Strip:
        width, place = self.scrollable_content_region.width, y + self.scroll_offset.y
        cursor = place == self._list.cursor_place
        pieces: list[Piece] = []
        if place < self._list.count:
            pieces = [(CURSOR if cursor else " ", "accent"), (" ", "text"), *pieces_of(self._list.items[place])]
        return paint.strip(pieces, self._colours(cursor=cursor), width)


def pieces_of(line: ChainLine) -> list[Piece]:
    """Branches muted, the name strong, and how it stands in its colour with its sign."""
    look, name = standing(line.standing), safe(line.job)
    branches, _, rest = line.text.partition(name)
    return [
        (branches, "muted"), (f"{look.glyph} ", look.style), (name, "name"), (rest, look.style),
    ]  # fmt: skip


class ChainScreen(ModalScreen[str]):
    """The tree. Its result is the job to go to, or ``None``."""

    CSS_PATH = CSS
    AUTO_FOCUS = "ChainList"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "cancel", "Close", show=False)]

    closes_at_escape = True
    """Esc reaches it past the queue of keys, see ``ConsoleApp.on_event``."""

    def __init__(self, title: str, lines: Sequence[ChainLine], job: str | None) -> None:
        """The cursor begins on ``job``."""
        super().__init__()
        self._title, self._lines, self._job = title, lines, job

    def compose(self) -> ComposeResult:
        with Vertical(id="answer") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content("Enter goes to the job · ↑ ↓ moves · Esc closes")
            chain = ChainList(id="chain")
            chain.show(self._lines, self._job)
            self._fit(chain)
            yield chain

    def _fit(self, chain: ChainList) -> None:
        chain.styles.height = max(1, min(len(self._lines), self.app.size.height - FRAME - 1))

    def show(self, lines: Sequence[ChainLine]) -> None:
        """Show how things stand now."""
        if lines != self._lines and self.query("ChainList"):
            self._lines = lines
            chain = self.query_one(ChainList)
            chain.show(lines)
            self._fit(chain)

    def on_resize(self) -> None:
        self._fit(self.query_one(ChainList))

    def action_go(self) -> None:
        self.dismiss(self.query_one(ChainList).job)

    def action_cancel(self) -> None:
        self.dismiss(None)
