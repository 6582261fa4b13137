"""What takes longer than a frame, in threads of its own: indexing much output, searching it, saving it."""

from __future__ import annotations

import os
import threading
import time

from peak_console.errors import PeakConsoleError
from peak_console.text import size
from peak_console.tui.output.files import OutputFiles
from peak_console.tui.output.line_index import LineIndex
from peak_console.tui.output.search import bare
from peak_console.tui.output.words import stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import tzinfo

    from peak_console.tui.output.search import Matches

STEP_BYTES = 256 * 1024
WORK_SECONDS, REST_SECONDS = 0.004, 0.001
"""Work and rest in turns, so that the screen's thread gets the interpreter when it wants it."""
LONG_REST_SECONDS = 0.016
"""Beside a job that is still printing: what it needs comes before the number of its lines."""
_PART_BYTES = 1024 * 1024


class CatchUp:
    """Indexes all there is, then searches it. While it is at work, no other thread extends the index or the matches."""

    def __init__(
        self, index: LineIndex, matches: Sequence[Matches], done: Callable[[CatchUp], object], *, gently: bool = False
    ) -> None:
        """``gently`` takes a fifth of the time only."""
        self.index = index
        self.matches = matches
        self._done = done
        self._rest_seconds = LONG_REST_SECONDS if gently else REST_SECONDS
        self._wanted = True
        self._rested_at = time.monotonic()
        in_background(self._work)

    def cancel(self) -> None:
        """It stops soon, and still says that it is done."""
        self._wanted = False

    def _work(self) -> None:
        while self._go_on() and not self.index.advance(STEP_BYTES):
            pass
        for matches in self.matches:
            matches.scan(self._go_on)
        self._done(self)

    def _go_on(self) -> bool:
        if time.monotonic() - self._rested_at > WORK_SECONDS:
            time.sleep(self._rest_seconds)
            self._rested_at = time.monotonic()
        return self._wanted


def in_background(work: Callable[[], None]) -> None:
    """Run in a thread that never keeps the program from ending."""
    thread = threading.Thread(target=work, name="output", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # the machine has no room for it: better a screen that stands still than none
        work()


def save(directory: str, path: str, zone: tzinfo | None) -> int:
    """Write a run's output to a new file, streams merged, without escape sequences; how many bytes that were.

    ``zone``: stamp each line with its time there. Raises ``PeakConsoleError``; a file that exists is never touched.
    """
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise PeakConsoleError(f'"{path}" exists already; choose another name') from None
    except (OSError, ValueError) as error:
        raise PeakConsoleError(f'"{path}" cannot be written ({_why(error)}); choose another place') from None
    written = 0
    try:
        with os.fdopen(fd, "wb") as file:
            for part in _parts(directory, zone):
                written += file.write(part)
    except OSError as error:
        os.unlink(path)
        raise PeakConsoleError(f'"{path}" cannot be written ({_why(error)}); choose another place') from None
    return written


def _parts(directory: str, zone: tzinfo | None) -> Iterator[bytes]:
    files = OutputFiles(directory)
    index = LineIndex(files)
    while not index.advance(STEP_BYTES):
        time.sleep(REST_SECONDS)
    first, block = 0, 0
    while first < index.total:
        block += 1
        last = index.first_line_of(block) if index.first_line_of(block) > first else index.total
        lines = index.window(first, last - first)
        if not lines:
            return
        for line in lines:
            if zone is not None:
                yield f"{stamp(line.at, zone)} ".encode() if line.at is not None else b" " * 13
            if line.dropped:
                yield f"-- {size(line.end - line.start)} dropped (max_output_bytes) --\n".encode()
                continue
            for at in range(line.start, line.end, _PART_BYTES):
                yield bare(files.read(line.stream, at, min(line.end, at + _PART_BYTES)))
            yield b"\n"
        first += len(lines)
        time.sleep(REST_SECONDS)


def _why(error: OSError | ValueError) -> str:
    return os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
