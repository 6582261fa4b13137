"""The engine's doorbell: a named pipe in the state directory, by which anybody who may write there wakes the engine."""

from __future__ import annotations

import os
import stat

from peak_console.store.directory import ELSEWHERE, kind_of
from peak_console.store.locks import engine_files, is_held

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Bell(Protocol):
        """What an engine sleeps on, and what others ring."""

        def is_in_place(self) -> bool:
            """Whether the pipe at the doorbell's path is still this one."""

        def fileno(self) -> int:
            """A file descriptor that becomes readable once a process has rung."""

        def ring(self) -> None:
            """Ring it from inside this process."""

        def drain(self) -> None:
            """Forget every ring so far."""

        def close(self) -> None:
            """Take it down."""


BELL = "engine.bell"
"""Of an engine that serves every job; with a selection of tags it has another name, see ``bell_of``."""


def bell_of(lock: str) -> str:
    """The name of the doorbell of the engine that holds a lock."""
    return lock.removesuffix(".lock") + ".bell"


class Doorbell:
    """Wakes a sleeping engine. With a directory, anybody who may write there can ring it: see ``ring``."""

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
            raise kind_of(error)(f"{path}: cannot make the engine's doorbell ({error.strerror}); {ELSEWHERE}") from None

    def is_in_place(self) -> bool:
        """Whether it is the one that others would ring."""
        if self._path is None:
            return True
        try:
            there, ours = os.lstat(self._path), os.fstat(self._fd)
            if ours.st_mode & 0o077:  # a process that may read it could swallow our rings
                os.fchmod(self._fd, 0o600)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)

    def fileno(self) -> int:
        """Readable once a process has rung."""
        return self._fd

    def ring(self) -> None:
        """Wake the engine from inside its process; safe in any thread and in a signal handler."""
        try:
            os.write(self._ringer, b"!")
        except OSError:  # full: it is ringing already; closed: no engine listens
            pass

    def drain(self) -> None:
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
    """Make the doorbell. Any other file of its name is replaced: it would be readable at every moment."""
    try:
        status = os.lstat(path)
        if stat.S_ISFIFO(status.st_mode):
            return
        os.unlink(path)
    except FileNotFoundError:
        pass
    os.mkfifo(path, 0o600)


def ring(directory: str) -> bool:
    """Ring every engine that serves a directory, from another process; ``False`` when no engine listens."""
    return sum(_ring(directory, bell) for bell in engine_files(directory, ".bell")) > 0


def _ring(directory: str, bell: str) -> bool:
    try:
        fd = os.open(os.path.join(directory, bell), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        if not stat.S_ISFIFO(os.fstat(fd).st_mode):
            return is_held(
                directory, bell.removesuffix(".bell") + ".lock"
            )  # the engine makes another one when it next looks
        os.write(fd, b"!")
    except BlockingIOError:  # full: it is ringing already
        pass
    finally:
        os.close(fd)
    return True
