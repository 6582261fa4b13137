"""The programs under test: found, given a clean environment, started, looked at in /proc, and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

READY_SECONDS = 120
STOP_SECONDS = 60
TICKS = os.sysconf("SC_CLK_TCK")


def environment() -> dict[str, str]:
    """Ours, but compiled modules are kept (as they are where the program is installed) and no engine is set."""
    dropped = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PEAK_CONSOLE_STATE_DIR")
    return {name: value for name, value in os.environ.items() if name not in dropped}


def peak_console() -> list[str]:
    """The installed command; ``python -m`` where there is none."""
    script = Path(sys.executable).with_name("peak-console")
    return [str(script)] if script.exists() else [sys.executable, "-m", "peak_console"]


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that has ended well."""

    seconds: float
    cpu_seconds: float


def run(argv: list[str], stdout: str = os.devnull) -> Finished:
    """Run to the end. Raises ``CalledProcessError`` when it fails."""
    began = time.perf_counter()
    output = (os.POSIX_SPAWN_OPEN, 1, stdout, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    pid = os.posix_spawn(argv[0], argv, environment(), file_actions=[output])
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - began
    if status:
        raise subprocess.CalledProcessError(status, argv)
    return Finished(seconds, usage.ru_utime + usage.ru_stime)


@dataclass(frozen=True, slots=True)
class Usage:
    """What some processes have used so far, together."""

    cpu_seconds: float
    wake_ups: int
    """Voluntary context switches."""
    resident_kib: int
    """What each has in memory, added up; what they share counts once for each."""
    proportional_kib: int
    """What they share with others counts in part."""
    peak_kib: int


class Engine:
    """A resident engine, ready when the block begins and stopped when it ends."""

    def __init__(self, directory: Path, jobs: str) -> None:
        """Everything goes into ``directory``, which must be new. ``jobs`` is the jobs file.

        Nothing is deleted between rounds: for minutes after many deletions ext4 takes ten times as long to create
        files, since it passes over each inode that has been freed lately.
        """
        # Engines watch the directory of their jobs file: in there, their log would wake them up.
        jobs_file = directory / "config" / "jobs.toml"
        jobs_file.parent.mkdir(parents=True)
        jobs_file.write_text(jobs, encoding="utf-8")
        self._log = directory / "engine.log"
        self.registry = directory / "state" / "registry.db"
        self._argv = [
            *peak_console(), "--headless", "--config", str(jobs_file), "--state-dir", str(directory / "state"),
        ]  # fmt: skip
        self.seconds_to_ready = 0.0

    def __enter__(self) -> Self:
        began = time.perf_counter()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(), start_new_session=True
            )
        while b"engine started" not in self._log.read_bytes():
            if self._process.poll() is not None or time.perf_counter() - began > READY_SECONDS:
                self._kill()
                raise RuntimeError(f"the engine did not start: {self.log()}")
            time.sleep(0.002)
        self.seconds_to_ready = time.perf_counter() - began
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def log(self) -> str:
        """What the engine has printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def usage(self) -> Usage:
        """Of the engine and of its keeper."""
        return usage_of(self._process.pid)


def usage_of(pid: int) -> Usage:
    """Of a process and of its children, which for us is the keeper: jobs are the keeper's."""
    return _usage([pid, *_children(pid)])


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()  # a child is that of the thread which has started it
    found = []
    for task in tasks:
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            found += [int(word) for word in (task / "children").read_text(encoding="ascii").split()]
    return found


def _usage(pids: list[int]) -> Usage:
    cpu, wake_ups, resident, proportional, peak = 0.0, 0, 0, 0, 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        cpu += (int(fields[11]) + int(fields[12])) / TICKS
        status = _status(Path(f"/proc/{pid}/status"))
        resident += status["VmRSS"]
        peak += status["VmHWM"]
        proportional += _status(Path(f"/proc/{pid}/smaps_rollup"))["Pss"]
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                wake_ups += _status(task / "status")["voluntary_ctxt_switches"]
    return Usage(cpu, wake_ups, resident, proportional, peak)


def _status(path: Path) -> dict[str, int]:
    lines = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
    return {words[0].rstrip(":"): int(words[1]) for words in lines if len(words) > 1 and words[1].isdigit()}
