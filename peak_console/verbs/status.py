"""``status``: the engine, the hold, the counts, the next slot."""

from __future__ import annotations

from operator import itemgetter

from peak_console.alerts.outlets import silences
from peak_console.decisions.gates import recorded_reason
from peak_console.decisions.holding.blackouts import window_in_words
from peak_console.decisions.holding.holds import covers, is_over, scope
from peak_console.decisions.job_status import Standing, counts, views
from peak_console.decisions.places import PlacesTaken, named
from peak_console.decisions.serving import listed
from peak_console.jobs.model import LIVE
from peak_console.store.heartbeat import signs_of_life
from peak_console.store.locks import is_held
from peak_console.text import ago, countdown, counted, duration, safe
from peak_console.verbs.shared.common import select
from peak_console.verbs.shared.output import cut, write, write_json
from peak_console.verbs.shared.times import iso, shown, shown_with_zone, until

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo
    from typing import Any

    from peak_console.decisions.holding.blackouts import Window
    from peak_console.decisions.job_status import JobView
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import EngineInfo, Hold
    from peak_console.verbs.shared.common import Selection

LINE_CELLS = 80
"""The longest line for a status bar."""
_EXIT_UNUSABLE = 1
_IN_LINE = ((Standing.RUNNING, "▶"), (Standing.CLAIMED, "◇"), (Standing.FAILED, "✖"), (Standing.RETRYING, "↻"))


class _Status:
    """What ``status`` shows, whether as text, as one line or as JSON."""

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        store = selection.store
        info = store.engine_info() if store is not None else None
        engines = store.engines() if store is not None else ()
        self.engines: Sequence[EngineInfo] = [each for each in engines if each.serves]
        if not self.engines and info is not None and is_held(selection.directory):  # it is just starting
            self.engines = [info]
        self.engine = self.engines[0] if self.engines else None
        self.hold: Hold | None = info.hold if info is not None else None
        self.holds = [each for each in store.holds() if not is_over(each, selection.now)] if store is not None else []
        self.alerts = store.alert_counts().open if store is not None else 0
        found = views(
            selection.jobs.values(), store, selection.now, gates=selection.gates,
            blackouts=selection.blackouts_in_file, zone=selection.zone,
        )  # fmt: skip
        blackouts = selection.blackouts
        self.blackouts = blackouts.active(selection.now) if blackouts is not None else []
        states = store.gate_states() if store is not None and selection.gates else {}
        self.closed_gates = {
            gate.name: reason
            for gate in selection.gates
            if (reason := recorded_reason(gate, states.get(gate.name), selection.zone, is_served=bool(self.engines)))
        }
        tally = counts(found)
        self.claimed = [view.job.name for view in found if view.standing == Standing.CLAIMED]
        self.live = [view.job.name for view in found if view.job.is_live and view.enabled]
        self.missing = [view.job.name for view in found if view.missing_since is not None]
        """The jobs whose last slot has passed without a success."""
        self.not_served = [view.job.name for view in found if view.not_served is not None]
        limit = selection.jobset.settings.max_concurrent_runs if selection.jobset is not None else 0
        self.places = PlacesTaken(
            store.unfinished() if store is not None else (),
            limit,
            selection.now,
            held=self.hold is not None,
            served=bool(self.engines),
            not_served=self.not_served,
        )
        self.undelivered = silences(store.incidents()) if store is not None else []
        self.counts: Mapping[str, int] = {standing: tally.get(standing, 0) for standing in Standing}
        self.next = _next(found)
        self.config_error = str(selection.file_error) if selection.file_error is not None else None
        if self.config_error is None and self.engine is not None and info is not None:
            self.config_error = info.config_error
        signs = [signs_of_life(selection.directory, each.lock) for each in self.engines]
        complaints = [each.complaint(selection.now) for each in signs if each is not None]
        self.complaint = next((each for each in complaints if each), "")


def show_status(options: Namespace) -> int:
    """``status``: 1 when the jobs file cannot be used, or the engine does not work, even though the rest is shown."""
    with select(options, needs_jobs=False) as selection:
        status = _Status(selection)
    if options.json:
        write_json(_object(status))
    elif options.line:
        write(cut(safe(_line(status)), LINE_CELLS) + "\n")
    else:
        write("".join(f"{label:<8}  {text}\n" for label, text in _lines(status)))
    return 0 if selection.file_error is None and not status.complaint else _EXIT_UNUSABLE


