"""Moments as people say them: ``18:00``, ``tomorrow 08:00``, ``mon 07:30``, ``for 2h``, ISO 8601. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from peak_console.schedule.zones import instant_of
from peak_console.text import parse_duration, safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import tzinfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = {"today": 0, "tomorrow": 1, "yesterday": -1}
_LONGEST = 100
TOO_FAR = "is too far away; name a time between the years 1 and 9999"


def moment_ahead(text: str, zone: tzinfo, now: datetime) -> datetime:
    """The instant (UTC) that somebody means who speaks of the future; a bare clock time is the next one.

    A time without an offset is wall clock in ``zone``. Raises ``ValueError`` with a sentence.
    """
    return _moment(text, zone, now, ahead=True)


def moment_back(text: str, zone: tzinfo, now: datetime) -> datetime:
    """The instant (UTC) that somebody means who speaks of the past; a bare clock time is the last one.

    A time without an offset is wall clock in ``zone``. Raises ``ValueError`` with a sentence.
    """
    return _moment(text, zone, now, ahead=False)


def _moment(text: str, zone: tzinfo, now: datetime, *, ahead: bool) -> datetime:
    said = " ".join(text.split())
    try:
        found = _iso(said, zone)
        if found is None:
            found = _on_a_day(said.lower(), zone, now, ahead=ahead)
        return found if found is not None else _at_a_distance(said.lower(), now, ahead=ahead)
    except OverflowError:
        raise ValueError(f'"{safe(text[:_LONGEST])}" {TOO_FAR}') from None
    except ValueError:
        pass
    day, clock = ("tomorrow", "tomorrow 08:00") if ahead else ("yesterday", "yesterday 08:00")
    raise ValueError(
        f'"{safe(text[:_LONGEST])}" is neither a time nor a duration; write for example 18:00, {clock}, {day}, 2h or '
        f"{now.astimezone(zone):%Y-%m-%dT%H:%M}"
    )


def _iso(said: str, zone: tzinfo) -> datetime | None:
    if not said[:4].isdecimal():
        return None
    try:
        parsed = datetime.fromisoformat(said)
    except ValueError:
        return None
    return instant_of(parsed, zone) if parsed.tzinfo is None else parsed.astimezone(UTC)


def _on_a_day(said: str, zone: tzinfo, now: datetime, *, ahead: bool) -> datetime | None:
    """A clock time, a day, or both; ``None`` where neither is said. Raises ``ValueError``."""
    words = said.removeprefix("until ").removeprefix("on ").replace(" at ", " ").split()
    today = now.astimezone(zone).date()
    at = _clock(words[-1]) if words else None
    days = words[:-1] if at is not None else words
    if not days:
        if at is None:
            return None
        found = instant_of(datetime.combine(today, at), zone)
        missed = found <= now if ahead else found > now
        other = today + timedelta(days=1 if ahead else -1)
        return instant_of(datetime.combine(other, at), zone) if missed else found
    if len(days) > 1:
        return None
    if days[0] in _DAYS:
        return instant_of(datetime.combine(today + timedelta(days=_DAYS[days[0]]), at or time(0)), zone)
    names = NAMES if days[0] in NAMES else WEEKDAYS
    if days[0] not in names:
        return None
    by = (names.index(days[0]) - today.weekday()) % 7
    found = instant_of(datetime.combine(today + timedelta(days=by), at or time(0)), zone)
    if (found > now) is ahead:
        return found
    by += 7 if ahead else -7  # today's is over, or this week's is yet to come
    return instant_of(datetime.combine(today + timedelta(days=by), at or time(0)), zone)


def _clock(word: str) -> time | None:
    hour, colon, rest = word.partition(":")
    if not colon or not (hour.isdecimal() and hour.isascii()) or len(hour) > 2:
        return None
    return time.fromisoformat(f"{hour:0>2}:{rest}")


def _at_a_distance(said: str, now: datetime, *, ahead: bool) -> datetime:
    """A duration from now. Raises ``ValueError``, ``OverflowError``."""
    words = said.removeprefix("for ").removeprefix("in ") if ahead else said.removesuffix(" ago")
    delta = timedelta(seconds=parse_duration(words))
    return now + delta if ahead else now - delta
