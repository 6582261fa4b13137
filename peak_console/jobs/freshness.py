"""What a job requires of files before it starts: that they are there, and new enough."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, time, timedelta

from peak_console.schedule.zones import instant_of, local_time, zone
from peak_console.text import duration, parse_duration, safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from peak_console.jobs.model import JobDefinition, Requirement

_SLOT: Final = re.compile(r"slot\s*(?:([+-])\s*(\S.*))?")


def fault_of(newer_than: str) -> str | None:
    """What is wrong with a bound as it is written; ``None`` where nothing is."""
    try:
        _offset(newer_than)
    except ValueError:
        shown = safe(newer_than)
        return f'must be slot, slot-1h, today, or an age such as 15m, not "{shown}"'
    return None


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
    """The moment since which a file has to have changed; ``None`` where it only has to be there."""
    if requirement.newer_than is None:
        return None
    origin, offset = _offset(requirement.newer_than)
    if origin == "now":
        return now + offset
    if origin == "slot":
        return slot + offset
    where = zone(job.schedule.timezone)
    return instant_of(datetime.combine(local_time(slot, where).date(), time()), where)


def first_stale(
    job: JobDefinition, requires: Sequence[Requirement], *, slot: datetime, now: datetime, run_id: int, base: str | None
) -> str | None:
    """Why a job may not start yet: the first file that is missing or too old; ``None`` where all are as required.

    It looks at the file system, which may not answer.
    """
    from peak_console.jobs.command import working_directory
    from peak_console.jobs.placeholders import Moment

    moment, cwd = Moment(job, run_id=run_id, attempt=1, slot=slot), working_directory(job, base)
    for requirement in requires:
        name = moment.fill(requirement.file)
        try:
            changed = os.stat(os.path.join(cwd, os.path.expanduser(name))).st_mtime
        except (OSError, ValueError) as error:
            return f"requires {safe(name)}, which is not there ({getattr(error, 'strerror', None) or error})"
        bound = bound_of(requirement, job, slot, now)
        if bound is not None and changed < bound.timestamp():
            age = duration(max(0.0, now.timestamp() - changed))
            at = local_time(datetime.fromtimestamp(changed, UTC), zone(job.schedule.timezone))
            return (
                f"requires {safe(name)} newer than {requirement.newer_than}: it is of {at:%Y-%m-%d %H:%M:%S}, {age} old"
            )
    return None
