"""A run's process: whether it lives, how it ended, and signals that reach no other process."""

from __future__ import annotations

import os
import select
import signal
import time
from datetime import UTC, datetime

from peak_console.runs.interface import Ended, Stop
from peak_console.runs.local import cgroup
from peak_console.runs.local.run_directory import read_exit_status, wake, why_unwritten
from peak_console.runs.local.system import leads_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from peak_console.runs.local.run_directory import Record
    from peak_console.runs.local.system import System

PAUSE_SECONDS = 0.0005
QUICK_POLLS = 10
LONGEST_PAUSE_SECONDS = 0.05
"""A keeper records an end a millisecond or two behind it; where the disk is full, that takes until there is room."""
OVERDUE_SECONDS = 1.0
"""After how many seconds an unrecorded end is reported."""
REASON_SECONDS = 5.0
"""How many seconds pass between two looks for why an end cannot be recorded."""
KILL_PASSES = 10
"""How often the session is searched for what was forked while it was being killed."""


class LocalRun:
    """A run's process and its recorded end. Holds for started and adopted runs alike: neither is our child."""

    __slots__ = (
        "_ended",
        "_fd",
        "_fruitless",
        "_gone_since",
        "_group",
        "_keepers",
        "_missing",
        "_poll",
        "_reason",
        "_reason_at",
        "_system",
        "_told_end",
        "directory",
        "mark",
        "pid",
        "run_id",
        "started_at",
    )
    node = None
    waits_for = None

    def __init__(
        self,
        run_id: int,
        directory: str,
        record: Record,
        system: System,
        told_end: Callable[[str], tuple[int, float] | None] = lambda _directory: None,
        group: str | None = None,
    ) -> None:
        """``told_end`` has the end of a run that no file took: return code, Unix seconds. ``group`` is its cgroup."""
        self.run_id = run_id
        self.pid = pid = record.pid
        self.mark = record.mark
        self.started_at = datetime.fromtimestamp(record.began, UTC) if record.began else None
        self.directory = directory
        self._keepers = record.keepers
        self._system = system
        self._told_end = told_end
        self._group = group
        self._gone_since: float | None = None
        self._reason, self._reason_at = "", 0.0
        self._ended: Ended | None = None
        self._missing = 0
        self._fruitless = 0
        self._poll: select.poll | None = None
        self._fd = system.watch(pid)

    @property
    def reference(self) -> str:
        """The run's first process, which is also its process group and its session, and a mark of its start."""
        return f"{self.pid} {self.mark}"

    def fileno(self) -> int | None:
        """The descriptor to wait on; ``None`` once the process has ended, as it would be readable for ever."""
        return self._fd if not self._fruitless else None

    @property
    def pause(self) -> float:
        if self._fd is None:
            return LONGEST_PAUSE_SECONDS
        return min(LONGEST_PAUSE_SECONDS, PAUSE_SECONDS * max(1, self._fruitless - QUICK_POLLS))

    def poll(self) -> Ended | None:
        if self._ended is None and not self._is_watched_alive():
            self._ended = self._recorded_end()
            if self._ended is None:
                self._fruitless += 1
                if self._gone_since is None and self._is_gone():
                    self._gone_since = time.monotonic()
        return self._ended

    def overdue(self) -> str | None:
        now = time.monotonic()
        if self._gone_since is None or now - self._gone_since < OVERDUE_SECONDS:
            return None
        if now >= self._reason_at:
            self._reason_at = now + REASON_SECONDS
            wake(self._keepers)
            self._reason = why_unwritten(self.directory) or "the process that records how runs end does not answer"
        return self._reason

    def _is_watched_alive(self) -> bool:
        """Whether the watch says that the process has not ended. What is watched is checked when first asked."""
        if self._fd is None:
            return False
        if self._poll is None:
            if not self._is_same_or_hidden():  # it had gone, and another has its pid
                self.close()
                return False
            self._poll = select.poll()
            self._poll.register(self._fd, select.POLLIN)
        return not self._poll.poll(0)

    def _is_same_or_hidden(self) -> bool:
        """Whether the process is there. One that cannot be looked at was there a moment ago."""
        try:
            return self._system.is_same(self.pid, self.mark)
        except OSError:
            return leads_session(self.pid)

    def _is_gone(self) -> bool:
        """Whether a process whose end is not recorded has ended all the same."""
        if self._fd is not None:
            return True
        if not self._system.polls_without_end:  # a dead one is there until its end is recorded
            return not self._system.is_alive(self.pid)
        return not self._system.is_kept(self.pid, self.mark, self._keepers)

    def _recorded_end(self) -> Ended | None:
        code, at = read_exit_status(self.directory)
        if code is not None:
            return Ended(code, at)
        is_kept = self._system.is_kept(self.pid, self.mark, self._keepers)
        if (told := self._told_end(self.directory)) is not None:
            return told_end(told)
        if is_kept:
            return None
        code, at = read_exit_status(self.directory)  # written while we looked
        if code is None and self._missing < self._system.polls_without_end:
            if not (any(map(self._system.is_alive, self._keepers)) and os.path.isdir(self.directory)):
                self._missing += 1
            return None  # its keeper has reaped it and may still be about to write
        return Ended(code, at)

    def stop(self, how: Stop) -> None:
        self.kill() if how is Stop.KILL else self.terminate()

    def terminate(self) -> None:
        if self._group_is_ours():
            self._signal_group(signal.SIGTERM)
            self._signal_group(signal.SIGCONT)  # one that was stopped could not hear it

    def kill(self) -> None:
        try:
            self._kill_session()
        finally:
            if self._group is not None:
                cgroup.kill(self._group, self._keepers)

    def _kill_session(self) -> None:
        if not self._group_is_ours():
            return
        self._signal_group(signal.SIGKILL)
        signalled: set[int] = set()
        for _ in range(KILL_PASSES):
            members = set(self._system.session_members(self.pid)) - signalled
            if not members:
                return
            for pid in members:
                _send_signal(pid, signal.SIGKILL)
            signalled |= members

    def lingers(self, sessions: Mapping[int, Sequence[int]]) -> bool:
        """Whether anything of it other than its first process is alive: the living processes are given by session."""
        if self._group is not None and not {self.pid, *self._keepers}.issuperset(cgroup.members(self._group)):
            return True
        return any(pid != self.pid for pid in sessions.get(self.pid, ())) and not self._is_replaced()

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = self._poll = None
        if self._group is not None:
            cgroup.remove(self._group)

    def _group_is_ours(self) -> bool:
        """Whether the pid still stands for this run's group and session, so that signals reach no other process."""
        try:
            return self._system.is_same(self.pid, self.mark) or bool(self._session())
        except OSError:  # a process that leads the session of this number, while no end of the run is known
            return self._ended is None and leads_session(self.pid)

    def _session(self) -> list[int]:
        """The living members of its session. While one lives, the system does not reuse the session's id."""
        return [] if self._is_replaced() else self._system.session_members(self.pid)

    def _is_replaced(self) -> bool:
        """Whether another process has the pid, so that nothing can be left of the session."""
        return not self._system.is_same(self.pid, self.mark) and self._system.mark(self.pid) is not None

    def _signal_group(self, number: int) -> None:
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):  # gone; or only such are left as changed their user
            pass


def identity_of(reference: str | None) -> tuple[int, str] | None:
    """The pid and the mark that a reference holds; ``None`` where it holds none: then the run's files tell."""
    pid, _, mark = (reference or "").partition(" ")
    return (int(pid), mark) if pid.isascii() and pid.isdigit() and len(pid) < 9 and int(pid) > 1 and mark else None


def told_end(told: tuple[int, float]) -> Ended:
    """The end that a keeper has told, as a value."""
    return Ended(told[0], datetime.fromtimestamp(told[1], UTC))


def _send_signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass
