"""Why a slot is late: what an engine has lived through since it was due."""

from __future__ import annotations

from peak_console.decisions.places import RUNS_NAMED, named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from peak_console.clock import Clock
    from peak_console.engine.state.blackouts import EngineBlackouts
    from peak_console.engine.state.engine_status import EngineStatus
    from peak_console.engine.state.holds import JobHolds
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run

LATE_SECONDS = 2.0
"""Whoever starts sooner after its slot is not late."""
RETRY = "retry of an earlier slot"
HELD = "held"
DOWN = "engine was down"
SLEPT = "machine slept"
GATE = "waited for the answer of a gate"
OWN_RUN = "waited for an earlier run of its own"


class Lateness:
    """Remembers holds and sleeps of the machine, to tell of a slot that starts late what it waited for."""

    def __init__(self, clock: Clock, status: EngineStatus, holds: JobHolds, blackouts: EngineBlackouts) -> None:
        self._clock = clock
        self._status = status
        self._holds = holds
        self._blackouts = blackouts
        self._began = clock.now()
        self._asleep = clock.asleep()
        self._held_until: datetime | None = None
        self._slept_until: datetime | None = None

    def look(self, now: datetime) -> None:
        """To be called before each decision: notes a hold, and that the machine has slept since the last time."""
        asleep = self._clock.asleep()
        if asleep - self._asleep > LATE_SECONDS:
            self._slept_until = now
        self._asleep = max(asleep, self._asleep)
        if self._status.hold is not None:
            self._held_until = now

    def why(self, job: JobDefinition, slot: datetime, now: datetime) -> str | None:
        """What a job's slot waited for until it was decided on; ``None`` when it is not late."""
        window = self._blackouts.over(job, slot)
        if window is not None and window.defers:
            return f"waited for the end of the blackout {window.name}"
        return next(self._reasons(job.name, slot, now), None)

    def why_still(self, run: Run, now: datetime) -> str | None:
        """All that a run in the queue has waited for: what was recorded at first, and what came on top of it."""
        since = run.not_before or run.claimed_at
        told = run.late_because or ""
        return (
            "; ".join(filter(None, [told, *(why for why in self._reasons(run.job, since, now) if why not in told)]))
            or None
        )

    def _reasons(self, job: str, since: datetime, now: datetime) -> Iterator[str]:
        if (now - since).total_seconds() < LATE_SECONDS:
            return
        held = [until for until in (self._held_until, self._holds.held_until(job)) if until is not None]
        if held and since <= max(held):
            yield HELD
        if since < self._began:
            yield DOWN
        if self._slept_until is not None and since <= self._slept_until:
            yield SLEPT


def behind(runs: list[Run], starting: list[str]) -> str:
    """What a slot that finds no place waits for: runs, and jobs that start at the same moment."""
    found = [*([named(runs)] if runs else []), *starting[:RUNS_NAMED]]
    return f"waited for a place behind {', '.join(found) or 'others of that moment'}"
