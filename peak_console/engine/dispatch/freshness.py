"""Whether the files that jobs require are there and new enough, asked in threads: a file system may not answer."""

from __future__ import annotations

from peak_console.engine.supervision.aside import Aside, CrowdedError
from peak_console.jobs.freshness import first_stale

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.clock import Clock
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.engine.supervision.aside import Call
    from peak_console.jobs.model import JobDefinition

PATIENCE_SECONDS = 0.05
"""How long the engine waits for an answer before it goes on; the slot waits then."""
KEPT_SECONDS = 0.5
"""How long an answer counts: within one turn the same is asked several times."""
LOOK_SECONDS = 1.0
"""How often the files are looked at that a slot waits for."""
UNANSWERED = "requires files on a file system that does not answer"


class Freshness:
    """Remembers what was asked a moment ago. Belongs to the engine's thread."""

    def __init__(self, served: ServedJobs, clock: Clock) -> None:
        self._served = served
        self._clock = clock
        self._aside = Aside()
        self._calls: dict[tuple[str, datetime], Call] = {}
        self._known: dict[tuple[str, datetime], tuple[float, str | None]] = {}

    def stale(self, job: JobDefinition, slot: datetime) -> str | None:
        """Why a job's slot may not start yet; ``None`` where all files are as required."""
        key, monotonic = (job.name, slot), self._clock.monotonic()
        known = self._known.get(key)
        if known is not None and monotonic - known[0] < KEPT_SECONDS:
            return known[1]
        answer = self._asked(key, job, slot)
        if len(self._known) > 1000:
            self._known.clear()
        self._known[key] = monotonic, answer
        return answer

    def _asked(self, key: tuple[str, datetime], job: JobDefinition, slot: datetime) -> str | None:
        call = self._calls.get(key)
        if call is None:
            now, base = self._clock.now(), self._served.jobset.base
            try:
                call = self._aside.call(lambda: first_stale(job, job.requires, slot=slot, now=now, run_id=0, base=base))
            except CrowdedError:
                return UNANSWERED
            self._calls[key] = call
        if not call.is_over(PATIENCE_SECONDS):
            return UNANSWERED
        del self._calls[key]
        if call.error is not None:
            return f"requires files that cannot be looked at ({call.error})"
        return None if call.result is None else str(call.result)
