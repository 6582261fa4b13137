"""A run's output, read while it grows or long after: both streams merged in time order, in pieces of bounded size."""

from __future__ import annotations

import os
from collections import deque
from datetime import UTC, datetime

from peak_console.runs.local.run_directory import read_exit_status
from peak_console.runs.output.files import (
    STREAMS,
    open_regular,
    parse_sample,
    read_deleted,
    read_dropped,
    stream_path,
    stream_size,
    timeline_path,
)
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.runs.output.files import Stream

CHUNK_BYTES = 64 * 1024
"""The most that one chunk holds, and how far a line is followed to its end."""
READ_BYTES = 1024 * 1024
TIMELINE_BYTES = 4 * 1024 * 1024
"""No timeline of ours is as long as this; a job may have made one that fits into no memory."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive bytes of one stream. Of a line longer than a chunk, or not ended yet, it may hold a part."""

    stream: Stream
    at: datetime | None
    """When it was written, to about 0.1 s; aware, UTC. ``None``: no engine was sampling."""
    data: bytes
    dropped: int = 0
    """So many bytes of the stream are gone just before these: the run outgrew ``max_output_bytes``."""
    deleted: int = 0
    """How many bytes of the stream, at least, are gone since the last chunk, as the job has truncated its output."""


@dataclass(slots=True)
class _Span:
    """What to read next: a stream up to an offset."""

    stream: Stream
    end: int
    at: datetime | None


