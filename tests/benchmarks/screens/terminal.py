"""A program in a terminal of its own: keys go in, what is painted comes out, and each is timed."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from typing import TYPE_CHECKING

from tests.benchmarks.measuring.program import READY_SECONDS, STOP_SECONDS, Usage, environment, usage_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self

ROWS, COLUMNS = 50, 160
_KEPT = 256 * 1024
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[=>78])")


class Terminal:
    """Runs a program on a pseudo-terminal while the block lasts.

    What the program writes is read at once in a thread, as a terminal does it; nothing is drawn, so that the figures
    are the program's own.
    """

    def __init__(self, argv: Sequence[str], extra_environment: Mapping[str, str] | None = None) -> None:
        self._argv = list(argv)
        self._environment = {
            **environment(), "TERM": "xterm-256color", "COLORTERM": "truecolor", **(extra_environment or {}),
        }  # fmt: skip
        for name in ("NO_COLOR", "TMUX", "STY", "TEXTUAL_THEME", "COLUMNS", "LINES"):
            self._environment.pop(name, None)
        self._seen = bytearray()
        self._came = threading.Condition()
        self._told = 0.0
        """When the last key was pressed, or the program was started."""

    def __enter__(self) -> Self:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._ended, self._end = os.pipe()
        self._told = time.perf_counter()
        self._process = subprocess.Popen(
            self._argv, stdin=slave, stdout=slave, stderr=slave, env=self._environment, start_new_session=True
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.write(self._end, b"x")
        self._reader.join()
        for fd in (self._master, self._ended, self._end):
            os.close(fd)

    def _read(self) -> None:
        while self._ended not in (ready := select.select([self._master, self._ended], [], [])[0]):
            try:
                data = os.read(ready[0], 65536)
            except OSError:  # everybody who had the terminal open is gone
                return
            if not data:
                return
            with self._came:
                self._seen += data
                del self._seen[:-_KEPT]
                self._came.notify_all()

    def press(self, keys: str) -> None:
        """Type something; the clock begins to run, and only what is painted from now on counts."""
        with self._came:
            self._seen.clear()
        self._told = time.perf_counter()
        os.write(self._master, keys.encode())

    def seconds_until(self, text: str, within: float = READY_SECONDS) -> float:
        """From the last key, or from the program's start, until a text was painted. Raises ``RuntimeError``."""
        wanted = text.encode()
        with self._came:
            if not self._came.wait_for(lambda: wanted in _ESCAPES.sub(b"", self._seen), within):
                raise RuntimeError(f'"{text}" was not painted within {within:g} s, but: {self.painted()[-2000:]}')
            return time.perf_counter() - self._told

    def time_to(self, keys: str, text: str) -> float:
        """Seconds from typing something until a text is painted."""
        self.press(keys)
        return self.seconds_until(text)

    def settle(self, seconds: float = 0.5) -> None:
        """Wait until nothing has been painted for so long, or for ten times as long."""
        until = time.perf_counter() + 10 * seconds
        with self._came:
            while time.perf_counter() < until and self._came.wait(seconds):
                pass

    def painted(self) -> str:
        """What has been painted since the last key, without colours and places."""
        return _ESCAPES.sub(b"", bytes(self._seen)).decode("utf-8", "replace")

    def usage(self) -> Usage:
        """Of the program and of its keeper, not of its jobs."""
        return usage_of(self._process.pid)
