"""A rule on sessions in words, for tables, details and messages."""

from __future__ import annotations

from peak_console.schedule.sessions.moments import moment
from peak_console.schedule.sessions.picks import IfClosed
from peak_console.schedule.sessions.rule import pick_of
from peak_console.text import parse_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from peak_console.schedule.model import SessionRule
    from peak_console.schedule.sessions.moments import Moment
    from peak_console.schedule.sessions.picks import Pick

_ORDINALS: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth"}
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def session_in_words(rule: SessionRule | None) -> str:
    """``15 min before the open of XETR, on the last session of the month``."""
    assert rule is not None
    assert rule.calendar is not None
    name = rule.calendar.name
    if rule.every is None:
        found = moment_in_words(moment(str(rule.at)), name)
    else:
        first, last = moment(rule.begin or "open"), moment(rule.end or "close")
        begin = moment_in_words(first, "").removeprefix("at ").removesuffix(" of ").removesuffix(" at ")
        step = seconds_in_words(int(parse_duration(str(rule.every))))
        found = f"every {step} from {begin} to {moment_in_words(last, name).removeprefix('at ')}"
    pick = pick_of(rule)
    return found if pick is None else f"{found}, on {pick_in_words(pick)}"


def days_in_words(rule: SessionRule) -> str:
    """``, on sessions of XNYS``: what a calendar adds to the words of a time of day."""
    assert rule.calendar is not None
    pick = pick_of(rule)
    if pick is not None:
        comma = "," if pick.unit == "weekday" else ""
        return f", on {pick_in_words(pick)}{comma} of {rule.calendar.name}"
    moved = {IfClosed.BEFORE: ", else the session before", IfClosed.AFTER: ", else the session after"}
    return f", on sessions of {rule.calendar.name}{moved.get(IfClosed(rule.if_closed or IfClosed.SKIP), '')}"


def pick_in_words(pick: Pick) -> str:
    """``the last session of the month``; ``the third Friday of the month, else the session before``."""
    if pick.unit == "weekday":
        number = "last" if pick.number < 0 else _ORDINALS[pick.number]
        else_ = {IfClosed.BEFORE: ", else the session before", IfClosed.AFTER: ", else the session after"}
        return f"the {number} {_WEEKDAYS[pick.weekday]} of the month{else_.get(IfClosed(pick.if_closed), ', if open')}"
    return f"the {_ordinal(pick.number)} session of the {pick.unit}"


def _ordinal(number: int) -> str:
    if number == -1:
        return "last"
    count = _ORDINALS.get(abs(number)) or _numbered(abs(number))
    return count if number > 0 else f"{count} last"


def _numbered(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def moment_in_words(found: Moment, calendar: str) -> str:
    """``15 min before the open of XETR``."""
    breaks = {"break_start": "the start of the break", "break_end": "the end of the break"}
    where = f"{breaks[found.name]} at {calendar}" if found.is_of_break else f"the {found.name} of {calendar}"
    if not found.seconds:
        return f"at {where}"
    return f"{seconds_in_words(abs(found.seconds))} {'after' if found.seconds > 0 else 'before'} {where}"


def seconds_in_words(seconds: int) -> str:
    """``15 min``, ``1 h 30 min``, ``90 s`` as people say it."""
    parts = []
    for unit, word in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, seconds = divmod(seconds, unit)
        if count:
            parts.append(f"{count} {word}")
    return " ".join(parts) or "0 s"
