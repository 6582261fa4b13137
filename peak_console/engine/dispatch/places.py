"""Places for what a coming burst of runs will write, made while there is time.

Making files can take longer than starting processes: a journal that somebody else is flushing holds it up, and where
much has been deleted lately ext4 looks long for free inodes.
"""

from __future__ import annotations

from peak_console.errors import StartError
from peak_console.model.terms import LOCAL, RESIDENT_MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.engine.context import EngineContext

FEWEST = 16
"""Of so few runs nobody notices what their files cost."""
MOST = 1024
EARLY_SECONDS = 60.0
"""So long before it a burst is prepared, or when an engine that sleeps as long as it may looks before that."""
QUIET_SECONDS = 2.0
"""A burst that is nearer than this is not prepared: nothing may make it late."""
PORTION_SECONDS = 0.05
"""How long commands and ends wait for this at a time."""


class Places:
    """Lays out the directories of the runs that the next slot will get, by the ids that come next.

    Should other runs take those ids, they find their places laid out. What is laid out and never used is empty.
    """

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._executor = context.runs.supervisor.executors.of(LOCAL)
        self._slot: datetime | None = None
        self._ids = range(0)

    def lay_out_ahead(self, now: datetime) -> None:
        """Prepare the next slot, a portion at a time, if many jobs share it and it is neither far nor too near."""
        context = self._context
        slot = context.served.planner.next_at()
        is_ours = context.options.mode in RESIDENT_MODES and context.options.keeps_house
        if slot is None or not is_ours or not self._is_time_for(slot, now):
            self._ids = range(0)
            return
        if slot != self._slot:
            self._slot = slot
            self._ids = self._coming_ids()
        until = context.clock.monotonic() + PORTION_SECONDS
        while self._ids and context.clock.monotonic() < until:
            try:
                self._executor.prepare(self._ids[:1])
            except StartError:  # it will be said when a run cannot start
                self._ids = range(0)
            self._ids = self._ids[1:]

    @property
    def has_more(self) -> bool:
        """Whether a portion is left to be laid out soon."""
        return bool(self._ids)

    def _coming_ids(self) -> range:
        count = self._context.served.planner.how_many_next()
        if count <= FEWEST:
            return range(0)
        first = self._context.store.last_run_id() + 1
        return range(first, first + min(count, MOST))

    def _is_time_for(self, slot: datetime, now: datetime) -> bool:
        left = (slot - now).total_seconds()
        return QUIET_SECONDS <= left < EARLY_SECONDS + self._context.options.poll_interval
