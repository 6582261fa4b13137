"""One run's output files, open for reading: their sizes, their bytes, who wrote when, what is gone.

Read by ``pread`` and never mapped: a job may cut its own log short, and a mapping would then kill the console.
"""

from __future__ import annotations

import os
import stat
from array import array
from bisect import bisect_left
from itertools import accumulate, islice
from typing import NamedTuple

from peak_console.runs.output.files import STREAMS, parse_sample, read_deleted, read_dropped, stream_path, timeline_path

TIMELINE_BYTES = 4 * 1024 * 1024
"""Bytes. The program writes no longer timeline; a job may have made one that does not fit into memory."""
OUT, ERR = 0, 1
"""Indices into ``runs.files.STREAMS`` and into every pair here."""

Pair = tuple[int, int]
"""One number for stdout, one for stderr."""
Hole = tuple[int, int]
"""First byte gone, first byte kept again."""
NO_HOLE: Hole = (1 << 62, 1 << 62)


class Timeline(NamedTuple):
    """Samples, oldest first: at which Unix millisecond each stream was how long. Lengths never fall."""

    milliseconds: array[int]
    lengths: tuple[array[int], array[int]]

    def sample_of(self, stream: int, end: int) -> int:
        """The first sample in which the stream's bytes before ``end`` were there; the number of samples if none."""
        return bisect_left(self.lengths[stream], end)

    def time_of(self, sample: int) -> int | None:
        return self.milliseconds[sample] if sample < len(self.milliseconds) else None


def no_timeline() -> Timeline:
    return Timeline(array("Q"), (array("Q"), array("Q")))


class OutputFiles:
    """Refreshed by one thread; ``read`` is for any thread. Descriptors close with the last user."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._fds: list[int | None] = [None, None]
        self._timeline_mark = (0, 0)
        """The inode and length of what has been read of the timeline."""
        self._dropped_mark = (0, 0)
        self.sizes: Pair = (0, 0)
        self.timeline = no_timeline()
        self.holes: tuple[Hole, Hole] = (NO_HOLE, NO_HOLE)
        self.deleted: Pair = (0, 0)
        """How much of each stream its job has deleted, at least."""
        self.refresh()

    def __del__(self) -> None:
        for fd in self._fds:
            if fd is not None:
                os.close(fd)

    @property
    def pruned(self) -> bool:
        """Whether there is nothing: neither files nor their directory."""
        return self._fds == [None, None] and not os.path.isdir(self._directory)

    def refresh(self) -> bool:
        """Look again; whether anything has changed. A few stats when nothing has."""
        sizes = (self._size(OUT), self._size(ERR))
        changed = self._refresh_timeline()
        if sizes == self.sizes and not changed:
            return False
        if sizes != self.sizes:
            self._refresh_holes()
        deleted = read_deleted(self._directory)
        self.deleted = (deleted.get("out", 0), deleted.get("err", 0))
        self.sizes = sizes
        return True

    def read(self, stream: int, start: int, end: int) -> bytes:
        """The bytes of ``[start, end)`` that are there."""
        fd = self._fds[stream]
        if fd is None or end <= start:
            return b""
        try:
            return os.pread(fd, end - start, start)
        except OSError:
            return b""

    def _size(self, stream: int) -> int:
        fd = self._fds[stream]
        if fd is None:
            self._fds[stream] = fd = _open(stream_path(self._directory, STREAMS[stream]))
        return os.fstat(fd).st_size if fd is not None else 0

    def _refresh_timeline(self) -> bool:
        path = timeline_path(self._directory)
        try:
            found = os.stat(path)
        except OSError:
            return False
        inode, length = self._timeline_mark
        if (found.st_ino, found.st_size) == self._timeline_mark:
            return False
        if found.st_ino != inode or found.st_size < length:
            length = 0  # thinned out, or another engine's: read all of it
        fd = _open(path)
        if fd is None:
            return False
        try:
            data = os.pread(fd, min(found.st_size - length, TIMELINE_BYTES), length)
        finally:
            os.close(fd)
        data = data[: data.rfind(b"\n") + 1]
        timeline = self.timeline if length else no_timeline()
        _extend(timeline, data)
        self.timeline = timeline
        self._timeline_mark = (found.st_ino, length + len(data))
        return True

    def _refresh_holes(self) -> None:
        try:
            found = os.stat(os.path.join(self._directory, "dropped"))
        except OSError:
            return
        mark = (found.st_ino, found.st_mtime_ns)
        if mark != self._dropped_mark:
            dropped = read_dropped(self._directory)
            self.holes = (_hole(dropped.get("out")), _hole(dropped.get("err")))
            self._dropped_mark = mark


def _open(path: str) -> int | None:
    """A regular file's descriptor. A job can put anything into its run's directory: no links, no pipes."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return fd
    os.close(fd)
    return None


def _hole(bounds: Hole | None) -> Hole:
    return bounds if bounds is not None and bounds[0] < bounds[1] else NO_HOLE


def _extend(timeline: Timeline, data: bytes) -> None:
    """Add the samples of ``data``; what is malformed is left out. Another thread may be reading."""
    samples = [sample for line in data.splitlines() if (sample := parse_sample(line)) is not None]
    for stream in (OUT, ERR):
        known = timeline.lengths[stream]
        grown = accumulate((sample[1 + stream] for sample in samples), max, initial=known[-1] if known else 0)
        known.extend(islice(grown, 1, None))
    timeline.milliseconds.extend(sample[0] for sample in samples)
