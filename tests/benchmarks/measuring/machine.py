"""On what the figures were measured."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
import threading
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

SAMPLE_SECONDS = 0.2


class Crowd:
    """How many threads want to run at a time while the block lasts, sampled, as a median: ours are one or two."""

    def __enter__(self) -> Self:
        self._samples: list[int] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
            running = next((line.split()[1] for line in lines if line.startswith("procs_running ")), "1")
            self._samples.append(int(running) - 1)  # without the one that reads this

    @property
    def size(self) -> float:
        return median(self._samples) if self._samples else 0.0

    @property
    def is_dense(self) -> bool:
        """Whether others have kept every core busy: then who needs two processes at once is measured by them."""
        return self.size > len(os.sched_getaffinity(0)) + 1


def description() -> list[str]:
    """A list in Markdown: machine, system, versions, and how busy the machine is."""
    cores = len(os.sched_getaffinity(0))
    return [
        f"- {cores} cores, {_cpu()}, {_memory()}; {platform.system()} {platform.release().partition('-')[0]}",
        f"- Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, tomli {version('tomli')}",
        f"- peak-console {version('peak-console')}{_commit()}",
        f"- load of the last minute, five minutes, quarter of an hour: {_load()}",
    ]


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"


def _load() -> str:
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def _commit() -> str:
    """The commit that is checked out, where this is a checkout."""
    here = Path(__file__).parent
    found = subprocess.run(
        ["git", "-C", str(here), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return f" at {found.stdout.strip()}" if found.returncode == 0 else ""
