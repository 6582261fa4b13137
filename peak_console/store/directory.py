"""The state directory: where it is, whether it can be trusted, and the modes and names of what lies in it."""

from __future__ import annotations

import errno
import os
import stat

from peak_console.errors import DiskError, StateError

DATABASE = "registry.db"
MOST_DIGITS = 15
"""A run's number has no more digits; so the numbers never come to an end."""
ELSEWHERE = "mend that, or name another state directory with --state-dir"
"""What an error of the state directory ends with."""


def prepare(directory: str) -> None:
    """Create the state directory if need be; it is ours alone afterwards.

    Raises:
        StateError: it cannot be created or written to, is not a directory, belongs to another user, or others
            may write to it.
    """
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        status = os.stat(directory)
    except FileExistsError:
        raise StateError(f"{directory}: is not a directory; name another one with --state-dir") from None
    except OSError as error:
        raise kind_of(error)(
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
            f"{directory}: cannot create the state directory ({there} {not_writable(there)[0]}); name another one with "
            "--state-dir"
        )


def _check_ours(directory: str, status: os.stat_result) -> None:
    check_link(directory, os.lstat(directory))
    check_trust(directory, status)
    if not os.access(directory, os.W_OK | os.X_OK):
        what, mend = not_writable(directory)
        kind = DiskError if is_mounted_read_only(directory) else StateError
        raise kind(f"{directory}: the state directory {what}; {mend}, or name another one with --state-dir")


def not_writable(path: str) -> tuple[str, str]:
    """Why nothing can be written to the directory ``path``, and what to do: permissions forbid it, or the mount."""
    if is_mounted_read_only(path):
        return "is on a file system that is mounted read-only", "mount that for writing"
    return "is not writable", "mend its permissions"


def is_mounted_read_only(path: str) -> bool:
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def kind_of(error: OSError) -> type[StateError]:
    """What to raise for an error of the system: a disk that is full, read-only or failing may work later."""
    return DiskError if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO) else StateError


def disk_fault(path: str) -> str:
    """Why the disk on which a path lies takes nothing more; empty where it does."""
    try:
        room = os.statvfs(path)
    except OSError:
        return ""
    if not room.f_bavail:
        return "the disk is full; free some space"
    return "the disk has no room for more files; remove some" if room.f_files and not room.f_favail else ""


def check_link(directory: str, status: os.stat_result) -> None:
    """Raise ``StateError`` if a state directory is another user's link: it may lead anywhere."""
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
        raise kind_of(error)(f"{path}: cannot write to the state directory ({error.strerror}); {ELSEWHERE}") from None
    try:
        os.write(fd, b"*\n")
    except OSError as error:
        os.unlink(path)  # the next attempt makes it then
        raise kind_of(error)(f"{path}: cannot write to the state directory ({error.strerror}); {ELSEWHERE}") from None
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


NEXT_IDS = 32
"""How many ids after the registry's last one a one-shot start looks at, to find runs that the registry lost."""


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
    """Whether a folder's name is the id of a run as we write it, with few enough digits that ids can follow."""
    return name.isascii() and name.isdigit() and len(name) <= MOST_DIGITS and name == str(int(name))
