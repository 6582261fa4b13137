"""Draws the rows of the job table as strips, in given widths and styles; knows neither the widget nor the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip

from peak_console.tui.glyphs import ASCENDING, CURSOR, DESCENDING, MARKED
from peak_console.tui.job_cells import cells, fit, fitted, width_of
from peak_console.tui.job_columns import COLUMN, GAP, GUTTER, lay_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from rich.style import Style

    from peak_console.tui.job_cells import Cell, Facts

    Palette = Mapping[str, Style]

TICKING = ("next", "last", "took")
"""The columns that change as time goes by, side by side."""
_NOTE_INDENT = GUTTER + 2


class RowPainter:
    """The columns as they fit, and how a line of them is drawn."""

    def __init__(self) -> None:
        self.widths: dict[str, int] = {}
        self._left: dict[str, int] = {}
        self._width = 0

    def lay_out(self, facts: Sequence[Facts], width: int) -> bool:
        """Fit the columns of these rows into ``width`` cells; whether any of them is another than before."""
        widths = lay_out(facts, width)
        if (widths, width) == (self.widths, self._width):
            return False
        self.widths, self._width = widths, width
        left = GUTTER
        self._left = {}
        for key, wide in widths.items():
            self._left[key] = left
            left += wide + GAP
        return True

    def span(self, keys: Sequence[str]) -> tuple[int, int]:
        """From which cell, and how many cells wide, these neighbouring columns are."""
        left = self._left[keys[0]]
        return left, self._left[keys[-1]] + self.widths[keys[-1]] - left

    def column_at(self, x: int) -> str | None:
        """The column that the cell ``x`` belongs to."""
        found = None
        for key, left in self._left.items():
            if x >= left:
                found = key
        return found

    def ticking(self, facts: Facts, now: datetime) -> dict[str, Cell]:
        """Those of the cells that depend on the time."""
        return {key: cells(facts, key, self.widths[key], now) for key in TICKING if key in self.widths}

    def header(self, column: str, *, descending: bool, palette: Palette) -> Strip:
        blank = palette["header"]
        segments = [Segment(" " * GUTTER, blank)]
        for key, width in self.widths.items():
            title, style = COLUMN[key].title, blank
            if key == column:
                title, style = f"{title} {DESCENDING if descending else ASCENDING}", palette["sorted"]
            used = min(width_of(title), width)
            pad = Segment(" " * (width - used), blank)
            text = Segment(fit(title, used), style)
            segments += [pad, text] if COLUMN[key].right else [text, pad]
            segments.append(Segment(" " * GAP, blank))
        return self._strip(segments, blank)

    def row(
        self, facts: Facts, ticking: Mapping[str, Cell], now: datetime, palette: Palette, *, cursor: bool, marked: bool
    ) -> Strip:
        blank = palette["text"]
        gutter = MARKED if marked else CURSOR if cursor else " "
        segments = [Segment(gutter, palette["accent"]), Segment(" " * (GUTTER - 1), blank)]
        for key, width in self.widths.items():
            cell = ticking.get(key) or cells(facts, key, width, now)
            segments += [Segment(text, palette[style]) for text, style in fitted(cell, width, right=COLUMN[key].right)]
            segments.append(Segment(" " * GAP, blank))
        return self._strip(segments, blank)

    def note(self, text: str, palette: Palette, *, cursor: bool) -> Strip:
        """The second line of a row."""
        gutter = Segment(CURSOR if cursor else " ", palette["accent"])
        shown = fit(text, max(0, min(width_of(text), self._width - _NOTE_INDENT)))
        segments = [gutter, Segment(" " * (_NOTE_INDENT - 1), palette["text"]), Segment(shown, palette["muted"])]
        return self._strip(segments, palette["text"])

    def message(self, text: str, palette: Palette) -> Strip:
        """What stands where there are no rows."""
        shown = fit(text, max(0, min(width_of(text), self._width - GUTTER)))
        return self._strip([Segment(" " * GUTTER, palette["text"]), Segment(shown, palette["muted"])], palette["text"])

    def _strip(self, segments: list[Segment], blank: Style) -> Strip:
        return Strip([segment for segment in segments if segment.text]).adjust_cell_length(self._width, blank)
