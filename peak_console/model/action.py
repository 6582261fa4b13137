"""One entry of the shift log, as a value."""

from __future__ import annotations

from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody has done, and what came of it."""

    id: int
    at: datetime
    person: str
    verb: str
    job: str | None
    run_id: int | None
    message: str
    reason: str | None
    """The reason, or the note, that was given with it."""
