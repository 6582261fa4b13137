"""The newest lines of several runs as one, in the order in which they were written. Touches no screen."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from peak_console.tui.output.files import ERR, OUT, OutputFiles
from peak_console.tui.output.line_index import LineIndex, tail_start
from peak_console.tui.output.stream_lines import line_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from peak_console.tui.output.stream_lines import Line

MOST_LINES = 5_000
"""Lines that are kept of all runs together."""
TAIL_BYTES = 16 * 1024
"""How many bytes of each stream's end are shown of a run that has printed before."""
READ_BYTES = 1024 * 1024
"""How many bytes of one run are read at a time: one that prints faster loses lines here, and only here."""


class WatchedRun(NamedTuple):
    """A run whose lines are wanted."""

    job: str
    run_id: int
    directory: str
    is_over: bool
    """Whether it prints no more."""


class MergedLine(NamedTuple):
    """One line with the run that has printed it."""

    job: str
    run_id: int
    at: int | None
    """Unix milliseconds when its end was first seen."""
    is_error: bool
    """Whether it comes from stderr."""
    data: bytes
    length: int
    """Bytes of the whole line, of which ``data`` may be the beginning."""


class MergedTail:
    """Belongs to one thread. Lines that come while others are read stand behind these."""

    def __init__(self) -> None:
        self.lines: deque[MergedLine] = deque(maxlen=MOST_LINES)
        self.dropped = 0
        """How many lines are no longer kept."""
        self._sources: dict[int, _Source] = {}

    def watch(self, runs: Iterable[WatchedRun]) -> None:
        """Read these runs from now on, also runs that are new; no others, once those that are over have been read."""
        wanted = {run.run_id: run for run in runs}
        for run_id, run in wanted.items():
            if run_id not in self._sources:
                self._sources[run_id] = _Source(run, from_start=bool(self._sources))
            self._sources[run_id].run = run
        for run_id in self._sources.keys() - wanted.keys():
            self._sources[run_id].is_last = True

    def read(self) -> bool:
        """Take the lines that have come since the last time; whether there are any."""
        found: list[MergedLine] = []
        for run_id, source in list(self._sources.items()):
            found += source.read()
            if source.is_last:
                del self._sources[run_id]
        found.sort(key=lambda line: line.at or 0)
        self.dropped += max(0, len(self.lines) + len(found) - MOST_LINES)
        self.lines.extend(found)
        return bool(found)


class _Source:
    """One run's lines, each taken once."""

    def __init__(self, run: WatchedRun, *, from_start: bool) -> None:
        self.run = run
        self.is_last = False
        """Whether it is read once more only."""
        self._files = OutputFiles(run.directory)
        self._index = LineIndex(self._files, (0, 0) if from_start else tail_start(self._files, TAIL_BYTES))
        self._next = 0

    def read(self) -> list[MergedLine]:
        self._files.refresh()
        if self._index.stale or self._index.behind > READ_BYTES:
            self._index, self._next = LineIndex(self._files, tail_start(self._files, TAIL_BYTES)), 0
        generation = self._index.generation
        self._index.advance(READ_BYTES)
        if self._index.generation != generation:  # lines were dropped, and all others got new numbers
            self._next = self._index.complete_lines
        end = self._index.total if self.run.is_over else self._index.complete_lines
        lines = self._index.window(self._next, min(end - self._next, MOST_LINES)) if end > self._next else []
        self._next = max(self._next, end)
        return [self._merged(line) for line in lines if not line.dropped]

    def _merged(self, line: Line) -> MergedLine:
        assert line.stream in (OUT, ERR)
        return MergedLine(self.run.job, self.run.run_id, line.at, line.stream == ERR, *line_bytes(self._files, line))
