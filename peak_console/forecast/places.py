"""How many places a set of jobs needs: the smallest limit on runs at a time with which all is in time."""

from __future__ import annotations

from dataclasses import dataclass, replace

from peak_console.decisions.ahead.deadlines import has_deadlines
from peak_console.forecast.deadlines import missed
from peak_console.forecast.figures import busiest, waits_for_place
from peak_console.forecast.forecast import Forecast, forecast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.forecast.forecast import Question
    from peak_console.forecast.past import Past
    from peak_console.jobs.model import JobSet
    from peak_console.store.store import Store


@dataclass(frozen=True, slots=True)
class PlacesNeeded:
    """The smallest limit, and by what it was found."""

    limit: int
    reason: str


def smallest_limit(jobset: JobSet, source: Store | None, question: Question, past: Past) -> PlacesNeeded:
    """The smallest ``max_concurrent_runs`` with which no deadline is missed that could be met. Raises ``StateError``.

    Where there are no deadlines, no run is to wait for a place.
    """
    has_any = has_deadlines(jobset)

    def with_limit(limit: int) -> Forecast:
        settings = replace(jobset.settings, max_concurrent_runs=limit)
        return forecast(replace(jobset, settings=settings), source, question, past=past)

    unlimited = with_limit(0)
    hopeless = len(missed(jobset, unlimited))

    def is_enough(limit: int) -> bool:
        found = with_limit(limit)
        if has_any:
            return len(missed(jobset, found)) <= hopeless
        return not any(waits_for_place(run) for run in found.runs)

    most = busiest(unlimited)
    low, high = 1, max(1, most.runs if most is not None else 1)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle + 1, high)
    now = jobset.settings.max_concurrent_runs or "none"
    what = "a deadline would be missed" if has_any else "a run would wait for one"
    if low == 1:
        return PlacesNeeded(1, f"one place is enough; the limit is now {now}")
    return PlacesNeeded(low, f"with fewer than {low} places {what}; the limit is now {now}")
