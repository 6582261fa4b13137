"""The engine's events as lines: plain text for people, JSON for machines."""

from __future__ import annotations

from peak_console.decisions.serving import listed
from peak_console.engine import events
from peak_console.model.records import Level, Outcome
from peak_console.text import duration, safe, safe_json, safe_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, tzinfo
    from typing import Any

    from peak_console.engine.events import EngineEvent
    from peak_console.model.records import Run

    Line = tuple[str, str]
    """Level and sentence."""

DEBUG = "debug"
"""The level of lines that only ``--verbose`` shows."""
_GOOD = (Outcome.SUCCEEDED, Outcome.STOPPED)


def _started(event: events.EngineStarted) -> Line:
    jobs = "1 job" if event.jobs == 1 else f"{event.jobs} jobs"
    return Level.INFO, f"engine started: {jobs}, {event.enabled} enabled; state in {event.directory}"


def _standing_by(event: events.EngineStandingBy) -> Line:
    who = f" (pid {event.holder}{', ' if event.selection else ''}{event.selection})" if event.holder else ""
    both = f" and {listed(event.overlap)}, which this one selects too" if event.overlap else ""
    return Level.INFO, f"another engine{who} serves {event.directory}{both}; standing by to take over"


def _draining(event: events.EngineDraining) -> Line:
    if not event.running:
        return Level.INFO, "shutting down: nothing is running"
    runs = "1 run" if event.running == 1 else f"{event.running} runs"
    return Level.INFO, f"shutting down: waiting for {runs}; signal again to stop them"


def _stopped(event: events.EngineStopped) -> Line:
    left = f", {event.left_running} left running" if event.left_running else ""
    return Level.INFO, f"engine stopped: {event.succeeded} succeeded, {event.failed} failed{left}"


def _run_started(event: events.RunStarted) -> Line:
    run = event.run
    why = {
        "retry": f", attempt {run.attempt}",
        "manual": " by hand",
        "catch_up": " to catch up",
        "after": " after its upstreams",
    }
    return Level.INFO, f"{_name(run)} started{why.get(run.triggered_by, '')}"


def _adopted(event: events.RunAdopted) -> Line:
    return Level.INFO, f"{_name(event.run)} has outlived its engine and is looked after again"


def _submitted(event: events.RunSubmitted) -> Line:
    return Level.INFO, f"{_name(event.run)} was submitted to {event.run.executor}"


def _queued(event: events.RunQueued) -> Line:
    awaits = event.run.awaits
    how = "waits for its turn"
    if awaits:  # "waiting for fetch_quotes", or "requires q.csv newer than today: ..."
        how = f"is {awaits}" if awaits.startswith("waiting") else f"waits: it {awaits}"
    return Level.INFO, f"{_name(event.run)} {how}"


def _stopping(event: events.RunStopping) -> Line:
    if event.killed:
        return Level.WARNING, f"{_name(event.run)} did not end when asked to and is killed"
    why = "it took too long" if event.reason == "timeout" else event.reason
    return Level.WARNING, f"{_name(event.run)} is asked to end: {why}"


def _finished(event: events.RunFinished) -> Line:
    run = event.run
    words = [f"{_name(run)} {(run.outcome or '').replace('_', ' ')}"]
    if run.return_code:
        words.append(f"with exit code {run.return_code}")
    if run.duration_seconds is not None:
        words.append(f"after {duration(run.duration_seconds)}")
    text = " ".join(words)
    if run.reason:
        text += f": {run.reason}"
    if event.retry_at is not None:
        text += f"; next attempt in {duration((event.retry_at - event.at).total_seconds())}"
    return Level.INFO if run.outcome in _GOOD else Level.WARNING, text


def _passed(event: events.SlotPassed) -> Line:
    run = event.run
    level = Level.WARNING if run.outcome in (Outcome.MISSED, Outcome.NOT_STARTED) else Level.INFO
    return level, f"{_name(run)} {run.outcome}: {run.reason}"


def _alert(event: events.AlertRaised) -> Line:
    return DEBUG, f"alert ({event.alert.level}): {event.alert.message.splitlines()[0]}"


