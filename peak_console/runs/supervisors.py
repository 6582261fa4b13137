"""The programs of ours that look after runs: engines, told from any later process with the same pid."""

from __future__ import annotations

from peak_console.runs.local import cgroup, system
from peak_console.runs.local.executor import process_lives, process_mark


def identity(pid: int) -> str:
    """A living process, told from any later one with the same pid; the registry's ``supervisor``."""
    return f"{pid} {process_mark(pid)}"


def is_alive(supervisor: str | None) -> bool:
    """Whether the process that an ``identity`` names still lives; it may be dead and not taken away by its parent."""
    pid = (supervisor or "").split(" ", 1)[0]
    return pid.isdecimal() and identity(int(pid)) == supervisor and process_lives(int(pid))


def process_fault() -> str | None:
    """Why processes of this machine cannot be told from one another; ``None`` when they can."""
    return system.process_fault()


def may_make_cgroups() -> bool:
    """Whether an engine started as this process was may make a cgroup for each run."""
    return cgroup.home() is not None
