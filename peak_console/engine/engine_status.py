"""What an engine may do at present, and how many runs have ended under it."""

from __future__ import annotations

from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.model.state import Hold


@dataclass(slots=True)
class EngineStatus:
    """Changed by commands, signals and ends of runs."""

    hold: Hold | None = None
    """The hold on all jobs, as this engine last read it."""
    draining: bool = False
    """Whether it starts nothing more and leaves once its runs have ended."""
    succeeded: int = 0
    """How many runs have ended with success."""
    failed: int = 0
    """How many runs have failed for good, with no attempt to follow."""

    @property
    def may_start(self) -> bool:
        """Whether runs may start at all."""
        return self.hold is None and not self.draining
