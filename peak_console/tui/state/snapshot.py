"""Everything the screen shows, as one value: taken from the registry, handed to the widgets.

Nothing here knows Textual, a clock or the registry. Text that comes from outside (names, reasons, messages) is as
it stands there; the widget that draws it makes it safe (``peak_console.text.safe``).
"""

from __future__ import annotations

from enum import StrEnum

from peak_console.model.terms import Outcome
from peak_console.values import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo

    from peak_console.decisions.ahead.deadlines import Prospect
    from peak_console.decisions.holding.blackouts import Window
    from peak_console.decisions.job_status import JobView
    from peak_console.decisions.places import PlacesTaken
    from peak_console.forecast.outlook import Outlook
    from peak_console.jobs.beside import Gate
    from peak_console.model.records import Alert, Hold, Run
    from peak_console.model.state import GateState
    from peak_console.schedule.sessions.table import Calendar

HISTORY_RUNS = 20


def median(values: Sequence[float]) -> float | None:
    """The middle one, or the mean of the two; ``None`` of nothing. (``statistics`` would take 20 ms to load.)"""
    if not values:
        return None
    middle, odd = divmod(len(values), 2)
    ranked = sorted(values)
    return ranked[middle] if odd else (ranked[middle - 1] + ranked[middle]) / 2


class EngineState(StrEnum):
    """What serves the state directory, as the console sees it."""

    RUNNING = "running"
    """Ours, in a thread of this process."""
    BLOCKED = "blocked"
    """Ours, and its registry refuses: it can record nothing, and therefore starts nothing."""
    ATTACHED = "attached"
    """Another process's."""
    DRAINING = "draining"
    STOPPED = "stopped"
    """No engine serves it."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something wrong with what is shown: a bar of full width until it is no longer true."""

    text: str
    """What, and what to press or do."""
    since: datetime


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job with its recent past."""

    view: JobView
    history: Sequence[Run] = ()
    """Its latest finished runs with a process, newest first, at most ``HISTORY_RUNS``."""

    @property
    def name(self) -> str:
        return self.view.job.name

    @property
    def is_live(self) -> bool:
        """Whether the job trades with real money."""
        return self.view.job.is_live

    @property
    def next_at(self) -> datetime | None:
        """When it starts next, by a slot or for another attempt; ``None`` where neither is ahead."""
        slot = self.view.next_slot
        if not self.view.queued:  # nearly always, of ten thousand rows at each refresh
            return slot
        ahead = [run.not_before for run in self.view.queued if run.not_before is not None]
        return min([*ahead, *([slot] if slot is not None else [])], default=None)

    @property
    def expected_seconds(self) -> float | None:
        """The median duration of its successful runs, or ``None`` while there is none."""
        runs = (run for run in self.history if run.outcome == Outcome.SUCCEEDED)
        return median([seconds for run in runs if (seconds := run.duration_seconds) is not None])


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state directory as it was at ``taken_at``."""

    taken_at: datetime
    jobs_file: str
    engine: str
    zone: tzinfo
    """The zone that times are shown in."""
    rows: Sequence[JobRow] = ()
    """In the jobs file's order, after tag filters."""
    alerts: Sequence[Alert] = ()
    """The alert log, newest first."""
    critical: int = 0
    """How many open alerts are critical."""
    unacknowledged: int = 0
    """How many alerts are open: not acknowledged, and their causes not gone."""
    hold: Hold | None = None
    holds: Sequence[Hold] = ()
    """The holds that are not on all jobs."""
    blackouts: Sequence[Window] = ()
    """The blackouts around this moment, the one that ends first at first."""
    blackouts_change: datetime | None = None
    """When the next window of a blackout begins or ends."""
    engine_pid: int | None = None
    engine_tags: str = ""
    """The engine's selection of jobs, as on its command line; empty when it serves all."""
    places: PlacesTaken | None = None
    """Who has the places, and who waits for one."""
    more_engines: int = 0
    """How many more serve other jobs."""
    engine_drains: bool = False
    """Whether the engine, another process's, starts nothing more and leaves with its last run."""
    dry_run: bool = False
    read_only: bool = False
    """Whether this console was told to change nothing."""
    gates: Sequence[tuple[Gate, GateState | None, str]] = ()
    """Each gate, what is recorded of it, and why it is closed; that is empty for an open one."""
    deadlines: Sequence[Prospect] = ()
    """What is expected of the deadlines of slots under way and of the next ones, the tightest first."""
    markets: Sequence[Calendar] = ()
    """The calendars with hours that its jobs use, by name."""
    outlook: Outlook | None = None
    """What is foreseen; ``None`` until that has been worked out."""
    outlook_note: str = ""
    """Why the outlook may be older than what else is shown, or why there is none; empty when it is as new."""
    troubles: Sequence[Trouble] = ()
    stale_since: datetime | None = None
    """Since when nothing newer could be read; ``None`` while what is shown is what there is."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many jobs stand how, by ``Standing``."""

    def row(self, name: str) -> JobRow | None:
        return next((row for row in self.rows if row.name == name), None)
