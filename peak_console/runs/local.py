"""Runs as process groups of this machine, each started and outlived by a keeper."""

from __future__ import annotations

import errno
import os
import select
import signal
import time
from datetime import UTC, datetime

from peak_console.errors import StartError
from peak_console.runs.interface import AlreadyStartedError, Ended
from peak_console.runs.system import this_system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.runs.interface import RunSpec
    from peak_console.runs.link import KeeperLink
    from peak_console.runs.system import System

KILL_PASSES = 10
"""How often the session is searched for what was forked while it was being killed."""
RECORD_LOOKS = 40
RECORD_PAUSE_SECONDS = 0.005
"""How long a start under way may take between its claim and its record, when its engine died meanwhile."""


def process_mark(pid: int) -> str | None:
    """Tells a living process from any other that has or had its pid; ``None`` when there is none."""
    return this_system().mark(pid)


class LocalRun:
    """A run's process and its recorded end. Holds for started and adopted runs alike: neither is our child."""

    __slots__ = ("_directory", "_ended", "_fd", "_keeper", "_missing", "_poll", "_system", "pid", "pid_started")

    def __init__(self, directory: str, pid: int, pid_started: str, keeper: int, system: System) -> None:
        self.pid = pid
        self.pid_started = pid_started
        self._directory = directory
        self._keeper = keeper
        self._system = system
        self._ended: Ended | None = None
        self._missing = 0
        self._poll: select.poll | None = None
        self._fd = system.watch(pid)
        if self._fd is not None:
            if system.is_same(pid, pid_started):
                self._poll = select.poll()
                self._poll.register(self._fd, select.POLLIN)
            else:  # it had gone, and another has its pid
                self.close()

    def fileno(self) -> int | None:
        return self._fd

    def poll(self) -> Ended | None:
        if self._ended is None and not (self._poll is not None and not self._poll.poll(0)):
            self._ended = self._recorded_end()
        return self._ended

    def _recorded_end(self) -> Ended | None:
        code, at = read_exit_status(self._directory)
        if code is None:
            if self._system.is_kept(self.pid, self.pid_started, self._keeper):
                return None
            code, at = read_exit_status(self._directory)  # written while we looked
        if code is None and self._missing < self._system.polls_without_end:
            self._missing += 1
            return None
        return Ended(code, at)

    def terminate(self) -> None:
        if self._group_is_ours():
            self._signal_group(signal.SIGTERM)
            self._signal_group(signal.SIGCONT)  # one that was stopped could not hear it

    def kill(self) -> None:
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

    def lingers(self) -> bool:
        return any(pid != self.pid for pid in self._session())

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = self._poll = None

    def _group_is_ours(self) -> bool:
        """Whether the pid still stands for this run's group and session, so that signals reach nobody else."""
        return self._system.is_same(self.pid, self.pid_started) or bool(self._session())

    def _session(self) -> list[int]:
        """Its session's living members. While one lives, the system gives the session's number to nobody else."""
        if not self._system.is_same(self.pid, self.pid_started) and self._system.mark(self.pid) is not None:
            return []  # another process has the pid, so nothing was left of the session
        return self._system.session_members(self.pid)

    def _signal_group(self, number: int) -> None:
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):  # gone; or only such are left as changed their user
            pass