class OutputReader:
    """Reads one run's directory, from the start of the output to its present end, and on as it grows.

    Holds no file open between calls. Without a timeline, or beyond its end, stdout comes before stderr.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._position: dict[Stream, int] = {"out": 0, "err": 0}
        self._gone: dict[Stream, int] = {"out": 0, "err": 0}
        self._deleted: dict[Stream, int] = {}
        """What is recorded of the job's own cuts, as far as it has been told."""
        self._found_cut: set[Stream] = set()
        """Streams that were found to be cut short before that was recorded."""
        self._span: _Span | None = None
        self._samples: deque[tuple[int, int, int]] = deque()
        self._last_sample = (0, 0, 0)
        self._timeline = (0, 0)
        """Inode and bytes read; a thinned-out timeline is a new file."""

    def size(self, stream: Stream) -> int:
        """Bytes written so far, dropped ones included."""
        return stream_size(self._directory, stream)

    def read_new(self, limit: int = READ_BYTES) -> list[Chunk]:
        """The chunks that were not read yet, oldest first, of at most about ``limit`` bytes; empty at the end."""
        self._load_timeline()
        chunks = self._cuts()
        while limit > 0:
            if self._span is None:
                self._span = self._next_span()
            if self._span is None:
                break
            before = dict(self._position)
            chunk = self._read(self._span, min(limit, CHUNK_BYTES))
            if chunk is not None:
                chunks.append(chunk)
                limit -= len(chunk.data)
            elif self._position == before:
                break  # it cannot be read, or was removed
        return chunks

    def _cuts(self) -> list[Chunk]:
        """Take note of output that the job has deleted since the last look, and read from there on again."""
        recorded = read_deleted(self._directory)
        chunks = []
        for stream in STREAMS:
            lost = recorded.get(stream, 0) - self._deleted.get(stream, 0)
            size = self.size(stream)
            if size < self._position[stream]:
                lost = max(lost, self._position[stream])
                if recorded.get(stream, 0) == self._deleted.get(stream, 0):
                    self._found_cut.add(stream)
            elif lost > 0 and stream in self._found_cut:
                self._found_cut.discard(stream)
                lost = 0
            if lost > 0:
                chunks.append(Chunk(stream, None, b"", deleted=lost))
                self._position[stream] = self._gone[stream] = 0
                self._span = None
        self._deleted = recorded
        return chunks

    def tail(self, stream: Stream, max_bytes: int) -> str:
        """The last ``max_bytes`` bytes of a stream; bytes that are not UTF-8 become replacement characters."""
        return self._tail(stream, max_bytes)[0].decode("utf-8", "replace")

    def tail_lines(self, stream: Stream, n: int, max_bytes: int) -> list[str]:
        """A stream's last ``n`` lines at most, of its last ``max_bytes``; a line cut at the front goes if it can."""
        data, is_cut = self._tail(stream, max_bytes)
        lines = data.removesuffix(b"\n").split(b"\n") if data else []
        if is_cut and len(lines) > 1:
            del lines[0]
        return [line.removesuffix(b"\r").decode("utf-8", "replace") for line in lines[-n:]] if n > 0 else []

    def _tail(self, stream: Stream, max_bytes: int) -> tuple[bytes, bool]:
        """The last bytes, and whether there are others before them."""
        size = self.size(stream)
        kept_from = read_dropped(self._directory).get(stream, (0, 0))[1]
        start = max(0, size - max_bytes, min(kept_from, size))
        return _read_at(stream_path(self._directory, stream), start, min(size - start, max_bytes)), start > 0

    def _load_timeline(self) -> None:
        """Take in the samples that have come since."""
        inode, offset = self._timeline
        try:
            with open(open_regular(timeline_path(self._directory)), "rb") as file:
                status = os.fstat(file.fileno())
                if status.st_ino != inode or status.st_size < offset:
                    offset, self._last_sample = 0, (0, 0, 0)
                    self._samples.clear()
                file.seek(offset)
                text = file.read(min(status.st_size - offset, TIMELINE_BYTES))
        except OSError:
            return
        complete = text.rpartition(b"\n")[0]
        if complete:
            self._add_samples(complete.split(b"\n"))
            offset += len(complete) + 1
        self._timeline = (status.st_ino, offset)

    def _add_samples(self, lines: list[bytes]) -> None:
        for line in lines:
            sample = parse_sample(line)
            last = self._last_sample
            if sample is not None and sample[1] >= last[1] and sample[2] >= last[2]:
                self._samples.append(sample)
                self._last_sample = sample

    def _next_span(self) -> _Span | None:
        """The oldest bytes that are there and unread; those that end a line before those that do not."""
        sizes = {stream: self.size(stream) for stream in STREAMS}
        while self._samples:
            milliseconds, *ends = self._samples[0]
            at = datetime.fromtimestamp(milliseconds / 1000, UTC)
            spans = [
                (ends_line, _Span(stream, end, at))
                for stream, sampled in zip(STREAMS, ends, strict=True)
                if self._position[stream] < min(sampled, sizes[stream])
                for end, ends_line in [self._line_end(stream, min(sampled, sizes[stream]), sizes[stream])]
            ]
            if spans:
                return max(spans, key=lambda found: found[0])[1]
            self._samples.popleft()
        for stream in STREAMS:
            if self._position[stream] < sizes[stream]:
                return _Span(stream, sizes[stream], self._unsampled_time(stream))
        return None

    def _line_end(self, stream: Stream, offset: int, size: int) -> tuple[int, bool]:
        """Where the line that ``offset`` lies in has its end, if that is there and near; else ``offset``."""
        ahead = _read_at(stream_path(self._directory, stream), offset - 1, min(CHUNK_BYTES, size - offset + 1))
        found = ahead.find(b"\n")
        return (offset, False) if found < 0 else (offset + found, True)

    def _unsampled_time(self, stream: Stream) -> datetime | None:
        """When bytes beyond the timeline were written: just now, or at an unknown time."""
        if self._last_sample[0] == 0 and read_exit_status(self._directory)[0] is not None:
            return None
        try:
            found = os.stat(stream_path(self._directory, stream), follow_symlinks=False)
            return datetime.fromtimestamp(found.st_mtime, UTC)
        except (OSError, OverflowError, ValueError):  # a job can give its file any time
            return None

    def _read(self, span: _Span, limit: int) -> Chunk | None:
        """The span's next bytes, less what is gone; ``None`` when all of it is. Moves on."""
        stream, end = span.stream, span.end
        while True:
            dropped = read_dropped(self._directory)
            first, kept_from = dropped.get(stream, (0, 0))
            start = self._position[stream]
            gone = max(0, kept_from - start) if first <= start else 0
            start += gone
            until = min(end, first) if start < first else end
            data = _read_at(stream_path(self._directory, stream), start, min(limit, until - start))
            if read_dropped(self._directory) == dropped:  # else zeros may have come instead of what was cut
                break
        if start + len(data) < until:
            data = data[: data.rfind(b"\n") + 1] or data
        self._gone[stream] += gone
        self._position[stream] = start + len(data)
        if not data or self._position[stream] >= end:
            self._span = None
        if not data:
            return None
        chunk = Chunk(stream, span.at, data, self._gone[stream])
        self._gone[stream] = 0
        return chunk


def _read_at(path: str, offset: int, count: int) -> bytes:
    """Some bytes of a file; fewer, or none, when they are not there."""
    if count <= 0:
        return b""
    try:
        fd = open_regular(path)
    except OSError:
        return b""
    try:
        return os.pread(fd, count, offset)
    except OSError:  # the disk's fault
        return b""
    finally:
        os.close(fd)
