"""Checks of what makes many runs of a slot: the axes of a matrix, and how many runs have to succeed."""

from __future__ import annotations

from peak_console.jobs.file.checks.wording import GOOD, described, one_fault, quoted, wrong_type
from peak_console.jobs.file.fields import field as fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from peak_console.jobs.file.checks.wording import Check, Fault, Faults

_RULES = 'must be "all", "any", or a number of runs as in { at_least = 90 }'


def array_fault(text: str) -> str | None:
    """What is wrong with the indexes of an array."""
    from peak_console.jobs.arrays import parse

    try:
        parse(text)
    except ValueError as error:
        return f"is no array: {error}"
    return None


def check_matrix(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not dict:
            return one_fault(wrong_type(field.kind, value))
        if not value:
            return one_fault("must have an axis at least, such as window = [20, 50]")
        faults: list[Fault] = []
        for name, values in value.items():
            faults += _axis_faults(name, values)
        return tuple(faults) if faults else _size_fault(value) or _variable_faults(value)

    return check


def _axis_faults(name: str, values: Any) -> list[Fault]:
    if not name.replace("_", "").isalnum() or not name.isascii():
        return [((name,), f"must have axes of letters, digits and _: {quoted(name)} could stand in no placeholder")]
    if values.__class__ is not list or not values:
        return [((name,), f"must hold a list of values for {quoted(name)}, not {described(values)}")]
    faults: list[Fault] = []
    for place, item in enumerate(values):
        if item.__class__ not in (str, int, float, bool):
            faults.append(((name, place), f"must hold strings, numbers, true or false, not {described(item)}"))
        elif item.__class__ is str and "\0" in item:
            faults.append(((name, place), "must not hold a NUL character: no program can be given one"))
        elif item.__class__ is int and not -fields.MAX_INTEGER <= item <= fields.MAX_INTEGER:
            faults.append(((name, place), f"must hold numbers of 64 bits: one of {quoted(name)} is larger"))
        elif any(item == other and item.__class__ is other.__class__ for other in values[:place]):
            faults.append(((name, place), f"must not name a value of {quoted(name)} twice"))
    return faults


def _size_fault(axes: dict[str, Any]) -> Faults:
    from peak_console.jobs.arrays import MOST_RUNS, size_of

    size = size_of(axes)
    if size <= MOST_RUNS:
        return GOOD
    return one_fault(f"makes {size} runs, and an array may have {MOST_RUNS}; split it among jobs")


def _variable_faults(axes: dict[str, Any]) -> Faults:
    from peak_console.jobs.environment import matrix_variable

    names: dict[str, str] = {}
    for name in axes:
        other = names.setdefault(matrix_variable(name), name)
        if other != name:
            message = f"must not hold both {quoted(other)} and {quoted(name)}: both are {matrix_variable(name)}"
            return (((name,), message),)
    return GOOD


def check_success_rule(_field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value in ("all", "any"):
            return GOOD
        if value.__class__ is not dict or list(value) != ["at_least"]:
            return one_fault(f"{_RULES}, not {described(value)}")
        least = value["at_least"]
        if least.__class__ is not int or least < 1:
            return ((("at_least",), f"{_RULES}, not {described(least)}"),)
        return GOOD

    return check
