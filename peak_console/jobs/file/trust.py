"""Who else decides what a file says: users who may write to it, or replace it in a directory above it.

A jobs file to which everybody can write is refused. The other cases may be meant (a deployment's user owns the file, a
group keeps it, a container's volume is open): they are warned of, the group's by ``validate`` and ``doctor`` only.
"""

from __future__ import annotations

import os
import stat

from peak_console.text import safe
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Final

EVERYBODY: Final = "everybody"
OWNER: Final = "another user"
GROUP: Final = "a group"
WITHOUT_MODES: Final = ("9p", "drvfs", "vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "virtiofs", "vboxsf")
"""File systems on which a mode says nothing, and ``chmod`` mends nothing."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """Another user, or a group, that may write to a place."""

    place: str
    kind: str
    """One of the words above."""
    who: str
    mend: str
    """The command line that ends it."""

    def sentence(self, effect: str) -> str:
        """What they can do, and how to end it."""
        place = safe(self.place)
        if self.kind == EVERYBODY:
            return f"everybody can write to {place}, and so {effect}; run: {safe(self.mend)}"
        if self.kind == OWNER:
            return f"{place} belongs to user {self.who}, who can {effect}; unless that is meant: {safe(self.mend)}"
        return f"group {self.who} can write to {place}, and so {effect}; unless that is meant: {safe(self.mend)}"


def strangers(path: str, *, groups: bool = False) -> Iterator[Stranger]:
    """Who else may write to a file or directory or to one above it, the nearest first; with ``groups`` also those.

    A place that cannot be looked at is passed over. In a directory with the sticky bit no user replaces another's file.
    """
    try:
        place = os.path.realpath(path)
    except OSError:  # the working directory was removed
        return
    while True:
        try:
            status = os.stat(place)
        except (OSError, ValueError):
            pass
        else:
            found = _stranger(place, status, groups=groups)
            if found is not None:
                yield found
        above = os.path.dirname(place)
        if above == place:
            return
        place = above


def _stranger(place: str, status: os.stat_result, *, groups: bool) -> Stranger | None:
    protected = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
    is_open = bool(status.st_mode & 0o022) and not protected and not _has_no_modes(place, status)
    if not is_open and status.st_uid in (os.geteuid(), 0):
        return None
    from shlex import quote

    if status.st_mode & stat.S_IWOTH and is_open:
        return Stranger(place, EVERYBODY, "", f"chmod o-w {quote(place)}")
    if status.st_uid not in (os.geteuid(), 0) and not _is_unmapped(status.st_uid):
        return Stranger(place, OWNER, _user(status.st_uid), f"chown {me()} {quote(place)}")
    if groups and status.st_mode & stat.S_IWGRP and is_open and not _is_private(status.st_gid):
        return Stranger(place, GROUP, _group(status.st_gid), f"chmod g-w {quote(place)}")
    return None


def _has_no_modes(place: str, status: os.stat_result) -> bool:
    """Whether the mode of a place says nothing: it is mounted read-only, or its file system knows no modes."""
    try:
        if os.statvfs(place).f_flag & os.ST_RDONLY:
            return True
    except OSError:
        return False
    return _is_without_modes(status.st_dev)


def _is_without_modes(device: int) -> bool:
    number = f"{os.major(device)}:{os.minor(device)}"
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
            mounts = [line.split() for line in file]
    except OSError:
        return False
    return any(words[2] == number and words[words.index("-") + 1] in WITHOUT_MODES for words in mounts if "-" in words)


def _is_unmapped(uid: int) -> bool:
    """Whether a user is the one that a container shows for all whom it does not know: then nothing is known."""
    try:
        with open("/proc/sys/kernel/overflowuid", encoding="ascii") as file:
            if uid != int(file.read()):
                return False
        with open("/proc/self/uid_map", encoding="ascii") as file:
            return file.read().split() != ["0", "0", "4294967295"]
    except (OSError, ValueError):
        return False


def _is_private(gid: int) -> bool:
    """Whether a group is root's, or has the user as its only member, as many systems give each user one."""
    import grp

    if gid == 0:
        return True
    try:
        found = grp.getgrgid(gid)
    except KeyError:
        return False
    return found.gr_name == me() and not [name for name in found.gr_mem if name != me()]


def me() -> str:
    """The name of the user of this process, as whom jobs run."""
    return _user(os.geteuid())


def _user(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def doubts_of_file(path: str, directory: str, *, groups: bool = False) -> Iterator[tuple[bool, str]]:
    """Who else decides what the jobs file at a path says, and what jobs find in their working directory.

    For each of them whether that forbids to use the file, and a sentence.
    """
    file, told = os.path.realpath(path), set()
    for found in strangers(path, groups=groups):
        told.add(found.place)
        is_file = found.place == file
        effect = f"decide what runs as {me()}" if is_file else "replace the jobs file"
        yield is_file and found.kind == EVERYBODY, found.sentence(effect)
    for found in strangers(directory, groups=groups):
        if found.place not in told:
            yield False, found.sentence("decide what jobs find in the working directory")


def doubts_of_job(paths: Iterable[str], told: set[str]) -> Iterator[str]:
    """Who else decides what a job runs: its directory, its program, its script; each place once."""
    for path in paths:
        for found in strangers(path, groups=True):
            if found.place not in told:
                told.add(found.place)
                yield found.sentence("decide what it runs")
