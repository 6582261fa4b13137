"""Does ahead of a burst's slot what can be: run directories and output files, and the words for the registry.

Making files can take longer than starting processes: a journal that another program is flushing delays it, and where
many files were deleted lately ext4 searches long for free inodes.
"""

from __future__ import annotations

from peak_console.decisions.policy import Verdict
from peak_console.errors import StartError
from peak_console.model.records import Claim, Run
from peak_console.model.state import JobState
from peak_console.model.terms import RESIDENT_MODES
from peak_console.runs.interface import RunSpec
from peak_console.schedule.slots import Pending
from peak_console.values import compile_initialisers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.clock import Clock
    from peak_console.engine.setup import EngineOptions
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.runs.interface import Executor
    from peak_console.store.store import Store


FEWEST = 16
"""A burst of at most so many runs is not prepared: its files cost too little."""
MOST = 1024
EARLY_SECONDS = 60.0
"""How many seconds before its slot a burst is prepared; an engine that sleeps longer prepares it earlier."""
QUIET_SECONDS = 2.0
"""A burst that is nearer than this is not prepared, so that preparing cannot make it late."""
PORTION_SECONDS = 0.05
"""How many seconds one turn spends on preparing; commands and ends wait meanwhile."""


class OutputPreparation:
    """Makes the directories of the runs of the next slot, by the ids that come next.

    Other runs that take those ids use the directories. A directory that no run uses stays empty.
    """

    def __init__(
        self, options: EngineOptions, clock: Clock, store: Store, served: ServedJobs, executor: Executor
    ) -> None:
        self._options = options
        self._clock = clock
        self._store = store
        self._served = served
        self._executor = executor
        self._slot: datetime | None = None
        self._ids = range(0)
        self._names: list[str] = []

    def lay_out_ahead(self, now: datetime) -> None:
        """Prepare the next slot, a portion at a time, if many jobs share it and it is neither too far nor too near."""
        slot = self._served.planner.next_at()
        is_ours = self._options.mode in RESIDENT_MODES and self._options.keeps_house
        if slot is None or not is_ours or not self._is_time_for(slot, now):
            self._ids, self._names = range(0), []
            return
        if slot != self._slot:
            self._slot = slot
            self._names = self._served.planner.next_names()
            if len(self._names) <= FEWEST:
                self._names = []
            else:
                compile_initialisers(Pending, Verdict, Claim, Run, JobState, RunSpec)
            self._ids = self._coming_ids(min(len(self._names), MOST))
        until = self._clock.monotonic() + PORTION_SECONDS
        while self._ids and self._clock.monotonic() < until:
            try:
                self._executor.prepare(self._ids[:1])
            except StartError:  # it will be said when a run cannot start
                self._ids = range(0)
            self._ids = self._ids[1:]
        while self._names and self._clock.monotonic() < until:
            if (job := self._served.jobs.get(self._names.pop())) is not None:
                self._served.definition_of(job)
                self._served.launcher.shown(job)

    @property
    def has_more(self) -> bool:
        """Whether a portion is left to be prepared soon."""
        return bool(self._ids or self._names)

    def _coming_ids(self, count: int) -> range:
        if not count:
            return range(0)
        first = self._store.last_run_id() + 1
        return range(first, first + count)

    def _is_time_for(self, slot: datetime, now: datetime) -> bool:
        left = (slot - now).total_seconds()
        return QUIET_SECONDS <= left < EARLY_SECONDS + self._options.poll_interval
