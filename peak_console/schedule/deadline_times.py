"""The moment that a deadline means for a slot: a time of day, or a time after the slot. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from peak_console.schedule.zones import instant_of, local_time
from peak_console.text import parse_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import tzinfo

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_AFTER_SLOT = re.compile(r"(.+?)\s+after\s+slot")
FORMS = 'write a time of day such as "08:55", or a time after the slot such as "30m after slot"'


def check(text: str) -> str:
    """What is wrong with a deadline as it is written; empty when nothing is."""
    try:
        moment_of(text, datetime(2026, 1, 1), None)
    except ValueError as error:
        return str(error)
    return ""


def moment_of(text: str, slot: datetime, where: tzinfo | None) -> datetime:
    """The moment that a deadline means for a slot; a time of day is the first one at or after the slot.

    Raises ``ValueError`` with what is wrong.
    """
    written = text.strip()
    if found := _CLOCK.fullmatch(written):
        hour, minute, second = (int(part or 0) for part in found.groups())
        local = local_time(slot, where).replace(tzinfo=None)
        at = local.replace(hour=hour, minute=minute, second=second, microsecond=0)
        if at < local:
            at += timedelta(days=1)
        return instant_of(at, where) if where is not None else at
    if found := _AFTER_SLOT.fullmatch(written):
        try:
            return slot + timedelta(seconds=parse_duration(found[1]))
        except (ValueError, OverflowError) as error:
            raise ValueError(str(error)) from None
    raise ValueError(FORMS)
