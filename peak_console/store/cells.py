"""The cells of the registry's rows, each checked as it is read: what SQLite gives back need not be what we wrote.

Nothing is trusted to have its column's type: SQLite keeps a text in a column of numbers, and a failing disk or a
strange hand changes a value without breaking the file. Each reader returns the value, or raises one of ``NONSENSE``.
"""

from __future__ import annotations

from datetime import UTC, datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from enum import StrEnum
    from typing import Any

    Reader = Callable[[Any], Any]

NONSENSE = (ValueError, TypeError, OverflowError, RecursionError)
"""What readers raise."""
FIRST_MOMENT, LAST_MOMENT = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
"""What can be shown in any zone. Every moment is brought between the two before it is stored."""
UNKNOWN_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for a moment that cannot be read where there has to be one."""
MOST_RUN_ID = 10**15 - 1
"""No run has a higher number, and no folder with one is a run's: the numbers must never come to an end."""
_MOST_PID = 2**31 - 1
_MOST = 2**63 - 1


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def moment(value: Any) -> datetime:
    """An aware datetime from its text; one without an offset is nothing that we have written."""
    found = datetime.fromisoformat(text(value))
    if not FIRST_MOMENT <= found <= LAST_MOMENT:  # raises TypeError for a naive one
        raise ValueError
    return found


def schedule(value: Any) -> str:
    """A schedule's fingerprint: its kind comes first. It is empty where nothing was decided yet."""
    from peak_console.schedule.model import ScheduleType

    if text(value) and not value.startswith(tuple(ScheduleType)):
        raise ValueError
    return text(value)


def whole(value: Any) -> int:
    """Any whole number."""
    return _between(value, -_MOST - 1, _MOST)


def seconds(value: Any) -> float:
    """A number of seconds."""
    if not isinstance(value, int | float):
        raise TypeError
    if not 0 <= value <= _MOST:
        raise ValueError
    return float(value)


def run_id(value: Any) -> int:
    return _between(value, 1, MOST_RUN_ID)


def count(value: Any) -> int:
    return _between(value, 0, _MOST)


def attempt(value: Any) -> int:
    return _between(value, 1, _MOST)


def pid(value: Any) -> int:
    return _between(value, 1, _MOST_PID)


def _between(value: Any, lowest: int, highest: int) -> int:
    if not isinstance(value, int):
        raise TypeError
    if not lowest <= value <= highest:
        raise ValueError
    return value


def supervisor(value: Any) -> str:
    """A process as ``runs.supervisors.identity`` names it: its pid and a mark."""
    number, space, _mark = text(value).partition(" ")
    if not (space and number.isascii() and number.isdecimal() and len(number) <= len(str(_MOST_PID))):
        raise ValueError
    pid(int(number))
    return text(value)


def mapping(value: Any) -> dict[str, Any]:
    """A JSON object."""
    found = _json(value)
    if not isinstance(found, dict):
        raise TypeError
    return found


def words(value: Any) -> list[str]:
    """A JSON list of texts."""
    if value in _WORDS:
        return list(_WORDS[value])
    found = _json(value)
    if not isinstance(found, list):
        raise TypeError
    for word in found:
        text(word)
    if len(_WORDS) < MOST_WORDS:
        _WORDS[value] = tuple(found)
    return found


_WORDS: dict[str, tuple[str, ...]] = {}
"""Lists that were read before: the tags of a job stand in each of its runs."""
MOST_WORDS = 1000


def _json(value: Any) -> Any:
    if value == "[]":  # as most are: no start loads the reader for that
        return []
    from json import loads

    return loads(text(value))


def one_of(*allowed: str) -> Reader:
    """A reader of a column that takes a few words only."""
    known = {str(word): str(word) for word in allowed}

    def read(value: Any) -> str:
        if value.__class__ is not str or value not in known:
            raise ValueError
        return str(value)

    return read


def member_of(words: type[StrEnum]) -> Reader:
    """A reader of a column that takes the words of an enum; it gives the enum's members."""
    members: dict[object, StrEnum] = {word.value: word for word in words}

    def read(value: Any) -> StrEnum:
        member = members.get(value)  # a TypeError for what cannot be a key
        if member is None:
            raise ValueError
        return member

    return read


def or_none(read: Reader) -> Reader:
    """A reader of a column that may be empty."""

    def read_some(value: Any) -> Any:
        return None if value is None else read(value)

    _OF_SOME[read_some] = read
    return read_some


_OF_SOME: dict[Reader, Reader] = {}
"""By a reader of ``or_none``: the reader of what is there."""


Cell = tuple[str, "Reader", object]
"""A field's name, its reader, and what stands for a value that makes no sense."""


def read_row(row: Sequence[Any], cells: Sequence[Cell]) -> tuple[dict[str, Any], list[str]]:
    """The fields of a row, and the names of those whose value makes no sense."""
    some = _OF_SOME
    try:  # as nearly all rows are
        return {
            name: None if value is None and read in some else read(value)
            for value, (name, read, _) in zip(row, cells, strict=False)
        }, []
    except NONSENSE:
        return _what_is_left(row, cells)


def _what_is_left(row: Sequence[Any], cells: Sequence[Cell]) -> tuple[dict[str, Any], list[str]]:
    found: dict[str, Any] = {}
    faults: list[str] = []
    for value, (name, read, instead) in zip(row, cells, strict=False):
        if value is None and read in _OF_SOME:
            found[name] = None
            continue
        try:
            found[name] = read(value)
        except NONSENSE:
            found[name] = instead
            faults.append(name)
    return found, faults