def _next(found: Sequence[JobView]) -> tuple[datetime, JobDefinition] | None:
    """The earliest slot that an engine is going to start, and its job; of equal ones the first in the file."""
    ahead = [(view.next_slot, view.job) for view in found if view.next_slot is not None and view.not_served is None]
    return min(ahead, key=itemgetter(0), default=None)


def _object(status: _Status) -> dict[str, Any]:
    selection, engine, hold = status.selection, status.engine, status.hold
    zone = selection.zone
    return {
        "engine": _engine_object(engine, zone) if engine is not None else None,
        "engines": [_engine_object(each, zone) for each in status.engines],
        "not_served": status.not_served,
        "no_success": status.missing,
        "live": status.live,
        "closed_gates": status.closed_gates,
        "blackouts": [
            {"name": each.name, "until": iso(each.end, zone), "policy": each.policy, "on": each.scope}
            for each in status.blackouts
        ],
        "places": {
            "taken": len(status.places.active),
            "limit": status.places.limit,
            "waiting": len(status.places.waiting),
            "longest_wait_seconds": status.places.longest_wait,
            "behind": _behind(status.places),
        },
        "hold": {"since": iso(hold.since, zone), "by": hold.by, "reason": hold.reason} if hold is not None else None,
        "holds": [_hold_object(each, selection) for each in status.holds],
        "counts": status.counts,
        "next_slot": {"job": status.next[1].name, "slot": iso(status.next[0], selection.zone_of(status.next[1]))}
        if status.next is not None
        else None,
        "unacknowledged_alerts": status.alerts,
        "undelivered": [
            {"channel": each.name, "since": iso(each.since, zone), "answer": each.answer} for each in status.undelivered
        ],
        "config_error": status.config_error,
        "trouble": status.complaint or None,
        "state_dir": selection.directory,
    }


def _engine_object(engine: EngineInfo, zone: tzinfo) -> dict[str, Any]:
    return {
        "pid": engine.pid,
        "host": engine.host,
        "mode": engine.mode,
        "version": engine.version,
        "jobs_file": engine.jobs_file,
        "since": iso(engine.started_at, zone),
        "include_tags": list(engine.include_tags),
        "exclude_tags": list(engine.exclude_tags),
        "jobs": None if engine.jobs is None else list(engine.jobs),
    }


def _lines(status: _Status) -> list[tuple[str, str]]:
    selection, zone = status.selection, status.selection.zone
    told = [f"{number} {standing}" for standing, number in status.counts.items() if number]
    number = sum(status.counts.values())
    jobs = "1 job" if number == 1 else f"{number} jobs"
    engines = [_engine(each, selection.now, zone) for each in status.engines]
    lines = [
        *(("engine", text) for text in engines or [_no_engine(status)]),
        ("hold", _hold(status.hold, zone)),
        *(("hold", f"{scope(each)}: {_hold(each, zone)}") for each in status.holds),
        ("jobs", f"{jobs}: {', '.join(told)}" if told else jobs),
        *([("live", f"{LIVE}: {counted(len(status.live), 'job')}: {listed(status.live)}")] if status.live else []),
        *(("blackout", f"{each.scope}: {_blackout(each, zone)}") for each in status.blackouts),
        *(("gate", f"{name} {reason}") for name, reason in status.closed_gates.items()),
        *([("places", _places(status.places))] if status.places.limit or status.places.waiting else []),
        *([("unserved", _not_served(status))] if status.not_served else []),
        *([("missing", _missing(status))] if status.missing else []),
        ("next", _next_in_words(status)),
        (
            "alerts",
            f"{status.alerts} open; see: peak-console alerts --open" if status.alerts else "none open",
        ),
        ("state", selection.directory),
    ]
    lines += [("problem", f"{each.what} since {shown(each.since, zone)}: {each.answer}") for each in status.undelivered]
    if status.complaint:
        lines.append(("problem", status.complaint))
    if status.config_error is not None:
        lines += [("problem", line) for line in status.config_error.splitlines()]
    return [(label, safe(text)) for label, text in lines]


def _no_engine(status: _Status) -> str:
    number = len(status.claimed)
    runs = "1 claimed run waits" if number == 1 else f"{number} claimed runs wait"
    return "none: nothing is dispatched" + (f"; {runs} for one: {listed(status.claimed)}" if number else "")


