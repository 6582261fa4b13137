"""How a registry comes into being, and to a newer schema: by one program at a time, while the others wait."""

from __future__ import annotations

import fcntl
import os
import time

from peak_console.errors import StateError
from peak_console.store.directory import file_mode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

LOOK_SECONDS = 0.005


class Turn:
    """The right to create or migrate what lies in a directory: ``with Turn(directory, seconds):``.

    SQLite waits for no one in a switch to WAL in which two readers want to become writers, whatever its patience. The
    lock is the directory's own: it needs no file, and the kernel drops it when its holder dies.

    Raises:
        StateError: no other process gave way in time, or the file system cannot lock.
    """

    def __init__(self, directory: str, seconds: float) -> None:
        self._directory = directory
        self._seconds = seconds

    def __enter__(self) -> None:
        try:
            self._fd = os.open(self._directory, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise StateError(
                f"{self._directory}: cannot open the state directory ({error.strerror}); mend its permissions"
            ) from None
        try:
            self._wait()
        except BaseException:
            os.close(self._fd)
            raise

    def _wait(self) -> None:
        until = time.monotonic() + self._seconds
        while not self._is_free():
            if time.monotonic() > until:
                raise StateError(
                    f"{self._directory}: another program has been creating the registry for {self._seconds:g} s; "
                    "see whether it is stopped"
                )
            time.sleep(LOOK_SECONDS)

    def _is_free(self) -> bool:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise StateError(
                f"{self._directory}: this file system cannot lock files ({error.strerror}); put the state directory "
                "on a local one with --state-dir"
            ) from None
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)


def create_private(path: str) -> None:
    """Create an empty file by ``file_mode`` unless there is one. Call it in a ``Turn``. Raises ``OSError``.

    It never has its name while we have it open: closing a file drops every lock that this process has on it, those of
    its other connections too, and then the last process to close it removes the write-ahead log that others still use.
    """
    if os.path.exists(path):
        return
    new = f"{path}.new-{os.getpid()}"
    mode = file_mode(os.path.dirname(path))
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode))
    os.rename(new, path)
