"""What forecasts say in figures: the busiest moment, and how a slot fares over many futures."""

from __future__ import annotations

from dataclasses import dataclass

from peak_console.model.terms import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from peak_console.forecast.forecast import Forecast, ForecastRun

LOW, MIDDLE, HIGH = 0.05, 0.5, 0.95
PLACE = "waited for a place"
"""Begins what is recorded of a run that found no place free."""


@dataclass(frozen=True, slots=True)
class Busiest:
    """When most runs go on side by side."""

    at: datetime
    runs: int


@dataclass(frozen=True, slots=True)
class Spread:
    """A moment as it falls in many futures: nine in ten lie between ``low`` and ``high``."""

    low: datetime
    middle: datetime
    high: datetime


@dataclass(frozen=True, slots=True)
class SlotFigures:
    """How one slot fares over many futures, with all its attempts."""

    job: str
    slot: datetime
    futures: int
    starts: Spread | None
    ready: Spread | None
    """When it has succeeded, in the futures in which it does."""
    succeeded: int
    """In how many futures."""
    outcomes: tuple[tuple[str, int], ...]
    """Its last attempt's outcome, and in how many futures, the most frequent first."""
    ready_at: tuple[datetime, ...]
    """When it has succeeded, in each future in which it does, earliest first."""

    def share_before(self, moment: datetime) -> float:
        """In what part of the futures it has succeeded by a moment."""
        return sum(at <= moment for at in self.ready_at) / self.futures


def busiest(forecast: Forecast) -> Busiest | None:
    """The moment at which most runs go on; ``None`` when nothing runs."""
    changes: list[tuple[datetime, int]] = []
    for run in forecast.runs:
        if run.starts_at is not None:
            changes.append((run.starts_at, 1))
            changes.append((run.ends_at or forecast.end, -1))
    best, going = None, 0
    for at, change in sorted(changes):  # an end comes before a start of the same moment
        going += change
        if best is None or going > best.runs:
            best = Busiest(at, going)
    return best


def waits_for_place(run: ForecastRun) -> bool:
    """Whether a run starts late, or not at all, because no place is free."""
    return PLACE in (run.late_because or "")


def slots_in(futures: Sequence[Forecast]) -> list[SlotFigures]:
    """The figures of each slot that any of the futures has, in the order of the slots."""
    found: dict[tuple[datetime, str], list[list[ForecastRun]]] = {}
    for future in futures:
        mine: dict[tuple[datetime, str], list[ForecastRun]] = {}
        for run in future.runs:
            if run.slot is not None:
                mine.setdefault((run.slot, run.job), []).append(run)
        for key, attempts in mine.items():
            found.setdefault(key, []).append(attempts)
    return [_figures(job, slot, slots, len(futures)) for (slot, job), slots in sorted(found.items())]


def _figures(job: str, slot: datetime, slots: Sequence[Sequence[ForecastRun]], futures: int) -> SlotFigures:
    starts = sorted(first.starts_at for first, *_ in slots if first.starts_at is not None)
    lasts = [max(attempts, key=lambda run: run.attempt) for attempts in slots]
    ready = sorted(run.ends_at for run in lasts if run.outcome == Outcome.SUCCEEDED and run.ends_at is not None)
    counts: dict[str, int] = {}
    for run in lasts:
        counts[run.outcome] = counts.get(run.outcome, 0) + 1
    ordered = tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    succeeded = counts.get(Outcome.SUCCEEDED, 0)
    return SlotFigures(job, slot, futures, _spread(starts), _spread(ready), succeeded, ordered, tuple(ready))


def _spread(moments: Sequence[datetime]) -> Spread | None:
    if not moments:
        return None
    low, middle, high = (moments[round(share * (len(moments) - 1))] for share in (LOW, MIDDLE, HIGH))
    return Spread(low, middle, high)


def longest_wait(runs: Iterable[ForecastRun]) -> ForecastRun | None:
    """The run that waits longest for a place; ``None`` when none does."""
    return max(filter(waits_for_place, runs), key=lambda run: run.waits_seconds, default=None)
