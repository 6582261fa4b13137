"""What the output pane says about a run: in its title, in its final line, and instead of output."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from peak_console.model.records import Outcome, RunState, Trigger
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


def run_title(run: Run, now: datetime, zone: tzinfo, room: int, place: tuple[int, int] = (1, 1)) -> Content:
    """``daily_risk_check #1287 · ✖ failed (exit 2) after 0.8s · due Mon 08:00 · by anna · top_n=5 · 2nd of 15, not …``.

    Where there is no ``room`` for all of it, the end is left out first; which run it is, and that it is not the latest,
    stays. ``place`` is its place among the runs that are known, from the latest, and how many these are.
    """
    look, words = run_words(run, zone)
    nth, count = place
    parts = [(f"{look.glyph} {words}", look.colour)]
    if nth > 1:
        parts.append((f"{_ordinal(nth)} of {count}, not the latest", "$text-warning"))
    if run.args_changed:
        parts.append((f"{glyphs.CHANGED} {_changes(run)}", "$text-warning"))
    parts += [(text, "") for text in (_trigger(run, now, zone), _attempt(run), glyphs.why_late(run)) if text]
    title = Content(f"{safe(run.job)} #{run.id}")
    for text, style in parts:
        longer = title + Content.assemble(" · ", (text, style) if style else text)
        if longer.cell_length > room and title.cell_length > len(run.job) + 10:
            break
        title = longer
    return title


def _changes(run: Run) -> str:
    """``top_n=5, symbols left out``."""
    given = [f"{name}={run.args[name]}" if name in run.args else f"{name} left out" for name in run.args_changed]
    return safe(", ".join(given))


def _trigger(run: Run, now: datetime, zone: tzinfo) -> str:
    """``due Mon 08:00``, ``by anna 08:01``."""
    at = glyphs.moment(run.scheduled_for or run.claimed_at, now, zone)
    if run.requested_by is not None or run.triggered_by == Trigger.MANUAL:
        return f"by {safe(run.requested_by or 'hand')} {at}"
    return f"{'caught up, ' if run.triggered_by == Trigger.CATCH_UP else ''}due {at}"


def _attempt(run: Run) -> str:
    return f"attempt {run.attempt}" if run.attempt > 1 else ""


def _ordinal(number: int) -> str:
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


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
    if run.is_array:
        reason = f": {safe(run.reason)}" if run.reason else ""
        return f"an array of runs {run.array_indexes}{reason}; each has its own output, see 6 History: array:{run.id}"
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
