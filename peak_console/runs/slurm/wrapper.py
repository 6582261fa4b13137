"""The wrapper: what Slurm starts on a node. It owns the run, starts the job, and records how it ended.

One file for any Python from 3.7 on, with nothing but the standard library: it is copied to the shared directory, and
a script of a few lines, which Slurm copies from there, imports it. Its one argument is the run's directory. In it:

    spec          read and deleted: fields that end with NUL, a name, how many values, and these: argv, env, cwd, …
    started       made by link(2), so that one wrapper only ever owns the run: where and when, as JSON
    running       the job has its process
    stdout.log    what it prints; stderr.log; where the bound has cut, dropped
    beat          touched now and then while the run lives
    revoked       made by an engine: whatever lives here has no right to go on
    ending        what the code alone does not tell: refused, errno, of what (cwd, exec), what; or timed_out; by lines
    exit_status   the return code, written last; a second line: processor seconds, and bytes at the most

The directory two levels up has ``news``, an empty file for each start and end, so that an engine need look there only.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # signal itself, json and ctypes double the start
import errno
import os
import stat
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

TAKEN = 75
"""Our own exit code when somebody else owns the run."""
BEAT_SECONDS = 15.0
LOOK_SECONDS = 1.0
"""How often it is seen at most whether the output has outgrown its bound, and whether the run was revoked."""
FROM_NODE = ("SLURM_", "SLURMD_", "CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "GPU_", "ZE_AFFINITY_MASK", "TMPDIR")
HEAD_SHARE = 4
SLACK_SHARE = 16


def own(directory: str) -> bool:
    """Become the run's owner; ``False`` when somebody else is, or when it must not start."""
    mark = os.path.join(directory, "started")
    job = os.environ.get("SLURM_JOB_ID", "")
    node = os.environ.get("SLURMD_NODENAME") or os.uname().nodename
    line = f'{{"node": "{node}", "pid": {os.getpid()}, "job": "{job}", "at": {time.time():.6f}}}'
    mine = f"{mark}.{os.uname().nodename}.{os.getpid()}"
    with open(mine, "w") as file:
        file.write(line + "\n")
    try:
        os.link(mine, mark)
    except OSError:
        # Over NFS the answer may be lost although the link was made: two names tell.
        return os.stat(mine).st_nlink == 2
    finally:
        os.unlink(mine)
    return True


def read_spec(path: str) -> dict[str, list[bytes]]:
    """The fields of a specification, and the values of each."""
    with open(path, "rb") as file:
        fields = iter(file.read().split(b"\0"))
    spec = {}
    for name in fields:
        if name:
            spec[name.decode()] = [next(fields) for _ in range(int(next(fields)))]
    return spec


def put(path: str, text: str) -> None:
    """Write a file as a whole."""
    beside = path + ".new"
    with open(beside, "w", errors="surrogateescape") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(beside, path)


def tell(directory: str, what: str) -> None:
    """Say in ``news`` that there is something new about the run."""
    state, name = os.path.split(directory)
    try:
        os.close(os.open(os.path.join(state, "news", name + "." + what), os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError:
        pass


def found(command: str, env: Mapping[str, str], cwd: str) -> str:
    """The program on the PATH of the job, as an absolute path."""
    if "/" in command:
        return os.path.join(cwd, os.path.expanduser(command))
    for place in env.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(cwd, place, command)
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            return path
    if command in ("python", "python3"):
        return sys.executable
    raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), command)


class RefusalError(Exception):
    """The job cannot be started: stage, errno, what it is about."""


