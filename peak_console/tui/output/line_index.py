"""Lines of a run's output by number, both streams merged in the order in which they were written.

Nothing is kept of the lines themselves, only a checkpoint about every 64 KiB, so that memory hardly grows with the
output. A line counts once it is complete, at the moment of its end; the streams' unfinished lines come last.
What one sample of the timeline covers, and what it does not cover yet, shows stdout before stderr.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import NamedTuple

from peak_console.tui.output.files import ERR, NO_HOLE, OUT
from peak_console.tui.output.stream_lines import CHUNK_BYTES, Line, Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.tui.output.files import Hole, OutputFiles, Pair

_BLOCK = CHUNK_BYTES
"""About the bytes from one checkpoint to the next, and the longest line that shares a block."""
_DENSE = 4096
"""About the most lines of a block."""
_CACHED_BLOCKS = 6


class _State(NamedTuple):
    """Swapped as a whole, so that one thread can read while another one extends."""

    starts: tuple[array[int], array[int]]
    """Per stream, where each block starts."""
    firsts: array[int]
    """The number of each block's first line."""
    end: Pair
    """Where the last block ends: behind the last complete lines."""
    lines: int


class _Block(NamedTuple):
    """A block's lines in order. Plain numbers: objects for each line would keep the garbage collector busy."""

    streams: list[int]
    starts: list[int]
    ends: list[int]


