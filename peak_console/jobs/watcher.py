"""Tells of every save of the jobs file: in place, by atomic rename, or by a swapped symlink.

The system tells when to look, where it can: of directories, as a watch on a file is lost with the first rename over
it. What a notice means is decided by the file's own status, so that a lost or spurious one does no harm.
"""

from __future__ import annotations

import os
import threading
from time import sleep

from peak_console.errors import JobsFileError, StateError
from peak_console.jobs.loader import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from peak_console.jobs.model import JobSet

    FileStatus = tuple[int, ...]
    """What changes with every kind of save."""

LOOK_SECONDS = 1.0
"""How often the file's status is compared even when nothing has been told: for NFS, and directories that were lost."""
UNTOLD_SECONDS = 0.25
"""How often it is where the system does not tell at all."""
STEP_MILLISECONDS = 330
"""How often the listener looks whether it has been told something: nearly all that an idle engine costs."""
GATHER_MILLISECONDS = 200
"""A directory in which something happens all the time is looked at this often."""
MAX_LINKS = 40
SETTLE_SECONDS = 0.05
"""A file that cannot be read as it is may be half written: it gets this long before it is judged."""


def file_status(path: str) -> FileStatus | None:
    """By what a file is known to be as it was; ``None`` while there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev


class Watcher:
    """A thread that reads the jobs file again whenever it has changed, and hands over what it says.

    ``on_jobs`` gets a complete, valid ``JobSet``; ``on_error`` the whole message of a file that cannot be used. Both
    are called in the watcher's thread, after a save that is news. ``seen`` is the file's status when it was last read;
    by default, now.
    """

    def __init__(
        self,
        path: str,
        *,
        on_jobs: Callable[[JobSet], None],
        on_error: Callable[[str], None],
        seen: FileStatus | None = None,
    ) -> None:
        self._path = os.path.abspath(path)
        self._on_jobs = on_jobs
        self._on_error = on_error
        self._seen = seen or file_status(self._path)
        self._error: str | None = None
        self._stop = threading.Event()
        self._looking = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="jobs-file-watcher", daemon=True)

    def start(self) -> None:
        # What the thread loads may need it (zone data does). A dataclass that another thread defines just then would
        # find it half loaded, which is an error: dataclasses looks for it without waiting.
        import typing  # noqa: F401

        try:
            self._thread.start()
        except RuntimeError:
            raise StateError(
                "the machine has no room for another thread, so that saves of the jobs file would go unnoticed; see"
                " its limits (ulimit -u, ulimit -v, TasksMax), and start this again"
            ) from None

    def stop(self) -> None:
        """End the thread; returns once it has ended. Without effect when it was never started."""
        if self._thread.is_alive():
            self._stop.set()
            self._thread.join()

    def look(self) -> None:
        """Read the file again even if it looks unchanged, soon and in the watcher's thread."""
        self._seen = None

    def read_now(self) -> str:
        """Read the file again at once, in the caller's thread; the error, or an empty string."""
        with self._looking:
            self._seen = file_status(self._path)
            self._read()
            return self._error or ""

    def _run(self) -> None:
        from peak_console.jobs.notices import listen

        while not self._stop.is_set():
            directories = self._directories()
            listener = listen(directories)
            self.compare()
            if listener is None:
                self._stop.wait(UNTOLD_SECONDS)
                continue
            with listener:
                while not self._stop.is_set() and self._directories() == directories:
                    listener.watch(GATHER_MILLISECONDS, STEP_MILLISECONDS, int(LOOK_SECONDS * 1000), self._stop)
                    self.compare()

    def _directories(self) -> dict[str, int]:
        """What to watch, with the inodes as they are now: where the file is, and each link on the way to it."""
        found = {}
        for directory in _way(self._path):
            try:
                found[directory] = os.stat(directory).st_ino
            except OSError:
                continue
        return found

    def compare(self) -> None:
        """Read the file again if it has changed, in the caller's thread."""
        with self._looking:
            status = file_status(self._path)
            if status == self._seen and (status is not None or self._error is not None):
                return
            self._seen = status
            self._read()

    def _read(self) -> None:
        jobset, error = self._load()
        if jobset is None or not jobset.jobs:
            # Slow writers show half a file, and every save in place an empty one for an instant; what is still so a
            # moment later is meant.
            sleep(SETTLE_SECONDS)
            jobset, error = self._load()
        if jobset is not None:
            self._error = None
            self._on_jobs(jobset)
        elif error != self._error:
            self._error = error
            self._on_error(error)

    def _load(self) -> tuple[JobSet | None, str]:
        """What the file says, or why it cannot be used."""
        try:
            return load(self._path), ""
        except JobsFileError as error:
            return None, str(error)


def _way(path: str) -> set[str]:
    """The directories with the links that lead to an absolute path's file, and the file's own.

    Not the root: it changes only with the system, and on macOS to watch it is to watch everything.
    """
    found = set()
    here, names, links = "/", path.split("/"), 0
    while names:
        name = names.pop(0)
        there = os.path.normpath(os.path.join(here, name))
        if name and os.path.islink(there) and (links := links + 1) <= MAX_LINKS:
            found.add(here)
            target = os.readlink(there)
            names = target.split("/") + names
            here = "/" if target.startswith("/") else here
        else:
            here = there
    found.add(os.path.dirname(here))
    return found - {"/"}
