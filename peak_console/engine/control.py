"""What other threads, and signal handlers, ask of an engine, and what they learn of it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from peak_console.jobs.model import JobSet


class Control:
    """The side of an engine that any thread may use at any time, before the engine is made and after it has ended.

    What is asked for is a plain flag or value, and a ring that wakes the engine.
    """

    def __init__(self) -> None:
        self._ring: Callable[[], None] = lambda: None
        self._running: Callable[[], Sequence[str]] = lambda: ()
        self._offered: JobSet | None = None
        self._rejection: str | None = None
        self._held_back: str | None = None
        self._drain = False
        self._stop = False
        self._leave = False
        self.trouble: tuple[str, datetime] | None = None
        """What keeps the engine from recording anything, and therefore from starting anything, since when."""

    # For other threads.

    def drain(self) -> None:
        """Start nothing new, wait until the last run has ended, then end."""
        self._drain = True
        self.wake()

    def stop_runs(self) -> None:
        """Drain, and ask every run to end."""
        self._stop = True
        self.drain()

    def leave_runs(self) -> None:
        """End at once and leave the runs to the next engine."""
        self._leave = True
        self.drain()

    def offer(self, jobset: JobSet) -> None:
        """Hand over new definitions, complete and valid."""
        self._offered = jobset
        self.wake()

    def reject(self, error: str) -> None:
        """Say that the jobs file as it stands cannot be used."""
        self._rejection = error
        self.wake()

    def hold_back(self, why: str) -> None:
        """Say why the jobs file as it stands does not count yet; with an empty text, that it does."""
        self._held_back = why
        self.wake()

    def wake(self) -> None:
        """Wake the engine, if it sleeps."""
        self._ring()

    def running(self) -> Sequence[str]:
        """The runs that the engine looks after: ``backup #12``."""
        return self._running()

    # For the engine.

    @property
    def wants_drain(self) -> bool:
        """Whether the engine has been asked to start nothing new."""
        return self._drain

    @property
    def wants_stop(self) -> bool:
        """Whether the engine has been asked to stop its runs."""
        return self._stop

    @property
    def wants_leave(self) -> bool:
        """Whether the engine has been asked to end without waiting for its runs."""
        return self._leave

    @property
    def is_asked(self) -> bool:
        """Whether there is anything that the engine has not taken yet, or an order to leave."""
        taken = self._offered is None and self._rejection is None and self._held_back is None
        return self._drain or not taken

    def connect(self, ring: Callable[[], None]) -> None:
        """Say what wakes the engine; safe in any thread and in a signal handler."""
        self._ring = ring

    def report_running(self, running: Callable[[], Sequence[str]]) -> None:
        """Say what tells which runs the engine looks after, in any thread."""
        self._running = running

    @property
    def offered(self) -> JobSet | None:
        """The definitions that were handed over and not taken yet."""
        return self._offered

    def take_offer(self) -> JobSet | None:
        """The definitions that were handed over, once."""
        offered, self._offered = self._offered, None
        return offered

    def take_rejection(self) -> str | None:
        """Why the jobs file cannot be used, once."""
        rejection, self._rejection = self._rejection, None
        return rejection

    def take_hold_back(self) -> str | None:
        """Why the jobs file does not count yet, or an empty text, once."""
        held_back, self._held_back = self._held_back, None
        return held_back

    def give_back(
        self, *, offered: JobSet | None = None, rejection: str | None = None, held_back: str | None = None
    ) -> None:
        """Have what was taken be taken again, unless something newer has come."""
        if self._offered is None:
            self._offered = offered
        if self._rejection is None:
            self._rejection = rejection
        if self._held_back is None:
            self._held_back = held_back
