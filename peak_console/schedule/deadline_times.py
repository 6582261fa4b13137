"""The moment that a deadline means for a slot: a time of day, or a time after the slot. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from peak_console.schedule.zones import instant_of, local_time
from peak_console.text import parse_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import tzinfo

    from peak_console.schedule.model import SessionRule

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_AFTER_SLOT = re.compile(r"(.+?)\s+after\s+slot")
FORMS = (
    'write a time of day such as "08:55", a time after the slot such as "30m after slot", or a moment of the session'
    ' such as "open-5m"'
)


def check(text: str) -> str:
    """What is wrong with a deadline as it is written; empty when nothing is."""
    try:
        moment_of(text, datetime(2026, 1, 1), None)
    except ValueError as error:
        return str(error)
    return ""


def is_of_session(text: str) -> bool:
    """Whether a deadline is a moment of a session, such as ``open-5m``."""
    return text.strip().lower().startswith(("open", "close", "break"))


def moment_of(text: str, slot: datetime, where: tzinfo | None, sessions: SessionRule | None = None) -> datetime:
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
    if is_of_session(written):
        return _of_session(written, slot, sessions)
    raise ValueError(FORMS)


def _of_session(text: str, slot: datetime, sessions: SessionRule | None) -> datetime:
    """A moment of the session that a slot belongs to; the slot itself where no calendar knows one."""
    from peak_console.schedule.offsets import EPOCH
    from peak_console.schedule.rounds import session_index
    from peak_console.schedule.sessions.moments import moment

    found = moment(text)
    calendar = sessions.calendar if sessions is not None else None
    place = session_index(slot, calendar) if calendar is not None and calendar.has_hours else None
    if calendar is None or place is None:
        return slot
    seconds = getattr(calendar, found.column)[place] + found.seconds
    return EPOCH + timedelta(seconds=seconds)
