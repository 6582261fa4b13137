"""Which rows of a run's output are on the screen, and how scrolling moves them.

A place is a line and a row of it, as a wrapped line takes several rows. How many rows the whole output would take is
never known, nor needed.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from rich.cells import cell_len

from peak_console.text import size
from peak_console.tui.output.ansi import EMPTY, ShownLine, StyledText, TextStyle, shown_line
from peak_console.tui.output.stream_lines import line_bytes
from peak_console.tui.output.styled_text import cropped, overlaid, width_of, wrapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.tui.output.files import OutputFiles
    from peak_console.tui.output.search import Pattern
    from peak_console.tui.output.stream_lines import Line

# Beside the attributes that a program can ask for:
MATCH, CURRENT, QUIET = 64, 128, 256
BEYOND = "›"
_QUIET = TextStyle(attributes=QUIET)
_CACHED_LINES = 1024


class Place(NamedTuple):
    line: int
    row: int


class Row(NamedTuple):
    """What one row of the screen shows."""

    number: int
    row: int
    """Which row of its line; 0 is the one that carries the time."""
    line: Line | None
    """``None``: the final line, which tells how the run ended."""
    pieces: list[StyledText]


class Lines(Protocol):
    """Lines by number: all of an output's, or those that a filter keeps."""

    @property
    def files(self) -> OutputFiles: ...
    @property
    def generation(self) -> int:
        """Rises when lines got other numbers."""
        ...

    @property
    def behind(self) -> int:
        """Bytes not indexed yet."""
        ...

    @property
    def complete_lines(self) -> int: ...
    @property
    def total(self) -> int: ...
    def window(self, first: int, count: int) -> list[Line]: ...
    def number_of(self, line: Line) -> int: ...


