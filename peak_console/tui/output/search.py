"""Finding text in a run's output: how many lines have it, and which.

What is searched is what is shown: without escape sequences, and of a progress bar only its last state. Text all in
lower case is found in any case.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from typing import NamedTuple, Protocol

from peak_console.tui.output.files import ERR, OUT
from peak_console.tui.output.stream_lines import GIANT_LINE_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from peak_console.tui.output.line_index import LineIndex
    from peak_console.tui.output.stream_lines import Line

_SEQUENCE = re.compile(
    rb"\x1b(?:\[[0-?]*+[ -/]*+[@-~]|[\]PX^_][^\x07\x1b\n]*+(?:\x07|\x1b\\)|[ -/]++[0-~]|[0-OQ-WYZ\\`-~]|)"
)
_OVERWRITTEN = re.compile(rb"(?m)^[^\n]*\r")
_STRIDE_BYTES = 1024 * 1024
OVERLAP_BYTES = 16 * 1024
"""Of two parts of a giant line: what is looked for may stand across them."""
_MOST_LINES = 32 * 1024
"""More lines than any block has."""


class Pattern:
    """Plain text to look for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._any_case = text == text.lower()
        self._as_text = self._any_case and not text.isascii()
        """Only then are bytes decoded: folding the case of anything but ASCII needs characters."""
        self._bytes = text.encode("utf-8", "replace")
        # From a match to the end of its line, so that each line counts once.
        self._in_bytes = re.compile(re.escape(self._bytes) + rb"[^\n]*+")
        self._in_text = re.compile(re.escape(text) + r"[^\n]*+")
        self._shown = re.compile(re.escape(text), re.IGNORECASE if self._any_case else 0)

    def count(self, data: bytes) -> int:
        """How many lines of ``data`` have it."""
        data = bare(data)
        if self._as_text:
            return len(self._in_text.findall(data.decode("utf-8", "replace").lower()))
        if self._any_case:
            data = data.lower()
        return len(self._in_bytes.findall(data)) if self._bytes in data else 0

    def has(self, parts: Callable[[], Iterable[bytes]]) -> bool:
        """Whether a line that comes in parts has it."""
        return any(map(self.count, parts()))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it stands in a text that is shown."""
        return [match.span() for match in self._shown.finditer(text)]


class LinePattern(Protocol):
    """What tells some lines from the others."""

    @property
    def text(self) -> str:
        """As it was typed."""
        ...

    def count(self, data: bytes) -> int:
        """How many lines of ``data`` have it; no bytes are one empty line."""
        ...

    def has(self, parts: Callable[[], Iterable[bytes]]) -> bool:
        """Whether a line has it that is too long to be read at once; ``parts`` overlap by ``OVERLAP_BYTES``."""
        ...


class _Found(NamedTuple):
    """Swapped as a whole, so that one thread can read while another one counts on."""

    generation: int
    firsts: array[int]
    """The first line's number of each block that has been searched."""
    before: array[int]
    """How many matching lines come before each of them, and a last one: before what has not been searched."""
    rest: int
    """How many there are behind those blocks."""


