"""Whether a run's result is what its job expects, and the numbers in it. Pure."""

from __future__ import annotations

import re
from math import isfinite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, Final

_COMPARISON: Final = re.compile(r"\s*(>=|<=|==|!=|>|<|=)\s*(.*?)\s*", re.DOTALL)
_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": lambda one, other: one > other,
    "<": lambda one, other: one < other,
    ">=": lambda one, other: one >= other,
    "<=": lambda one, other: one <= other,
}
_LONGEST: Final = 60
MOST_METRICS: Final = 50
"""Numbers of one result that are kept."""
LONGEST_NAME: Final = 100


def fault_of(expected: Any) -> str | None:
    """What is wrong with an expectation as it is written; ``None`` where nothing is."""
    if not isinstance(expected, str):
        return None
    found = _COMPARISON.fullmatch(expected)
    if found is None:
        return None
    sign, operand = found.groups()
    if not operand:
        return f'must compare with something: "{expected}"'
    if sign in _COMPARE and _number(operand) is None:
        return f'must compare with a number: "{expected}"'
    return None


def unmet(expect: Mapping[str, Any], result: Mapping[str, Any]) -> list[str]:
    """Each expectation that a result does not meet, in words."""
    found = []
    for name, expected in expect.items():
        is_there, value = _value(result, name)
        if not is_there:
            found.append(f"{name} is missing, expected {_shown(expected)}")
        elif not _is_met(expected, value):
            found.append(f"{name} is {_shown(value)}, expected {_shown(expected)}")
    return found


def metrics(result: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a result by name; those of tables in it by ``table.name``."""
    found: dict[str, float] = {}
    for name, value in _numbers(result, ""):
        if len(found) < MOST_METRICS and len(name) <= LONGEST_NAME:
            found[name] = value
    return found


def _numbers(table: Mapping[str, Any], before: str) -> Iterator[tuple[str, float]]:
    for name, value in table.items():
        if isinstance(value, dict):
            if not before:
                yield from _numbers(value, f"{name}.")
        elif (number := _as_number(value)) is not None:
            yield before + name, number


def _as_number(value: Any) -> float | None:
    """A number of JSON, as long as it is one: booleans are none, nor is what has no end."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def _value(result: Mapping[str, Any], name: str) -> tuple[bool, Any]:
    """Whether a result has a value of that name, or of that path through tables; and the value."""
    if name in result:
        return True, result[name]
    table, dot, rest = name.partition(".")
    inner = result.get(table)
    return _value(inner, rest) if dot and isinstance(inner, dict) else (False, None)


def _is_met(expected: Any, value: Any) -> bool:
    if not isinstance(expected, str):
        return _same(expected, value)
    found = _COMPARISON.fullmatch(expected)
    if found is None:
        return _same(expected, value)
    sign, operand = found.groups()
    if sign in _COMPARE:
        number, limit = _as_number(value), _number(operand)
        return number is not None and limit is not None and _COMPARE[sign](number, limit)
    limit = _number(operand)
    same = _same(operand, value) or (limit is not None and _same(limit, value))
    return same if sign != "!=" else not same


def _same(expected: Any, value: Any) -> bool:
    """Whether two values are the same, of which 1 and true are not."""
    return isinstance(expected, bool) == isinstance(value, bool) and bool(expected == value)


def _number(text: str) -> float | None:
    try:
        number = float(text.replace("_", ""))
    except ValueError:
        return None
    return number if isfinite(number) else None


def _shown(value: Any) -> str:
    from json import dumps

    text = value if isinstance(value, str) else dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
