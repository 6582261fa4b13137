"""Only the lines of an output that match, as ``&`` does in ``less``: an expression, or ``!`` and one for the others."""

from __future__ import annotations

from peak_console.runs.output.grep import Needle
from peak_console.tui.output.search import bare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from peak_console.tui.output.files import OutputFiles
    from peak_console.tui.output.line_index import LineIndex
    from peak_console.tui.output.search import Matches, Pattern
    from peak_console.tui.output.stream_lines import Line

INVERTS = "!"


class LineFilter:
    """Which lines are kept. Text all in lower case is found in any case, as in a search."""

    def __init__(self, text: str) -> None:
        """Raises ``UsageError`` for what is no regular expression, and for one that might never end."""
        self.text = text
        self.inverts = text.startswith(INVERTS)
        pattern = text.removeprefix(INVERTS)
        self._needle = Needle(pattern, ignore_case=pattern == pattern.lower())

    def count(self, data: bytes) -> int:
        """How many lines of ``data`` are kept."""
        data = bare(data)
        found = sum(1 for _ in self._needle.spans(data))
        return _lines_in(data) - found if self.inverts else found

    def has(self, parts: Callable[[], Iterable[bytes]]) -> bool:
        """Whether a line that comes in parts is kept."""
        found = any(next(iter(self._needle.spans(bare(part))), None) is not None for part in parts())
        return found is not self.inverts


class FilteredPattern:
    """What is looked for, in the lines that a filter keeps."""

    def __init__(self, pattern: Pattern, kept: LineFilter) -> None:
        self.pattern = pattern
        self._kept = kept
        self.text = pattern.text

    def count(self, data: bytes) -> int:
        if not self.pattern.count(data):
            return 0
        lines = data.split(b"\n")
        return sum(1 for line in lines if self.pattern.count(line) and self._kept.count(line))

    def has(self, parts: Callable[[], Iterable[bytes]]) -> bool:
        return self.pattern.has(parts) and self._kept.has(parts)


class FilteredLines:
    """The kept lines of an index, by their number among these. Any thread may look them up."""

    def __init__(self, index: LineIndex, kept: Matches) -> None:
        self._index = index
        self._kept = kept

    @property
    def files(self) -> OutputFiles:
        return self._index.files

    @property
    def generation(self) -> int:
        return self._index.generation

    @property
    def behind(self) -> int:
        return self._index.behind

    @property
    def complete_lines(self) -> int:
        return self._kept.total

    @property
    def total(self) -> int:
        return self._kept.total

    def window(self, first: int, count: int) -> list[Line]:
        """Up to ``count`` kept lines from the ``first`` one on."""
        found = (self._index.window(number, 1) for number in self._kept.numbers(first, count))
        return [line for lines in found for line in lines]

    def number_of(self, line: Line) -> int:
        """The number of a line here, or of the next one that is kept."""
        return self.place_of(self._index.number_of(line))

    def place_of(self, number: int) -> int:
        """The number here of a line of the index, or of the next one that is kept."""
        return min(self._kept.place_from(number), max(0, self.total - 1))


def _lines_in(data: bytes) -> int:
    """How many lines some bytes have; no bytes are one empty line."""
    return data.count(b"\n") + (not data.endswith(b"\n"))
