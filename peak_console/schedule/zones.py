"""Time zones by name, and how wall clocks map to instants in them.

One rule for a wall-clock moment everywhere: in a gap (spring) it is the first valid instant after the gap, in a
fold (autumn) it is the first of the two instants.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from peak_console.schedule.offsets import change_between

LOCALTIME = "/etc/localtime"

_UTC_NAMES = frozenset(("UTC", "Etc/UTC"))
_NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/")


def zone(name: str | None) -> tzinfo:
    """The time zone called ``name`` (IANA); ``None`` is the machine's own, with its daylight-saving rules.

    The machine's own is what ``TZ`` says, else what ``/etc/localtime`` is, else UTC; it is looked up once per
    process. Raises ``ValueError``, naming the nearest known zone, when there is no such zone.
    """
    found, problem = _lookup(name)
    if found is None:
        raise ValueError(problem)
    return found


def zone_name(name: str | None) -> str:
    """The zone as people call it; for ``None`` the machine's own. Never raises."""
    if name is not None:
        return "UTC" if name in _UTC_NAMES else name
    found, _ = _lookup(None)
    return "UTC" if found is UTC else str(getattr(found, "key", None) or "local time")


def forget() -> None:
    """Look every zone up again the next time. Timetables that were made keep their zone."""
    _lookup.cache_clear()


@lru_cache(maxsize=1024)
def _lookup(name: str | None) -> tuple[tzinfo | None, str]:
    """The zone, or why there is none: a failure is remembered too, since finding the nearest name is slow."""
    if name is None:
        return _machine_zone()
    found = _named(name)
    return found, "" if found else _unknown(name)


def _named(name: str) -> tzinfo | None:
    if name in _UTC_NAMES:
        return UTC
    # zoneinfo opens files by this name: nothing that could leave its folder gets there
    if not name or len(name) > 100 or not _NAME_CHARACTERS.issuperset(name) or not all(name.split("/")):
        return None
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError, ImportError):  # no such file; a folder; not zone data; unreadable
        return None


def _unknown(name: str) -> str:
    from peak_console.schedule.wording.zone_hints import hint
    from peak_console.text import safe

    return f'unknown time zone "{safe(name[:100])}"{hint(name[:100], _all_names())}'


@lru_cache(maxsize=1)
def _all_names() -> frozenset[str]:
    from zoneinfo import available_timezones

    return frozenset(available_timezones())


def _machine_zone() -> tuple[tzinfo | None, str]:
    import os

    setting = os.environ.get("TZ")
    if setting is None:
        return _at(LOCALTIME) or UTC, ""
    place = setting.removeprefix(":")
    if not place:
        return UTC, ""  # what an empty TZ means to the C library too
    found = _at(place) if place.startswith("/") else _named(place) or _from_rule(place)
    return found, "" if found else f"environment variable TZ: {_unknown(place)}"


def _at(path: str) -> tzinfo | None:
    """The zone that the file at ``path`` holds, by its name where the file or its link target shows one."""
    import os

    try:
        places = [os.readlink(path), path]
    except OSError:
        places = [path]
    for place in places:
        _, found, name = place.rpartition("zoneinfo/")
        if found and (named := _named(name)):
            return named
    from zoneinfo import ZoneInfo

    try:
        with open(path, "rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return None


def _from_rule(rule: str) -> tzinfo | None:
    """The zone of a POSIX rule such as ``CET-1CEST,M3.5.0,M10.5.0/3``, read by zoneinfo as a file's last line."""
    if not rule.isascii() or not rule.isprintable():
        return None
    import io
    from zoneinfo import ZoneInfo

    empty = b"TZif2" + bytes(15) + bytes(16) + b"\0\0\0\1\0\0\0\1" + bytes(6) + b"\0"
    try:
        return ZoneInfo.from_file(io.BytesIO(empty + empty + b"\n" + rule.encode() + b"\n"))
    except ValueError:
        return None


def instant_of(wall: datetime, tz: tzinfo) -> datetime:
    """The UTC instant of a naive wall-clock moment in ``tz``, by the rule of this module."""
    if tz is UTC:
        return wall.replace(tzinfo=UTC)
    local = wall.replace(tzinfo=tz, fold=0)
    before = local.utcoffset()
    instant = local.astimezone(UTC)
    after = instant.astimezone(tz).utcoffset()
    if before != after and before is not None and after is not None:  # only in a gap: read by the offset before it
        return change_between(tz, instant - (after - before), instant)
    return instant


def local_time(at: datetime, tz: tzinfo | None) -> datetime:
    """An instant on the wall clock of ``tz``; in UTC at the ends of the calendar, where the zone's clocks leave it."""
    try:
        return at.astimezone(tz)
    except OverflowError:
        return at
