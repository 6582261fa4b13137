"""Which runs of the past are asked for, as a value."""

from __future__ import annotations

from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class RunFilter:
    """The runs that fulfil all of this. What is empty or ``None`` asks for nothing."""

    jobs: Sequence[str] | None = None
    """Runs of these jobs only."""
    outcomes: Sequence[str] = ()
    """With one of these ends; ``UNDER_WAY`` stands for a run that has not ended."""
    triggers: Sequence[str] = ()
    late_seconds: float | None = None
    """Started more than so many seconds after their slot."""
    person: str | None = None
    """This person has asked for the run, or stopped it."""
    since: datetime | None = None
    """Recorded, or started, at this moment or later."""
    array: int | None = None
    """The runs of this array; else arrays are asked for as wholes, unless jobs are named as ``sweep[7]``."""
    until: datetime | None = None
    """Recorded, or started, before this moment."""


UNDER_WAY = "under_way"
"""Among the outcomes: the run has not ended."""
