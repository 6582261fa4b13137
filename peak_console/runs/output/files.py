"""The small files beside a run's output, written by its recorder and read by its readers.

``timeline``: one line per sample in which something had grown: Unix milliseconds, bytes of stdout, bytes of stderr.
``dropped``: one line per stream that outgrew its bound: ``out`` or ``err``, first byte dropped, first byte kept again.
``deleted``: one line per stream that the job itself has cut short: ``out`` or ``err``, bytes gone at least.
All are advisory: what is malformed is left out.
"""

from __future__ import annotations

import errno
import os
import stat

from peak_console.store.directory import file_mode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Stream = Literal["out", "err"]

STREAMS: tuple[Stream, Stream] = ("out", "err")
YEAR_10000 = 253_402_300_800_000
"""In Unix milliseconds: what no date can hold is no time."""
NO_FILE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENXIO, errno.EINVAL})
"""What opening a file says where there is none, or where a job has put something else; anything else is no answer."""
_NAMES = {"out": "stdout.log", "err": "stderr.log"}


def stream_path(directory: str, stream: Stream) -> str:
    return os.path.join(directory, _NAMES[stream])


def timeline_path(directory: str) -> str:
    return os.path.join(directory, "timeline")


def stream_size(directory: str, stream: Stream) -> int:
    """Bytes written so far, dropped ones included; 0 when there is no such file, or something else in its place."""
    return stream_state(directory, stream)[0]


def stream_state(directory: str, stream: Stream) -> tuple[int, int]:
    """The size, as ``stream_size`` has it, and when the stream was last written to, in Unix nanoseconds."""
    try:
        found = os.stat(stream_path(directory, stream), follow_symlinks=False)
    except OSError:
        return 0, 0
    return (found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else (0, 0)


def open_regular(path: str, flags: int = os.O_RDONLY, mode: int = 0o600) -> int:
    """Open a regular file of a run's directory, without ever waiting. Raises ``OSError`` for anything else.

    A job can put anything there: a pipe would block the reader that opens it, a link would lead to another file.
    """
    fd = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, mode)
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return fd
    os.close(fd)
    raise OSError(errno.EINVAL, "not a regular file", path)


def read_start(path: str, most: int) -> bytes:
    """The first bytes of a regular file. Raises ``OSError`` as ``open_regular`` does."""
    fd = open_regular(path)
    try:
        return os.read(fd, most)
    finally:
        os.close(fd)


def parse_sample(line: bytes) -> tuple[int, int, int] | None:
    """Milliseconds, bytes of stdout, bytes of stderr; ``None`` for a malformed line."""
    words = line.split()
    if len(words) != 3 or not all(map(is_count, words)):
        return None
    milliseconds = int(words[0])
    return (milliseconds, int(words[1]), int(words[2])) if milliseconds < YEAR_10000 else None


def is_count(word: bytes) -> bool:
    """Whether it is a number of bytes that a file could have."""
    return word.isdigit() and len(word) < 19


def read_dropped(directory: str) -> dict[Stream, tuple[int, int]]:
    """For each stream of which something is gone: the first byte dropped, the first kept again."""
    dropped: dict[Stream, tuple[int, int]] = {}
    try:
        lines = read_start(os.path.join(directory, "dropped"), 4096).splitlines()
    except OSError:
        return dropped
    for line in lines:
        words = line.split()
        for stream in STREAMS:
            if len(words) == 3 and words[0] == stream.encode() and all(map(is_count, words[1:])):
                dropped[stream] = (int(words[1]), int(words[2]))
    return dropped


def write_dropped(directory: str, dropped: dict[Stream, tuple[int, int]]) -> None:
    """Replace the record of what is gone. Raises ``OSError``."""
    lines = [f"{stream} {start} {end}\n" for stream, (start, end) in dropped.items()]
    replace_file(os.path.join(directory, "dropped"), "".join(lines).encode())


def read_deleted(directory: str) -> dict[Stream, int]:
    """For each stream that its job has cut short, how many bytes are gone at least."""
    deleted: dict[Stream, int] = {}
    try:
        lines = read_start(os.path.join(directory, "deleted"), 4096).splitlines()
    except OSError:
        return deleted
    for line in lines:
        words = line.split()
        for stream in STREAMS:
            if len(words) == 2 and words[0] == stream.encode() and is_count(words[1]):
                deleted[stream] = int(words[1])
    return deleted


def write_deleted(directory: str, deleted: dict[Stream, int]) -> None:
    """Replace the record of what the job has deleted. Raises ``OSError``."""
    lines = [f"{stream} {count}\n" for stream, count in deleted.items()]
    replace_file(os.path.join(directory, "deleted"), "".join(lines).encode())


def replace_file(path: str, content: bytes) -> None:
    """Replace a file in one step, so that readers see all of it or none. Raises ``OSError``."""
    beside = path + ".new"
    mode = file_mode(os.path.dirname(path))
    try:
        fd = open_regular(beside, os.O_WRONLY | os.O_CREAT, mode)
    except OSError:
        _clear(beside)
        fd = open_regular(beside, os.O_WRONLY | os.O_CREAT, mode)
    try:
        os.ftruncate(fd, 0)
        while content:
            content = content[os.write(fd, content) :]
    finally:
        os.close(fd)
    try:
        os.replace(beside, path)
    except IsADirectoryError:
        _clear(path)
        os.replace(beside, path)


def _clear(path: str) -> None:
    """Remove what a job has put where one of our files belongs."""
    from peak_console.runs.output.removal import remove

    try:
        os.unlink(path)
    except OSError:
        remove(path)
