"""Tells of every save of the jobs file: in place, by atomic rename, or by a swapped symlink.

The system tells when to look, where it can: of directories, as a watch on a file is lost with the first rename over
it. What a notice means is decided by the file's own status, so that a lost or spurious one does no harm. A save counts
when it is complete, as far as can be known (``standing``), and has stood for as long as what it would do asks for
(``caution``).
"""

from __future__ import annotations

import os
import threading
from time import monotonic

from peak_console.errors import JobsFileError, StateError
from peak_console.jobs.file import source
from peak_console.jobs.file.loader import load
from peak_console.jobs.watching.caution import NONE, Caution, caution
from peak_console.jobs.watching.standing import STANDING_SECONDS, changed_since, file_status, is_being_written, is_old

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from peak_console.jobs.model import JobSet
    from peak_console.jobs.watching.standing import FileStatus

LOOK_SECONDS = 1.0
"""How often the file's status is compared even when nothing has been told: for NFS, and directories that were lost."""
UNTOLD_SECONDS = 0.25
"""How often it is where the system does not tell at all."""
STEP_MILLISECONDS = 330
"""How often the listener looks for a request: most of the processor time of an idle engine."""
WAIT_SECONDS = 0.25
"""How often a file is looked at that is held back: it may change again."""
GATHER_MILLISECONDS = 200
"""How often a directory is looked at in which files change all the time."""
MAX_LINKS = 40
ERROR_SECONDS = 1.0
"""A file that cannot be used may have been written in part: it is complained of when it has stood this long."""
WRITING_SECONDS = 0.05
"""How often a file is looked at while a program is writing it."""
LONG_SECONDS = 10.0
"""How long a program may be writing the file before the operator is told."""
NEW_SECONDS = 0.1
"""Two saves within one tick of the file system's clock look like one: a new file is read once more after this time."""
BEING_WRITTEN = "the jobs file is open for writing in another program, and counts when that has finished"
HOW_TO_ACCEPT = "to have it at once: peak-console reload --accept"
ALL_CLEAR = ""


