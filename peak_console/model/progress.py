"""How far an array has come, as a value."""

from __future__ import annotations

from peak_console.values import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the runs of an array have come, each counted once by its last attempt."""

    size: int = 0
    succeeded: int = 0
    failed: int = 0
    """Ended in any other way than well."""
    under_way: int = 0
    """Claimed, submitted or running."""

    @property
    def ended(self) -> int:
        return self.succeeded + self.failed

    @property
    def waiting(self) -> int:
        """How many wait for their turn, or for another attempt."""
        return self.size - self.ended - self.under_way
