"""Checks of single values and of lists: texts, numbers, moments, durations."""

from __future__ import annotations

from datetime import date, datetime, time

from peak_console.jobs.file.checks.wording import (
    DAY_NAMES,
    GOOD,
    as_text,
    described,
    did_you_mean,
    one_fault,
    quoted,
    wrong_type,
)
from peak_console.jobs.file.fields import field as fields
from peak_console.text import parse_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from peak_console.jobs.file.checks.wording import Check, Fault, Faults


_FOR_PROGRAMS: Final = ("command", "argv", "path")


def check_text(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not str:
            if field.form == "time" and value.__class__ is time:
                return GOOD  # 07:30 without quotes is a time of TOML's own
            return one_fault(wrong_type(field.kind, value))
        fault = _text_fault(field, value)
        return one_fault(fault) if fault else GOOD

    return check


def _text_fault(field: fields.Field, value: str) -> str | None:
    if field.filled and not value.strip():
        return "must not be empty"
    if field.choices and value not in field.choices:
        known = ", ".join(f'"{choice}"' for choice in field.choices)
        return f"must be one of {known}, not {quoted(value)}{did_you_mean(value, field.choices)}"
    if field.form == "name" and not value.isprintable() and any(_is_control(character) for character in value):
        return "must not hold control characters"
    if field.form == "memory" and not (value[:-1].isdigit() and value[:-1].isascii() and value[-1:] in "MGT"):
        return f'must be a number with M, G or T, such as "8G", not {quoted(value)}'
    if field.form == "url" and "://" not in value:
        return "holds no Apprise URL such as ntfy://topic (what it holds is not shown: it may be a secret)"
    if field.form == "deadline":
        from peak_console.schedule.deadline_times import check

        if wrong := check(value):
            return f"is no deadline; {wrong}"
    if field.form == "array":
        from peak_console.jobs.file.checks.arrays import array_fault

        return array_fault(value)
    if field.form == "duration":
        return _duration_fault(value)
    if field.form == "http" and not value.startswith(("http://", "https://")):
        return "must begin with https:// or http:// (what it holds is not shown: it may be a secret)"
    if "\0" in value and field.form in _FOR_PROGRAMS:
        return "must not hold a NUL character: no program can be given one"
    return None


def _duration_fault(text: str) -> str | None:
    try:
        parse_duration(text)
    except ValueError as error:
        return f"must be a duration: {error}"
    return None


def _is_control(character: str) -> bool:
    return character < " " or "\x7f" <= character <= "\x9f" or character in "\u2028\u2029"


def check_boolean(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        return GOOD if value.__class__ is bool else one_fault(wrong_type(field.kind, value))

    return check


def check_number(field: fields.Field) -> Check:
    types = (int,) if field.kind == fields.INTEGER else (int, float)
    low, high = field.minimum, field.maximum
    assert low is not None  # each number of the table has its limits
    assert high is not None

    def check(value: Any) -> Faults:
        if value.__class__ not in types:
            return one_fault(wrong_type(field.kind, value))
        if low <= value <= high:
            return GOOD
        return one_fault(_out_of_range(field, value))

    return check


def _out_of_range(field: fields.Field, value: float) -> str:
    shown = as_text(value) if abs(value) <= fields.MAX_INTEGER or value.__class__ is float else "a larger one"
    if field.maximum is not None and value > field.maximum:
        return f"must be at most {field.maximum}, not {shown}"
    return f"must be {field.minimum} or more, not {shown}"


def check_duration(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        kind = value.__class__
        if kind is str:
            from peak_console.text import parse_duration

            try:
                value = parse_duration(value)
            except ValueError as error:
                return one_fault(f"must be a duration: {error}")
        elif kind is not int and kind is not float:
            return one_fault(wrong_type(field.kind, value) + "; write for example 30s, 15m or 2h in quotes")
        low, high = field.minimum, field.maximum
        if (low is not None and not low <= value) or (high is not None and not value <= high):
            return one_fault(f"must be between {low:g} and {high:g} seconds, not {as_text(value)}")
        return GOOD

    return check


def check_moment(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is datetime or value.__class__ is date:
            return GOOD
        if value.__class__ is not str:
            return one_fault(wrong_type(field.kind, value))
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return one_fault(f"must be a date and time such as {field.example}, not {quoted(value)}")
        return GOOD

    return check


def check_bound(field: fields.Field) -> Check:
    """One end of a window: what its text means is seen where the calendars are known."""

    def check(value: Any) -> Faults:
        if value.__class__ in (datetime, date, time):
            return GOOD
        if value.__class__ is not str:
            return one_fault(wrong_type(field.kind, value))
        return GOOD if value.strip() else one_fault("must not be empty")

    return check


def check_texts(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not list:
            return one_fault(wrong_type(field.kind, value))
        if field.filled and not value:
            return one_fault("must not be empty")
        faults: list[Fault] = []
        for index, item in enumerate(value):
            if item.__class__ is not str:
                faults.append(((index,), wrong_type(field.kind, value) + f" with {described(item)}"))
            elif field.form == "days" and item.strip().lower() not in DAY_NAMES:
                hint = did_you_mean(item.lower(), DAY_NAMES)
                faults.append(((index,), f'must be weekdays such as "mon", not {quoted(item)}{hint}'))
            elif field.form and (fault := _text_fault(field, item)):
                faults.append(((index,), fault))
        return tuple(faults)

    return check


def check_integers(field: fields.Field) -> Check:
    one = check_number(field)

    def check(value: Any) -> Faults:
        if value.__class__ is not list:
            return one_fault(wrong_type(field.kind, value))
        if field.filled and not value:
            return one_fault("must not be empty")
        faults: list[Fault] = []
        for index, item in enumerate(value):
            if item.__class__ is not int:
                faults.append(((index,), f"must be {field.kind}, not a list with {described(item)}"))
            else:
                faults += [((index,), fault) for _, fault in one(item)]
        return tuple(faults)

    return check
