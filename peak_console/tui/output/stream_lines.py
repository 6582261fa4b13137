"""The lines of one stream in a range of its bytes, of which the middle may be gone.

What stands before dropped bytes ends there, one line stands for them, and what comes after is a line of its own.
"""

from __future__ import annotations

from typing import NamedTuple

from peak_console.tui.output.ansi import MAX_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from peak_console.tui.output.files import OutputFiles, Pair

CHUNK_BYTES = 64 * 1024
"""Read at once."""
GIANT_LINE_BYTES = 4 * CHUNK_BYTES
"""A range this long is one line."""
_PROGRESS_BYTES = 8 * 1024


class Line(NamedTuple):
    """Where a line is."""

    stream: int
    start: int
    end: int
    """Behind its last byte, before its newline."""
    at: int | None
    """Unix milliseconds when its end was first seen."""
    dropped: bool = False
    """It stands for bytes that are gone."""


class Stream:
    """One stream of a run, and which of its bytes are taken to be gone."""

    def __init__(self, files: OutputFiles, stream: int) -> None:
        self._files = files
        self._stream = stream
        self.hole = files.holes[stream]

    def parts(self, start: int, end: int) -> Iterator[Pair]:
        """What of ``[start, end)`` is not gone: up to two ranges."""
        gone, kept = self.hole
        if start < min(gone, end):
            yield start, min(gone, end)
        if max(start, kept) < end:
            yield max(start, kept), end

    def count(self, start: int, end: int) -> int:
        """How many lines ``[start, end)`` has."""
        gone = self.hole[0]
        lines = 0
        for low, high in self.parts(start, end):
            for at in range(low, high, CHUNK_BYTES):
                lines += self._files.read(self._stream, at, min(high, at + CHUNK_BYTES)).count(b"\n")
            if high == gone and self._files.read(self._stream, high - 1, high) != b"\n":
                lines += 1
        return lines + (start <= gone < end)

    def spans(self, start: int, end: int) -> tuple[list[int], list[int]]:
        """Where the lines of ``[start, end)`` start and end."""
        gone, kept = self.hole
        starts: list[int] = []
        ends: list[int] = []
        for low, high in self.parts(start, end):
            if start <= gone < low:
                starts.append(gone)
                ends.append(kept)
            at = low
            for length in self._lengths(low, high):
                starts.append(at)
                at += length + 1
                ends.append(at - 1)
        if start <= gone < end <= kept:
            starts.append(gone)
            ends.append(kept)
        return starts, ends

    def sample(self, start: int, end: int) -> int:
        """The sample of the timeline in which a line was first there whole."""
        gone, kept = self.hole
        whole = gone if (start, end) == (gone, kept) else end if end == gone else end + 1
        return self._files.timeline.sample_of(self._stream, whole)

    def line(self, start: int, end: int) -> Line:
        """The line of a span."""
        if (start, end) == self.hole:
            return Line(self._stream, start, end, None, dropped=True)
        return Line(self._stream, start, end, self._files.timeline.time_of(self.sample(start, end)))

    def _lengths(self, start: int, end: int) -> list[int]:
        if end - start > GIANT_LINE_BYTES:
            return [end - start - (self._files.read(self._stream, end - 1, end) == b"\n")]
        lengths = list(map(len, self._files.read(self._stream, start, end).split(b"\n")))
        return lengths if lengths[-1] else lengths[:-1]


def line_bytes(files: OutputFiles, line: Line) -> tuple[bytes, int]:
    """As much of a line as is worth looking at, and its length in bytes.

    Of a very long line that ends as a progress bar does, that is its end.
    """
    length = line.end - line.start
    if length > MAX_BYTES:
        tail = files.read(line.stream, line.end - _PROGRESS_BYTES, line.end).rstrip(b"\r")
        at = tail.rfind(b"\r")
        if at >= 0:
            return tail[at + 1 :], len(tail) - at - 1
    return files.read(line.stream, line.start, min(line.end, line.start + MAX_BYTES)), length
