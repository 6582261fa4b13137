"""Whether a jobs file stands: no program is writing it, and it is complete as far as can be known.

Linux knows whether any program has a file open for writing; asked for a read lease, it refuses one while that is so.
Where it cannot be asked (another system, another owner's file, a file system that other machines write to as well), a
file has to have been unchanged for ``STANDING_SECONDS``.
"""

from __future__ import annotations

import os
import time
from stat import S_ISREG

from peak_console.errors import ArgumentError, JobsFileError
from peak_console.jobs.file import source
from peak_console.jobs.file.loader import load
from peak_console.jobs.watching.place import base_status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from peak_console.jobs.model import JobDefinition, JobSet

    FileStatus = tuple[int, ...]
    """What changes with every kind of save."""

STANDING_SECONDS = 2.0
"""Where the system does not tell, a file that has not changed for this time counts as finished."""
OLD_SECONDS = 60.0
"""A file of this age by its own times has stood long enough, even if another machine's clock made them."""
LOOK_SECONDS = 0.05
WRITER_SECONDS = 2.0
"""How long it is waited for a writer where the file is only looked at."""
STILL_WRITTEN = "another program has it open for writing, so what was read may not be all of it; look again later"
PATIENCE_SECONDS = 30.0
"""How long a start waits for the program that is writing the file."""
TELLING_SECONDS = 1.0
"""How long a start waits before it says what it waits for."""
SHARED = ("nfs", "cifs", "smb", "fuse", "9p", "virtiofs", "vboxsf", "ceph", "afs", "lustre", "gluster", "gpfs", "ocfs2")
"""How the names of file systems begin that others than this machine's programs write to."""


def file_status(path: str) -> FileStatus | None:
    """By what a file, and the place of its jobs, are known to be as they were; ``None`` while there is no file.

    The time of change and the inode tell of a save that keeps size and modification time (``cp -p``, ``touch -r``).
    """
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    file = status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_dev
    return (*file, *base_status(path))


def is_being_written(path: str) -> bool | None:
    """Whether a program has a file open for writing; ``None`` where the system does not tell."""
    import fcntl
    import signal

    if not hasattr(fcntl, "F_SETLEASE"):
        return None
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        status = os.fstat(fd)
        if not S_ISREG(status.st_mode):
            return False  # not a file; reading it says what is wrong
        if _is_shared(status.st_dev):
            return None
        # A program that opens the file for writing while the lease is held, for some microseconds, waits for its end,
        # and the kernel signals us. SIGURG is ignored by default; the signal that it would choose ends the process.
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(fd)
    return False


def _is_shared(device: int) -> bool:
    """Whether a device's file system is one that others write to as well."""
    number = f"{os.major(device)}:{os.minor(device)}"
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
            mounts = [line.split() for line in file]
    except OSError:
        return False
    kinds = [words[words.index("-") + 1] for words in mounts if words[2] == number and "-" in words]
    return any(kind.startswith(SHARED) for kind in kinds)


def load_standing(path: str, stood_for: float = 0.0) -> tuple[JobSet, FileStatus | None]:
    """The jobs file, once no program is writing it and it has stood ``stood_for`` seconds; and its status as read.

    Raises ``JobsFileError``, also when the file is being written for longer than a start waits.
    """
    began = now = time.monotonic()
    status, since, told = file_status(path), began, False
    while True:
        doubt = _doubt(path, status, now - since, stood_for)
        if not doubt:
            found = _load_unchanged(path, status)
            if found is not None:
                return found, status
        if now - began > PATIENCE_SECONDS:
            doubt = doubt or "it changes all the time"
            raise source.refused(path, f"is not complete yet ({doubt}); nothing is done by it; try again later")
        if now - began > stood_for + TELLING_SECONDS and not told:
            from peak_console.outlet import complain
            from peak_console.text import safe

            told = True
            complain(f"peak-console: waiting for the jobs file {safe(path)}: {doubt or 'it changes all the time'}\n")
        time.sleep(LOOK_SECONDS)
        now, before = time.monotonic(), status
        status = file_status(path)
        since = since if status == before else now


def load_written(path: str, tell: Callable[[str], None]) -> JobSet:
    """The jobs file, once nobody is writing it; to be looked at, not to be acted on.

    Who writes it is waited for a moment. After that ``tell`` is told why the file may not be complete, and it is read
    as it is. Raises ``JobsFileError``, and what ``tell`` raises.
    """
    until = time.monotonic() + WRITER_SECONDS
    while True:
        status = file_status(path)
        if not is_being_written(path):
            found = _load_unchanged(path, status)
            if found is not None:
                return found
        if time.monotonic() > until:
            tell(STILL_WRITTEN)
            return load(path)
        time.sleep(LOOK_SECONDS)


def await_writer(path: str) -> str:
    """Wait a moment for a program that writes a file; why the file may not be complete then, or an empty text."""
    until = time.monotonic() + WRITER_SECONDS
    while is_being_written(path):
        if time.monotonic() > until:
            return STILL_WRITTEN
        time.sleep(LOOK_SECONDS)
    return ""


def load_jobs_from_toml(path: str | os.PathLike[str]) -> list[JobDefinition]:
    """The jobs of a jobs file, in its order.

    Raises ``ArgumentError`` for what is no path, and ``JobsFileError`` (a ``ValueError``) for a file that cannot be
    used or that a program is still writing; if there is no such file, one that is a ``FileNotFoundError`` too.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentError(f"path must be a path, not {type(path).__name__}")
    place = os.fspath(path)

    def refuse(_why: str) -> None:
        raise source.refused(place, "is not complete yet (another program has it open for writing); try again later")

    return list(load_written(place, refuse).jobs.values())


def _doubt(path: str, status: FileStatus | None, stood: float, stood_for: float) -> str:
    """Why a file may not be complete; empty when there is no doubt."""
    if status is None:
        return ""  # reading says what is wrong
    written = is_being_written(path)
    if written:
        return "another program has it open for writing"
    if is_old(status):
        return ""
    if written is None and stood < STANDING_SECONDS:
        return "it has changed just now, and this system does not tell whether a program still writes it"
    if written is False:  # this machine's own file, so its times are this machine's
        stood = max(stood, age(status))
    return "it has changed just now" if stood < stood_for else ""


def is_old(status: FileStatus) -> bool:
    """Whether a file has stood, by its own times, longer than clocks differ."""
    return age(status) > OLD_SECONDS


def age(status: FileStatus) -> float:
    """For how many seconds a file has stood by its own times; less than none where a clock is wrong."""
    return time.time() - max(status[:2]) / 1e9


def _load_unchanged(path: str, status: FileStatus | None) -> JobSet | None:
    """What the file says; ``None`` when it changed meanwhile. Raises ``JobsFileError``."""
    try:
        jobset = load(path)
    except JobsFileError:
        if changed_since(path, status):
            return None
        raise
    return None if changed_since(path, status) else jobset


def changed_since(path: str, status: FileStatus | None) -> bool:
    """Whether a file is no longer as it was, or is about to be changed."""
    return file_status(path) != status or is_being_written(path) is True
