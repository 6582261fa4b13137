"""The bar that says what is wrong with what is shown, since when and what to press, until it is no longer true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import Static

from peak_console.text import safe
from peak_console.tui.drawing.glyphs import STANDING, moment

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from peak_console.tui.state.snapshot import Snapshot, Trouble

_GLYPH = STANDING["failed"].glyph


class TroubleBar(Static):
    """One line and more for each trouble; takes no room while there is none."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes, markup=False)
        self._text = ""

    def show(self, snapshot: Snapshot) -> None:
        lines = [_line(trouble, snapshot.taken_at, snapshot.zone) for trouble in snapshot.troubles]
        text = "\n".join(lines)
        if text != self._text:
            self._text = text
            self.update(Text(text))
            self.set_class(bool(text), "-troubled")


def _line(trouble: Trouble, now: datetime, zone: tzinfo) -> str:
    return f"{_GLYPH} {safe(trouble.text)} · since {moment(trouble.since, now, zone)}"
