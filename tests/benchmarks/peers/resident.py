"""A peer that stays: what is asked of it, and the process that it is."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import termios
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tests.benchmarks.measuring.program import TICKS, Usage, environment, usage_of
from tests.benchmarks.peers.install import PeerError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

READY_SECONDS = 300
RESTED_SECONDS = 0.3
TAIL_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Task:
    """A command, and the Unix second at which it is due; ``None``: in a far future."""

    argv: Sequence[str]
    at: int | None = None


class Peer(Protocol):
    """One scheduler or process manager, installed."""

    name: str
    seconds_per_job: float
    """It is given so long to be ready, for each job."""

    def resident(self, directory: Path, tasks: Sequence[Task]) -> Resident:
        """Ready to be entered. ``directory`` is new. One without a schedule starts its tasks at once."""


@dataclass(slots=True)
class Resident:
    """A peer's process: ready when the block begins, stopped when it ends."""

    argv: Sequence[str]
    directory: Path
    ready: bytes | None = None
    """Stands in the log once it is ready; ``None``: it is ready when it rests for the first time."""
    ended: bytes = b""
    """Stands in the log once a task has ended."""
    output: Path | None = None
    """Where a task's output is kept; ``None``: in the log."""
    extra: dict[str, str] = field(default_factory=dict)
    """Further variables of the environment."""
    terminal: bool = False
    """Whether it needs one; what it paints there is its log."""
    seconds_to_ready: float = 0.0
    _process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What it has printed."""
        return self.directory / "log"

    @property
    def pid(self) -> int:
        """Of the process that is measured, with its children."""
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        began = time.perf_counter()
        self.log.parent.mkdir(exist_ok=True)
        self.log.touch()
        self._start()
        while not self._is_ready():
            if self._has_failed() or time.perf_counter() - began > READY_SECONDS:
                self._stop()
                raise PeerError(f"did not start: {self.last_words()}")
            time.sleep(0.002)
        self.seconds_to_ready = time.perf_counter() - began - (RESTED_SECONDS if self.ready is None else 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def usage(self) -> Usage:
        """So far, of the process and its children."""
        return usage_of(self.pid)

    def has_ended(self) -> bool:
        """Whether it has noted the end of a task."""
        return self.ended in self._tail()

    def kept_bytes(self) -> int:
        """How much output it has kept so far; where that is in memory, it says how much."""
        if said := re.search(rb"^ended (\d+)$", self._tail(), re.MULTILINE):
            return int(said[1])
        kept = self.output or self.log
        return kept.stat().st_size if kept.exists() else 0

    def discard_output(self) -> None:
        """Make room for the next round."""
        os.truncate(self.output or self.log, 0)

    def last_words(self) -> str:
        """The end of its log, in a line."""
        return " ".join(self._tail()[-300:].decode(errors="replace").split()) or "it said nothing"

    def _start(self) -> None:
        if self.terminal:
            self._start_in_terminal()
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment() | self.extra,
                cwd=self.directory, start_new_session=True,
            )  # fmt: skip

    def _start_in_terminal(self) -> None:
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (40, 120))
        self._process = subprocess.Popen(
            self.argv, stdin=theirs, stdout=theirs, stderr=theirs, cwd=self.directory, start_new_session=True,
            env=environment() | {"TERM": "xterm-256color"} | self.extra,
        )  # fmt: skip
        os.close(theirs)
        threading.Thread(target=_drain, args=(ours, self.log), daemon=True).start()

    def _is_ready(self) -> bool:
        return self._rests() if self.ready is None else self.ready in self._tail()

    def _rests(self) -> bool:
        """Whether it has used no processor for a while, and has not been waiting for one either."""
        before = _state(self.pid)
        for _ in range(10):
            time.sleep(RESTED_SECONDS / 10)
            if _state(self.pid) != before or before[0] != "S":
                return False
        return True

    def _has_failed(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def _stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _tail(self) -> bytes:
        with self.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - TAIL_BYTES))
            return log.read()


def _state(pid: int) -> tuple[str, float]:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return "gone", 0.0
    return fields[0], (int(fields[11]) + int(fields[12])) / TICKS


def _drain(terminal: int, log: Path) -> None:
    with log.open("ab", buffering=0) as file:
        while True:
            try:
                painted = os.read(terminal, 65536)
            except OSError:  # nobody has the other end any more
                break
            # A program that asks where the cursor is waits for the answer.
            if b"\x1b[6n" in painted:
                os.write(terminal, b"\x1b[1;1R")
            file.write(painted)
    os.close(terminal)
