"""On what the figures were measured."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from importlib.metadata import version
from pathlib import Path


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
