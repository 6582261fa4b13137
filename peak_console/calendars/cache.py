"""Compiled calendars in the state directory. What lies there is only ever what could be compiled again."""

from __future__ import annotations

import os
from binascii import crc32

from peak_console.schedule.sessions.table import Calendar, from_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

FOLDER: Final = "calendars"
SUFFIX: Final = ".table"
LARGEST: Final = 32 * 1024 * 1024
_PLAIN: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")

_interned: dict[tuple[str, str], Calendar] = {}
"""By name and key the calendar that this process has last made or read: one that is equal is the same object again."""


_words: dict[tuple[str, str], list[str]] = {}


def interned(calendar: Calendar) -> Calendar:
    """The calendar, or the one that is equal to it and that this process has already."""
    known = _interned.get((calendar.name, calendar.key))
    if known is not None and known.made_on == calendar.made_on and known == calendar:
        known.is_cached = known.is_cached or calendar.is_cached
        return known
    _interned[calendar.name, calendar.key] = calendar
    return calendar


def path_of(state: str, name: str, key: str, suffix: str = SUFFIX) -> str:
    """Where a calendar of that name, made that way, is kept."""
    plain = "".join(character if character in _PLAIN else "_" for character in name[:60])
    return os.path.join(
        state, FOLDER, f"{plain}-{crc32(f'{name} {key}'.encode('utf-8', 'surrogateescape')):08x}{suffix}"
    )


def read(state: str, name: str, key: str) -> Calendar | None:
    """The calendar as it was kept; ``None`` where it was not, or where what lies there is something else."""
    content = read_file(path_of(state, name, key))
    if content is None:
        return None
    try:
        found = from_bytes(name, content)
    except ValueError:
        return None
    return interned(found) if found.key == key else None


def known(state: str | None, name: str, key: str) -> Calendar | None:
    """The calendar that this process has, or that is kept."""
    found = _interned.get((name, key))
    return found if found is not None or state is None else read(state, name, key)


def words(state: str | None, name: str, key: str) -> list[str] | None:
    """Words that were kept; ``None`` where there are none of that key."""
    if (name, key) not in _words and state is not None:
        content = read_file(path_of(state, name, key, ".words"))
        if content is not None:
            _words[name, key] = content.decode(errors="replace").split()
    return _words.get((name, key))


def keep_words(state: str | None, name: str, key: str, found: list[str]) -> None:
    """Keep words for this process, and for the next start where that can be."""
    _words[name, key] = found
    if state is not None:
        write_file(state, path_of(state, name, key, ".words"), " ".join(found).encode())


def keep(state: str, calendar: Calendar) -> None:
    """Keep a calendar for the next start, where the state directory is there and ours; without a word if it is not."""
    if write_file(state, path_of(state, calendar.name, calendar.key), calendar.to_bytes()):
        calendar.is_cached = True


def read_reference(state: str, name: str) -> Calendar | None:
    """The calendar as an engine knew it last, however it was made; ``None`` where none has known it."""
    content = read_file(path_of(state, name, "", ".known"))
    try:
        return None if content is None else from_bytes(name, content)
    except ValueError:
        return None


def is_as_known(state: str, calendar: Calendar) -> bool:
    """Whether an engine has known a calendar as it is now; ``False`` where that would have to be looked at closer."""
    known = read_file(path_of(state, calendar.name, "", ".known"))
    if known is None:
        return False
    if known == read_file(path_of(state, calendar.name, calendar.key)):
        return True
    try:
        return from_bytes(calendar.name, known) == calendar
    except ValueError:
        return False


def keep_reference(state: str, calendar: Calendar) -> None:
    """Remember a calendar as the engine knows it."""
    write_file(state, path_of(state, calendar.name, "", ".known"), calendar.to_bytes())


def read_file(path: str) -> bytes | None:
    """A file of the cache as a whole."""
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError):  # a NUL in a path
        return None
    return content if len(content) <= LARGEST else None


def write_file(state: str, path: str, content: bytes) -> bool:
    """Put a file of the cache in its place, as a whole; whether that could be done."""
    try:
        if os.stat(state).st_uid != os.geteuid():
            return False
        folder = os.path.dirname(path)
        readers = _readers(state)
        os.makedirs(folder, mode=0o700 | readers | readers >> 2, exist_ok=True)
        new = f"{path}.{os.getpid()}"
        fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600 | readers)
        with open(fd, "wb") as file:
            file.write(content)
        os.replace(new, path)
    except (OSError, ValueError):
        return False
    return True


def _readers(state: str) -> int:
    """Who may read what lies in the state directory, as the registry shows."""
    try:
        return os.stat(os.path.join(state, "registry.db")).st_mode & 0o044
    except OSError:
        return 0
