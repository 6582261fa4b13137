"""What the output pane says about a run: in its title, in its final line, and instead of output."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from peak_console.model.records import Outcome, RunState
from peak_console.schedule.zones import local_time
from peak_console.text import duration, safe
from peak_console.tui.drawing import glyphs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import tzinfo

    from peak_console.model.records import Run

NO_PROCESS = frozenset({Outcome.NOT_STARTED, Outcome.MISSED, Outcome.SKIPPED})
STAMP_CELLS = 12


def stamp(milliseconds: int, zone: tzinfo) -> str:
    """``08:00:00.412``."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, zone):%H:%M:%S}.{milliseconds % 1000:03}"


def run_words(run: Run, zone: tzinfo) -> tuple[glyphs.Look, str]:
    """How a run stands: its sign, and words that do not change while the run stands the same."""
    match run.state:
        case RunState.FINISHED:
            look = glyphs.outcome(run.outcome)
            words = _ending(run, look)
            took = run.duration_seconds
            return look, words if took is None else f"{words} after {duration(took)}"
        case RunState.RUNNING if run.started_at is not None:
            return glyphs.RUNNING, f"running since {run.started_at.astimezone(zone):%H:%M:%S}"
        case RunState.QUEUED:
            return glyphs.QUEUED, "queued"
        case RunState.SUBMITTED:
            why = f": {safe(run.waits_for)}" if run.waits_for else ""
            return glyphs.SUBMITTED, f"submitted to {safe(run.executor)}{why}"
        case RunState.CLAIMED | RunState.RUNNING:
            return glyphs.QUEUED, "starting"


def run_title(run: Run, zone: tzinfo) -> Content:
    """``daily_risk_check #1287 · ✖ failed (exit 2) after 0.8s · 2m20s late: held``."""
    look, words = run_words(run, zone)
    late = glyphs.why_late(run)
    return Content.assemble(
        f"{safe(run.job)} #{run.id} · ",
        (f"{look.glyph} {words}", look.colour),
        *([f" · {late}"] if late else []),
    )


def final_line(run: Run, zone: tzinfo, retry_at: datetime | None, retries: int | None) -> str | None:
    """``── exit 2 · 08:00:01.203 · retry 2 of 3 at 08:01:01 ──``; ``None`` while the run goes on."""
    if run.state != RunState.FINISHED:
        return None
    parts = []
    if run.return_code is None or run.outcome not in {Outcome.SUCCEEDED, Outcome.FAILED}:
        parts.append(_ending(run, glyphs.outcome(run.outcome)))
    else:
        parts.append(f"exit {run.return_code}")
    if run.finished_at is not None:
        parts.append(stamp(round(run.finished_at.timestamp() * 1000), zone))
    if retry_at is not None:
        count = f" {run.attempt}" if retries is None else f" {run.attempt} of {retries}"
        parts.append(f"retry{count} at {local_time(retry_at, zone):%H:%M:%S}")
    return f"── {' · '.join(parts)} ──"


def instead_of_output(run: Run | None, *, pruned: bool) -> str:
    """What the pane says when there is nothing to show."""
    if run is None:
        return "no run yet"
    if run.outcome in NO_PROCESS:
        reason = f": {safe(run.reason)}" if run.reason else ""
        return f"{glyphs.outcome(run.outcome).word}{reason}"
    if run.state != RunState.FINISHED:
        return "no output yet"
    return "its output has been pruned" if pruned else "it printed nothing"


def _ending(run: Run, look: glyphs.Look) -> str:
    """``failed (exit 2)``, ``stopped by operator``."""
    if run.outcome == Outcome.FAILED and run.return_code is not None:
        return f"{look.word} (exit {run.return_code})"
    if run.outcome == Outcome.STOPPED and run.stop_reason:
        return f"{look.word} ({safe(run.stop_reason)})"
    return look.word
