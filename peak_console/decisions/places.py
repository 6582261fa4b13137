"""Which runs have the limited places, and which wait for one: for front ends, and for the engine's warning."""

from __future__ import annotations

from peak_console.model.records import RunState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from datetime import datetime

    from peak_console.model.records import Run

RUNS_NAMED = 3


class PlacesTaken:
    """The places, and the slots that wait, at one moment."""

    __slots__ = (
        "_not_served",
        "_queued",
        "_served",
        "active",
        "arrays",
        "awaiting",
        "held",
        "limit",
        "now",
        "unserved",
        "waiting",
    )

    def __init__(
        self,
        unfinished: Iterable[Run],
        limit: int,
        now: datetime,
        *,
        held: bool = False,
        served: bool = True,
        not_served: Container[str] = (),
    ) -> None:
        """Sort runs by who has a place and who waits.

        ``held``: nothing new starts. ``served``: an engine is there. ``not_served``: the jobs that none selects.
        """
        runs = list(unfinished)
        self.limit = limit
        """0 is no limit."""
        self.now = now
        self.held = held
        self._served, self._not_served = served, not_served
        self.active = [run for run in runs if run.state != RunState.QUEUED and not run.is_array]
        self.arrays = [run for run in runs if run.state != RunState.QUEUED and run.is_array]
        """Arrays under way: their runs have places, the wholes have none."""
        self._queued = [run for run in runs if run.state == RunState.QUEUED]
        due = [run for run in self._queued if run.awaits is None and (run.not_before is None or run.not_before <= now)]
        self.waiting = [run for run in due if run.job not in not_served]
        """Those whose time has come; a retry that is not due yet waits for nobody."""
        self.unserved = [run for run in due if run.job in not_served]
        """Those that wait for an engine that selects their jobs: they are behind nobody."""
        self.awaiting = [run for run in self._queued if run.awaits is not None]
        """Those that wait for their jobs' upstreams: their turn cannot come yet."""

    def at(self, now: datetime) -> PlacesTaken:
        """The same runs, as they stand at another moment."""
        runs = [*self.active, *self.arrays, *self._queued]
        return PlacesTaken(runs, self.limit, now, held=self.held, served=self._served, not_served=self._not_served)

    def waited_seconds(self, run: Run) -> float:
        """How long a run has waited for its turn."""
        return max(0.0, (self.now - waits_since(run)).total_seconds())

    @property
    def oldest(self) -> Run | None:
        """The run that has waited longest."""
        return min(self.waiting, key=waits_since, default=None)

    @property
    def longest_wait(self) -> float:
        return self.waited_seconds(self.oldest) if self.oldest is not None else 0.0

    def runs_before(self, run: Run) -> list[Run]:
        """The runs that a waiting one waits for: those of its own job, or all that have a place where none is free."""
        if run in self.unserved:
            return []
        own = [each for each in (*self.active, *self.arrays) if each.job == run.job]
        return own or (self.active if self.limit and len(self.active) >= self.limit else [])

    def behind(self, run: Run) -> str:
        """Whom or what a waiting run waits for, as a noun; empty when its turn has come."""
        if run in self.unserved:
            return "an engine that selects it"
        if not self._served:
            return "an engine"
        if self.held:
            return "the release of the hold"
        return named(self.runs_before(run))

    def in_words(self, run: Run) -> str:
        """``behind backup #12``, or ``for the release of the hold``; empty when its turn has come."""
        whom = self.behind(run)
        direct = whom == named(self.runs_before(run))
        return f"{'behind' if direct else 'for'} {whom}" if whom else ""


def waits_since(run: Run) -> datetime:
    """Since when a queued run has waited for its turn."""
    return run.not_before or run.claimed_at


def named(runs: list[Run]) -> str:
    """Runs in words: ``backup #12, report #13 and 4 more``."""
    words = ", ".join(f"{run.job} #{run.id}" for run in runs[:RUNS_NAMED])
    return words + (f" and {len(runs) - RUNS_NAMED} more" if len(runs) > RUNS_NAMED else "")
