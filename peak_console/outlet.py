"""Standard output of a program that must go on when its output is closed, full, or no longer read."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from queue import SimpleQueue
    from threading import Thread

WAITING_LINES = 10_000
"""How much waits for a reader that is stuck; what comes after that is counted and left out."""
CLOSING_SECONDS = 2.0


class Outlet:
    """Writes to standard output at once, and gives up without a word where that is not possible.

    ``apart`` writes in a thread of its own, so that a reader that has stopped reading blocks no other thread.
    """

    def __init__(self, *, apart: bool = False) -> None:
        self._left_out = 0
        self._lines: SimpleQueue[str | None] | None = None
        self._thread: Thread | None = None
        if apart:
            from queue import SimpleQueue
            from threading import Thread

            lines: SimpleQueue[str | None] = SimpleQueue()
            thread = Thread(target=self._serve, args=(lines,), name="output", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # no room for another thread: the writing thread waits for the reader
                return
            self._lines, self._thread = lines, thread

    def write(self, text: str) -> None:
        """Write whole lines. From any thread; raises nothing."""
        if self._lines is None:
            _write(text)
        elif self._lines.qsize() < WAITING_LINES:
            self._lines.put(text)
        else:
            self._left_out += 1

    def close(self) -> None:
        """Wait a moment for what has not been written yet."""
        if self._lines is not None and self._thread is not None:
            self._lines.put(None)
            self._thread.join(CLOSING_SECONDS)

    def _serve(self, lines: SimpleQueue[str | None]) -> None:
        while (text := lines.get()) is not None:
            _write(text)
            if self._left_out and lines.empty():
                left_out, self._left_out = self._left_out, 0
                complain(f"{left_out} lines were left out while nobody read the output\n")


def complain(text: str) -> None:
    """Write whole lines to standard error, if that is possible, as any terminal shows them."""
    from peak_console.text import safe_lines

    try:
        sys.stderr.write(safe_lines(text))
        sys.stderr.flush()
    except OSError:
        pass


def _write(text: str) -> None:
    try:
        fd = sys.stdout.fileno()
    except (OSError, ValueError):  # a test or a program that embeds us has put something else there
        sys.stdout.write(text)
        return
    data = text.encode(sys.stdout.encoding, "backslashreplace")
    try:
        # Past Python's buffer, which would keep what could not be written and fail with it at the very end.
        while data:
            data = data[os.write(fd, data) :]
    except OSError:
        pass
