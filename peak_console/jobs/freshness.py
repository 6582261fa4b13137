"""What a job requires of files before it starts: that they are there, and new enough."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from datetime import UTC, datetime, time, timedelta

from peak_console.schedule.offsets import EPOCH
from peak_console.schedule.sessions.moments import moment
from peak_console.schedule.sessions.table import NO_BREAK, day_of, day_text
from peak_console.schedule.zones import instant_of, local_time, zone
from peak_console.text import duration, parse_duration, safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from peak_console.jobs.model import JobDefinition, Requirement
    from peak_console.schedule.sessions.moments import Moment
    from peak_console.schedule.sessions.table import Calendar

_SLOT: Final = re.compile(r"slot\s*(?:([+-])\s*(\S.*))?")
_SESSION: Final = re.compile(r"last\s+(.+?)(?:\s+of\s+(\S+))?", re.IGNORECASE)
FORMS: Final = "slot, slot-1h, today, last close of XNYS, or an age such as 15m"


class UnknownSessionError(ValueError):
    """A calendar does not say when its last session before a slot was."""


def fault_of(newer_than: str) -> str | None:
    """What is wrong with a bound as it is written; ``None`` where nothing is."""
    if (found := session_of(newer_than)) is not None:
        try:
            moment(found[0])
        except ValueError as error:
            return f'"{safe(newer_than)}": "{safe(found[0])}" {error}'
        return None
    try:
        _offset(newer_than)
    except ValueError:
        shown = safe(newer_than)
        return f'must be {FORMS}, not "{shown}"'
    return None


def session_of(newer_than: str) -> tuple[str, str | None] | None:
    """The moment of a session in ``last close+15m of XNYS``, and the calendar; ``None`` for any other bound.

    Without a calendar it is the job's own.
    """
    found = _SESSION.fullmatch(newer_than.strip())
    return (found[1], found[2]) if found is not None else None


def _offset(newer_than: str) -> tuple[str, timedelta]:
    """From which moment a bound is reckoned (``slot``, ``now``, ``today``), and how far from it."""
    text = newer_than.strip()
    if text == "today":
        return "today", timedelta()
    if found := _SLOT.fullmatch(text):
        sign, rest = found.groups()
        seconds = parse_duration(rest) if rest else 0.0
        return "slot", timedelta(seconds=seconds if sign == "+" else -seconds)
    return "now", timedelta(seconds=-parse_duration(text))


def bound_of(requirement: Requirement, job: JobDefinition, slot: datetime, now: datetime) -> datetime | None:
    """The moment since which a file has to have changed; ``None`` where it only has to be there.

    Raises ``UnknownSessionError``.
    """
    if requirement.newer_than is None:
        return None
    if (found := session_of(requirement.newer_than)) is not None:
        return _last(moment(found[0]), requirement.calendar, slot)
    origin, offset = _offset(requirement.newer_than)
    if origin == "now":
        return now + offset
    if origin == "slot":
        return slot + offset
    where = zone(job.schedule.timezone)
    return instant_of(datetime.combine(local_time(slot, where).date(), time()), where)


def _last(wanted: Moment, calendar: Calendar | None, slot: datetime) -> datetime:
    """The last such moment of a session at or before a slot."""
    if calendar is None:
        raise UnknownSessionError("no calendar is known for it")
    until = int((slot - EPOCH).total_seconds()) - wanted.seconds
    column = getattr(calendar, wanted.column)
    place = bisect_right(calendar.opens, until) - 1
    while place >= 0 and not NO_BREAK < column[place] <= until:
        place -= 1
    if place < 0:
        raise UnknownSessionError(f"calendar {calendar.name} has none before {day_text(day_of(until))}")
    if day_of(until) > calendar.last_day:
        raise UnknownSessionError(f"calendar {calendar.name} is known up to {day_text(calendar.last_day)}")
    return EPOCH + timedelta(seconds=column[place] + wanted.seconds)


def first_stale(
    job: JobDefinition, requires: Sequence[Requirement], *, slot: datetime, now: datetime, run_id: int, base: str | None
) -> str | None:
    """Why a job may not start yet: the first file that is missing or too old; ``None`` where all are as required.

    It looks at the file system, which may not answer.
    """
    from peak_console.jobs.command import working_directory
    from peak_console.jobs.placeholders import Moment as RunMoment

    of_run, cwd = RunMoment(job, run_id=run_id, attempt=1, slot=slot), working_directory(job, base)
    for requirement in requires:
        name = of_run.fill(requirement.file)
        try:
            changed = os.stat(os.path.join(cwd, os.path.expanduser(name))).st_mtime
        except (OSError, ValueError) as error:
            return f"requires {safe(name)}, which is not there ({getattr(error, 'strerror', None) or error})"
        try:
            bound = bound_of(requirement, job, slot, now)
        except UnknownSessionError as error:
            return f"requires {safe(name)} newer than {requirement.newer_than}, which cannot be told: {error}"
        if bound is not None and changed < bound.timestamp():
            age = duration(max(0.0, now.timestamp() - changed))
            at = local_time(datetime.fromtimestamp(changed, UTC), zone(job.schedule.timezone))
            since = ""
            if session_of(requirement.newer_than or "") is not None:
                since = f" ({local_time(bound, zone(job.schedule.timezone)):%Y-%m-%d %H:%M})"
            return (
                f"requires {safe(name)} newer than {requirement.newer_than}{since}: it is of {at:%Y-%m-%d %H:%M:%S},"
                f" {age} old"
            )
    return None
