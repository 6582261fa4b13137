"""The second witness: the keeper's parent, which sleeps, and takes over should the keeper be killed.

Linux gives the children of a process that dies to its nearest living ancestor that asked for them. So a run whose
keeper is gone has a parent that learns how it ends. Whose directory is which, the keeper writes into a *ledger* in
memory.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import marshal
import os
import time

PR_SET_CHILD_SUBREAPER = 36
REWRITE_ENTRIES = 4096
"""After how many void entries the ledger is rewritten."""


class Ledger:
    """The runs of a keeper that have not been recorded, by pid. Outlives the keeper: the witness has it open too."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._open: dict[int, tuple[float, bytes]] = {}
        self._entries = 0

    def announce(self, began: float, directory: bytes) -> None:
        """Note that a process is about to be started: it may kill its keeper before its pid is noted."""
        self._append((0, began, directory))

    def add(self, pid: int, began: float, directory: bytes) -> None:
        """Note that a run's process has been started, at a Unix time."""
        self._open[pid] = (began, directory)
        self._append((pid, began, directory))

    def remove(self, pid: int) -> None:
        """Note that a run's end is recorded; to be called before the process is reaped."""
        if self._open.pop(pid, None) is not None:
            self._append((pid, 0.0, b""))

    def read(self) -> dict[int, tuple[float, bytes]]:
        """For each pid when it began, and its run's directory; under 0 a start that nothing more is known of.

        What was cut short by a kill is left out.
        """
        data = os.pread(self._fd, os.fstat(self._fd).st_size, 0)
        found: dict[int, tuple[float, bytes]] = {}
        while len(data) >= 4 and len(data) >= (end := 4 + int.from_bytes(data[:4], "big")):
            pid, began, directory = marshal.loads(data[4:end])  # noqa: S302 - our own keeper's
            data = data[end:]
            found.pop(pid, None)
            found.pop(0, None)
            if directory:
                found[pid] = (began, directory)
        return found

    def _append(self, entry: tuple[int, float, bytes]) -> None:
        try:
            self._entries += 1
            if self._entries > REWRITE_ENTRIES and self._entries > 4 * len(self._open):
                whole = b"".join(_framed((pid, *rest)) for pid, rest in self._open.items())
                os.ftruncate(self._fd, os.pwrite(self._fd, whole, 0))
                os.lseek(self._fd, 0, os.SEEK_END)
                self._entries = len(self._open)
            else:
                os.write(self._fd, _framed(entry))
        except OSError:  # no memory: then there is one witness only
            pass


def _framed(entry: tuple[int, float, bytes]) -> bytes:
    text = marshal.dumps(entry)
    return len(text).to_bytes(4, "big") + text


def make_ledger() -> Ledger | None:
    """A ledger that both can have; ``None`` where this system has no such thing."""
    try:
        return Ledger(os.memfd_create("runs"))
    except (AttributeError, OSError):
        return None


def adopt_orphans() -> bool:
    """Become the parent of orphaned descendants; ``False`` where the system cannot do that."""
    try:
        import _ctypes  # a tenth of what it takes to load ctypes

        library = _ctypes.dlopen(None, os.RTLD_NOW)  # type: ignore[arg-type]
        prctl = _ctypes.dlsym(library, "prctl")
        return bool(_ctypes.call_function(prctl, (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)) == 0)
    except (ImportError, OSError, AttributeError):
        return False


def watch(keeper: int) -> bool:
    """Wait for the end of the keeper, our child; whether it left before its work was done.

    A keeper that is stopped is continued at once, and told of it: all starts and ends wait for it.
    """
    while True:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WSTOPPED | os.WNOWAIT)
        if found is None:
            continue
        pid = found.si_pid
        if found.si_code == os.CLD_STOPPED:
            try:
                os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG)
            except ChildProcessError:  # killed since: its end is told next
                continue
            if pid == keeper:
                os.kill(keeper, _signal.SIGUSR1)
                os.kill(keeper, _signal.SIGCONT)
            continue
        if pid != keeper and os.waitid(os.P_PID, keeper, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            os.waitpid(pid, 0)  # an orphan, which a run has left behind
            continue
        return os.waitpid(keeper, 0)[1] != 0


def left_by_the_dead(ledger: Ledger) -> dict[int, tuple[float, bytes]]:
    """The runs of a killed keeper, whose processes have become our children."""
    runs = ledger.read()
    announced = runs.pop(0, None)
    runs = {pid: run for pid, run in runs.items() if _is_child(pid)}
    if announced is not None and (pid := _newborn(announced[0], runs)):
        runs[pid] = announced
    return runs


def _newborn(began: float, known: dict[int, tuple[float, bytes]]) -> int:
    """Our first child of a session of its own since a Unix time, but for those that are known; 0 for none."""
    ticks = (began - time.time() + time.clock_gettime(time.CLOCK_BOOTTIME)) * os.sysconf("SC_CLK_TCK") - 1
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                words = file.read().rpartition(b")")[2].split()
        except OSError:  # gone, or no process
            continue
        if int(words[1]) == os.getpid() and words[3] == name.encode() and int(words[19]) >= ticks:
            found.append((int(words[19]), int(name)))
    return min((each for each in found if each[1] not in known), default=(0, 0))[1]


def _is_child(pid: int) -> bool:
    """Whether a process is our child, dead or alive."""
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
