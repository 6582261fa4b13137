"""The small files beside a run's output, written by its recorder and read by its readers.

``timeline``: one line per sample in which something had grown: Unix milliseconds, bytes of stdout, bytes of stderr.
``dropped``: one line per stream that outgrew its bound: ``out`` or ``err``, first byte dropped, first byte kept again.
Both are advisory: what is malformed is left out.
"""

from __future__ import annotations

import os

from peak_console.store.directory import file_mode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Stream = Literal["out", "err"]

STREAMS: tuple[Stream, Stream] = ("out", "err")
YEAR_10000 = 253_402_300_800_000
"""In Unix milliseconds: what no date can hold is no time."""
_NAMES = {"out": "stdout.log", "err": "stderr.log"}


def stream_path(directory: str, stream: Stream) -> str:
    return os.path.join(directory, _NAMES[stream])


def timeline_path(directory: str) -> str:
    return os.path.join(directory, "timeline")


def stream_size(directory: str, stream: Stream) -> int:
    """Bytes written so far, dropped ones included; 0 when there is no such file."""
    try:
        return os.stat(stream_path(directory, stream)).st_size
    except OSError:
        return 0


def parse_sample(line: bytes) -> tuple[int, int, int] | None:
    """Milliseconds, bytes of stdout, bytes of stderr; ``None`` for a malformed line."""
    words = line.split()
    if len(words) != 3 or not all(word.isdigit() and len(word) < 19 for word in words):
        return None
    milliseconds = int(words[0])
    return (milliseconds, int(words[1]), int(words[2])) if milliseconds < YEAR_10000 else None


def read_dropped(directory: str) -> dict[Stream, tuple[int, int]]:
    """For each stream of which something is gone: the first byte dropped, the first kept again."""
    dropped: dict[Stream, tuple[int, int]] = {}
    try:
        with open(os.path.join(directory, "dropped"), "rb") as file:
            lines = file.read(4096).splitlines()
    except OSError:
        return dropped
    for line in lines:
        words = line.split()
        for stream in STREAMS:
            if len(words) == 3 and words[0] == stream.encode() and words[1].isdigit() and words[2].isdigit():
                dropped[stream] = (int(words[1]), int(words[2]))
    return dropped


def write_dropped(directory: str, dropped: dict[Stream, tuple[int, int]]) -> None:
    """Replace the record of what is gone. Raises ``OSError``."""
    lines = [f"{stream} {start} {end}\n" for stream, (start, end) in dropped.items()]
    replace_file(os.path.join(directory, "dropped"), "".join(lines).encode())


def replace_file(path: str, content: bytes) -> None:
    """All or nothing for whoever reads it meanwhile. Raises ``OSError``."""
    beside = path + ".new"
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, file_mode(os.path.dirname(path)))
    try:
        while content:
            content = content[os.write(fd, content) :]
    finally:
        os.close(fd)
    os.replace(beside, path)
