"""What this machine can tell about processes and files. The only place that chooses Linux's way or the portable one."""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    class System(Protocol):
        """Processes by pid, and what files can do.

        A *mark* tells a process from any other that has or had its pid. What cannot be looked at, for want of file
        descriptors say, raises ``OSError``: it is not gone.
        """

        name: str
        polls_without_end: int
        """How often a process that is gone may be found without keeper and recorded end before it counts as lost."""

        def mark(self, pid: int) -> str | None:
            """The mark of the process that has this pid now, alive or not yet reaped."""

        def is_same(self, pid: int, mark: str) -> bool:
            """Whether the process of that mark is there: alive, or not yet reaped."""

        def is_kept(self, pid: int, mark: str, keepers: Sequence[int]) -> bool:
            """Like ``is_same``, but a dead process whose parent is none of its keepers does not count.

            Where they are unknown, it must not be the system's first process.
            """

        def is_alive(self, pid: int) -> bool:
            """Whether there is a process of that pid, and it is not dead. Only for a pid that is surely not reused."""

        def watch(self, pid: int) -> int | None:
            """A file descriptor that becomes readable when the process ends; ``None`` where there is no such thing."""

        def sessions(self) -> dict[int, list[int]]:
            """All living processes, by session."""

        def session_members(self, session: int) -> list[int]:
            """The living processes of a session."""

        def punch_hole(self, fd: int, start: int, end: int) -> bool:
            """Give the disk space of these bytes back, offsets unchanged; ``False`` where that cannot be done."""


RESERVED_DESCRIPTORS = 128
"""How many file descriptors are kept free for everything but watching; half as many where the limit is low."""
ENOUGH_DESCRIPTORS = 65_536
PLENTY_LEFT_BELOW = 32
"""A descriptor below this number leaves enough others on any system."""

_inherited_limit: int | None = None
"""The soft limit as it was before it was raised; ``None`` as long as it was not."""


class LinuxSystem:
    """``/proc``, pidfd and ``fallocate``."""

    name = "linux"
    polls_without_end = 0  # its keeper writes the end before it reaps

    def __init__(self) -> None:
        self._boot: str | None = None

    def mark(self, pid: int) -> str | None:
        status = _proc_status(pid)
        return None if status is None else self._mark_of(status)

    def is_same(self, pid: int, mark: str) -> bool:
        return self.mark(pid) == mark

    def is_kept(self, pid: int, mark: str, keepers: Sequence[int]) -> bool:
        status = _proc_status(pid)
        if status is None or self._mark_of(status) != mark:
            return False
        parent = int(status[1])
        return status[0] not in "ZX" or (parent in keepers if keepers else parent != 1)

    def is_alive(self, pid: int) -> bool:
        status = _proc_status(pid)
        return status is not None and status[0] not in "ZX"

    def watch(self, pid: int) -> int | None:
        if not hasattr(os, "pidfd_open"):
            return None
        try:
            fd = os.pidfd_open(pid)
        except OSError:  # gone already, out of descriptors, or a kernel before 5.3
            return None
        if _may_keep(fd):
            return fd
        os.close(fd)
        return None

    def sessions(self) -> dict[int, list[int]]:
        sessions: dict[int, list[int]] = {}
        for name in os.listdir("/proc"):
            status = _proc_status(int(name)) if name.isdigit() else None
            if status is not None and status[0] not in "ZX":
                sessions.setdefault(int(status[3]), []).append(int(name))
        return sessions

    def session_members(self, session: int) -> list[int]:
        return self.sessions().get(session, [])

    def punch_hole(self, fd: int, start: int, end: int) -> bool:
        return _fallocate_hole(fd, start, end - start)

    def _mark_of(self, status: list[str]) -> str:
        if self._boot is None:
            with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
                self._boot = file.read().strip()
        return f"{self._boot}/{status[19]}"


