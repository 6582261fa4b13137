"""Text in styles, cell by cell: what widgets that draw their own lines have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.filter import ANSIToTruecolor
from textual.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.style import Style
    from textual.filter import LineFilter
    from textual.widget import Widget

    Piece = tuple[str, str]
    """Some text and the name of its style."""
    Cell = tuple[Piece, ...]
    Palette = Mapping[str, Style]
    """Styles by name."""


def palette(widget: Widget, prefix: str, names: Iterable[str]) -> dict[str, Style]:
    """A widget's component styles ``prefix--name`` by name. Slow: keep it until ``notify_style_update``."""
    return {name: widget.get_component_rich_style(f"{prefix}--{name}") for name in names}


def needed_filters(widget: Widget, filters: Sequence[LineFilter]) -> Sequence[LineFilter]:
    """Those of a widget's line filters that change what it draws, when it draws in nothing but its theme's colours.

    The filter that turns the terminal's sixteen colours into true ones finds none then, but takes a fifth of the time
    of a line.
    """
    if widget.app.current_theme.ansi:
        return filters
    return [each for each in filters if not isinstance(each, ANSIToTruecolor)]


def strip(pieces: Iterable[Piece], styles: Palette, width: int, blank: str = "text") -> Strip:
    """A line of exactly ``width`` terminal cells, filled up in the style ``blank``."""
    segments, used = [], 0
    for text, style in pieces:
        if text:
            segments.append(Segment(text, styles[style]))
            used += width_of(text)
    if used < width:
        segments.append(Segment(" " * (width - used), styles[blank]))
    # Each strip costs more than its text: one that is told how long it is needs no other to be filled up.
    return Strip(segments, max(used, width)).adjust_cell_length(width)


def width_of(text: str) -> int:
    """How many terminal cells ``text`` takes."""
    return len(text) if text.isascii() else cell_len(text)


def pieces_width(pieces: Iterable[Piece]) -> int:
    return sum(width_of(text) for text, _ in pieces)


def changed_span(before: Sequence[Piece], after: Sequence[Piece]) -> tuple[int, int]:
    """From which cell, and how many cells wide, two lines differ; (0, 0) where they do not."""
    if before == after:
        return 0, 0
    first, last, shorter = 0, 0, min(len(before), len(after))
    while first < shorter and before[first] == after[first]:
        first += 1
    while last < shorter - first and before[-1 - last] == after[-1 - last]:
        last += 1
    left = pieces_width(after[:first])
    old, new = pieces_width(before[first : len(before) - last]), pieces_width(after[first : len(after) - last])
    if old == new:
        return left, new
    return left, max(old, new) + pieces_width(after[len(after) - last :])  # what follows has moved


def cut(text: str, width: int) -> str:
    """``text`` in at most ``width`` terminal cells, cut with an ellipsis where it is longer."""
    if width_of(text) <= width:
        return text
    if width < 1:
        return ""
    return (text[: width - 1] if text.isascii() else set_cell_size(text, width - 1)) + "…"


def fitted(cell: Cell, width: int, *, right: bool = False, gap: int = 0) -> Cell:
    """The pieces in exactly ``width`` terminal cells, then ``gap`` blanks: filled up, or cut with an ellipsis.

    Blanks join the piece beside them, whatever its style: the fewer pieces a line has, the faster it is drawn.
    """
    used = pieces_width(cell)
    if used > width:
        return ((cut("".join(text for text, _ in cell), width) + " " * gap, cell[0][1]),)
    if not cell:
        return ((" " * (width + gap), "text"),)
    before, after = (width - used, gap) if right else (0, width - used + gap)
    if len(cell) == 1:
        return ((f"{' ' * before}{cell[0][0]}{' ' * after}", cell[0][1]),)
    (first, first_style), *middle, (last, last_style) = cell
    return ((" " * before + first, first_style), *middle, (last + " " * after, last_style))


def merged(pieces: Iterable[Piece]) -> Cell:
    """Neighbours of one style as one piece."""
    joined: list[Piece] = []
    for text, style in pieces:
        if joined and joined[-1][1] == style:
            joined[-1] = (joined[-1][0] + text, style)
        else:
            joined.append((text, style))
    return tuple(joined)