class Matches:
    """The lines of an index that a pattern is found in. ``scan`` by one thread at a time; look up from any."""

    def __init__(self, index: LineIndex, pattern: LinePattern) -> None:
        self.pattern = pattern
        self._index = index
        self._found = self._nothing()
        self._looked_up: tuple[tuple[int, int], Sequence[int]] = ((-1, -1), ())
        """The block that was looked up last, and its matching lines."""

    @property
    def total(self) -> int:
        """How many lines match, as far as has been searched."""
        return self._found.before[-1] + self._found.rest

    def scan(self, go_on: Callable[[], bool], budget: int = 1 << 62) -> bool:
        """Search what has come since the last time, about ``budget`` bytes; whether nothing is left."""
        if self._found.generation != self._index.generation:
            self._found = self._nothing()
        found = self._found
        bounds = self._index.blocks(len(found.firsts))
        for first, start, end in bounds[:-1]:
            budget -= sum(end) - sum(start)
            if budget < 0 or not go_on():
                return False
            count = sum(self._count(stream, start[stream], end[stream]) for stream in (OUT, ERR))
            found.before.append(found.before[-1] + count)
            found.firsts.append(first)
        rest = 0
        for _, start, end in bounds[-1:]:
            rest = sum(self._count(stream, start[stream], end[stream]) for stream in (OUT, ERR))
        rest += sum(map(self._has, self._index.window(self._index.complete_lines, 2)))
        self._found = found._replace(rest=rest)
        return True

    def number_of(self, place: int) -> int | None:
        """The line that is the match with this place, counted from 0."""
        found = self._found
        if not 0 <= place < self.total:
            return None
        block = bisect_right(found.before, place) - 1
        skip = place - found.before[block]
        for number in self._matching_lines(found, block):
            if not skip:
                return number
            skip -= 1
        return None

    def numbers(self, place: int, count: int) -> list[int]:
        """The lines that are the matches from a place on, ``count`` at the most."""
        found, numbers = self._found, list[int]()
        block = max(0, bisect_right(found.before, place) - 1)
        while len(numbers) < count and block <= len(found.firsts):
            skip = max(0, place - found.before[block])
            numbers += self._matching_lines(found, block)[skip : skip + count - len(numbers)]
            block += 1
        return numbers

    def place_from(self, number: int) -> int:
        """The place of the first match at or after a line; ``total`` when there is none."""
        found = self._found
        block = max(0, bisect_right(found.firsts, number) - 1)
        if found.firsts and number >= self._index.first_line_of(len(found.firsts)):
            block = len(found.firsts)
        return found.before[block] + bisect_left(self._matching_lines(found, block), number)

    def _nothing(self) -> _Found:
        return _Found(self._index.generation, array("Q"), array("Q", [0]), 0)

    def _matching_lines(self, found: _Found, block: int) -> Sequence[int]:
        """The numbers of the matching lines of a block, or of what lies behind the searched blocks."""
        first = self._index.first_line_of(block)
        if block == len(found.firsts):
            return self._matching_between(first, self._index.total)
        last = self._index.first_line_of(block + 1)
        if found.before[block + 1] - found.before[block] == last - first:
            return range(first, last)  # all of them; a giant line is not read again
        key = (found.generation, block)
        if self._looked_up[0] != key:
            self._looked_up = (key, self._matching_between(first, last))
        return self._looked_up[1]

    def _matching_between(self, first: int, last: int) -> Sequence[int]:
        lines = self._index.window(first, min(last - first, _MOST_LINES))
        return [number for number, line in enumerate(lines, first) if self._has(line)]

    def _has(self, line: Line) -> bool:
        """Whether a line matches, as far as it is searched while it is unfinished."""
        return (
            not line.dropped
            and self._count_range(line.stream, line.start, min(line.end, line.start + _STRIDE_BYTES)) > 0
        )

    def _count(self, stream: int, start: int, end: int) -> int:
        return sum(self._count_range(stream, low, high) for low, high in self._index.streams[stream].parts(start, end))

    def _count_range(self, stream: int, start: int, end: int) -> int:
        if end - start <= GIANT_LINE_BYTES:
            return self.pattern.count(self._index.files.read(stream, start, end))

        def parts() -> Iterator[bytes]:  # one giant line: never all of it in memory
            for at in range(start, end, _STRIDE_BYTES):
                yield self._index.files.read(stream, at, min(end, at + _STRIDE_BYTES + OVERLAP_BYTES))

        return int(self.pattern.has(parts))


def bare(data: bytes) -> bytes:
    """Lines without what is never seen of them."""
    if b"\x1b" in data:
        data = _SEQUENCE.sub(b"", data)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").rstrip(b"\r")
        data = _OVERWRITTEN.sub(b"", data)
    return data
