"""Draws the rows of the job table as strips, in given styles, and keeps each for as long as it reads the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.tui.drawing.glyphs import ASCENDING, CURSOR, DESCENDING, MARKED
from peak_console.tui.drawing.paint import cut, fitted, strip
from peak_console.tui.jobs.cells import cell_of, note
from peak_console.tui.jobs.columns import COLUMN, GAP_CELLS, GUTTER_CELLS, USUAL, fit_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime, tzinfo

    from textual.strip import Strip

    from peak_console.tui.drawing.paint import Cell, Palette, Piece
    from peak_console.tui.jobs.cells import Facts

TICKING = ("next", "last", "success", "took")
"""The columns that change as time goes by, side by side."""
_TICKING_AT_REST = ("next", "last", "success")
_NOTE_INDENT = GUTTER_CELLS + 2
_KEPT_ROWS = 500
"""Rows that are kept; more than any screen shows."""


class _Drawn:
    """One row as it was last drawn."""

    __slots__ = ("cells", "strips")

    def __init__(self, cells: dict[str, Cell]) -> None:
        self.cells = cells
        """By column, each as wide as that and the gap after it."""
        self.strips: dict[tuple[bool, bool], Strip] = {}
        """By whether it is the note, and whether the cursor is on it."""


class JobPainter:
    """The columns as they fit, and how a line of them is drawn."""

    def __init__(self) -> None:
        self.widths: dict[str, int] = {}
        self._left: dict[str, int] = {}
        self.chosen: tuple[str, ...] = USUAL
        """The columns that the operator wants to see."""
        self.width = 0
        """The cells that they were fitted into."""
        self._drawn: dict[str, _Drawn] = {}

    def choose(self, columns: Collection[str]) -> None:
        """From the next fit on only these columns are shown, and those that always are."""
        self.chosen, self.width = tuple(columns), 0

    def fit_columns(self, facts: Sequence[Facts], width: int) -> bool:
        """Fit the columns of these rows into ``width`` cells; whether every row looks different for it."""
        widths = fit_columns(facts, width, self.chosen)
        if (widths, width) == (self.widths, self.width):
            return False
        self.widths, self.width = widths, width
        left = GUTTER_CELLS
        self._left = {}
        for key, wide in widths.items():
            self._left[key] = left
            left += wide + GAP_CELLS
        self._drawn.clear()
        return True

    def forget(self, name: str | None = None) -> None:
        """Forget how a job was drawn, so that its next line is made from its facts; ``None`` is all jobs."""
        if name is None:
            self._drawn.clear()
        else:
            self._drawn.pop(name, None)

    def tick(self, facts: Facts, now: datetime) -> tuple[int, int] | None:
        """From which cell, and how many cells wide, a row reads differently now."""
        drawn = self._drawn.get(facts.row.name)
        if drawn is None:  # forgotten since it was painted: what it said then is not known
            return 0, self.width
        if facts.is_off:
            return None
        keys = TICKING if facts.row.view.active else _TICKING_AT_REST
        ticking = {key: self._cell(facts, key, now) for key in keys if key in self.widths}
        other = [key for key, cell in ticking.items() if cell != drawn.cells[key]]
        if not other:
            return None
        drawn.cells.update(ticking)
        drawn.strips.clear()
        left = self._left[other[0]]
        return left, self._left[other[-1]] + self.widths[other[-1]] - left

    def column_at(self, x: int) -> str | None:
        """The column that the cell ``x`` belongs to."""
        found = None
        for key, left in self._left.items():
            if x >= left:
                found = key
        return found

    def line(
        self, facts: Facts, now: datetime, zone: tzinfo, palette: Palette, *, is_note: bool, cursor: bool, marked: bool
    ) -> Strip:
        """A line of a row: its cells, or the note below them."""
        drawn = self._drawn.get(facts.row.name)
        if drawn is None:
            if len(self._drawn) >= _KEPT_ROWS:
                self._drawn.clear()
            keys = [key for key in self.widths if not facts.is_off or key in ("state", "name")]
            drawn = self._drawn[facts.row.name] = _Drawn({key: self._cell(facts, key, now) for key in keys})
        found = drawn.strips.get((is_note, cursor))
        if found is None:
            gutter = MARKED if marked and not is_note else CURSOR if cursor else " "
            if is_note:
                found = self._note(gutter, note(facts, now, zone), palette)
            else:
                pieces = [piece for cell in drawn.cells.values() for piece in cell]
                if facts.is_off:
                    pieces.append((cut(note(facts, now, zone), self._left_of_note()), "muted"))
                found = strip([(gutter.ljust(GUTTER_CELLS), "accent"), *pieces], palette, self.width)
            drawn.strips[is_note, cursor] = found
        return found

    def header(self, column: str, *, descending: bool, palette: Palette) -> Strip:
        pieces = [(" " * GUTTER_CELLS, "header")]
        for key, width in self.widths.items():
            title: Piece = (COLUMN[key].title, "header")
            if key == column:
                title = (f"{title[0]} {DESCENDING if descending else ASCENDING}", "sorted")
            pieces += fitted((title,), width, right=COLUMN[key].right, gap=GAP_CELLS)
        return strip(pieces, palette, self.width)

    def _cell(self, facts: Facts, key: str, now: datetime) -> Cell:
        width = self.widths[key]
        return fitted(cell_of(facts, key, width, now), width, right=COLUMN[key].right, gap=GAP_CELLS)

    def _note(self, gutter: str, text: str, palette: Palette) -> Strip:
        shown = cut(text, max(0, self.width - _NOTE_INDENT))
        return strip([(gutter.ljust(_NOTE_INDENT), "accent"), (shown, "muted")], palette, self.width)

    def _left_of_note(self) -> int:
        """How many cells are right of a job's name."""
        return max(0, self.width - GUTTER_CELLS - sum(self.widths[key] + GAP_CELLS for key in ("state", "name")))

    def message(self, text: str, palette: Palette) -> Strip:
        """What stands where there are no rows."""
        shown = cut(text, max(0, self.width - GUTTER_CELLS))
        return strip([(" " * GUTTER_CELLS + shown, "muted")], palette, self.width)