class LineIndex:
    """Extended by one thread at a time; any thread may look lines up."""

    def __init__(self, files: OutputFiles, start: Pair = (0, 0)) -> None:
        self.files = files
        self.streams = (Stream(files, OUT), Stream(files, ERR))
        self._scanned = list(start)
        self._cache: dict[tuple[object, ...], _Block] = {}
        self._state = _State((array("Q", [start[OUT]]), array("Q", [start[ERR]])), array("Q", [0]), start, 0)
        self.generation = 0
        """Rises when lines got other numbers."""

    @property
    def _holes(self) -> tuple[Hole, Hole]:
        """What was dropped as of the present numbers."""
        return self.streams[OUT].hole, self.streams[ERR].hole

    @property
    def behind(self) -> int:
        """Bytes not indexed yet; a change of what is dropped counts as very many."""
        if self._holes != self.files.holes:
            return 1 << 62
        return sum(self.files.sizes) - sum(self._scanned)

    @property
    def stale(self) -> bool:
        """Whether this index is worthless: the job has cut its output short, or what was dropped is said to be back."""
        return any(
            size < scanned or not (new[0] <= old[0] and (old[1] <= new[1] or old == NO_HOLE))
            for size, scanned, old, new in zip(
                self.files.sizes, self._scanned, self._holes, self.files.holes, strict=True
            )
        )

    @property
    def complete_lines(self) -> int:
        return self._state.lines

    @property
    def total(self) -> int:
        """Complete lines, and unfinished ones once everything is indexed."""
        state = self._state
        return state.lines + len(self._unfinished(state.end))

    def advance(self, budget: int) -> bool:
        """Index some bytes more; whether nothing is left."""
        if self._holes != self.files.holes:
            self._recount()
        while budget > 0 and (step := self._next_step()) is not None:
            stream, until = step
            start = self._scanned[stream]
            if start >= self.streams[stream].hole[0] and start < self.streams[stream].hole[1]:
                self._skip_hole(stream)
                continue
            data = self.files.read(stream, start, min(until, start + CHUNK_BYTES))
            if not data:
                return True
            self._take(stream, data)
            budget -= len(data)
        return self.behind <= 0

    def window(self, first: int, count: int) -> list[Line]:
        """Up to ``count`` lines from number ``first`` on."""
        found: list[Line] = []
        state = self._state
        while len(found) < count and first < state.lines:
            block = bisect_right(state.firsts, first) - 1
            offset = first - state.firsts[block]
            part = [
                self.streams[stream].line(start, end)
                for stream, start, end in zip(
                    *(column[offset : offset + count - len(found)] for column in self._block(state, block)), strict=True
                )
            ]
            if not part:
                break  # the file is not what it was when it was indexed
            found += part
            first += len(part)
        if len(found) < count and first >= state.lines:
            unfinished = self._unfinished(state.end)
            found += unfinished[first - state.lines : first - state.lines + count - len(found)]
        return found

    def number_of(self, line: Line) -> int:
        """The number that a line, perhaps of another index of the same files, has here, or the nearest one's."""
        state = self._state
        if line.start >= state.end[line.stream]:
            return max(0, self.total - 1)
        block = max(0, bisect_right(state.starts[line.stream], line.start) - 1)
        lines = self._block(state, block)
        offset = 0
        for offset, (stream, end) in enumerate(zip(lines.streams, lines.ends, strict=True)):  # noqa: B007 - or the last
            if stream == line.stream and end >= line.start:
                break
        return state.firsts[block] + offset

    def blocks(self, first: int) -> list[tuple[int, Pair, Pair]]:
        """Every block from the ``first`` on: its first line's number, where its part of each stream starts and ends.

        All but the last stay as they are.
        """
        state = self._state
        count = len(state.firsts)
        return [(state.firsts[block], _start(state, block), _end(state, block, count)) for block in range(first, count)]

    def first_line_of(self, block: int) -> int:
        """The number of a block's first line; of a block yet to come, the number that its first line would have."""
        state = self._state
        return state.firsts[block] if block < len(state.firsts) else state.lines

    # Extending

    def _next_step(self) -> tuple[int, int] | None:
        """Which stream to read next and up to where, so that lines come in the order of the timeline."""
        sizes, timeline = self.files.sizes, self.files.timeline
        out, err = self._scanned
        if err >= sizes[ERR]:
            return (OUT, sizes[OUT]) if out < sizes[OUT] else None
        if out >= sizes[OUT]:
            return ERR, sizes[ERR]
        next_out = bisect_right(timeline.lengths[OUT], out)
        next_err = bisect_right(timeline.lengths[ERR], err)
        samples = len(timeline.milliseconds)
        if next_out <= next_err:
            last = max(next_out, next_err - 1)
            return OUT, min(timeline.lengths[OUT][last] if last < samples else sizes[OUT], sizes[OUT])
        return ERR, min(timeline.lengths[ERR][next_out - 1], sizes[ERR])

    def _take(self, stream: int, data: bytes) -> None:
        """Count the lines that end in ``data``, the next bytes of a stream."""
        gone = self.streams[stream].hole[0]
        base = self._scanned[stream]
        if base < gone:
            data = data[: gone - base]
        newlines = data.count(b"\n")
        if newlines > _DENSE < len(data):
            for at in range(0, len(data), _DENSE):
                self._take(stream, data[at : at + _DENSE])
            return
        self._scanned[stream] = base + len(data)
        if not newlines:
            return
        begun = self._state.end[stream]
        first_end = base + data.index(b"\n") + 1
        if first_end - begun > _BLOCK:  # a giant line has a block of its own, so that no block needs much reading
            self._checkpoint()
            self._extend(stream, first_end, 1)
            self._checkpoint()
            newlines -= 1
        if newlines:
            self._extend(stream, base + data.rindex(b"\n") + 1, newlines)
        state = self._state
        if state.lines - state.firsts[-1] >= _DENSE or sum(state.end) - sum(_start(state, -1)) >= _BLOCK:
            self._checkpoint()

    def _skip_hole(self, stream: int) -> None:
        """What stood before the dropped bytes ends there; one line stands for them."""
        gone, kept = self.streams[stream].hole
        begun = self._state.end[stream]
        self._checkpoint()
        self._extend(stream, kept, 1 + (begun < gone))
        self._checkpoint()
        self._scanned[stream] = kept

    def _extend(self, stream: int, end: int, lines: int) -> None:
        state = self._state
        ends = (end, state.end[ERR]) if stream == OUT else (state.end[OUT], end)
        self._state = state._replace(end=ends, lines=state.lines + lines)

    def _checkpoint(self) -> None:
        state = self._state
        if state.lines > state.firsts[-1]:
            state.starts[OUT].append(state.end[OUT])
            state.starts[ERR].append(state.end[ERR])
            state.firsts.append(state.lines)

    def _recount(self) -> None:
        """More is dropped than before: give lines their new numbers."""
        old, new = self._holes, self.files.holes
        state = self._state
        for stream in (OUT, ERR):
            self.streams[stream].hole = new[stream]
        end = tuple(max(end, kept) if gone <= end else end for end, (gone, kept) in zip(state.end, new, strict=True))
        for stream in (OUT, ERR):
            if new[stream][0] <= self._scanned[stream]:
                self._scanned[stream] = max(self._scanned[stream], new[stream][1])
        starts, firsts, lines = (array("Q"), array("Q")), array("Q"), 0
        count = len(state.firsts)
        for block in range(count):
            low, high = _start(state, block), _end(state, block, count)
            if block == count - 1:
                high = (end[OUT], end[ERR])
            known = (state.firsts[block + 1] if block + 1 < count else state.lines) - state.firsts[block]
            if any(_touched(old[s], new[s], low[s], high[s]) for s in (OUT, ERR)):
                known = sum(self.streams[stream].count(low[stream], high[stream]) for stream in (OUT, ERR))
            if known or not firsts:
                starts[OUT].append(low[OUT])
                starts[ERR].append(low[ERR])
                firsts.append(lines)
            lines += known
        self._state = _State(starts, firsts, (end[OUT], end[ERR]), lines)
        self._cache = {}
        self.generation += 1

    # Looking up

    def _unfinished(self, begun: Pair) -> list[Line]:
        """The lines that have no newline yet; none before everything is indexed."""
        if self.behind > 0:
            return []
        sizes, timeline = self.files.sizes, self.files.timeline
        return [
            Line(stream, begun[stream], sizes[stream], timeline.time_of(timeline.sample_of(stream, sizes[stream])))
            for stream in (OUT, ERR)
            if begun[stream] < sizes[stream]
        ]

    def _block(self, state: _State, block: int) -> _Block:
        count = len(state.firsts)
        low, high = _start(state, block), _end(state, block, count)
        samples = len(self.files.timeline.milliseconds)
        key = (low, high, samples if block >= count - 2 else -1, self.generation)
        found = self._cache.get(key)
        if found is None:
            if len(self._cache) >= _CACHED_BLOCKS:
                self._cache = {}
            found = self._cache[key] = self._merged(low, high)
        return found

    def _merged(self, low: Pair, high: Pair) -> _Block:
        (starts, ends), (err_starts, err_ends) = (
            stream.spans(*bounds) for stream, *bounds in zip(self.streams, low, high, strict=True)
        )
        streams = [OUT] * len(starts) + [ERR] * len(err_starts)
        starts += err_starts
        ends += err_ends
        if not err_starts or len(err_starts) == len(starts):
            return _Block(streams, starts, ends)
        samples = [self.streams[s].sample(start, end) for s, start, end in zip(streams, starts, ends, strict=True)]
        order = sorted(range(len(samples)), key=samples.__getitem__)
        return _Block(*([column[place] for place in order] for column in (streams, starts, ends)))


