"""Places for what a coming burst of runs will write, made while there is time.

Making files can take longer than starting processes: a journal that somebody else is flushing holds it up, and where
much has been deleted lately ext4 looks long for free inodes.
"""

from __future__ import annotations

from peak_console.errors import StartError
from peak_console.runs.marks import lay_out
from peak_console.store.directory import run_directory
from peak_console.store.terms import RESIDENT_MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.engine.context import EngineContext

FEWEST = 16
"""Of so few runs nobody notices what their files cost."""
MOST = 256
QUIET_SECONDS = 2.0
"""A burst that is nearer than this is not prepared: nothing may make it late."""
LONGEST_SECONDS = 0.25
"""How long commands and ends wait for this at the most."""


class Places:
    """Lays out the directories of the runs that the next slot will get, by the ids that come next.

    Should other runs take those ids, they find their places laid out. What is laid out and never used is empty.
    """

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._done_for: datetime | None = None

    def lay_out_ahead(self, now: datetime) -> None:
        """Prepare the next slot, once, if many jobs share it and it is some time ahead."""
        context = self._context
        slot = context.planner.next_at()
        if slot is None or slot == self._done_for or context.options.mode not in RESIDENT_MODES:
            return
        if (slot - now).total_seconds() < QUIET_SECONDS:
            return
        self._done_for = slot
        count = context.planner.how_many_next()
        if count <= FEWEST:
            return
        until = context.clock.monotonic() + LONGEST_SECONDS
        newest = context.store.last_run_id()
        for run_id in range(newest + 1, newest + 1 + min(count, MOST)):
            if context.clock.monotonic() > until:
                return
            try:
                lay_out(run_directory(context.directory, run_id))
            except StartError:  # it will be said when a run cannot start
                return