class Watcher:
    """A thread that reads the jobs file again whenever it has changed, and hands over what it says.

    ``on_jobs`` gets a complete, valid ``JobSet``; ``on_error`` the whole message of a file that cannot be used;
    ``on_held`` why a save is held back, and an empty text when none is any more. All are called in the watcher's
    thread, after a save that is news. ``known`` is what the file said when it was last read; ``seen`` its status at
    that time; by default, now.
    """

    def __init__(
        self,
        path: str,
        *,
        on_jobs: Callable[[JobSet], None],
        on_error: Callable[[str], None],
        on_held: Callable[[str], None] = lambda _why: None,
        seen: FileStatus | None = None,
        known: JobSet | None = None,
    ) -> None:
        self._path = os.path.abspath(path)
        self._on_jobs = on_jobs
        self._on_error = on_error
        self._on_held = on_held
        self._known = known
        self._status = seen or file_status(self._path)
        self._since = float("-inf")
        """Since when the file has been unchanged and no program has been writing it."""
        self._is_judged = self._status is not None
        """Whether this state of the file has been handed over, or complained of."""
        self._bytes: bytes | None = None
        """What the file held when it was read; ``None`` while this state has not been read."""
        self._found: tuple[JobSet | None, str] | None = None
        """What was made of these bytes."""
        self._writing_since: float | None = None
        self._wanted = False
        self._accepted: FileStatus | None = None
        self._held = ALL_CLEAR
        self._held_for: FileStatus | None = None
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
        self._wanted = True

    def accept(self) -> None:
        """Take up the file as it is now, soon and in the watcher's thread, whatever it would remove."""
        self._accepted = file_status(self._path)

    def settle(self, give_up: Callable[[], bool]) -> None:
        """Take up what has been saved, in the caller's thread, once it counts; returns early if told to give up."""
        while (wait := self.compare()) is not None and not give_up():
            self._stop.wait(min(wait, WAIT_SECONDS))

    @property
    def wants_consent(self) -> bool:
        """Whether the file as it is now is held back for what it would remove. From any thread."""
        return bool(self._held) and self._held_for == self._status

    @property
    def held_back(self) -> JobSet | None:
        """What the file says that is held back for what it would remove. From any thread."""
        found = self._found
        return found[0] if found is not None and self.wants_consent else None

    def read_now(self, accept: bool = False) -> str:
        """Read the file again at once, in the caller's thread; why it is not taken up, or an empty string.

        ``accept`` takes it up whatever it would remove.
        """
        with self._looking:
            self._wanted = True
            if accept:
                self._accepted = file_status(self._path)
            doubt = self._compare(is_asked=True)[1]
            if doubt and self.wants_consent:
                doubt += f"; {HOW_TO_ACCEPT}"
            return doubt or self._error or ""

    def compare(self) -> float | None:
        """Take up the file if it has changed and stands, in the caller's thread.

        Returns in how many seconds to look again; ``None`` when there is nothing to wait for.
        """
        with self._looking:
            return self._compare()[0]

    def _run(self) -> None:
        from peak_console.jobs.watching.notices import listen

        while not self._stop.is_set():
            directories = self._directories()
            listener = listen(directories)
            wait = self.compare()
            if listener is None:
                self._stop.wait(min(wait or UNTOLD_SECONDS, UNTOLD_SECONDS))
                continue
            with listener:
                while not self._stop.is_set() and self._directories() == directories:
                    if wait is None:
                        listener.watch(GATHER_MILLISECONDS, STEP_MILLISECONDS, int(LOOK_SECONDS * 1000), self._stop)
                    else:
                        self._stop.wait(min(wait, WAIT_SECONDS))
                    wait = self.compare()

    def _directories(self) -> dict[str, int]:
        """What to watch, with the inodes as they are now: where the file is, and each link on the way to it."""
        found = {}
        for directory in _way(self._path):
            try:
                found[directory] = os.stat(directory).st_ino
            except OSError:
                continue
        return found

    def _compare(self, *, is_asked: bool = False) -> tuple[float | None, str]:
        """In how many seconds to look again, if at all; and why the file as it is now does not count yet."""
        now, status = monotonic(), file_status(self._path)
        if status != self._status:
            self._status, self._since, self._is_judged, self._found = status, now, False, None
        if self._wanted:
            self._wanted, self._is_judged, self._found = False, False, None
        if self._is_judged:
            return self._look_twice(now), ""
        doubt, seconds = self._unfinished(now)
        if doubt:
            return seconds, doubt
        jobset, error = self._found or self._load()
        if changed_since(self._path, status):
            self._found = None
            return WRITING_SECONDS, BEING_WRITTEN
        self._found = jobset, error
        age = now - self._since
        if jobset is None:
            if age < ERROR_SECONDS and not is_asked:
                return ERROR_SECONDS - age, error
            self._reject(error)
            return None, ""
        care = self._caution(jobset)
        if age < care.seconds:
            return care.seconds - age, self._hold(care)
        self._take_up(jobset)
        return self._look_twice(now), ""

    def _unfinished(self, now: float) -> tuple[str, float]:
        """Why the file may not be complete, and when to look again; an empty text when there is no doubt."""
        if self._status is None:
            return "", 0.0
        is_written = is_being_written(self._path)
        if is_written:
            self._since, self._found = now, None
            self._writing_since = self._writing_since or now
            if now - self._writing_since > LONG_SECONDS:
                self._tell(BEING_WRITTEN)
            return BEING_WRITTEN, WRITING_SECONDS
        self._writing_since = None
        age = now - self._since
        if is_written is None and age < STANDING_SECONDS and not is_old(self._status):
            why = f"the jobs file has changed just now, and counts when it has stood {STANDING_SECONDS:g} s"
            return why, STANDING_SECONDS - age
        return "", 0.0

    def _look_twice(self, now: float) -> float | None:
        """When to read a file again that is so new that a further save may not have changed its status."""
        age = now - self._since
        if self._bytes is None:
            return None
        if age < NEW_SECONDS:
            return NEW_SECONDS - age
        before, self._bytes = self._bytes, None
        try:
            if source.read(self._path) == before:
                return None
        except JobsFileError:
            pass
        self._is_judged, self._found = False, None
        return 0.0

    def _caution(self, jobset: JobSet) -> Caution:
        care = caution(self._known, jobset) if self._known is not None else NONE
        return NONE if care.needs_consent and self._accepted == self._status else care

    def _hold(self, care: Caution) -> str:
        """Why the file as it is now does not count yet; said once of what takes long enough to be read."""
        from peak_console.text import duration

        why = f"{care.reason}; it is held back until it has stood for {duration(care.seconds)}"
        if care.needs_consent and self._held_for != self._status:
            self._held_for = self._status
            self._tell(why)
        return why

    def _tell(self, why: str) -> None:
        """Say once why a save is held back, or that none is any more."""
        if why != self._held:
            self._held = why
            self._on_held(why)

    def _take_up(self, jobset: JobSet) -> None:
        self._is_judged, self._error, self._known = True, None, jobset
        self._on_jobs(jobset)
        self._tell(ALL_CLEAR)

    def _reject(self, error: str) -> None:
        self._is_judged = True
        self._tell(ALL_CLEAR)
        if error != self._error:
            self._error = error
            self._on_error(error)

    def _load(self) -> tuple[JobSet | None, str]:
        """What the file says, or why it cannot be used."""
        try:
            self._bytes = source.read(self._path)
            return load(self._path, self._bytes), ""
        except JobsFileError as error:
            return None, str(error)
        except (OSError, MemoryError) as error:  # a fault beside the file must not end the watching
            return None, str(source.refused(self._path, f"cannot be looked at ({error or 'out of memory'})"))


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
