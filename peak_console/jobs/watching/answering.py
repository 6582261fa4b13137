"""A time limit on asking file systems: one that does not answer gets a sentence, where a program would hang for ever.

Nothing can be done in the thread that waits: such a call takes no signal. Another thread says it, and ends the program.
"""

from __future__ import annotations

import os
from _thread import allocate_lock, start_new_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

LIMIT_SECONDS = 5.0
MOST_SHOWN = 8
SHARED = ("nfs", "cifs", "smb", "fuse", "9p", "ceph", "afs", "lustre", "gluster", "gpfs", "autofs", "ocfs2", "virtiofs")
"""How the names of file systems begin that may stop answering while the machine runs on."""


class Answering:
    """``with Answering("the state directory /srv/state"):`` ends the program if that does not answer in time."""

    def __init__(self, what: str, seconds: float = LIMIT_SECONDS) -> None:
        self._what = what
        self._seconds = seconds
        self._asking = allocate_lock()

    def __enter__(self) -> None:
        self._asking.acquire()
        try:
            start_new_thread(self._watch, ())
        except RuntimeError:  # the machine has no room for a thread: then without a limit
            pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._asking.release()

    def _watch(self) -> None:
        if not self._asking.acquire(timeout=self._seconds):
            os.write(2, f"peak-console: {silence(self._what, self._seconds)}\n".encode(errors="replace"))
            os._exit(1)


def silence(what: str, seconds: float = LIMIT_SECONDS, mounts: str = "/proc/self/mountinfo") -> str:
    """The sentence about what does not answer, with the file systems that may be the reason."""
    from peak_console.text import safe

    found = _may_hang(mounts)
    named = f"; it may be one of: {', '.join(map(safe, found[:MOST_SHOWN]))}" if found else ""
    return f"{safe(what)} does not answer within {seconds:g} s; see whether its file system is alive{named}"


def _may_hang(mounts: str) -> list[str]:
    try:
        with open(mounts, encoding="utf-8", errors="replace") as file:
            lines = [line.split() for line in file]
    except OSError:
        return []
    found = [(words[4], words[words.index("-") + 1]) for words in lines if "-" in words]
    return [f"{place} ({kind})" for place, kind in found if kind.startswith(SHARED) and not place.startswith("/sys/")]


def probe_jobs_file(path: str) -> None:
    """End the program with a sentence if the jobs file's file system does not answer."""
    probe(f"the jobs file {path}", [path])


def probe_state(directory: str) -> None:
    """End the program with a sentence if the state directory's file system does not answer."""
    probe(f"the state directory {directory}", [directory, os.path.join(directory, "registry.db")])


def probe(what: str, paths: Iterable[str]) -> None:
    """Ask for some paths, whether they are there or not; ends the program if they do not answer in time."""
    with Answering(what):
        for path in paths:
            try:
                os.stat(path)
            except (OSError, ValueError):
                pass
