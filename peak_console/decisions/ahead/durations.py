"""How long a run will take, by the last ones of its job and by how long it has taken already. Pure."""

from __future__ import annotations

from peak_console.model.terms import Outcome
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

REMEMBERED = 50
"""So many of a job's last runs tell how long the next one takes."""
LATE = 0.9
"""The share of runs that are over by the late end of an expectation."""
LONGER = (1.25, 1.75)
"""A run that takes longer than any before is expected to take so many times as long as it has until now."""


@dataclass(frozen=True, slots=True)
class Duration:
    """How many seconds a run takes: usually, and at the most in nine of ten cases."""

    usual: float
    late: float


def durations_that_count(attempts: Sequence[tuple[float, str, int | None]]) -> list[float]:
    """Of a job's last runs, each with its seconds, outcome and return code: how long the good ones took.

    Where none was good, all of them count.
    """
    good = [seconds for seconds, outcome, _ in attempts if outcome == Outcome.SUCCEEDED]
    return good or [seconds for seconds, _, _ in attempts]


def expected(known: Sequence[float], elapsed: float = 0.0) -> Duration | None:
    """How long a run takes in all that goes on for ``elapsed`` seconds; ``None`` without a history.

    Of the runs before those count that took longer than it has taken until now.
    """
    if not known:
        return None
    longer = sorted(seconds for seconds in known if seconds > elapsed)
    if not longer:
        longest = max(elapsed, *known)
        return Duration(longest * LONGER[0], longest * LONGER[1])
    return Duration(quantile(longer, 0.5), quantile(longer, LATE))


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which a share of some values lies, between two of them where it falls so."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def how_unusual(known: Sequence[float], elapsed: float) -> float | None:
    """How many times its usual duration a run has taken, where that is longer than nine of ten; ``None`` if not."""
    if len(known) < 3:
        return None
    ordered = sorted(known)
    usual = quantile(ordered, 0.5)
    if usual <= 0 or elapsed <= quantile(ordered, LATE) or elapsed < 1.2 * usual:
        return None
    return elapsed / usual
