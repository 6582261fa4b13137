"""Keeps the executor prepared while runs are near, and only then: it takes a third of an idle engine's memory."""

from __future__ import annotations

from peak_console.errors import StartError
from peak_console.model.terms import LOCAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.clock import Clock
    from peak_console.engine.state.active_runs import ActiveRuns
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.runs.executors import Executors

NEAR_SECONDS = 60.0
"""How many seconds before a slot the executor is prepared, and how many after its last work it rests."""


class ExecutorPreparation:
    """Prepares an executor ahead of each slot, and lets it rest in between."""

    def __init__(
        self, executors: Executors, served: ServedJobs, runs: ActiveRuns, clock: Clock, longest_sleep: float
    ) -> None:
        """``longest_sleep`` is how many seconds may pass until the engine looks again."""
        self._executors = executors
        self._served = served
        self._runs = runs
        self._clock = clock
        self._early_seconds = NEAR_SECONDS + longest_sleep
        self._needed_at = float("-inf")

    def look(self, now: datetime) -> None:
        """To be called at every turn."""
        monotonic = self._clock.monotonic()
        if self._is_near(now):
            self._needed_at = monotonic
            import json  # noqa: F401 - claims are written in it, and to load it takes longer than to claim

            try:
                self._executors.of(LOCAL).prepare()
            except StartError:  # it will be said when a run cannot start
                pass
        elif monotonic - self._needed_at >= NEAR_SECONDS:
            self._executors.rest()

    def _is_near(self, now: datetime) -> bool:
        """Whether something runs, waits, or is due before an engine that sleeps as long as it may looks again."""
        if len(self._runs.supervisor) or self._runs.queue:
            return True
        slot = self._served.planner.next_at()
        return slot is not None and (slot - now).total_seconds() < self._early_seconds
