"""The executors by name, made in this one place, and what a reader asks of a run without having one."""

from __future__ import annotations

from peak_console.errors import StartError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.runs.interface import Executor

LOCAL = "local"
"""Processes of this machine."""


def make_executor(name: str = LOCAL) -> Executor:
    """An executor, which an engine keeps for as long as it lives. Raises ``StartError`` for a name that is none."""
    if name != LOCAL:
        raise StartError(f"{name}: no executor is called that; there is: {LOCAL}")
    from peak_console.runs.local.executor import LocalExecutor

    return LocalExecutor()


def has_ended(directory: str) -> bool:
    """Whether the end of the run in a directory is recorded there."""
    from peak_console.runs.local.run_directory import read_exit_status

    return read_exit_status(directory)[0] is not None


def is_gone(directory: str, pid: int | None, pid_started: str | None) -> bool:
    """Whether nothing of a run is alive; what its directory says of it counts before what is known otherwise."""
    from peak_console.runs.local.executor import process_lives, process_mark
    from peak_console.runs.local.run_directory import read_record

    record = read_record(directory)
    if record is not None:
        pid, pid_started = record.pid, record.mark
    return pid is None or process_mark(pid) != pid_started or not process_lives(pid)
