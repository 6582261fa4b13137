"""``blackout list``, ``blackout add``, ``blackout end``; and what other verbs say of a slot that lies in a blackout."""

from __future__ import annotations

from peak_console.decisions.holding.blackouts import covers, scope
from peak_console.decisions.selection import tags_of
from peak_console.errors import UsageError
from peak_console.text import safe
from peak_console.verbs.command import confirmed, give
from peak_console.verbs.shared.common import select
from peak_console.verbs.shared.output import note, write_json, write_table
from peak_console.verbs.shared.times import iso, moment, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from datetime import datetime
    from typing import Any

    from peak_console.decisions.holding.blackouts import Blackouts
    from peak_console.jobs.blackouts import Blackout
    from peak_console.jobs.model import JobDefinition
    from peak_console.verbs.shared.common import Selection

_OF_ADD = ("name", "tags", "jobs", "from_", "until", "policy", "reason")


def blackout(options: Namespace) -> int:
    """List the blackouts, or add or end one."""
    if options.what == "list":
        if options.named is not None or any(getattr(options, name) is not None for name in _OF_ADD):
            raise UsageError("blackout list takes neither a name nor what is for blackout add")
        return _list(options)
    if options.what == "end":
        if options.named is None:
            raise UsageError("blackout end: name a blackout; see: peak-console blackout list")
        if any(getattr(options, name) is not None for name in _OF_ADD):
            raise UsageError("blackout end takes a name only")
        return give(options, "end_blackout", prints_json=options.json, name=options.named, **confirmed(options))
    return _add(options)


def _add(options: Namespace) -> int:
    if options.named is not None:
        raise UsageError(f"blackout add: give the name as --name {safe(options.named)}")
    with select(options) as selection:
        begin, end = (
            moment(option, text, selection.zone, selection.now, ahead=True) if text is not None else None
            for option, text in (("--from", options.from_), ("--until", options.until))
        )
    if options.tags is not None and not tags_of(options.tags):
        raise UsageError("--tags: names no tag; name some (a,b,c), or leave it out")
    arguments = {
        "name": options.name, "tags": list(tags_of(options.tags)), "words": options.jobs or "",
        "from": begin.isoformat() if begin is not None else None,
        "until": end.isoformat() if end is not None else None,
        "policy": options.policy, "reason": options.reason,
    }  # fmt: skip
    return give(options, "add_blackout", prints_json=options.json, **arguments)


def _list(options: Namespace) -> int:
    with select(options) as selection:
        blackouts = selection.blackouts
        rules = blackouts.rules if blackouts is not None else ()
        objects = [found for rule in rules if (found := _object(rule, selection)) is not None]
    if options.json:
        write_json(objects)
    elif objects:
        headers = ("blackout", "state", "from", "until", "policy", "on", "jobs", "rule", "why")
        write_table(headers, [_row(each) for each in objects], flexible=8)
    else:
        note("there is no blackout: begin each with [[blackout]], or: peak-console blackout add")
    return 0


def _object(rule: Blackout, selection: Selection) -> dict[str, Any] | None:
    """A blackout with its window now, or else its next one; ``None`` for one that was added and is over."""
    now, zone = selection.now, selection.zone
    span = rule.windows.at(now)
    start = span.start if span is not None else rule.windows.next_start(now)
    if span is None and start is not None:
        span = rule.windows.at(start)
    if span is None and rule.by:
        return None
    return {
        "name": rule.name,
        "active": span is not None and span.start <= now,
        "from": iso(start, zone),
        "until": iso(span.end, zone) if span is not None else None,
        "policy": str(rule.policy),
        "on": scope(rule),
        "jobs": [job.name for job in selection.jobs.values() if covers(rule, job)],
        "rule": rule.rule or None,
        "added_by": rule.by or None,
        "reason": rule.reason or None,
    }


def _row(told: dict[str, Any]) -> tuple[str, ...]:
    by = f"added by {told['added_by']}" if told["added_by"] else ""
    start, end = ((told[key] or "")[:19].replace("T", " ") for key in ("from", "until"))
    return (
        told["name"],
        "ACTIVE" if told["active"] else "over" if not start else "ahead",
        start,
        end,
        told["policy"],
        told["on"],
        str(len(told["jobs"])),
        told["rule"] or "",
        ": ".join(filter(None, (by, told["reason"]))),
    )


def blackout_object(
    blackouts: Blackouts | None, job: JobDefinition, slot: datetime, selection: Selection
) -> dict[str, Any] | None:
    """The blackout that a slot lies in."""
    window = blackouts.over(job, slot) if blackouts is not None else None
    if window is None:
        return None
    return {"name": window.name, "policy": str(window.policy), "until": iso(window.end, selection.zone_of(job))}


def in_blackout(blackouts: Blackouts | None, job: JobDefinition, slot: datetime, selection: Selection) -> str:
    """That a slot is skipped or deferred; empty where it lies in no blackout."""
    window = blackouts.over(job, slot) if blackouts is not None else None
    if window is None:
        return ""
    if not window.defers:
        return f", skipped: blackout {window.name}"
    end = f" to {shown(window.end, selection.zone_of(job))}" if window.end is not None else ""
    return f", deferred{end}: blackout {window.name}"
