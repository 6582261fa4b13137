"""The keeper: starts runs and records how they end, in a small process of its own, so that runs outlive their engine.

Run as a script, never imported, with nothing but built-in modules: ``python -I -S keeper.py linux|portable``, with
the engine's socket as file descriptor 0. Each message is a length (four bytes, big-endian) and a ``marshal`` value:

    first     env                                            text as bytes
    request   (directory, argv, of env: what is other, what is not there, cwd or None)
    answer    (pid, mark, start in Unix seconds, "")
              (0, stage, errno, words)                       stage: already, files, cwd, exec

A run's first file is ``started``, created exclusively: whoever creates it owns the run. Where ``spare`` has been made
ahead it is a link to that, as exclusive and without a search for a free inode. It gets the keeper's pid, and once the
process is there one line in place of that: pid, mark, start, the keeper's pid. A start that comes to nothing takes the
file away again. The end goes to ``exit_status`` before the process is reaped, so a process that is gone and
has no ``exit_status`` has lost its keeper too. The keeper stays until the engine is gone and its last run has ended.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # signal itself is a third of the start
import marshal
import os
import select
import sys
import time

SOCKET = 0
SPARE = b"/spare"
RETRY_SECONDS = 1.0
READ_BYTES = 256 * 1024
MOST_UNANSWERED = 200
"""Each has a file open."""
OTHER_DESCRIPTORS = 24
"""So many more are open at times."""
DEAF_TO = (_signal.SIGHUP, _signal.SIGINT, _signal.SIGQUIT, _signal.SIGTERM, _signal.SIGTSTP)


class RefusedError(Exception):
    """A start that will not be; ``args`` are stage, errno and words."""


class Fresh:
    """A process just started, and the open ``started`` that it has to be noted in."""

    def __init__(self, pid: int, began: float, claim: int) -> None:
        self.pid = pid
        self.began = began
        self.claim = claim


class Keeper:
    """Starts on request, reaps on SIGCHLD."""

    def __init__(self, linux: bool) -> None:
        self._linux = linux
        self._boot = _read("/proc/sys/kernel/random/boot_id").strip() if linux else ""
        self._environment: dict[bytes, bytes] | None = None
        self._directories: dict[int, bytes] = {}
        self._ended_at: dict[int, float] = {}
        self._unrecorded: tuple[int, int] | None = None
        self._received = bytearray()
        self._answers: list[tuple[int, str, float, str] | Fresh] = []
        self._home = os.open(".", os.O_RDONLY)
        self._null = os.open(os.devnull, os.O_RDONLY)
        self._ignored = [number for number in _signal.valid_signals() if _signal.getsignal(number) == _signal.SIG_IGN]
        self._wake, wake_end = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(wake_end, False)
        _signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        _signal.signal(_signal.SIGCHLD, lambda *_: None)

    def serve(self) -> None:
        """Until the engine is gone and the last run's end is on disk."""
        asked = True
        seconds: float | None = None
        while asked or self._directories:
            waiting_for = [SOCKET, self._wake] if asked else [self._wake]
            ready, _, _ = select.select(waiting_for, [], [], 0 if self._answers else seconds)
            if SOCKET in ready:
                asked = self._serve_requests()
                continue  # starts come before bookkeeping
            if self._answers:
                asked = self._answer() and asked
                continue
            if ready:
                os.read(self._wake, 4096)
            seconds = self._reap()

    def _serve_requests(self) -> bool:
        """Start what has come; ``False`` once the engine is gone."""
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
                self._answers.append((0, *refusal.args))
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
        return _send(b"".join(len(each).to_bytes(4, "big") + each for each in texts))

    def _start(
        self, directory: bytes, argv: list[bytes], changed: dict[bytes, bytes], gone: list[bytes], cwd: bytes | None
    ) -> Fresh:
        claim = _claim(directory)
        env = {**(self._environment or {}), **changed}
        for name in gone:
            del env[name]
        streams = [self._null]
        try:
            streams += _open_logs(directory)
            _enter(self._home if cwd is None else cwd)
            began = time.time()
            pid = _spawn(argv, env, streams, self._ignored)
        except RefusedError:
            os.close(claim)
            _discard(directory + SPARE)  # what it says by now is not for the next start
            os.unlink(directory + b"/started")  # it is ours, and whoever comes next must not take it for a start
            raise
        finally:
            for fd in streams[1:]:
                os.close(fd)
        self._directories[pid] = directory
        return Fresh(pid, began, claim)

    def _note(self, fresh: Fresh) -> tuple[int, str, float, str]:
        """Write down whose process a run is. It has not been reaped yet, so it is there to be read, dead or alive."""
        pid, began = fresh.pid, fresh.began
        mark = f"{began:.2f}"
        try:
            if self._linux:
                mark = f"{self._boot}/{start_ticks(pid)}"
            os.pwrite(fresh.claim, f"{pid} {mark} {began:.6f} {os.getpid()}\n".encode(), 0)
        except OSError:
            pass  # a full disk: the engine has the pid too
        os.close(fresh.claim)
        _discard(self._directories[pid] + SPARE)
        return pid, mark, began, ""

    def _reap(self) -> float | None:
        """Record ends and let go of their processes; in how many seconds to go on, ``None`` for when the next ends."""
        while True:
            ended = self._next_ended()
            if ended is None:
                return None
            pid, code = ended
            if not _record(self._directories[pid], code, self._ended_at.get(pid)):
                self._ended_at.setdefault(pid, time.time())
                return RETRY_SECONDS
            self._ended_at.pop(pid, None)
            if self._linux:
                os.waitpid(pid, 0)
            self._unrecorded = None
            del self._directories[pid]
            if select.select([SOCKET], [], [], 0)[0]:
                return 0  # starts come before bookkeeping

    def _next_ended(self) -> tuple[int, int] | None:
        """A run that has ended and is not recorded, with its return code."""
        if not self._directories:
            return None
        if self._linux:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if found is None:
                return None
            return found.si_pid, found.si_status + (0 if found.si_code == os.CLD_EXITED else 128)
        if self._unrecorded is None:  # macOS cannot look before it reaps (Python has waitid there from 3.13 on)
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid:
                code = os.waitstatus_to_exitcode(status)
                self._unrecorded = (pid, code if code >= 0 else 128 - code)
        return self._unrecorded


