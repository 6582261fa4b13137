"""Why a slot is late: what an engine has lived through since it was due."""

from __future__ import annotations

from peak_console.decisions.places import RUNS_NAMED, named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.engine.context import EngineContext
    from peak_console.model.records import Run

LATE_SECONDS = 2.0
"""Whoever starts sooner after its slot is not late."""
RETRY = "retry of an earlier slot"
OWN_RUN = "waited for an earlier run of its own"


class Lateness:
    """Remembers holds and leaps of the clock, to tell of a slot that is claimed late what it waited for."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._began = context.clock.now()
        self._seen = (self._began, context.clock.monotonic())
        self._held_until: datetime | None = None
        self._slept_until: datetime | None = None

    def look(self, now: datetime) -> None:
        """To be called before each decision: notes a hold, and a clock that went on while this process did not."""
        monotonic = self._context.clock.monotonic()
        before, before_monotonic = self._seen
        if (now - before).total_seconds() - (monotonic - before_monotonic) > LATE_SECONDS:
            self._slept_until = now
        if self._context.hold is not None:
            self._held_until = now
        self._seen = (now, monotonic)

    def why(self, slot: datetime, now: datetime) -> str | None:
        """What a slot waited for until it was decided on; ``None`` when it is not late."""
        if (now - slot).total_seconds() < LATE_SECONDS:
            return None
        if self._held_until is not None and slot <= self._held_until:
            return "held"
        if slot < self._began:
            return "engine was down"
        if self._slept_until is not None and slot <= self._slept_until:
            return "machine slept"
        return None


def behind(runs: list[Run], starting: list[str]) -> str:
    """What a slot that finds no place waits for: runs, and jobs that start at the same moment."""
    found = [*([named(runs)] if runs else []), *starting[:RUNS_NAMED]]
    return f"waited for a place behind {', '.join(found) or 'others of that moment'}"
