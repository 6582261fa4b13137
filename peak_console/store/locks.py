"""Locks in the state directory: who may dispatch, deliver, repair; and whether an engine serves the directory.

The kernel drops a lock when its holder dies. To ask whether a lock is held never takes it, not even for a moment.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat

from peak_console.errors import StateError
from peak_console.model.terms import LOCK
from peak_console.store.directory import ELSEWHERE, kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    class Lock(Protocol):
        """The right to dispatch, held by at most one engine."""

        @property
        def path(self) -> str:
            """What it is called in messages."""

        @property
        def is_held(self) -> bool:
            """Whether this object holds the lock."""

        def acquire(self) -> bool:
            """Take the lock if it is free; never waits. Raises ``StateError``."""

        def is_in_place(self) -> bool:
            """Whether others see that it is held."""

        def renew(self) -> bool:
            """Take the lock again where others no longer see it; whether that worked."""

        def give_sign(self, trouble: str = "") -> None:
            """Show that its holder lives, and its trouble."""

        def release(self) -> None:
            """Let another one take it."""

        def holder(self) -> int | None:
            """The pid of the process that holds it."""


_TAKE = getattr(fcntl, "F_OFD_SETLK", None)
_LOOK = getattr(fcntl, "F_OFD_GETLK", None)
"""Locks of an open file (Linux): unlike those of ``flock`` they can be looked at, and need write access to be taken."""
_FLOCK = "hhqqi0q"
"""The kernel's ``struct flock``: type, whence, start, length, process."""
NO_SUCH_LOCKS = (errno.EINVAL, errno.ENOSYS)


def lock_of(include_tags: Sequence[str], exclude_tags: Sequence[str]) -> str:
    """The name of the lock for a selection of tags: engines with the same selection compete for the same lock."""
    if not (include_tags or exclude_tags):
        return LOCK
    from zlib import crc32

    words = repr((sorted(set(include_tags)), sorted(set(exclude_tags))))
    return f"engine-{crc32(words.encode('utf-8', 'surrogateescape')):08x}.lock"


def engine_files(directory: str, ending: str) -> list[str]:
    """The names of the locks, or of the doorbells, of all engines."""
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
            raise kind_of(error)(f"{self._path}: cannot open the lock ({error.strerror}); {ELSEWHERE}") from None
        try:
            is_taken = take(fd)
        except OSError as error:
            os.close(fd)
            raise StateError(
                f"{self._path}: this file system cannot lock files ({error.strerror}); put the state directory "
                "on a local one with --state-dir"
            ) from None
        if not is_taken:
            if _is_held_by_a_reader(fd):  # who could open it while it was too open; ours is another one from now on
                self._unlink(fd)
            os.close(fd)
            return False
        self._fd = fd
        if not self.is_in_place():  # removed between open and lock: this lock excludes no other engine
            self.release()
            return False
        try:
            os.ftruncate(fd, 0)
            os.write(fd, f"{os.getpid()}\n".encode())
            self._trouble = ""
        except OSError as error:
            self._fd = None
            os.close(fd)
            raise kind_of(error)(f"{self._path}: cannot write the lock ({error.strerror}); free some space") from None
        return True

    def _opened(self) -> int:
        """The lock's file, open. Nobody else may open it, not even to read."""
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
        """Whether the held lock is on the file that other engines would lock."""
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
            fd, self._fd = self._fd, None
            try:
                os.ftruncate(fd, 0)
            except OSError:  # a disk that cannot be written any more
                pass
            os.close(fd)

    def holder(self) -> int | None:
        """The pid that the lock's holder has written; ``None`` when it is unknown."""
        try:
            with open(self._path, encoding="utf-8") as file:
                return int(file.readline())
        except (OSError, ValueError):
            return None


def take(fd: int) -> bool:
    """Lock an open file until it is closed; ``False`` if another process has. Raises ``OSError`` where locks fail."""
    if _TAKE is not None:
        try:
            fcntl.fcntl(fd, _TAKE, _whole(fcntl.F_WRLCK))
        except (BlockingIOError, PermissionError):
            return False
        except OSError as error:
            if error.errno not in NO_SUCH_LOCKS:
                raise
        else:
            return True
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _kind_held(fd: int) -> int | None:
    """The kind of another process's lock on an open file, ``F_UNLCK`` for none; ``None`` if unknown."""
    if _LOOK is None:
        return None
    import struct

    try:
        answer = fcntl.fcntl(fd, _LOOK, _whole(fcntl.F_WRLCK))
    except OSError:
        return None
    return int(struct.unpack(_FLOCK, answer)[0])


def _whole(kind: int) -> bytes:
    import struct

    return struct.pack(_FLOCK, kind, os.SEEK_SET, 0, 0, 0)


def _is_held_by_a_reader(fd: int) -> bool:
    """Whether a lock is one for which it is enough to read the file: no engine holds such a one."""
    return _kind_held(fd) == fcntl.F_RDLCK


def is_served(directory: str) -> bool:
    """Whether any engine serves the directory, or a part of it."""
    return bool(locks_held(directory))


def locks_held(directory: str) -> list[str]:
    """The locks of the engines that serve the directory, or parts of it."""
    return [lock for lock in engine_files(directory, ".lock") if is_held(directory, lock)]


def is_held(directory: str, lock: str = LOCK) -> bool:
    """Whether a process holds a lock. Changes nothing."""
    path = os.path.join(directory, lock)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except PermissionError:
        return _is_listed(path)
    except OSError:
        return False
    try:
        kind = _kind_held(fd)
        return _is_flocked(fd) if kind is None else kind == fcntl.F_WRLCK
    finally:
        os.close(fd)


def _is_flocked(fd: int) -> bool:
    """Whether a file is locked, where that cannot be seen without trying."""
    if not os.fstat(fd).st_size:  # an engine that leaves in order empties it: only after a crash it has to be tried
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _is_listed(path: str) -> bool:
    """Whether a file that we may not open is locked, by the kernel's list; where nothing tells, it is."""
    try:
        inode = os.stat(path).st_ino
        with open("/proc/locks", encoding="utf-8", errors="replace") as file:
            words = [line.split() for line in file]
    except OSError:
        return True
    return any(len(line) > 5 and line[3] == "WRITE" and line[5].endswith(f":{inode}") for line in words)


def holds_removed(directory: str, lock: str, pid: int | None) -> bool:
    """Whether a process holds a lock by a file that was removed, or renamed in its directory. Only Linux tells."""
    if pid is None or pid <= 0:
        return False
    path = os.path.join(os.path.realpath(directory), lock)
    try:
        links = [f"/proc/{pid}/fd/{name}" for name in os.listdir(f"/proc/{pid}/fd")]
    except OSError:  # it is gone, another user's, or nothing tells
        return False
    return any(_was_at(link, path) for link in links)


def _was_at(link: str, path: str) -> bool:
    """Whether a descriptor's file has had a path, and is not what has that path now."""
    try:
        directory, name = os.path.split(os.readlink(link))
        if directory != os.path.dirname(path) or os.path.basename(path) not in name:
            return False
        return not (os.path.exists(path) and os.path.samefile(link, path))
    except OSError:
        return False
