"""How many more runs may start at this moment, under ``max_concurrent_runs``."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.jobs.model import JobDefinition


class Capacity:
    """A limit on runs at a time, and the places that are taken."""

    __slots__ = ("limit", "taken")

    def __init__(self, limit: int, taken: int) -> None:
        self.limit = limit
        """The most runs at a time; 0 means any number."""
        self.taken = taken
        """How many places are taken. A caller whose transaction fails sets it back."""

    @property
    def is_full(self) -> bool:
        """Whether no further run may start now."""
        return self.limit > 0 and self.taken >= self.limit

    @property
    def free(self) -> int | None:
        """How many more runs may start now; ``None`` means any number."""
        return max(0, self.limit - self.taken) if self.limit else None

    def take(self, _job: JobDefinition) -> bool:
        """Take a place for a run of a job; ``False`` if none is free. Every job takes one place."""
        if self.is_full:
            return False
        self.taken += 1
        return True
