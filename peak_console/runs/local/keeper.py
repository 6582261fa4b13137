"""The keeper: starts runs and records how they end, in a small process of its own, so that runs outlive their engine.

A program of its own, ``main``, with nothing but built-in modules and the engine's socket as file descriptor 0. Each
message is a length (four bytes, big-endian) and a ``marshal`` value:

    first     env                                            text as bytes
    request   (directory, argv, of env: what is other, what is not there, cwd or None, cgroup or None)
    answer    ("started", pid, mark, start in Unix seconds, the keeper's pid)
              ("refused", stage, errno, words)               stage: already, files, cwd, exec
    unasked   ("ended", directory, return code, end in Unix seconds)
              ("woken",)                                     the keeper had been stopped, says its witness by USR1

A run's first file is ``started``, created exclusively: the process that creates it owns the run. Where ``spare`` has
been made ahead it is a link to that, as exclusive and without a search for a free inode. It first names who is
starting the run: ``by`` and then pid and mark of the keeper and of its witness. Once the process is there one line
takes the place of that: pid, mark, start, the keeper's pid, the witness's. A start that comes to nothing takes the
file away again.

The end goes to ``exit_status`` (see ``ends``) before the process is reaped, so a process that is gone without one has
lost its keeper and its witness too; what the run has used follows once it was reaped. An end that no file takes yet is
told to the engine, "unasked", and tried again.
The keeper stays until the engine is gone and its last run's end is told. TERM ends it only where all that is left is
ends that nothing takes.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # signal itself is a third of the start
import marshal
import os
import select
import sys
import time

from peak_console.runs.local import ends, starts, witness
from peak_console.runs.local.starts import RefusedError

SOCKET = 0
RETRY_SECONDS = 1.0
READ_BYTES = 256 * 1024
MOST_UNANSWERED = 200
"""The most starts whose answer is still to be sent: each has a file open."""
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
OTHER_DESCRIPTORS = 24
"""How many other file descriptors may be open at a time."""
DEAF_TO = (_signal.SIGHUP, _signal.SIGINT, _signal.SIGQUIT, _signal.SIGTERM, _signal.SIGTSTP, _signal.SIGUSR1)


class Fresh:
    """A process just started, and the open ``started`` that it has to be noted in."""

    def __init__(self, pid: int, began: float, claim: int) -> None:
        self.pid = pid
        self.began = began
        self.claim = claim


class Keeper:
    """Starts on request, reaps on SIGCHLD."""

    def __init__(self, linux: bool, ledger: witness.Ledger | None = None, parent: int = 0) -> None:
        self._linux = linux
        self._ledger = ledger
        self._pids = (os.getpid(), parent) if parent else (os.getpid(),)
        self._boot = _read("/proc/sys/kernel/random/boot_id").strip() if linux else ""
        self._claim = f"by {' '.join(f'{pid} {self._mark(pid, time.time())}' for pid in self._pids)}\n".encode()
        self._asked = True
        """Whether there is an engine that may ask for more."""
        self._environment: dict[bytes, bytes] | None = None
        self._directories: dict[int, bytes] = {}
        self._unwritten: dict[int, tuple[int, float]] = {}
        """Ends that nothing has taken so far: return code, and when."""
        self._offered: set[int] = set()
        self._used: dict[int, tuple[float, int] | None] = {}
        """What runs have used whose ends are not written yet: processor seconds, and bytes at the most."""
        self._write_again_at = 0.0
        self._received = bytearray()
        self._answers: list[tuple[str, str, int, str] | Fresh] = []
        self._home = os.open(".", os.O_RDONLY)
        self._null = os.open(os.devnull, os.O_RDONLY)
        self._ignored = [number for number in _signal.valid_signals() if _signal.getsignal(number) == _signal.SIG_IGN]
        self._wake, wake_end = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(wake_end, False)
        _signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        _signal.signal(_signal.SIGCHLD, lambda *_: None)
        self._is_told_to_go = False
        _signal.signal(_signal.SIGTERM, self._on_term)
        self._was_woken = False
        _signal.signal(_signal.SIGUSR1, self._on_woken)

    def _on_term(self, *_: object) -> None:
        self._is_told_to_go = len(self._directories) == len(self._unwritten)

    def _on_woken(self, *_: object) -> None:
        self._was_woken = True

    def _mark(self, pid: int, began: float) -> str:
        """A mark that tells a process from a later one with the same pid."""
        return f"{self._boot}/{start_ticks(pid)}" if self._linux else f"{began:.2f}"

    def serve(self) -> None:
        """Serve until the engine is gone and the last run's end is recorded."""
        seconds: float | None = RETRY_SECONDS if self._unwritten else None
        while self._asked or self._has_work():
            waiting_for = [SOCKET, self._wake] if self._asked else [self._wake]
            ready, _, _ = select.select(waiting_for, [], [], 0 if self._answers else seconds)
            if SOCKET in ready:
                self._asked = self._serve_requests()
                continue  # starts come before bookkeeping
            if self._answers:
                self._asked = self._answer() and self._asked
                continue
            if ready:
                os.read(self._wake, 4096)
            if self._was_woken and self._asked and select.select([], [SOCKET], [], 0)[1]:
                self._was_woken = False
                _send(_framed(marshal.dumps(("woken",))))
            seconds = self._reap()

    def serve_on(self, runs: dict[int, tuple[float, bytes]]) -> None:
        """Look after the runs of a keeper that was killed, whose parent we have become."""
        self._asked = False
        for pid, (began, directory) in runs.items():
            self._directories[pid] = directory
            self._note_again(pid, began, directory)
        self._reap()
        self.serve()

    def _has_work(self) -> bool:
        return bool(self._directories) and not self._is_told_to_go

    def _serve_requests(self) -> bool:
        """Start the runs that the engine asks for; ``False`` once the engine is gone."""
        try:
            part = os.read(SOCKET, READ_BYTES)
        except OSError:
            part = b""
        self._received += part
        while len(self._received) >= 5:
            end = 4 + int.from_bytes(self._received[:4], "big")
            if len(self._received) < end:
                break
            request = marshal.loads(self._received[4:end])  # noqa: S302 - from our own engine
            del self._received[:end]
            if self._environment is None:
                self._environment = request
                continue
            try:
                self._answers.append(self._start(*request))
            except RefusedError as refusal:
                self._answers.append(("refused", *refusal.args))
            if len(self._answers) >= _most_unanswered() and not self._answer():
                return False
        if not part:
            self._answer()
        return bool(part)

    def _answer(self) -> bool:
        """Note what was started, and tell the engine; ``False`` once it is gone.

        That is not done one by one: the last of a burst need not wait for the notes on the first.
        """
        answers, self._answers = self._answers, []
        texts = [marshal.dumps(self._note(each) if isinstance(each, Fresh) else each) for each in answers]
        return _send(b"".join(map(_framed, texts)))

    def _start(
        self,
        directory: bytes,
        argv: list[bytes],
        changed: dict[bytes, bytes],
        gone: list[bytes],
        cwd: bytes | None,
        group: bytes | None,
    ) -> Fresh:
        claim = starts.claim(directory, self._claim)
        env = {**(self._environment or {}), **changed}
        for name in gone:
            del env[name]
        streams = [self._null]
        try:
            streams += starts.open_logs(directory)
            starts.enter(self._home if cwd is None else cwd)
            began = time.time()
            if self._ledger is not None:
                self._ledger.announce(began, directory)
            pid = starts.spawn_in(group, argv, env, streams, self._ignored)
        except RefusedError:
            os.close(claim)
            starts.discard(directory + starts.SPARE)  # what it says by now is not for the next start
            os.unlink(directory + b"/started")  # it is ours, and the next keeper must not take it for a start
            raise
        finally:
            for fd in streams[1:]:
                os.close(fd)
        self._directories[pid] = directory
        if self._ledger is not None:
            self._ledger.add(pid, began, directory)
        return Fresh(pid, began, claim)

    def _note(self, fresh: Fresh) -> tuple[str, int, str, float, int]:
        """Record a run's process in ``started``. It is not reaped yet, so that /proc shows it, dead or alive."""
        pid, began = fresh.pid, fresh.began
        mark = f"{began:.2f}"
        try:
            mark = self._mark(pid, began)
            os.pwrite(fresh.claim, self._record(pid, mark, began), 0)
        except OSError:
            pass  # a full disk: the engine has the pid too
        os.close(fresh.claim)
        starts.discard(self._directories[pid] + starts.SPARE)
        return "started", pid, mark, began, self._pids[0]

    def _record(self, pid: int, mark: str, began: float) -> bytes:
        """The line that says whose a run is, as long as the claim that it is written over."""
        line = f"{pid} {mark} {began:.6f} {' '.join(map(str, self._pids))}"
        return line.ljust(len(self._claim) - 1).encode() + b"\n"

    def _note_again(self, pid: int, began: float, directory: bytes) -> None:
        """Record a start whose keeper was killed before it could, unless it has been recorded."""
        try:
            claim = os.open(directory + b"/started", os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return
        try:
            if os.pread(claim, 3, 0) in (b"by ", b""):
                os.ftruncate(claim, 0)
                os.pwrite(claim, self._record(pid, self._mark(pid, began), began), 0)
        except OSError:
            pass
        os.close(claim)

    def _reap(self) -> float | None:
        """Record ends and reap their processes. Returns the seconds until the next try, ``None`` to wait for an end."""
        if self._unwritten and time.monotonic() >= self._write_again_at:
            self._write_again()
        while (ended := self._next_ended()) is not None:
            pid, code = ended
            if not self._settle(pid, code, None):
                self._unwritten[pid] = (code, time.time())
                self._offer(pid, *self._unwritten[pid])
                self._write_again_at = time.monotonic() + RETRY_SECONDS
            if self._asked and select.select([SOCKET], [], [], 0)[0]:
                return 0  # starts come before bookkeeping
        return RETRY_SECONDS if self._unwritten else None

    def _write_again(self) -> None:
        for pid, (code, ended_at) in list(self._unwritten.items()):
            if not self._settle(pid, code, ended_at):
                self._offer(pid, code, ended_at)
        self._write_again_at = time.monotonic() + RETRY_SECONDS

    def _settle(self, pid: int, code: int, ended_at: float | None) -> bool:
        """Record an end and reap the process; ``False`` where that failed and is to be tried again."""
        knows = _knows_usage()  # it may load a module, which is not to come between the end and what was used
        recorded = ends.record(self._directories[pid], code, ended_at)
        if recorded == ends.REFUSED or (recorded == ends.GONE and not self._offer(pid, code, ended_at or time.time())):
            return False
        if self._ledger is not None:
            self._ledger.remove(pid)
        if self._linux:
            self._used[pid] = _let_go(pid, knows=knows)
        if (used := self._used.pop(pid, None)) is not None and recorded == ends.WRITTEN:
            ends.note_usage(self._directories[pid], *used)
        self._unwritten.pop(pid, None)
        self._offered.discard(pid)
        del self._directories[pid]
        return True

    def _offer(self, pid: int, code: int, ended_at: float) -> bool:
        """Tell the engine, once and without waiting, of an end that no file takes; return whether it is told."""
        if self._asked and pid not in self._offered:
            if not select.select([], [SOCKET], [], 0)[1]:
                return False
            _send(_framed(marshal.dumps(("ended", self._directories[pid], code, ended_at))))
            self._offered.add(pid)
        return True

    def _next_ended(self) -> tuple[int, int] | None:
        """A run that has ended and has not been looked at, with its return code."""
        if len(self._directories) == len(self._unwritten):
            return None
        if not self._linux:  # macOS cannot look before it reaps (Python has waitid there from 3.13 on)
            pid, status, used = os.wait4(-1, os.WNOHANG)
            code = os.waitstatus_to_exitcode(status)
            if pid in self._directories:
                self._used[pid] = (used.ru_utime + used.ru_stime, used.ru_maxrss * MAXRSS_UNIT)
            return (pid, code if code >= 0 else 128 - code) if pid else None
        if not self._unwritten:
            return self._dead(os.P_ALL, 0)
        for pid in self._directories.keys() - self._unwritten.keys():
            if (found := self._dead(os.P_PID, pid)) is not None:
                return found
        return None

    def _dead(self, kind: int, which: int) -> tuple[int, int] | None:
        """A run that is dead and not reaped, with its return code."""
        while True:
            found = os.waitid(kind, which, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if found is None:
                return None
            if found.si_pid in self._directories:
                return found.si_pid, found.si_status + (0 if found.si_code == os.CLD_EXITED else 128)
            os.waitpid(found.si_pid, 0)  # an orphan, which a run has left behind


def _let_go(pid: int, *, knows: bool) -> tuple[float, int] | None:
    """Reap a process that is dead: its processor seconds, and how many bytes it has held at the most."""
    if not knows:
        os.waitpid(pid, 0)
        return None
    used = os.wait4(pid, 0)[2]
    return used.ru_utime + used.ru_stime, used.ru_maxrss * MAXRSS_UNIT


def _knows_usage() -> bool:
    """Whether Python can tell what a process has used: it loads a module for that, which need not be there."""
    try:
        import resource  # noqa: F401
    except ImportError:
        return False
    return True


def _most_unanswered() -> int:
    return min(MOST_UNANSWERED, os.sysconf("SC_OPEN_MAX") - OTHER_DESCRIPTORS)


def start_ticks(pid: int) -> str:
    """When a process started, in clock ticks since boot."""
    return _read(f"/proc/{pid}/stat").rpartition(")")[2].split()[19]


def _read(path: str) -> str:
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.read(fd, 4096).decode("utf-8", "replace")
    finally:
        os.close(fd)


def _framed(text: bytes) -> bytes:
    return len(text).to_bytes(4, "big") + text


def _send(message: bytes) -> bool:
    try:
        while message:
            message = message[os.write(SOCKET, message) :]
    except OSError:
        return False
    return True


def _close_inherited() -> None:
    """Close the descriptors that the engine inherited from its own parent: runs must not get them."""
    try:
        inherited = [int(name) for name in os.listdir("/dev/fd")]
    except OSError:  # /proc is not there, or hidden
        os.closerange(3, min(os.sysconf("SC_OPEN_MAX"), 65536))
        return
    for fd in inherited:
        if fd > 2:
            try:
                os.close(fd)
            except OSError:
                pass


def main() -> None:
    """Serve as keeper; the program's first argument is ``linux`` or ``portable``."""
    linux = sys.argv[1] == "linux"
    _close_inherited()
    for number in DEAF_TO:
        _signal.signal(number, _signal.SIG_IGN)  # it leaves when its work is done
    ledger = witness.make_ledger() if linux and witness.adopt_orphans() else None
    if ledger is None:
        Keeper(linux).serve()
        return
    parent = os.getpid()
    child = os.fork()
    if not child:
        Keeper(linux, ledger, parent).serve()
        return
    _signal.signal(_signal.SIGTERM, _signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_RDONLY), SOCKET)  # the engine has to see when the keeper is gone
    if witness.watch(child):
        Keeper(linux).serve_on(witness.left_by_the_dead(ledger))