class Job:
    """The job's process, and its end."""

    def __init__(self, directory: str, spec: Mapping[str, list[bytes]]) -> None:
        self.directory = directory
        self.argv = [os.fsdecode(word) for word in spec["argv"]]
        self.env = dict(os.fsdecode(pair).split("=", 1) for pair in spec["env"])
        self.cwd = os.fsdecode(spec["cwd"][0])
        self.timeout = float(spec["timeout_seconds"][0])
        self.grace = float(spec["kill_grace_seconds"][0])
        self.pid = 0
        self.used = ""
        """Processor seconds, and bytes at the most, once it has ended."""
        self.timed_out = False
        self.deadline: float | None = None
        self.kill_at: float | None = None
        self.beat_at = 0.0
        self.limit = int(spec["max_output_bytes"][0])
        self.dropped: dict[str, tuple[int, int]] = {}

    def start(self) -> None:
        """Start it, as the leader of its own session. Raises ``RefusalError``."""
        cwd = self.cwd or os.path.expanduser("~")
        env = dict(self.env)
        env.update((name, value) for name, value in os.environ.items() if name.startswith(FROM_NODE))
        try:
            os.chdir(cwd)
        except OSError as error:
            raise RefusalError("cwd", error.errno, cwd) from None
        try:
            program = found(self.argv[0], env, cwd)
        except OSError as error:
            raise RefusalError("exec", error.errno, self.argv[0]) from None
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        streams = [os.open(os.devnull, os.O_RDONLY)]
        streams += [os.open(os.path.join(self.directory, name), flags, 0o600) for name in ("stdout.log", "stderr.log")]
        told, tells = os.pipe()
        os.set_inheritable(tells, False)
        self.pid = os.fork()
        if not self.pid:
            self.become(program, env, streams, tells)
        os.close(tells)
        for fd in streams:
            os.close(fd)
        answer = os.read(told, 64)
        os.close(told)
        if answer:
            os.waitpid(self.pid, 0)
            raise RefusalError("exec", int(answer), program)
        put(os.path.join(self.directory, "running"), f"{self.pid}\n")
        if self.timeout:
            self.deadline = time.monotonic() + self.timeout

    def become(self, program: str, env: Mapping[str, str], streams: list[int], tells: int) -> NoReturn:
        """In the child: turn into the job, or tell why not."""
        try:
            os.setsid()
            for target, fd in enumerate(streams):
                os.dup2(fd, target)
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            os.execve(program, [program, *self.argv[1:]], env)  # noqa: S606
        except OSError as error:
            os.write(tells, str(error.errno or errno.EIO).encode())
        finally:
            os._exit(127)

    def ask(self) -> None:
        """TERM to the group; after the grace KILL. Asked a second time: KILL now."""
        if self.kill_at is not None:
            self.kill()
            return
        self.kill_at = time.monotonic() + self.grace
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)

    def signal(self, number: int) -> None:
        try:
            os.killpg(self.pid, number)
        except OSError:
            pass

    def wait(self) -> int:
        """The return code, when the job has ended."""
        wanted = {signal.SIGCHLD, signal.SIGTERM, signal.SIGUSR2}
        while True:
            pid, status, used = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.used = f"{used.ru_utime + used.ru_stime:.6f} {used.ru_maxrss * 1024}\n"
                code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
                self.bound(0)
                return code
            self.attend()
            came = signal.sigtimedwait(wanted, self.seconds())
            if came is not None and came.si_signo == signal.SIGTERM:
                self.ask()
            elif came is not None and came.si_signo == signal.SIGUSR2:
                self.kill()

    def attend(self) -> None:
        """What is due: the timeout, the end of the grace, a sign of life, the bound of the output."""
        now = time.monotonic()
        if self.deadline is not None and now >= self.deadline:
            self.deadline = None
            if self.kill_at is None:
                self.timed_out = True
                self.ask()
        if self.kill_at is not None and now >= self.kill_at:
            self.kill()
            self.kill_at = now + 1
        if os.path.exists(os.path.join(self.directory, "revoked")):
            self.kill()
        if now >= self.beat_at:
            self.beat_at = now + BEAT_SECONDS
            beat(self.directory)
        self.bound(SLACK_SHARE)

    def seconds(self) -> float:
        due = [self.beat_at, *(each for each in (self.deadline, self.kill_at) if each is not None)]
        return max(0.0, min(min(due) - time.monotonic(), LOOK_SECONDS))

    def bound(self, share: int) -> None:
        """Keep the first quarter of the bound and the newest three; the middle is given back to the disk."""
        if not self.limit:
            return
        for stream, name in (("out", "stdout.log"), ("err", "stderr.log")):
            path = os.path.join(self.directory, name)
            try:
                found = os.lstat(path)
                if stat.S_ISREG(found.st_mode):
                    self.cut(stream, path, found.st_size, self.limit // share if share else 0)
            except OSError:
                pass

    def cut(self, stream: str, path: str, size: int, slack: int) -> None:
        start, kept_from = self.dropped.get(stream, (self.limit // HEAD_SHARE,) * 2)
        if size - (kept_from - start) <= self.limit + slack:
            return
        end = size - (self.limit - start)
        wanted = dict(self.dropped)
        wanted[stream] = (start, end)
        self.say_dropped(wanted)
        if punch_hole(path, kept_from, end - kept_from):
            self.dropped = wanted
        else:
            self.say_dropped(self.dropped)
            self.limit = 0

    def say_dropped(self, dropped: Mapping[str, tuple[int, int]]) -> None:
        lines = [f"{stream} {start} {end}\n" for stream, (start, end) in dropped.items()]
        put(os.path.join(self.directory, "dropped"), "".join(lines))


def punch_hole(path: str, start: int, length: int) -> bool:
    """Give a part of a file back; ``False`` where the file system cannot."""
    import ctypes

    fd = os.open(path, os.O_WRONLY)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        punch = getattr(library, "fallocate64", None) or library.fallocate
        punch.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
        return bool(punch(fd, 0x03, start, length) == 0)
    finally:
        os.close(fd)


def beat(directory: str) -> None:
    """Say that the run lives."""
    path = os.path.join(directory, "beat")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        os.utime(path, None)
    except OSError:
        pass


def finish(directory: str, code: int, ending: str = "", used: str = "") -> None:
    """Record the end; the code last, as it says that all is there. A full disk is waited for."""
    while True:
        try:
            if ending:
                put(os.path.join(directory, "ending"), ending)
            put(os.path.join(directory, "exit_status"), f"{code}\n{used}")
            break
        except OSError:
            time.sleep(1)
    tell(directory, "ended")


def main() -> int:
    """Own the run and see it through; its return code."""
    directory = os.path.abspath(sys.argv[1])
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, signal.SIGTERM, signal.SIGUSR2})
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    if not own(directory):
        sys.stderr.write("this run has been started before, or must not start; nothing done\n")
        return TAKEN
    beat(directory)
    tell(directory, "started")
    place = os.path.join(directory, "spec")
    job = Job(directory, read_spec(place))
    os.unlink(place)
    try:
        job.start()
    except RefusalError as refusal:
        stage, number, what = refusal.args
        finish(directory, 127, f"refused\n{number}\n{stage}\n{what}")
        return 127
    code = job.wait()
    finish(directory, code, "timed_out" if job.timed_out else "", job.used)
    return code