def _reloaded(event: events.JobsReloaded) -> Line:
    parts = [
        f"{word} {', '.join(names)}"
        for word, names in (("added", event.added), ("removed", event.removed), ("changed", event.changed))
        if names
    ]
    level = Level.WARNING if event.removed else Level.INFO
    return level, f"jobs reloaded: {'; '.join(parts) or 'no job has changed'}"


def _held_back(event: events.ReloadHeldBack) -> Line:
    return Level.WARNING, f"{event.reason}; the jobs already loaded keep running"


def _rejected(event: events.ReloadRejected) -> Line:
    return Level.WARNING, f"jobs file rejected, the jobs already loaded keep running:\n{event.error}"


def _answered(event: events.CommandAnswered) -> Line:
    return Level.INFO, f"command {event.verb}: {event.answer}, {event.message}"


def _troubled(event: events.EngineTroubled) -> Line:
    return Level.CRITICAL, event.error


def _mended(event: events.EngineMended) -> Line:
    return Level.INFO, f"the registry works again, after {duration((event.at - event.since).total_seconds())}"


def _name(run: Run) -> str:
    return f"{'LIVE ' if run.is_live else ''}{run.job} #{run.id}"


_LINES: dict[type[EngineEvent], Callable[[Any], Line]] = {
    events.EngineStarted: _started,
    events.EngineStandingBy: _standing_by,
    events.EngineDraining: _draining,
    events.EngineStopped: _stopped,
    events.RunStarted: _run_started,
    events.RunAdopted: _adopted,
    events.RunSubmitted: _submitted,
    events.RunQueued: _queued,
    events.RunStopping: _stopping,
    events.RunFinished: _finished,
    events.SlotPassed: _passed,
    events.AlertRaised: _alert,
    events.JobsReloaded: _reloaded,
    events.ReloadRejected: _rejected,
    events.ReloadHeldBack: _held_back,
    events.CommandAnswered: _answered,
    events.EngineTroubled: _troubled,
    events.EngineMended: _mended,
}


def sentence(event: EngineEvent) -> str:
    """An event in words."""
    return safe(_LINES[type(event)](event)[1])


class Reporter:
    """Writes each event as one line, at once. ``as_json`` gives one object a line with every field of the event."""

    def __init__(
        self, write: Callable[[str], object], zone: tzinfo, *, as_json: bool, verbose: bool, quiet: bool = False
    ) -> None:
        self._write = write
        self._zone = zone
        self._as_json = as_json
        self._verbose = verbose
        self._quiet = quiet

    def __call__(self, event: EngineEvent) -> None:
        level, text = _LINES[type(event)](event)
        if level == DEBUG and not self._verbose:
            return
        if self._verbose and isinstance(event, events.RunStarted):
            from peak_console.jobs.command import shown

            text += f": {shown(event.command)}"
        self.line(event.at, level, text, event)

    def line(self, at: datetime, level: str, text: str, event: EngineEvent | None = None) -> None:
        """Write one line, stamped with an aware moment; a quiet reporter leaves out lines of the level info."""
        if self._quiet and level == Level.INFO:
            return
        local = at.astimezone(self._zone)
        if self._as_json:
            self._write(_json(local, level, text, event) + "\n")
        else:
            indented = safe_lines(text).replace("\n", "\n    ")
            self._write(f"{local:%Y-%m-%d %H:%M:%S} {level:8} {indented}\n")


def _json(at: datetime, level: str, text: str, event: EngineEvent | None) -> str:
    from json import dumps

    name = type(event).__name__ if event is not None else "Message"
    entry: dict[str, Any] = {
        "time": at.isoformat(timespec="milliseconds"),
        "level": str(level),
        "event": name,
        "message": safe_lines(text),
    }
    if event is not None:
        from dataclasses import asdict

        entry.update({name: value for name, value in asdict(event).items() if name != "at"})
    return safe_json(dumps(entry, ensure_ascii=False, default=_jsonable))


def _jsonable(value: Any) -> Any:
    """What JSON has no type for: moments in ISO 8601, anything else as text."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
