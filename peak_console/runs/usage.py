"""What a run of this machine has used so far: read from /proc, for the few runs that are looked at."""

from __future__ import annotations

import os

from peak_console.model.terms import LOCAL, RunState
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.model.records import Run

MOST_PROCESSES = 200
"""So many processes of a run are looked at."""
BOOT_ID = "/proc/sys/kernel/random/boot_id"


def with_usage_so_far(run: Run) -> Run:
    """A run with what its processes have used so far, if it runs on this machine; any other as it is."""
    if run.state != RunState.RUNNING or run.executor != LOCAL or run.reference is None:
        return run
    pid, _, mark = run.reference.partition(" ")
    boot, _, ticks = mark.partition("/")
    try:
        if not pid.isdigit() or _read(BOOT_ID).strip() != boot or _fields(int(pid))[19] != ticks:
            return run
        cpu_seconds, peak = _of_tree(int(pid))
    except (OSError, IndexError, ValueError):  # it is gone, or hidden, or this is no Linux
        return run
    return replace(run, cpu_seconds=cpu_seconds, peak_memory_bytes=peak)


def _of_tree(leader: int) -> tuple[float, int]:
    """Processor seconds of a process and its descendants, with those that they have waited for; the largest peak."""
    ticks, peak = 0, 0
    waiting, seen = [leader], 0
    while waiting and seen < MOST_PROCESSES:
        pid = waiting.pop()
        seen += 1
        try:
            ticks += sum(map(int, _fields(pid)[11:15]))
            peak = max(peak, _peak_of(pid))
            waiting += _children_of(pid)
        except (OSError, IndexError, ValueError):
            if pid == leader:
                raise
    return ticks / os.sysconf("SC_CLK_TCK"), peak


def _fields(pid: int) -> list[str]:
    """The fields of ``/proc/PID/stat`` from the state on."""
    return _read(f"/proc/{pid}/stat").rpartition(")")[2].split()


def _peak_of(pid: int) -> int:
    """The most memory that a process has held at once, in bytes."""
    for line in _read(f"/proc/{pid}/status").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _children_of(pid: int) -> list[int]:
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            found += [int(child) for child in _read(f"/proc/{pid}/task/{task}/children").split()]
        except FileNotFoundError:  # the thread has ended, or the kernel does not tell
            continue
    return found


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
