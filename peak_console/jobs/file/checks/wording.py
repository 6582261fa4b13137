"""Words for what is wrong with a value of a jobs file, and for the values themselves."""

from __future__ import annotations

from datetime import date, time

from peak_console.jobs.file.fields import field as fields
from peak_console.text import nearest, safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Final

    Fault = tuple[tuple[str | int, ...], str]
    Faults = tuple[Fault, ...]
    Check = Callable[[Any], Faults]


GOOD: Final[Faults] = ()
DAY_NAMES: Final = {
    name: full[:3]
    for full in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    for name in (full, full[:3])
}
_TYPE_WORDS: Final = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number with a fraction",
    "list": "a list",
    "dict": "a table",
    "datetime": "a date and time",
    "date": "a date",
    "time": "a time",
}
_LONGEST_SHOWN: Final = 60


def quoted(text: str) -> str:
    """``text`` in quotes, safe for any terminal and not too long."""
    shown = safe(text[:_LONGEST_SHOWN])
    return f'"{shown}…"' if len(text) > _LONGEST_SHOWN else f'"{shown}"'


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown ``word``; empty when nothing known is near."""
    guess = nearest(word, known)
    return f'; did you mean "{guess}"?' if guess else ""


def as_text(value: Any) -> str:
    """A value as the text that TOML writes for it, strings without quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | time):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)


def wrong_type(kind: str, value: Any) -> str:
    name = value.__class__.__name__
    message = f"must be {kind}, not {described(value)}"
    if name == "str" and kind in (fields.BOOLEAN, fields.INTEGER, fields.NUMBER):
        return f"{message}; write it without quotes"
    if kind == fields.TEXT and name not in ("list", "dict"):
        return f"{message}; put it in quotes"
    if name == "str" and kind == fields.TEXTS:
        return f"{message}; put it in brackets"
    return message


def one_fault(message: str) -> Faults:
    return (((), message),)


def described(value: Any) -> str:
    name = value.__class__.__name__
    return as_text(value) if name == "bool" else _TYPE_WORDS.get(name, name)
