"""A cgroup for each run, where this process may make one: it holds also what leaves the run's session.

The engine says which one it is, by state directory and run, so that the next engine finds it. The keeper makes it, is
in it for as long as it takes to start the run, and goes back: so the run is in it from its first moment on. No
controller is enabled. Half of this runs in the keeper, with nothing but built-in modules.
"""

from __future__ import annotations

import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIX = "peak-console-"
MEMBERS = "cgroup.procs"
ATTEMPTS = 3
"""Another engine of ours may take an empty one away before we are in it."""
KILL_PASSES = 10
"""How often it is searched for what was forked while it was being killed, on systems without ``cgroup.kill``."""
_GONE = (errno.ENOENT, errno.ENODEV, errno.ENOTDIR, errno.EOPNOTSUPP)


def home() -> str | None:
    """The directory of our own cgroup if others may be made in it. Not the system's first one: that is everybody's."""
    try:
        with open("/proc/self/cgroup", encoding="utf-8", errors="surrogateescape") as file:
            ours = next((line[3:] for line in file.read().splitlines() if line.startswith("0::")), "/")
        mount = _mount_point() if ours != "/" else None
    except OSError:  # no Linux, or no /proc
        return None
    path = f"{mount}{ours}"
    if mount is None or "/.." in path or not path.isascii():  # the former is outside of what a container may see
        return None
    is_ours = os.access(path, os.W_OK | os.X_OK) and os.access(f"{path}/{MEMBERS}", os.W_OK)
    return path if is_ours else None


def _mount_point() -> str | None:
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            fields, _, kind = line.partition(" - ")
            _, _, _, root, place, *_ = fields.split()
            if kind.startswith("cgroup2 ") and root == "/" and "\\" not in place:
                return place
    return None


def path_for(home: str, directory: str) -> str:
    """The cgroup of the run that has this run directory."""
    from hashlib import blake2b

    runs, run = os.path.split(os.path.realpath(directory))
    state = blake2b(os.fsencode(os.path.dirname(runs)), digest_size=8).hexdigest()
    return f"{home}/{PREFIX}{state}-{run}"


def holds(path: str, pid: int) -> bool:
    """Whether a process is in this cgroup, as far as can be told: of one that is gone that is not known."""
    try:
        with open(f"/proc/{pid}/cgroup", encoding="utf-8", errors="surrogateescape") as file:
            return any(line.startswith("0::") and f"{line.rstrip()}/".find(f"/{_name(path)}/") > 0 for line in file)
    except OSError:
        return True


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def members(path: str) -> list[int]:
    """The living processes in it and in what they have made below. Raises ``OSError`` where that cannot be told."""
    try:
        with open(f"{path}/{MEMBERS}", encoding="ascii") as file:
            found = [int(line) for line in file if line.strip() != "0"]
        with os.scandir(path) as entries:
            below = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError as error:
        if error.errno in _GONE:
            return []
        raise
    return found + [pid for each in below for pid in members(each)]


def kill(path: str, spared: Iterable[int]) -> None:
    """Kill all that is in it, but none of ``spared``. Raises ``OSError`` where it cannot be looked at."""
    spared = {os.getpid(), *spared}
    found = set(members(path))
    if not found & spared and _written(f"{path}/cgroup.kill", b"1"):
        return
    killed: set[int] = set()
    for _ in range(KILL_PASSES):
        left = found - spared - killed
        if not left:
            return
        for pid in left:
            try:
                os.kill(pid, 9)
            except (ProcessLookupError, PermissionError):
                pass
        killed |= left
        found = set(members(path))


def enter(path: str) -> bool:
    """Make the cgroup and go there, with what we start from now on; ``False``: nothing has changed."""
    for _ in range(ATTEMPTS):
        try:
            os.mkdir(path)
        except FileExistsError:
            if _may_be_used(path):  # by a run of that number in a state directory that was removed meanwhile
                return False
        except OSError:
            return False
        if _written(f"{path}/{MEMBERS}", b"0"):
            return True
        remove(path)
    return False


def _may_be_used(path: str) -> bool:
    try:
        return bool(members(path))
    except OSError:
        return True


def leave(path: str) -> None:
    """Go back where we came from."""
    _written(f"{os.path.dirname(path)}/{MEMBERS}", b"0")


def remove(path: str) -> None:
    """Take it away, with what is below, if nothing is alive in it."""
    if not _may_be_used(path):
        _remove_all(path)


def _remove_all(path: str) -> None:
    try:
        with os.scandir(path) as entries:
            below = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        for each in below:
            _remove_all(each)
        os.rmdir(path)
    except OSError:
        pass


def sweep(home: str) -> None:
    """Remove the empty cgroups of ended runs."""
    try:
        with os.scandir(home) as entries:
            found = [entry.path for entry in entries if entry.name.startswith(PREFIX)]
    except OSError:
        return
    for path in found:
        remove(path)


def _written(path: str, text: bytes) -> bool:
    try:
        fd = os.open(path, os.O_WRONLY)
    except OSError:
        return False
    try:
        os.write(fd, text)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True