class PortableSystem:
    """``ps``, and asking again. A mark is the start in seconds since the epoch.

    Linux without ``/proc`` has no ``ps`` either. Then a process that is there cannot be told from others.
    """

    name = "portable"
    polls_without_end = 20  # where a keeper must reap before it can write; one second at 50 ms
    TOLERANCE_SECONDS = 2.0
    """``ps`` knows whole seconds; the keeper took the time around the start."""

    def mark(self, pid: int) -> str | None:
        try:
            began = _ps_start(pid)
        except OSError:  # such a mark is never compared
            return None
        return None if began is None else f"{began:.2f}"

    def is_same(self, pid: int, mark: str) -> bool:
        if not is_there(pid):
            return False
        began = _ps_start(pid)
        try:
            return began is not None and abs(began - float(mark)) <= self.TOLERANCE_SECONDS
        except ValueError:  # no mark of ours
            return False

    def is_kept(self, pid: int, mark: str, keepers: Sequence[int]) -> bool:  # noqa: ARG002
        """Called 20 times a second, so it goes by the session: a later process with this pid rarely leads one."""
        return leads_session(pid)

    def is_alive(self, pid: int) -> bool:
        if pid <= 0 or not is_there(pid):
            return False
        try:
            return any(not line.strip().startswith("Z") for line in _ps("-o", "stat=", "-p", str(pid)))
        except OSError:
            return True

    def watch(self, pid: int) -> int | None:  # noqa: ARG002
        return None

    def sessions(self) -> dict[int, list[int]]:
        sessions: dict[int, list[int]] = {}
        for line in _ps("-axo", "pid=,stat="):
            pid, _, state = line.strip().partition(" ")
            session = _session_of(int(pid))
            if session is not None and not state.strip().startswith("Z"):
                sessions.setdefault(session, []).append(int(pid))
        return sessions

    def session_members(self, session: int) -> list[int]:
        return self.sessions().get(session, [])

    def punch_hole(self, fd: int, start: int, end: int) -> bool:  # noqa: ARG002
        return False


def this_system() -> System:
    """Linux's way where this system has it, else the portable one."""
    if sys.platform == "linux" and os.path.exists("/proc/self/stat"):
        return LinuxSystem()
    return PortableSystem()


def _proc_status(pid: int) -> list[str] | None:
    """The fields of ``/proc/<pid>/stat`` from the state on: state, parent, group, session, …, [19] start."""
    try:
        fd = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except (FileNotFoundError, ProcessLookupError):
        if pid > 0 and is_there(pid):  # mounted with hidepid, and it runs as somebody else
            raise PermissionError(errno.EACCES, "/proc hides it", f"/proc/{pid}") from None
        return None
    try:
        text = os.read(fd, 4096).decode("utf-8", "replace")
    except ProcessLookupError:  # it went while we looked
        return None
    finally:
        os.close(fd)
    return text.rpartition(")")[2].split()


def is_there(pid: int) -> bool:
    """Whether a process of that pid is there, alive or not yet reaped. The kernel says so without ``/proc``, too."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        pass
    return True


def leads_session(pid: int) -> bool:
    return _session_of(pid) == pid


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _ps_start(pid: int) -> float | None:
    from datetime import UTC, datetime

    for line in _ps("-o", "lstart=", "-p", str(pid)):
        return datetime.strptime(line.strip(), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC).timestamp()
    return None


def _ps(*options: str) -> list[str]:
    import subprocess

    environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC0"}
    found = subprocess.run(["ps", *options], env=environment, capture_output=True, text=True, check=False)
    if found.returncode and found.stderr:  # it complains of itself: that nothing was found it says with no word
        raise OSError(errno.ENOSYS, f"ps does not work: {found.stderr.splitlines()[0]}")
    return found.stdout.splitlines()


def process_fault() -> str | None:
    """Why processes of this machine cannot be told from one another; ``None`` when they can."""
    system = this_system()
    try:
        if system.is_same(os.getpid(), system.mark(os.getpid()) or ""):
            return None
    except OSError as error:
        fault = error.strerror or str(error)
        return f"/proc is hidden or not mounted, and {fault}" if sys.platform == "linux" else fault
    return "what ps says of processes cannot be read"


def _fallocate_hole(fd: int, start: int, length: int) -> bool:
    import ctypes

    keep_size, punch_hole = 0x01, 0x02
    library = ctypes.CDLL(None, use_errno=True)
    fallocate = getattr(library, "fallocate64", None) or library.fallocate
    fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    return bool(fallocate(fd, punch_hole | keep_size, start, length) == 0)


def _may_keep(fd: int) -> bool:
    """Whether a run may go on being watched by this descriptor, the lowest that was free. Raises the limit if need be.

    A run that is not watched is looked at from time to time instead.
    """
    return fd < PLENTY_LEFT_BELOW or fd < _watchable() or (_raise_limit() and fd < _watchable())


def give_limit_back(pid: int) -> None:
    """Give a child, which has not started anything yet, the limit that this process was started with."""
    if _inherited_limit is None:
        return
    import resource

    try:
        _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (min(_inherited_limit, hard), hard))
    except (OSError, ValueError):  # it has died, or may not be asked: a higher limit does no harm
        pass


def _watchable() -> int:
    limit = os.sysconf("SC_OPEN_MAX")
    return limit - min(RESERVED_DESCRIPTORS, limit // 2)


def _raise_limit() -> bool:
    global _inherited_limit  # noqa: PLW0603 - a limit is the whole process's
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, ENOUGH_DESCRIPTORS)
    if wanted <= soft:
        return False
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return False
    if _inherited_limit is None:
        _inherited_limit = soft
    return True
