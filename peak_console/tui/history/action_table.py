"""The shift log as a list with a cursor: who did what, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.geometry import Size

from peak_console.text import safe
from peak_console.tui.drawing import paint
from peak_console.tui.drawing.cursor_list import CursorList
from peak_console.tui.drawing.entries import EntryList
from peak_console.tui.drawing.glyphs import CURSOR
from peak_console.tui.history.lines import when
from peak_console.tui.history.run_table import STYLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from textual.strip import Strip

    from peak_console.model.action import Action
    from peak_console.tui.drawing.paint import Piece

_WHEN, _PERSON, _VERB, _JOB = 13, 12, 13, 24
_TITLES = ("when", "person", "action", "job")
EMPTY = "nobody has done anything like that"


class ActionTable(CursorList):
    """The entries below a line of headings."""

    PREFIX = "run-table"
    STYLES = STYLES
    HEADINGS = 1
    COMPONENT_CLASSES: ClassVar[set[str]] = {*(f"run-table--{name}" for name in STYLES), "run-table--cursor"}

    def __init__(self, now: datetime, zone: tzinfo, *, id: str | None = None) -> None:  # noqa: A002
        self._list: EntryList[Action] = EntryList(key=lambda action: action.id)
        super().__init__(self._list, id=id)
        self._now, self._zone = now, zone

    @property
    def current(self) -> Action | None:
        """The entry under the cursor."""
        return self._list.current

    def show(self, actions: Sequence[Action], now: datetime) -> None:
        """Show these entries, newest first."""
        self._now = now
        self._list.replace(actions)
        self.virtual_size = Size(1, len(actions) + self.HEADINGS)
        self.cursor_moved()
        self.refresh()

    def cursor_moved(self) -> None:
        """Say below the list all that is known of the entry under the cursor."""
        action = self.current
        told = "" if action is None else ": ".join(filter(None, (safe(action.message), safe(action.reason or ""))))
        self.border_subtitle = Content(told)

    def on_resize(self) -> None:
        self.refresh()
        self.scroll_to_cursor()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        place, actions = y - self.HEADINGS + self.scroll_offset.y, self._list.items
        cursor = y >= self.HEADINGS and place == self._list.cursor_place
        pieces: list[Piece] = []
        if y == 0:
            pieces = [("  ", "text"), *_columns([(title, "muted") for title in _TITLES]), ("what came of it", "muted")]
        elif place < len(actions):
            pieces = [(CURSOR if cursor else " ", "accent"), (" ", "text"), *self._line(actions[place], width - 2)]
        elif y == 1 and not actions:
            pieces = [("  ", "text"), (EMPTY, "muted")]
        return paint.strip(pieces, self._colours(cursor=cursor), width)

    def _line(self, action: Action, width: int) -> list[Piece]:
        cells = [
            (when(action.at, self._now, self._zone), "text"),
            (safe(action.person), "name"),
            (safe(action.verb).replace("_", " "), "primary"),
            (safe(action.job or ""), "text"),
        ]
        reason = f' "{safe(action.reason)}"' if action.reason else ""
        room = max(0, width - _WHEN - _PERSON - _VERB - _JOB)
        return [*_columns(cells), (paint.cut(f"{safe(action.message)}{reason}", room), "muted")]


def _columns(cells: Sequence[Piece]) -> list[Piece]:
    pieces: list[Piece] = []
    for cell, size in zip(cells, (_WHEN, _PERSON, _VERB, _JOB), strict=True):
        pieces += paint.fitted((cell,), size - 1, gap=1)
    return pieces
