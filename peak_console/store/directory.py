"""The state directory: where it is, whether it can be trusted, and who serves it."""

from __future__ import annotations

import fcntl
import os
import stat

from peak_console.errors import StateError
from peak_console.model.terms import LOCK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

DATABASE = "registry.db"
BELL = "engine.bell"
"""Of an engine that serves every job; with a selection of tags both have another name, see ``lock_of``."""
MOST_DIGITS = 15
"""A run's number has no more digits; so the numbers never come to an end."""
_ELSEWHERE = "mend that, or name another state directory with --state-dir"
ENVIRONMENT_VARIABLE = "PEAK_CONSOLE_STATE_DIR"


def state_directory(jobs_file: str, chosen: str | None, configured: str | None) -> str:
    """The state directory's absolute path.

    ``chosen`` (``--state-dir``) outranks the environment, which outranks ``configured`` (``[scheduler]
    state_dir``, relative to the jobs file). The default lies beside the jobs file, so that cron, systemd and a
    shell agree on it whatever their working directory or HOME.
    """
    beside = os.path.dirname(os.path.abspath(jobs_file))
    if chosen:
        return os.path.abspath(os.path.expanduser(chosen))
    if from_environment := os.environ.get(ENVIRONMENT_VARIABLE):
        return os.path.abspath(os.path.expanduser(from_environment))
    if configured:
        return os.path.normpath(os.path.join(beside, os.path.expanduser(configured)))
    return os.path.join(beside, ".peak_console")


def prepare(directory: str) -> None:
    """Create the state directory if need be; it is ours alone afterwards.

    Raises:
        StateError: it cannot be created or written to, is not a directory, belongs to somebody else, or others
            may write to it.
    """
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        status = os.stat(directory)
    except FileExistsError:
        raise StateError(f"{directory}: is not a directory; name another one with --state-dir") from None
    except OSError as error:
        raise StateError(
            f"{directory}: cannot create the state directory ({error.strerror}); name another one with --state-dir"
        ) from None
    _check_ours(directory, status)
    _ignore_in_git(directory)


def check_usable(directory: str) -> None:
    """Raise ``StateError`` if ``prepare`` would, as far as that can be seen without creating anything."""
    there = directory
    while not os.path.lexists(there):
        there = os.path.dirname(there)
    if not os.path.isdir(there):
        raise StateError(f"{there}: is not a directory; name another one with --state-dir")
    if there == directory:
        _check_ours(directory, os.stat(directory))
    elif not os.access(there, os.W_OK | os.X_OK):
        raise StateError(
            f"{directory}: cannot create the state directory ({there} is not writable); name another one with "
            "--state-dir"
        )


def _check_ours(directory: str, status: os.stat_result) -> None:
    check_link(directory, os.lstat(directory))
    check_trust(directory, status)
    if not os.access(directory, os.W_OK | os.X_OK):
        raise StateError(
            f"{directory}: the state directory is not writable; mend its permissions or name another one "
            "with --state-dir"
        )


def check_link(directory: str, status: os.stat_result) -> None:
    """Raise ``StateError`` if a state directory is a link that somebody else has put there: it may lead anywhere."""
    if stat.S_ISLNK(status.st_mode) and status.st_uid not in (os.geteuid(), 0):
        raise StateError(
            f"{directory}: is a link that belongs to user {_user(status.st_uid)}, and is not followed; remove it, or "
            "name another state directory with --state-dir"
        )


