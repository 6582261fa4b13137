"""The wallboard on a screen of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from peak_console.tui.wallboard.letters import cells, drawn, rows
from peak_console.tui.wallboard.lines import board

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from textual.app import ComposeResult

    from peak_console.tui.state.snapshot import Snapshot
    from peak_console.tui.wallboard.lines import Line

SCALES = (3, 2, 1)
"""How large a square is, in cells: the largest that fits."""


class Wallboard(ModalScreen[None]):
    """Large letters. Any of the keys that open it, or Esc, closes it."""

    DEFAULT_CSS = """
    Wallboard { background: $background; align: left top; }
    Wallboard Static { width: 100%; height: 100%; padding: 1 2; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,W", "close_board", "Close", show=False)]

    def __init__(self, snapshot: Snapshot, now: datetime) -> None:
        super().__init__()
        self._snapshot, self._now = snapshot, now

    def compose(self) -> ComposeResult:
        yield Static(id="board")

    def on_mount(self) -> None:
        self._write()

    def on_resize(self) -> None:
        self._write()

    def action_close_board(self) -> None:
        self.dismiss(None)

    def show(self, snapshot: Snapshot, now: datetime) -> None:
        """Show another snapshot, or the same one later."""
        self._snapshot, self._now = snapshot, now
        self._write()

    def _write(self) -> None:
        width, height = self.size.width - 4, self.size.height - 2
        if width > 0 and height > 0:
            self.query_one("#board", Static).update(written(board(self._snapshot, self._now), width, height))


def written(lines: Sequence[Line], width: int, height: int) -> Content:
    """Lines as large as they fit, the last ones left out where even the smallest letters are too many."""
    scale = next((scale for scale in SCALES if _fits(lines, scale, width, height)), SCALES[-1])
    shown = lines[: max(1, (height + 1) // (rows(scale) + 1))]
    parts: list[Content] = []
    for text, style in shown:
        whole = text[: max(1, (width // scale + 1) // 4)]
        parts += [Content.styled(line, f"$text-{style}") for line in drawn(whole, scale)]
        parts.append(Content(""))
    return Content("\n").join(parts[:-1])


def _fits(lines: Sequence[Line], scale: int, width: int, height: int) -> bool:
    is_wide_enough = all(cells(text, scale) <= width for text, _ in lines)
    return is_wide_enough and len(lines) * (rows(scale) + 1) <= height + 1
