"""The outputs of two runs, as the lines that differ."""

from __future__ import annotations

import os
import re

from peak_console.runs.output.files import STREAMS, open_regular, stream_path
from peak_console.text import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from peak_console.runs.output.files import Stream

MOST_BYTES = 4 * 1024 * 1024
"""Of longer outputs the ends are compared: what is beyond takes minutes."""
MOST_LINES = 20_000
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*+[ -/]*+[@-~]|[\]PX^_][^\x07\x1b\n]*+(?:\x07|\x1b\\)|[ -/]*+[0-~]|)")


def differences(before: str, after: str, context: int = 3) -> Iterator[str]:
    """A unified difference of each stream of two runs' directories, streams that are the same left out."""
    for stream in STREAMS:
        one, other = _lines(before, stream), _lines(after, stream)
        if one != other:
            from difflib import unified_diff

            yield from unified_diff(one, other, f"std{stream} before", f"std{stream} after", n=context, lineterm="")


def _lines(directory: str, stream: Stream) -> list[str]:
    """The last lines of a stream, without what is never seen of them."""
    try:
        fd = open_regular(stream_path(directory, stream))
    except OSError:
        return []
    try:
        size = os.fstat(fd).st_size
        data = os.pread(fd, MOST_BYTES, max(0, size - MOST_BYTES))
    except OSError:
        return []
    finally:
        os.close(fd)
    lines = _SEQUENCE.sub(b"", data).replace(b"\r\n", b"\n").decode("utf-8", "replace").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return [safe(line) for line in lines[-MOST_LINES:]]
