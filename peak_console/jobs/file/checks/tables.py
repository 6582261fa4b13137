"""Checks of tables: arguments, variables, what a job requires, expects and asks a cluster for, and anything."""

from __future__ import annotations

from peak_console.jobs.file.checks.wording import GOOD, described, did_you_mean, one_fault, quoted, wrong_type
from peak_console.jobs.file.fields import field as fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from peak_console.jobs.file.checks.wording import Check, Fault, Faults


def check_requirements(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not list:
            return one_fault(wrong_type(field.kind, value) + '; write [{ file = "data/quotes.csv" }]')
        from peak_console.jobs.freshness import fault_of

        faults: list[Fault] = []
        for index, item in enumerate(value):
            if item.__class__ is not dict:
                faults.append(((index,), f'must hold tables such as {{ file = "a.csv" }}, not {described(item)}'))
                continue
            for key, told in item.items():
                if key not in ("file", "newer_than"):
                    hint = did_you_mean(key, ("file", "newer_than"))
                    faults.append(((index, key), f"must hold file and newer_than, not {quoted(key)}{hint}"))
                elif told.__class__ is not str or not told.strip() or "\0" in told:
                    faults.append(((index, key), f"must hold a text as {key}"))
                elif key == "newer_than" and (fault := fault_of(told)):
                    faults.append(((index, key), f"newer_than {fault}"))
            if "file" not in item:
                faults.append(((index,), "must name a file"))
        return tuple(faults)

    return check


def check_expectations(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not dict:
            return one_fault(wrong_type(field.kind, value))
        from peak_console.jobs.expectations import fault_of

        faults: list[Fault] = []
        for name, expected in value.items():
            if expected.__class__ not in (str, int, float, bool):
                message = f"must hold strings, numbers, true or false: {quoted(name)} holds {described(expected)}"
                faults.append(((name,), message))
            elif fault := fault_of(expected):
                faults.append(((name,), fault))
        return tuple(faults)

    return check


def check_arguments(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not dict:
            return one_fault(wrong_type(field.kind, value))
        faults: list[Fault] = []
        for name, item in value.items():
            if (item.__class__ is str and name and "\0" not in item and "\0" not in name) or item.__class__ is bool:
                continue
            faults += [((name, *path), fault) for path, fault in _argument_faults(name, item)]
        script = value.get("script", "")
        if script.__class__ is not str:
            faults.append((("script",), f'must have a string as "script", not {described(script)}'))
        return tuple(faults)

    return check


def _argument_faults(name: str, value: Any) -> Faults:
    if not name:
        return one_fault("must not have an empty name")
    if "\0" in name:
        return one_fault("must not hold a NUL character: no program can be given one")
    if value.__class__ is list:
        return tuple(
            ((index,), fault)
            for index, item in enumerate(value)
            for fault in [_scalar_fault(name, item)]
            if fault is not None
        )
    fault = _scalar_fault(name, value)
    return one_fault(fault) if fault else GOOD


def _scalar_fault(name: str, value: Any) -> str | None:
    kind = value.__class__
    if kind is dict or kind is list:
        return f"must hold strings, numbers, true, false or lists of them: {quoted(name)} holds {described(value)}"
    if kind is int and not -fields.MAX_INTEGER <= value <= fields.MAX_INTEGER:
        return f"must hold numbers of 64 bits: {quoted(name)} is larger"
    if kind is str and "\0" in value:
        return f"must not hold a NUL character: no program can be given the one in {quoted(name)}"
    return None


def check_variables(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not dict:
            return one_fault(wrong_type(field.kind, value))
        faults: list[Fault] = []
        for name, item in value.items():
            if not name or "=" in name or "\0" in name:
                faults.append(((name,), f"must not hold a variable called {quoted(name)}"))
            elif item.__class__ not in (str, int, float, bool):
                faults.append(((name,), f"must hold strings: {quoted(name)} is {described(item)}"))
            elif fault := _scalar_fault(name, item):
                faults.append(((name,), fault))
        return tuple(faults)

    return check


def check_tables(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is list and all(item.__class__ is dict for item in value):
            return GOOD
        return one_fault(f"must be written as tables [[{field.where[0]}.{field.key}]]")

    return check


def check_resources(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not dict:
            return one_fault(wrong_type(field.kind, value))
        from peak_console.jobs.file.checks import checks_of  # it is made of this module

        known = checks_of(fields.RESOURCES)
        faults: list[Fault] = []
        for key, item in value.items():
            if key not in known:
                faults.append(((key,), f"has no {quoted(key)}{did_you_mean(key, known)}"))
            else:
                faults += (((key, *inner), f"{key} {fault}") for inner, fault in known[key](item))
        return tuple(faults)

    return check


def check_anything(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not dict:
            return one_fault(wrong_type(field.kind, value))
        from peak_console.jobs.environment import meta_variable

        faults: list[Fault] = []
        variables: dict[str, str] = {}
        for name, item in value.items():
            other = variables.setdefault(meta_variable(name), name)
            if not name:
                faults.append(((name,), "must not have an empty name"))
            elif other != name:
                message = f"must not hold both {quoted(other)} and {quoted(name)}: both are {meta_variable(name)}"
                faults.append(((name,), message))
            elif fault := _unspeakable(item):
                faults.append(((name,), f"{fault} in {quoted(name)}"))
        return tuple(faults)

    return check


def _unspeakable(value: Any) -> str:
    """Why a value of ``meta`` cannot be handed to a program as text; empty when it can."""
    if isinstance(value, dict):
        return next((fault for pair in value.items() for each in pair if (fault := _unspeakable(each))), "")
    if isinstance(value, list):
        return next((fault for each in value if (fault := _unspeakable(each))), "")
    if isinstance(value, str) and "\0" in value:
        return "must not hold a NUL character"
    if value.__class__ is int and not -fields.MAX_INTEGER <= value <= fields.MAX_INTEGER:
        return "must hold numbers of 64 bits, not the one"
    return ""