def tail_start(files: OutputFiles, reach: int) -> Pair:
    """Where to begin an index of about the last ``reach`` bytes, so that nothing is missing between its lines."""
    sizes, timeline = files.sizes, files.timeline
    starts = [max(0, size - reach) for size in sizes]
    sample = max(timeline.sample_of(stream, starts[stream]) if starts[stream] else 0 for stream in (OUT, ERR))
    if 0 < sample <= len(timeline.milliseconds):
        starts = [max(starts[stream], timeline.lengths[stream][sample - 1]) for stream in (OUT, ERR)]
    for stream in (OUT, ERR):
        gone, kept = files.holes[stream]
        if gone <= starts[stream]:
            starts[stream] = max(starts[stream], min(kept, sizes[stream]))
        if starts[stream]:
            data = files.read(stream, starts[stream] - 1, min(sizes[stream], starts[stream] + CHUNK_BYTES))
            starts[stream] += max(0, data.find(b"\n"))
    return starts[OUT], starts[ERR]


def _start(state: _State, block: int) -> Pair:
    return state.starts[OUT][block], state.starts[ERR][block]


def _end(state: _State, block: int, count: int) -> Pair:
    """Where a block ends, as of the moment when there were ``count`` blocks."""
    return _start(state, block + 1) if block + 1 < count else state.end


def _touched(old: Hole, new: Hole, start: int, end: int) -> bool:
    """Whether ``[start, end)`` has bytes that have been dropped since, or shares a block with the hole's begin."""
    if old == new:
        return False
    low = old[1] if old[0] == new[0] else min(old[0], new[0])
    return (start < new[1] and low < end) or start <= new[0] < end
