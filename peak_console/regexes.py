"""Regular expressions that an operator types.

Nothing interrupts a search of Python's ``re``, and it keeps every other thread waiting: an expression that may search
for ever would stop the engine. Such expressions are refused before they are used.
"""

from __future__ import annotations

import re

from peak_console.errors import UsageError
from peak_console.text import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

FEW_REPEATS = 3
"""Up to so many repeats of what is itself repeated are harmless: ``(\\d+\\.){3}``."""
MOST_REPEATS = 6
"""Each repeat without a bound may multiply the steps by the length of the text."""
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT")
_ATOMIC = ("ATOMIC_GROUP", "POSSESSIVE_REPEAT")
"""What has matched once is not tried otherwise."""


def compiled(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """The expression, ready for a search. Raises ``UsageError`` with a sentence."""
    refuse_endless(pattern)
    return re.compile(pattern, re.IGNORECASE if ignore_case else 0)


def refuse_endless(pattern: str) -> None:
    """Raise ``UsageError`` for what is no regular expression, and for one whose search may take for ever."""
    from re import _parser  # type: ignore[attr-defined]  # documented nowhere, but nothing else knows the structure

    try:
        re.compile(pattern)
        parsed = _parser.parse(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(f'"{safe(pattern)}" is no regular expression: {error}') from None
    if _multiplies(parsed, repeated=False) or _unbounded(parsed) > MOST_REPEATS:
        why = "it repeats what is repeated; leave out one of the repeats"
        raise UsageError(f'"{safe(pattern)}" might be searched for without an end: {why}') from None


def _multiplies(parsed: Iterable[tuple[Any, Any]], *, repeated: bool) -> bool:
    """Whether a part that is repeated can match the same text in several ways: each repeat doubles the work then."""
    for code, argument in parsed:
        name = str(code)
        if name in _REPEATS:
            low, high, body = argument
            if repeated and high != low and high > 1:
                return True
            if _multiplies(body, repeated=repeated or high > FEW_REPEATS):
                return True
        elif name == "BRANCH":
            if repeated and not _begin_differently(argument[1]):
                return True
            if any(_multiplies(each, repeated=repeated) for each in argument[1]):
                return True
        elif any(_multiplies(each, repeated=repeated and name not in _ATOMIC) for each in _parts(argument)):
            return True
    return False


def _unbounded(parsed: Iterable[tuple[Any, Any]]) -> int:
    """How many repeats without a bound stand one after the other."""
    count = 0
    for code, argument in parsed:
        name = str(code)
        if name in _REPEATS:
            count += (argument[1] > 1000) + _unbounded(argument[2])
        elif name == "BRANCH":
            count += max(map(_unbounded, argument[1]))
        else:
            count += sum(map(_unbounded, _parts(argument)))
    return count


def _parts(argument: Any) -> list[Any]:
    """The expressions within one, for example of a group."""
    each = argument if isinstance(argument, tuple) else (argument,)
    return [part for part in each if hasattr(part, "state")]


def _begin_differently(alternatives: Iterable[Any]) -> bool:
    """Whether each alternative begins with another letter, so that at most one of them can match."""
    first: list[object] = []
    for each in alternatives:
        if not len(each) or str(each[0][0]) != "LITERAL":
            return False
        first.append(each[0][1])
    return len(set(first)) == len(first)