def check_trust(directory: str, status: os.stat_result) -> None:
    """Raise ``StateError`` unless a state directory is ours alone to write to."""
    if status.st_uid != os.geteuid():
        raise StateError(
            f"{directory}: the state directory belongs to user {_user(status.st_uid)}, not to "
            f"{_user(os.geteuid())}; run as its owner or name another one with --state-dir"
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise StateError(
            f"{directory}: others can write to the state directory (mode {stat.S_IMODE(status.st_mode):04o}); "
            f"run: chmod 700 {directory}"
        )


def _user(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _ignore_in_git(directory: str) -> None:
    path = os.path.join(directory, ".gitignore")
    try:
        if os.listdir(directory):  # only in one that is new: elsewhere there may be more than state
            return
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise StateError(f"{path}: cannot write to the state directory ({error.strerror}); {_ELSEWHERE}") from None
    try:
        os.write(fd, b"*\n")
    except OSError as error:
        raise StateError(f"{path}: cannot write to the state directory ({error.strerror}); {_ELSEWHERE}") from None
    finally:
        os.close(fd)


def file_mode(directory: str) -> int:
    """The mode of a new file in a state directory or a run's: ours alone, but for whom its owner has let in."""
    return 0o600 | _shared(directory)


def folder_mode(directory: str) -> int:
    """The mode of a new directory in a directory, by the same rule."""
    readers = _shared(directory)
    return 0o700 | readers | readers >> 2


def _shared(directory: str) -> int:
    """Who was let in to look, by ``chmod -R g+rX`` or ``go+rX``, which the registry shows.

    Where there is none yet, the group, by a directory that was made for it and nobody else. The mode of one that is
    open to everybody is what ``mkdir`` makes, and nobody's decision.
    """
    for place in (directory, os.path.dirname(directory), os.path.dirname(os.path.dirname(directory))):
        try:
            return os.stat(os.path.join(place, DATABASE)).st_mode & 0o044
        except OSError:
            continue
    try:
        return 0o040 if os.stat(directory).st_mode & 0o057 == 0o050 else 0
    except OSError:
        return 0


def current_user() -> str:
    """Who gives commands from this process."""
    return _user(os.getuid())


def run_directory(directory: str, run_id: int) -> str:
    """Where a run's output and marks lie."""
    return os.path.join(directory, "runs", str(run_id))


def newest_run_directory(directory: str) -> int:
    """The highest id of a run that has files; 0 when there is none."""
    return max(run_directories(directory), default=0)


def run_directories(directory: str) -> list[int]:
    """Ids of the runs that have files, in no order."""
    try:
        names = os.listdir(os.path.join(directory, "runs"))
    except OSError:  # nothing has run yet
        return []
    return [int(name) for name in names if is_run_number(name)]


def is_run_number(name: str) -> bool:
    """Whether a folder's name is the number of a run, as we write it: not so many digits that none could follow."""
    return name.isascii() and name.isdigit() and len(name) <= MOST_DIGITS and name == str(int(name))


def lock_of(include_tags: Sequence[str], exclude_tags: Sequence[str]) -> str:
    """The name of the lock for a selection of tags: whoever selects the same competes for the same one."""
    if not (include_tags or exclude_tags):
        return LOCK
    from zlib import crc32

    words = repr((sorted(set(include_tags)), sorted(set(exclude_tags))))
    return f"engine-{crc32(words.encode('utf-8', 'surrogateescape')):08x}.lock"


def bell_of(lock: str) -> str:
    """The name of the doorbell of the engine that holds a lock."""
    return lock.removesuffix(".lock") + ".bell"


def _engine_files(directory: str, ending: str) -> list[str]:
    try:
        names = os.listdir(directory)
    except OSError:
        return []
    return [name for name in names if name.startswith("engine") and name.endswith(ending)]


class EngineLock:
    """The right to dispatch, held by at most one process and dropped by the kernel when it dies.

    By another ``name``, the right to something else.
    """

    def __init__(self, directory: str, name: str = LOCK) -> None:
        self._directory = directory
        self._path = os.path.join(directory, name)
        self._fd: int | None = None
        self._trouble = ""

    @property
    def path(self) -> str:
        """Where its file is."""
        return self._path

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._fd is not None

    def acquire(self) -> bool:
        """Take the lock if it is free; never waits. Raises ``StateError`` where it cannot be opened or written."""
        if self._fd is not None:
            return True
        try:
            fd = self._opened()
        except OSError as error:
            raise StateError(f"{self._path}: cannot open the lock ({error.strerror}); {_ELSEWHERE}") from None
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if _is_held_by_a_stranger(fd):  # who could open it while it was too open; ours is another one from now on
                self._unlink(fd)
            os.close(fd)
            return False
        except OSError as error:
            os.close(fd)
            raise StateError(
                f"{self._path}: this file system cannot lock files ({error.strerror}); put the state directory "
                "on a local one with --state-dir"
            ) from None
        self._fd = fd
        if not self.is_in_place():  # removed between the two: this lock keeps nobody out
            self.release()
            return False
        try:
            os.ftruncate(fd, 0)
            os.write(fd, f"{os.getpid()}\n".encode())
            self._trouble = ""
        except OSError as error:
            self._fd = None
            os.close(fd)
            raise StateError(f"{self._path}: cannot write the lock ({error.strerror}); free some space") from None
        return True

    def _opened(self) -> int:
        """The lock's file, open. Nobody else may open it, not even to read: that is enough to take a lock."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise OSError(0, "it is no regular file; remove it")
        self._close_to_others(fd)
        return fd

    def _close_to_others(self, fd: int) -> None:
        """``chmod -R g+rX`` lets a group look, and would let it keep the engine out."""
        if os.fstat(fd).st_mode & 0o077:
            os.fchmod(fd, 0o600)

    def _unlink(self, fd: int) -> None:
        there, ours = os.stat(self._path), os.fstat(fd)
        if (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino):
            os.unlink(self._path)

    def give_sign(self, trouble: str = "") -> None:
        """Give a sign of life: see ``heartbeat``. Whatever does not work about it shows by itself."""
        if self._fd is None:
            return
        try:
            if trouble != self._trouble:
                content = f"{os.getpid()}\n{trouble}\n".encode(errors="replace")
                os.pwrite(self._fd, content, 0)
                os.ftruncate(self._fd, len(content))
                self._trouble = trouble
            os.utime(self._fd)
        except OSError:
            pass

    def is_in_place(self) -> bool:
        """Whether the lock that is held is the one that others would try to take; nobody else can open it then."""
        if self._fd is None:
            return False
        try:
            there = os.stat(self._path)
            self._close_to_others(self._fd)
        except OSError:
            return False
        ours = os.fstat(self._fd)
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)

    def renew(self) -> bool:
        """Take the lock where it is now, after its file was removed. Raises ``StateError``."""
        self.release()
        return self.acquire()

    def release(self) -> None:
        """Give the lock back; without effect when it is not held."""
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = None

    def holder(self) -> int | None:
        """The pid written by whoever holds the lock, or ``None`` when that is unknown."""
        try:
            with open(self._path, encoding="utf-8") as file:
                return int(file.readline())
        except (OSError, ValueError):
            return None


def _holder_of(inode: int) -> int | None:
    """The process that holds a lock on a file, 0 for none, as far as Linux tells; ``None`` where nothing tells."""
    try:
        with open("/proc/locks", encoding="utf-8", errors="replace") as file:
            for line in file:
                words = line.split()
                if len(words) > 5 and words[1] == "FLOCK" and words[5].endswith(f":{inode}"):
                    return int(words[4])
    except (OSError, ValueError):
        return None
    return 0


def _is_held_by_a_stranger(fd: int) -> bool:
    """Whether the process that holds the lock on a file belongs to another user; never root."""
    holder = _holder_of(os.fstat(fd).st_ino)
    try:
        return bool(holder) and os.stat(f"/proc/{holder}").st_uid not in (os.geteuid(), 0)
    except OSError:
        return False


def is_served(directory: str) -> bool:
    """Whether any engine serves the directory, or a part of it."""
    return bool(locks_held(directory))


def locks_held(directory: str) -> list[str]:
    """The locks of the engines that serve the directory, or parts of it."""
    return [lock for lock in _engine_files(directory, ".lock") if is_held(directory, lock)]


def is_held(directory: str, lock: str = LOCK) -> bool:
    """Whether somebody holds a lock. Changes nothing, and takes the lock from nobody."""
    path = os.path.join(directory, lock)
    try:
        # An engine that leaves in order empties the file: only after a crash is the lock itself free to be tried.
        if not os.path.getsize(path):
            return False
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except PermissionError:  # it cannot be tried; where nothing else tells, only after a crash is this wrong
        return _holder_of(os.stat(path).st_ino) != 0
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(fd)
    return False


class Doorbell:
    """What an engine sleeps on. With a directory, anybody who may write there can ring it: see ``ring``."""

    def __init__(self, directory: str | None = None, name: str = BELL) -> None:
        """Hang the bell; without a directory it can only be rung from inside. Raises ``StateError``."""
        self._path = None if directory is None else os.path.join(directory, name)
        if directory is None:
            self._fd, self._ringer = os.pipe()
            os.set_blocking(self._fd, False)
            os.set_blocking(self._ringer, False)
            return
        path = os.path.join(directory, name)
        try:
            _make_fifo(path)
            # Held open for both ends: a reader alone would see end-of-file whenever the last ringer leaves.
            self._fd = self._ringer = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            raise StateError(f"{path}: cannot make the engine's doorbell ({error.strerror}); {_ELSEWHERE}") from None

    def is_in_place(self) -> bool:
        """Whether it is the one that others would ring."""
        if self._path is None:
            return True
        try:
            there, ours = os.lstat(self._path), os.fstat(self._fd)
            if ours.st_mode & 0o077:  # whoever may read it could take our rings away
                os.fchmod(self._fd, 0o600)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)

    def fileno(self) -> int:
        """Readable once somebody has rung."""
        return self._fd

    def ring(self) -> None:
        """From inside this process; safe in any thread and in a signal handler."""
        try:
            os.write(self._ringer, b"!")
        except OSError:  # full: it is ringing already; closed: nobody is at home
            pass

    def hush(self) -> None:
        """Forget every ring so far."""
        try:
            while os.read(self._fd, 4096):
                pass
        except BlockingIOError:
            pass

    def close(self) -> None:
        for fd in {self._fd, self._ringer}:
            os.close(fd)


def _make_fifo(path: str) -> None:
    """Make the doorbell; whatever else has its name is no doorbell, and would be ready at every moment."""
    try:
        status = os.lstat(path)
        if stat.S_ISFIFO(status.st_mode):
            return
        os.unlink(path)
    except FileNotFoundError:
        pass
    os.mkfifo(path, 0o600)


def ring(directory: str) -> bool:
    """Ring every engine that serves a directory, from another process; ``False`` when nobody listens."""
    return sum(_ring(directory, bell) for bell in _engine_files(directory, ".bell")) > 0


def _ring(directory: str, bell: str) -> bool:
    try:
        fd = os.open(os.path.join(directory, bell), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        if not stat.S_ISFIFO(os.fstat(fd).st_mode):
            return is_held(
                directory, bell.removesuffix(".bell") + ".lock"
            )  # the engine makes it anew when it next looks
        os.write(fd, b"!")
    except BlockingIOError:  # full: it is ringing already
        pass
    finally:
        os.close(fd)
    return True