class OutputWindow:
    """A window of ``width`` × ``height`` cells onto some lines, with a final line if there is one."""

    def __init__(self, index: Lines) -> None:
        self.index = index
        self.width = 80
        self.height = 24
        self.wrap = True
        self.follow = True
        self.left = 0
        """Cells scrolled to the right, while not wrapped."""
        self.final: list[StyledText] = []
        """The final line, or none yet."""
        self.pattern: Pattern | None = None
        """What is looked for: marked wherever it is shown."""
        self.current: int | None = None
        """The line that the operator has found."""
        self._top = Place(0, 0)
        self._shown: dict[tuple[int, int, int], ShownLine] = {}
        self._known_bottom: tuple[object, Place] = (None, Place(0, 0))

    @property
    def lines(self) -> int:
        """All lines, with the final one."""
        return self.index.total + bool(self.final)

    @property
    def top(self) -> Place:
        """Where the window starts: at its own place, or where the end fits in."""
        bottom = self._bottom()
        if self.follow or self._top >= bottom:
            return bottom
        return self._top

    @property
    def scrollable(self) -> bool:
        return self._bottom() > Place(0, 0)

    def rows(self) -> list[Row]:
        """The rows on the screen, at most ``height``."""
        top = self.top
        found: list[Row] = []
        skip = top.row
        for number, line in enumerate(self._window(top.line, self.height), top.line):
            pieces = self._pieces(line)
            if line is not None:
                pieces = self._marked(number, pieces)
            rows = wrapped(pieces, self.width) if self.wrap else [self._cut(pieces)]
            if skip >= len(rows):
                skip = len(rows) - 1  # the line is shorter than it was
            found += (Row(number, row, line, pieces) for row, pieces in enumerate(rows) if row >= skip)
            skip = 0
            if len(found) >= self.height:
                break
        return found[: self.height]

    def scroll(self, by: int) -> bool:
        """Move by some rows; whether anything moved. Up stops following, the end starts it again."""
        before = self.top
        place = self._moved(before, by)
        bottom = self._bottom()
        self.follow = place >= bottom and (by > 0 or self.follow)
        self._top = min(place, bottom)
        return self._top != before

    def show_line(self, number: int) -> None:
        """Bring a line onto the screen: nothing moves if it is there, else it is put a third down the window."""
        if not any(row.number == number for row in self.rows()):
            self._top = min(self._moved(Place(number, 0), -(self.height // 3)), self._bottom())
            self.follow = False

    def go_to_start(self) -> None:
        self._top = Place(0, 0)
        self.follow = self.follow and not self.scrollable

    def go_to_end(self) -> None:
        self.follow = True

    def go_to_share(self, share: float) -> None:
        """Put the window where the scrollbar points: 0 is the start, 1 the end."""
        bottom = self._bottom()
        self._top = min(Place(int(share * (bottom.line + 1)), 0), bottom)
        self.follow = self._top == bottom

    def position(self) -> tuple[Place, bool]:
        """Where it is, for ``restore``."""
        return self.top, self.follow

    def restore(self, position: tuple[Place, bool]) -> None:
        """Go back to where it was, and follow if it did."""
        top, follow = position
        if follow:
            self.go_to_end()
        else:
            self.set_follow(False)
            self._top = top

    def set_follow(self, follow: bool) -> None:
        self._top = self.top
        self.follow = follow

    def set_wrap(self, wrap: bool) -> None:
        self._top = Place(self.top.line, 0)
        self.wrap = wrap
        self.left = 0

    def shift(self, by: int) -> bool:
        """Scroll sideways by some cells; whether anything moved."""
        if self.wrap:
            return False
        widest = max((width_of(self._pieces(row.line)) for row in self.rows()), default=0)
        before, self.left = self.left, max(0, min(self.left + by, max(self.left, widest - self.width)))
        return self.left != before

    def take(self, index: Lines, line: Line | None) -> None:
        """Show an index that has other numbers, from a line on; ``None``: as it was."""
        self.index = index
        self.current = None
        self._shown.clear()
        if line is not None:
            self._top = Place(index.number_of(line), self._top.row)

    def line_at_top(self) -> Line | None:
        found = self.index.window(self.top.line, 1)
        return found[0] if found else None

    def thumb(self) -> tuple[int, int]:
        """Where the scrollbar's thumb starts and ends, in rows; of no length while all is on the screen."""
        bottom, lines = self._bottom(), self.lines
        if bottom <= Place(0, 0):
            return 0, 0
        length = max(1, min(self.height - 1, self.height * self.height // max(1, lines)))
        top = self.top
        room = self.height - length
        start = room if top >= bottom else min(room - 1, top.line * room // max(1, bottom.line))
        return start, start + length

    def _window(self, first: int, count: int) -> list[Line | None]:
        found: list[Line | None] = list(self.index.window(first, count))
        if self.final and len(found) < count and first + len(found) == self.index.total:
            found.append(None)
        return found

    def _pieces(self, line: Line | None) -> list[StyledText]:
        if line is None:
            return self.final
        if line.dropped:
            return [StyledText(f"── {size(line.end - line.start)} dropped (max_output_bytes) ──", _QUIET)]
        key = (line.stream, line.start, line.end)
        shown = self._shown.get(key)
        if shown is None:
            if len(self._shown) >= _CACHED_LINES:
                self._shown.clear()
            shown = self._shown[key] = self._read(line)
        return shown.pieces

    def _cut(self, pieces: list[StyledText]) -> list[StyledText]:
        """As much of a line as fits, with a sign where there is more."""
        if width_of(pieces) - self.left <= self.width:
            return cropped(pieces, self.left, self.width)
        return [*cropped(pieces, self.left, self.width - 1), StyledText(BEYOND, _QUIET)]

    def _marked(self, number: int, pieces: list[StyledText]) -> list[StyledText]:
        """The pieces with what is looked for marked."""
        if self.pattern is None or not pieces:
            return pieces
        spans = self.pattern.spans("".join(piece.text for piece in pieces))
        return list(overlaid(pieces, spans, CURRENT if number == self.current else MATCH)) if spans else pieces

    def _read(self, line: Line) -> ShownLine:
        if line.start == line.end:
            return EMPTY
        shown = shown_line(*line_bytes(self.index.files, line))
        if shown.more:
            more = StyledText(f" … {size(shown.more)} more", _QUIET)
            shown = ShownLine([*shown.pieces, more], shown.cells + cell_len(more.text), shown.more)
        return shown

    def _rows_of(self, number: int) -> int:
        """How many rows a line takes."""
        if not self.wrap:
            return 1
        lines = self._window(number, 1)
        return len(wrapped(self._pieces(lines[0]), self.width)) if lines else 1

    def _bottom(self) -> Place:
        """Where the window has to start for the end to be its last row."""
        index = self.index
        shape = (self.width, self.height, self.wrap, len(self.final))
        key = (index, index.generation, index.complete_lines, index.behind, index.files.sizes, shape)
        if self._known_bottom[0] != key:
            line, missing = self.lines, self.height
            while line > 0 and missing > 0:
                line -= 1
                missing -= self._rows_of(line)
            self._known_bottom = (key, Place(line, max(0, -missing)))
        return self._known_bottom[1]

    def _moved(self, place: Place, by: int) -> Place:
        """The place some rows further on, within the lines."""
        line, row = place
        row += by
        while row < 0 and line > 0:
            line -= 1
            row += self._rows_of(line)
        if row < 0:
            return Place(0, 0)
        while row > 0 and row >= (rows := self._rows_of(line)):
            if line + 1 >= self.lines:
                return Place(line, rows - 1)
            line += 1
            row -= rows
        return Place(line, row)
