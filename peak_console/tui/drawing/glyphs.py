"""How every state looks, wherever it is shown: a glyph, a word and a colour, each one terminal cell by one.

The glyphs are single cells in every terminal and font we know of; emoji that some terminals draw two cells wide
(the pause sign, the hourglass) are left out on purpose.
"""

from __future__ import annotations

from datetime import timedelta

from peak_console.decisions.job_status import Standing
from peak_console.model.records import Level, Outcome
from peak_console.schedule.zones import local_time
from peak_console.text import duration, safe, size
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from peak_console.model.records import Run

CURSOR = "▌"
"""Beside what the next key acts on, so that the cursor is no matter of colour alone."""
MARKED = "◆"
ASCENDING, DESCENDING = "▲", "▼"
SLOW = "▲"
"""Beside the duration of a run that takes more than ``SLOW_FACTOR`` times what it usually takes."""
SLOW_FACTOR = 1.5
FAST = "▼"
"""Beside the duration of a run that has ended in less than its usual time by that factor."""
UNUSUAL_SECONDS = 1.0
"""A difference that is smaller is never unusual."""
BLOCKS = "▁▂▃▄▅▆▇█"
"""A bar one cell wide, lowest first."""
MISSING = "!"
"""Beside the state of a job whose last slot has passed without a success."""
CHANGED = "≠"
"""Beside a run for which somebody has changed arguments: it is not the job as the file has it."""
NOTHING = "–"
"""Stands where there is no value."""


@dataclass(frozen=True, slots=True)
class Look:
    """One state as it is drawn."""

    glyph: str
    word: str
    style: str
    """``error``, ``warning``, ``success``, ``primary``, or ``muted``."""

    @property
    def colour(self) -> str:
        """The theme variable to write it in: the shade of its colour that reads well as text."""
        return f"$text-{self.style}"


STANDING: dict[str, Look] = {
    Standing.FAILED: Look("✖", "failed", "error"),
    Standing.RETRYING: Look("↻", "retrying", "warning"),
    Standing.CLAIMED: Look("◇", "claimed", "warning"),
    Standing.RUNNING: Look("▶", "running", "primary"),
    Standing.SUBMITTED: Look("◴", "submitted", "primary"),
    Standing.QUEUED: Look("◷", "queued", "primary"),
    Standing.AWAITING: Look("◔", "awaiting", "primary"),
    Standing.OK: Look("●", "ok", "success"),
    Standing.STOPPED: Look("■", "stopped", "warning"),
    Standing.WAITING: Look("○", "waiting", "muted"),
    Standing.DONE: Look("✔", "done", "muted"),
    Standing.DISABLED: Look("‖", "disabled", "muted"),
}
"""By ``Standing``, worst first."""

OUTCOME: dict[Outcome, Look] = {
    Outcome.SUCCEEDED: Look("✔", "ok", "success"),
    Outcome.FAILED: Look("✖", "failed", "error"),
    Outcome.TIMED_OUT: Look("✖", "timed out", "error"),
    Outcome.LOST: Look("✖", "lost", "error"),
    Outcome.NOT_STARTED: Look("✖", "not started", "error"),
    Outcome.UNEXPECTED: Look("✖", "unexpected", "error"),
    Outcome.STOPPED: Look("■", "stopped", "warning"),
    Outcome.MISSED: Look("○", "missed", "warning"),
    Outcome.SKIPPED: Look("·", "skipped", "muted"),
}
"""By ``Outcome``."""

RUNNING = STANDING[Standing.RUNNING]
QUEUED = STANDING[Standing.QUEUED]
SUBMITTED = STANDING[Standing.SUBMITTED]
RETRYING = STANDING[Standing.RETRYING]
GATED = Look("■", "gate", "warning")
UNSERVED = Look("✖", "unserved", "error")
"""Of a job that no engine selects."""

LEVEL: dict[Level, Look] = {
    Level.CRITICAL: Look("✖", "critical", "error"),
    Level.WARNING: Look("!", "warning", "warning"),
    Level.INFO: Look("·", "info", "muted"),
}
"""By ``Level``, worst first."""

UNKNOWN = Look("?", "unknown", "warning")
"""What a newer version wrote into the registry and this one has no word for."""


def standing(state: str) -> Look:
    return STANDING.get(state, UNKNOWN)


def outcome(ended: Outcome | None) -> Look:
    return UNKNOWN if ended is None else OUTCOME[ended]


def level(alert_level: Level) -> Look:
    return LEVEL[alert_level]


def elapsed(seconds: float) -> str:
    """How long something has been going on, in whole seconds: ``9s``, ``1m15s``, ``1h02m``."""
    return f"{int(seconds)}s" if seconds < 60 else duration(int(seconds))


def moment(at: datetime, now: datetime, zone: tzinfo) -> str:
    """A time near ``now`` as it is said in ``zone``: ``18:00``, ``Tue 18:00``, ``1 Dec 18:00``, ``1 Dec 2027``."""
    local, today = local_time(at, zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    if abs(local - today) < timedelta(days=6):
        return f"{local:%a %H:%M}"
    if abs(local - today) < timedelta(days=300):
        return f"{local.day} {local:%b %H:%M}"
    return f"{local.day} {local:%b %Y}"


def used(run: Run) -> str:
    """What a run has used, so far if it runs; empty where nothing tells."""
    if run.cpu_seconds is None:
        return ""
    return f"cpu {duration(run.cpu_seconds)}, memory {size(run.peak_memory_bytes or 0)}"


def why_late(run: Run) -> str:
    """``2m20s late: waited for a place behind backup #12``; why it waits while it has not started; empty if on time."""
    if not run.late_because:
        return ""
    late = run.lateness_seconds
    return f"{duration(max(0.0, late))} late: {safe(run.late_because)}" if late is not None else safe(run.late_because)
