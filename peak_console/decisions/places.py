"""Who has the places that runs are limited to, and who waits for one: for front ends, and for the engine's warning."""

from __future__ import annotations

from peak_console.model.records import RunState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from peak_console.model.records import Run

RUNS_NAMED = 3


class PlacesTaken:
    """The places, and the slots that wait, at one moment."""

    __slots__ = ("active", "limit", "now", "waiting")

    def __init__(self, unfinished: Iterable[Run], limit: int, now: datetime) -> None:
        runs = list(unfinished)
        self.limit = limit
        """0 is no limit."""
        self.now = now
        self.active = [run for run in runs if run.state != RunState.QUEUED]
        self.waiting = [
            run for run in runs if run.state == RunState.QUEUED and (run.not_before is None or run.not_before <= now)
        ]
        """Those whose time has come; a retry that is not due yet waits for nobody."""

    def waited_seconds(self, run: Run) -> float:
        """How long a run has waited for its turn."""
        return max(0.0, (self.now - (run.not_before or run.claimed_at)).total_seconds())

    @property
    def longest_wait(self) -> float:
        return max(map(self.waited_seconds, self.waiting), default=0.0)

    def behind(self, run: Run) -> str:
        """Whom a waiting run waits for: an earlier one of its own job, or all that have a place."""
        return named([each for each in self.active if each.job == run.job] or self.active)


def named(runs: list[Run]) -> str:
    """Runs in words: ``backup #12, report #13 and 4 more``."""
    words = ", ".join(f"{run.job} #{run.id}" for run in runs[:RUNS_NAMED])
    return words + (f" and {len(runs) - RUNS_NAMED} more" if len(runs) > RUNS_NAMED else "")
