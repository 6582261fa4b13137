"""What Linux tells of changes in directories (inotify), through calls that Python's own library does not have."""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE, _DELETE_SELF, _MOVE_SELF = (
    0x8, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800,
)  # fmt: skip
HEARD = _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF
"""Whatever ends a save. Not each write: logs in the same directory must not keep us busy."""


class Notices:
    """Readable once something was saved in, moved into or removed from one of some directories.

    Raises:
        OSError: the system does not tell: it is not Linux, or has no more watches to give.
    """

    def __init__(self, directories: Iterable[str]) -> None:
        if sys.platform != "linux":
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        import ctypes

        library = ctypes.CDLL(None, use_errno=True)
        self._fd: int = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        for directory in directories:
            number = 0
            if library.inotify_add_watch(self._fd, os.fsencode(directory), HEARD) < 0:
                number = ctypes.get_errno()
            if number not in (0, errno.ENOENT, errno.EACCES):  # one that is gone, or closed to us, tells nothing
                os.close(self._fd)
                raise OSError(number, os.strerror(number))

    def fileno(self) -> int:
        return self._fd

    def hush(self) -> None:
        """Forget what has been told so far."""
        try:
            os.read(self._fd, 65536)
        except BlockingIOError:
            pass

    def close(self) -> None:
        os.close(self._fd)
