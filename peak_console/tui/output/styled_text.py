"""Cutting a line's pieces: into rows, at the screen's edges, and where a search has found something."""

from __future__ import annotations

from rich.cells import cell_len

from peak_console.tui.output.ansi import StyledText, fitting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def wrapped(pieces: list[StyledText], width: int) -> list[list[StyledText]]:
    """Rows of at most ``width`` cells, broken between words where that leaves no great gap; at least one row."""
    text = "".join(piece.text for piece in pieces)
    if cell_len(text) <= width:
        return [pieces]
    return [_between(pieces, start, end) for start, end in _rows(text, max(2, width))]


def _rows(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Where each row starts and ends; a blank between two rows is in neither."""
    start = 0
    while start < len(text):
        end = start + len(fitting(text[start : start + 5 * width], width))  # a cell has up to four marks
        if end < len(text) and text[end] != " ":
            blank = text.rfind(" ", start + (end - start) * 2 // 3, end)
            end = blank + 1 if blank >= 0 else end
        yield start, end
        start = end + (text[end : end + 1] == " ")


def _between(pieces: list[StyledText], start: int, end: int) -> list[StyledText]:
    """The pieces between two character positions of their whole text."""
    found: list[StyledText] = []
    at = 0
    for text, style in pieces:
        part = text[max(0, start - at) : max(0, end - at)]
        if part:
            found.append(StyledText(part, style))
        at += len(text)
        if at >= end:
            break
    return found


def cropped(pieces: list[StyledText], left: int, width: int) -> list[StyledText]:
    """The cells from ``left`` on, at most ``width``; half of a wide character is a blank."""
    found: list[StyledText] = []
    column = 0
    for text, style in pieces:
        cells = cell_len(text)
        if column + cells > left:
            rest = _behind(text, left - column) if column < left else text
            rest = fitting(rest, left + width - max(column, left))
            if rest:
                found.append(StyledText(rest, style))
        column += cells
        if column >= left + width:
            break
    return found


def _behind(text: str, cells: int) -> str:
    """``text`` without its first ``cells`` cells."""
    start = fitting(text, cells)
    rest = text[len(start) :]
    return rest if cell_len(start) == cells else " " + rest[1:]


def overlaid(pieces: list[StyledText], spans: list[tuple[int, int]], attribute: int) -> Iterator[StyledText]:
    """The pieces with an attribute added between character positions of the whole line."""
    toggles: set[int] = set()
    for span in spans:
        toggles ^= set(span)  # where one span ends as the next begins, nothing changes
    edges = sorted(toggles)
    inside, at = False, 0
    for text, style in pieces:
        start, end = at, at + len(text)
        marked = style._replace(attributes=style.attributes | attribute)
        while edges and edges[0] < end:
            edge = edges.pop(0)
            if edge > start:
                yield StyledText(text[start - at : edge - at], marked if inside else style)
            inside, start = not inside, edge
        yield StyledText(text[start - at :], marked if inside else style)
        at = end


def width_of(pieces: list[StyledText]) -> int:
    return sum(cell_len(piece.text) for piece in pieces)
