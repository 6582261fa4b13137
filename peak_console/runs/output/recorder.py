"""Who wrote how much when, and the bound on it. The output itself goes straight from the job to its files."""

from __future__ import annotations

import errno
import os
from contextlib import suppress

from peak_console.runs.local.system import this_system
from peak_console.runs.output.files import (
    STREAMS,
    open_regular,
    parse_sample,
    read_deleted,
    read_dropped,
    replace_file,
    stream_path,
    stream_size,
    stream_state,
    timeline_path,
    write_deleted,
    write_dropped,
)
from peak_console.store.directory import file_mode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from peak_console.runs.local.system import System
    from peak_console.runs.output.files import Stream

MAX_TIMELINE_BYTES = 512 * 1024
HEAD_SHARE = 4
"""The first quarter of the bound is kept, and the newest three quarters."""
SLACK_SHARE = 16
"""A stream is cut once it is this share over its bound, so that a chatty job is not cut at every sample."""


TAIL_BYTES = 64
"""So many bytes before a sampled end are compared at the next sample: a stream that was cut may outgrow that end."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


class OutputRecorder:
    """Samples one run's output files for the engine that supervises it. An engine before may have sampled them too."""

    def __init__(self, directory: str, max_output_bytes: int, system: System | None = None) -> None:
        self._directory = directory
        self._limit = max_output_bytes
        self._system = system or this_system()
        self._dropped = read_dropped(directory)
        self._timeline_bytes, self._seen = self._last_sample()
        self._seen_at = (0, 0)
        self._tails: dict[Stream, bytes] = {}
        """The last bytes before what was seen, where they were read."""
        self.can_bound = True
        """False once this system or file system turned out unable to give the middle of a file back."""
        self._is_owing = False

    def sample(self, now: datetime, *, final: bool = False) -> bool:
        """Record what has grown since the last sample, and keep the bound; whether anything had changed.

        A full disk costs times in the timeline, never output: nothing is raised. After a ``final`` one there is none.
        """
        (out, out_at), (err, err_at) = stream_state(self._directory, "out"), stream_state(self._directory, "err")
        sizes, times = (out, err), (out_at, err_at)
        has_grown = sizes != self._seen
        if (has_grown or times != self._seen_at) and self._note_cuts(sizes, final):
            has_grown = True
        self._seen_at = times
        if has_grown:
            self._seen = sizes
            with suppress(OSError):
                self._append(f"{int(now.timestamp() * 1000)} {sizes[0]} {sizes[1]}\n".encode())
        if has_grown or self._is_owing:
            self._bound_all(self._limit // SLACK_SHARE)
        return has_grown

    def _note_cuts(self, sizes: tuple[int, int], final: bool) -> bool:
        """Record what the job has deleted of its output since the last sample, at least; whether it has."""
        has_cut = False
        for stream, seen, size in zip(STREAMS, self._seen, sizes, strict=True):
            if (size or seen) and (seen or not final) and (self._is_other(stream, seen, size) or size < seen):
                has_cut = True
                with suppress(OSError):
                    self._record_cut(stream, seen)
        return has_cut

    def _is_other(self, stream: Stream, seen: int, size: int) -> bool:
        """Whether the bytes before the end that was seen have changed. Remembers those before the present end."""
        known = self._tails.pop(stream, b"")
        try:
            fd = open_regular(stream_path(self._directory, stream))
        except OSError:
            return False
        try:
            self._tails[stream] = os.pread(fd, TAIL_BYTES, max(0, size - TAIL_BYTES))
            if not known or seen - len(known) < self._dropped.get(stream, (0, 0))[1]:
                return False
            return os.pread(fd, len(known), seen - len(known)) != known
        except OSError:
            return False
        finally:
            os.close(fd)

    def _record_cut(self, stream: Stream, seen: int) -> None:
        """All that was there when the stream was last seen is gone, and so are the times and the hole in it."""
        deleted = read_deleted(self._directory)
        write_deleted(self._directory, {**deleted, stream: deleted.get(stream, 0) + self._kept(stream, seen)})
        if stream in self._dropped:
            del self._dropped[stream]
            write_dropped(self._directory, self._dropped)
        self._rewrite_timeline(lambda samples: _without(samples, STREAMS.index(stream)))

    def _kept(self, stream: Stream, size: int) -> int:
        start, kept_from = self._dropped.get(stream, (0, 0))
        return size - (kept_from - start)

    def close(self) -> None:
        """Cut what was left over the bound as slack."""
        self._bound_all(0)

    def _bound_all(self, slack: int) -> None:
        """Keep the bound of both streams; what fails is tried again with the next sample, grown or not."""
        self._is_owing = False
        if not self._limit:
            return
        for stream in STREAMS:
            try:
                if self.can_bound:
                    self._bound(stream, stream_size(self._directory, stream), slack)
            except OSError:
                self._is_owing = True

    def _last_sample(self) -> tuple[int, tuple[int, int]]:
        """The timeline's length and the sizes that it ends with."""
        try:
            with open(open_regular(timeline_path(self._directory)), "rb") as file:
                length = file.seek(0, os.SEEK_END)
                file.seek(max(0, length - 200))
                last = parse_sample(file.read(200).rpartition(b"\n")[0].rpartition(b"\n")[2])
        except OSError:
            return 0, (0, 0)
        return length, (last[1], last[2]) if last else (0, 0)

    def _append(self, line: bytes) -> None:
        path = timeline_path(self._directory)
        if self._timeline_bytes + len(line) > MAX_TIMELINE_BYTES:
            self._thin_out()
        fd = open_regular(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, file_mode(self._directory))
        try:
            self._timeline_bytes += os.write(fd, line)
        finally:
            os.close(fd)

    def _thin_out(self) -> None:
        """Leave out every second sample: the older, the coarser. What was written when shifts, never what was."""
        self._rewrite_timeline(lambda lines: lines[1::2])

    def _rewrite_timeline(self, change: Callable[[list[bytes]], list[bytes]]) -> None:
        path = timeline_path(self._directory)
        with open(open_regular(path), "rb") as file:
            lines = file.read(2 * MAX_TIMELINE_BYTES).splitlines(keepends=True)  # longer: a job has written to it
        kept = b"".join(change(lines))
        replace_file(path, kept)
        self._timeline_bytes = len(kept)

    def _bound(self, stream: Stream, size: int, slack: int) -> None:
        start, kept_from = self._dropped.get(stream, (self._limit // HEAD_SHARE,) * 2)
        if size - (kept_from - start) <= self._limit + slack:
            return
        end = size - (self._limit - start)
        wanted = {**self._dropped, stream: (start, end)}
        try:
            write_dropped(self._directory, wanted)  # before the bytes turn into zeros under a reader's eyes
        except OSError as error:
            if error.errno not in _FULL or not self._punch(stream, kept_from, end):
                raise
            write_dropped(self._directory, wanted)  # there is room for it only now
        else:
            if not self._punch(stream, kept_from, end):
                self.can_bound = False
                write_dropped(self._directory, self._dropped)
                return
        self._dropped = wanted

    def _punch(self, stream: Stream, start: int, end: int) -> bool:
        fd = open_regular(stream_path(self._directory, stream), os.O_WRONLY)
        try:
            return self._system.punch_hole(fd, start, end)
        finally:
            os.close(fd)


def _without(lines: list[bytes], index: int) -> list[bytes]:
    """A timeline in which one stream (0 or 1) has not written anything yet."""
    kept: list[bytes] = []
    sizes = (0, 0)
    for line in lines:
        sample = parse_sample(line)
        if sample is None:
            continue
        now = (0, sample[2]) if index == 0 else (sample[1], 0)
        if now != sizes:
            sizes = now
            kept.append(b"%d %d %d\n" % (sample[0], *now))
    return kept