def _claim(directory: bytes) -> int:
    """Own the run, or refuse: a run has one owner. Its directory and output files are there."""
    try:
        claim = _made_started(directory + b"/started", directory + SPARE)
    except FileExistsError as error:
        raise RefusedError("already", error.errno, "") from None
    except OSError as error:
        raise RefusedError("files", error.errno, os.strerror(error.errno or 0)) from None
    try:
        os.write(claim, b"%d\n" % os.getpid())  # so that others wait for the line as long as this process lives
    except OSError:
        pass  # a full disk: they wait for a moment
    return claim


def _made_started(path: bytes, spare: bytes) -> int:
    """The open file, which was not there before. Raises ``OSError``."""
    try:
        claim = os.open(spare, os.O_WRONLY)
    except OSError:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.link(spare, path)
    except OSError as error:
        os.close(claim)
        if isinstance(error, FileExistsError):
            raise
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # links are not known here
    return claim


def _discard(path: bytes) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


def _open_logs(directory: bytes) -> list[int]:
    """The run's stdout and stderr."""
    fds: list[int] = []
    try:
        fds.extend(os.open(directory + name, os.O_WRONLY | os.O_APPEND) for name in (b"/stdout.log", b"/stderr.log"))
    except OSError as error:
        for fd in fds:
            os.close(fd)
        raise RefusedError("files", error.errno, os.strerror(error.errno or 0)) from None
    return fds


def _enter(cwd: int | bytes) -> None:
    try:
        os.chdir(cwd)
    except (OSError, ValueError) as error:
        raise RefusedError("cwd", getattr(error, "errno", 0), _words(error)) from None


def _spawn(argv: list[bytes], env: dict[bytes, bytes], streams: list[int], ignored: list[int]) -> int:
    """A new session with nothing of ours: no descriptors (all close on exec), no signal settings."""
    redirects = [(os.POSIX_SPAWN_DUP2, fd, target) for target, fd in enumerate(streams)]
    try:
        return os.posix_spawn(argv[0], argv, env, file_actions=redirects, setsid=True, setsigmask=[], setsigdef=ignored)
    except (OSError, ValueError) as error:
        raise RefusedError("exec", getattr(error, "errno", 0), _words(error)) from None


def _record(directory: bytes, code: int, ended_at: float | None) -> bool:
    """Write ``exit_status``, as of ``ended_at`` if that was not now; ``False``: it has to be tried again (a full disk).

    One write of a few bytes. A line without its end, or none, counts as not written.
    """
    try:
        fd = os.open(directory + b"/exit_status", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError:
        return not os.path.isdir(directory)  # somebody removed the run: there is nothing left to tell
    try:
        line = b"%d\n" % code
        if os.write(fd, line) != len(line):
            return False
        if ended_at is not None:
            os.utime(fd, (ended_at, ended_at))
    except OSError:
        return False
    finally:
        os.close(fd)
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


def _words(error: OSError | ValueError) -> str:
    return os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)


def _send(message: bytes) -> bool:
    try:
        while message:
            message = message[os.write(SOCKET, message) :]
    except OSError:
        return False
    return True


def main() -> None:
    for name in os.listdir("/dev/fd"):
        if int(name) > 2:
            try:
                os.close(int(name))  # whatever the engine was given by its own parent is none of a run's business
            except OSError:
                pass
    for number in DEAF_TO:
        _signal.signal(number, _signal.SIG_IGN)  # it leaves when its work is done
    Keeper(linux=sys.argv[1] == "linux").serve()


if __name__ == "__main__":
    main()