def _engine(engine: EngineInfo, now: datetime, zone: tzinfo) -> str:
    since = ""
    if engine.started_at is not None:
        since = f", since {shown(engine.started_at, zone)} ({ago((now - engine.started_at).total_seconds())})"
    serves = ""
    if engine.jobs is not None:
        serves = f", serves {counted(len(engine.jobs), 'job')}"
        serves += f": {engine.selection}" if engine.selection else ""
    return f"{engine.mode or 'starting'}, pid {engine.pid} on {engine.host}{since}{serves}"


def _places(places: PlacesTaken) -> str:
    taken = f"{len(places.active)}/{places.limit} places" if places.limit else f"{len(places.active)} runs"
    if not places.waiting:
        return f"{taken} taken"
    number, oldest = len(places.waiting), places.oldest
    waiting = f"{counted(number, 'slot')} waiting, the longest for {duration(places.longest_wait)}"
    words = places.in_words(oldest) if oldest is not None else ""
    return f"{taken} taken; {waiting}" + (f", {words}" if words else "")


def _behind(places: PlacesTaken) -> str:
    return places.behind(places.oldest) if places.oldest is not None else ""


def _not_served(status: _Status) -> str:
    """The jobs that no engine selects, and the runs of them that wait for one."""
    number, left = len(status.not_served), status.places.unserved
    jobs = f"{counted(number, 'job')} not served, no engine selects them: {listed(status.not_served)}"
    return jobs + (f"; waiting for one: {named(left)}" if left else "")


def _missing(status: _Status) -> str:
    """The jobs that should have succeeded, and have not."""
    number = len(status.missing)
    passed = "whose last slot has passed without a success"
    return f"{counted(number, 'job')} {passed}: {listed(status.missing)}"


def _hold(hold: Hold | None, zone: tzinfo) -> str:
    if hold is None:
        return "none"
    until = f" until {shown(hold.until, zone)}" if hold.until is not None else ""
    return f"by {hold.by} since {shown(hold.since, zone)}{until}" + (f": {hold.reason}" if hold.reason else "")


def _blackout(window: Window, zone: tzinfo) -> str:
    return window_in_words(window, zone).removeprefix("blackout ")


def _hold_object(hold: Hold, selection: Selection) -> dict[str, Any]:
    """A hold on some of the jobs, with the jobs that it is on now."""
    return {
        "since": iso(hold.since, selection.zone), "by": hold.by, "reason": hold.reason,
        "until": iso(hold.until, selection.zone), "tags": list(hold.tags), "words": hold.words,
        "jobs": [job.name for job in selection.jobs.values() if covers(hold, job)],
    }  # fmt: skip


def _next_in_words(status: _Status) -> str:
    if status.next is None:
        return "nothing ahead"
    slot, job = status.next
    return f"{job.name}, {shown_with_zone(slot, status.selection.zone_of(job))}, {until(slot, status.selection.now)}"


def _line(status: _Status) -> str:
    """``▶2 ✖1 next risk_check 04:12``: what is wrong first, at most ``LINE_CELLS`` cells."""
    words = []
    if status.config_error is not None:
        words.append("✖ jobs file")
    if status.undelivered:
        channels = any(each.is_channel for each in status.undelivered)
        words.append("✖ alerts do not get out" if channels else f"✖ {status.undelivered[0].name}")
    if status.engine is None:
        words.append("no engine")
    elif status.complaint:
        words.append("✖ engine")
    if status.hold is not None:
        words.append("on hold")
    if status.closed_gates:
        words.append(f"gate {', '.join(status.closed_gates)} closed")
    words += [f"held: {scope(each)}" for each in status.holds[:1]]
    words += [f"blackout {each.name}" for each in status.blackouts[:1]]
    if status.not_served:
        words.append(f"{len(status.not_served)} not served")
    words += [f"{glyph}{status.counts[standing]}" for standing, glyph in _IN_LINE if status.counts[standing]]
    if status.next is None:
        return " ".join([*words, "nothing ahead"])
    slot, job = status.next
    wait = countdown((slot - status.selection.now).total_seconds()).removeprefix("00:")
    room = LINE_CELLS - len(" ".join([*words, "next", "", wait]))
    return " ".join([*words, "next", cut(safe(job.name), room), wait])
