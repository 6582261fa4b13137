"""What other threads, and signal handlers, want of an engine: plain flags, and a ring that wakes it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.jobs.model import JobSet
    from peak_console.store.bell import Doorbell


class Wishes:
    """All of it may be called from any thread, at any time."""

    bell: Doorbell
    """There from ``begin`` to ``close``."""

    def __init__(self) -> None:
        self._offered: JobSet | None = None
        self._rejection: str | None = None
        self._held_back: str | None = None
        self._drain_wanted = False
        self._stop_wanted = False
        self._leave_wanted = False

    def drain(self) -> None:
        """Start nothing new, wait for what runs, then stop."""
        self._drain_wanted = True
        self.ring()

    def stop_runs(self) -> None:
        """Drain, and ask every run to end."""
        self._stop_wanted = True
        self.drain()

    def leave_runs(self) -> None:
        """Stop at once and leave what runs to the next engine."""
        self._leave_wanted = True
        self.drain()

    @property
    def is_draining(self) -> bool:
        """Whether it has been asked to start nothing new."""
        return self._drain_wanted

    def offer(self, jobset: JobSet) -> None:
        """Hand over new definitions, complete and valid."""
        self._offered = jobset
        self.ring()

    def reject(self, error: str) -> None:
        """Say that the jobs file as it stands cannot be used."""
        self._rejection = error
        self.ring()

    def hold_back(self, why: str) -> None:
        """Say why the jobs file as it stands does not count yet; with an empty text, that it does."""
        self._held_back = why
        self.ring()

    def ring(self) -> None:
        """Wake the engine."""
        bell = getattr(self, "bell", None)
        if bell is not None:
            bell.ring()