class LocalExecutor:
    """Starts runs through one keeper, which it starts when it is first needed."""

    def __init__(self, system: System | None = None) -> None:
        self._system = system or this_system()
        self._link: KeeperLink | None = None

    def __del__(self) -> None:
        self.close()

    def prepare(self) -> None:
        self._keeper()

    def start(self, spec: RunSpec, *, seized: bool = False) -> LocalRun:
        from peak_console.runs.link import LinkBrokenError

        for _ in range(2):
            link = self._keeper()
            try:
                answer = link.ask(spec, seized)
            except LinkBrokenError:
                self.close()
                if seized or not self.seize(spec.directory):
                    return self._found_after_break(spec)
                seized = True  # the lost keeper can start it no more, so another one may
                continue
            if len(answer) == 4:
                raise _refused(spec, *answer[1:])
            return LocalRun(spec.directory, answer[0], answer[1], link.pid, self._system)
        raise StartError(f"run #{spec.run_id}: the process that starts runs dies each time; see the system's log")

    def adopt(
        self,
        run_id: int,  # noqa: ARG002 - the files tell
        directory: str,
        pid: int | None,
        pid_started: str | None,
    ) -> LocalRun | Ended:
        recorded = read_record(directory, patiently=pid is None)
        if pid is None or pid_started is None:
            if recorded is None:
                return self._end_of(directory)
            pid, pid_started, _ = recorded
        if not self._system.is_same(pid, pid_started):
            return self._end_of(directory)
        run = LocalRun(directory, pid, pid_started, recorded[2] if recorded else 0, self._system)
        ended = run.poll()
        if ended is None:
            return run
        run.close()
        return ended

    def _end_of(self, directory: str) -> Ended:
        """The end of a run whose process is gone; where the keeper reaps first, its record may be under way."""
        for _ in range(self._system.polls_without_end):
            if read_exit_status(directory)[0] is not None:
                break
            time.sleep(RECORD_PAUSE_SECONDS)
        return Ended(*read_exit_status(directory))

    def seize(self, directory: str) -> bool:
        try:
            os.makedirs(os.path.dirname(directory), 0o700, exist_ok=True)
            try:
                os.mkdir(directory, 0o700)
            except FileExistsError:
                pass
            os.close(os.open(os.path.join(directory, "started"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return False
        except OSError as error:
            raise StartError(f"{directory}: cannot create the run's files ({error.strerror})") from None
        return True

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _keeper(self) -> KeeperLink:
        if self._link is None:
            from peak_console.runs.link import KeeperLink

            try:
                self._link = KeeperLink(self._system.name)
            except OSError as error:
                raise StartError(f"cannot start the process that starts runs ({error.strerror})") from None
        return self._link

    def _found_after_break(self, spec: RunSpec) -> LocalRun:
        found = self.adopt(spec.run_id, spec.directory, None, None)
        if isinstance(found, LocalRun):
            return found
        raise StartError(f"run #{spec.run_id}: the process that starts runs died meanwhile; run it again if need be")


def read_record(directory: str, *, patiently: bool) -> tuple[int, str, int] | None:
    """Pid, mark and keeper as ``started`` has them; ``None`` without them.

    ``patiently``: give a start that is under way a moment to write them.
    """
    for look in range(RECORD_LOOKS if patiently else 1):
        if look:
            time.sleep(RECORD_PAUSE_SECONDS)
        try:
            with open(os.path.join(directory, "started"), encoding="utf-8", errors="replace") as file:
                words = file.read().split()
        except OSError:
            return None
        if len(words) == 3 and words[0].isdigit() and words[2].isdigit():
            return int(words[0]), words[1], int(words[2])
    return None


def read_exit_status(directory: str) -> tuple[int | None, datetime | None]:
    """The return code and when it was written (aware, UTC); neither when there is no complete record."""
    try:
        with open(os.path.join(directory, "exit_status"), "rb") as file:
            text = file.read(32)
            written = os.fstat(file.fileno()).st_mtime
    except OSError:
        return None, None
    if not text.endswith(b"\n") or not text.strip().isdigit():
        return None, None
    return int(text), datetime.fromtimestamp(written, UTC)


def _send_signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def _refused(spec: RunSpec, stage: str, number: int, text: str) -> StartError:
    if stage == "already":
        return AlreadyStartedError(f"run #{spec.run_id}: somebody else has started it already")
    if stage == "files":
        return StartError(f"{spec.directory}: cannot create the run's files ({text})")
    if stage == "cwd":
        return StartError(f"{spec.cwd}: cannot be the working directory ({text}); check cwd in the jobs file")
    program = spec.argv[0]
    if number == errno.ENOENT:
        return StartError(f"{program}: no such program, or the interpreter that its first line names does not exist")
    if number == errno.EACCES:
        return StartError(f"{program}: not an executable file; chmod +x it, or name its interpreter as the command")
    if number == errno.ENOEXEC:
        return StartError(f"{program}: neither a program for this machine nor a script with a '#!' line")
    if number == errno.E2BIG:
        longest = max(len(os.fsencode(word)) for word in [*spec.argv, *spec.env.values()])
        return StartError(
            f"{program}: its arguments and environment are too long for this system (the longest has {longest:,} bytes)"
        )
    if number in (errno.EAGAIN, errno.ENOMEM):
        return StartError(f"{program}: the system has no room for another process at present ({text})")
    return StartError(f"{program}: cannot be started ({text})")
