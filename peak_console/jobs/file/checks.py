"""Checks of single values of a jobs file, made from the table in ``fields``.

A check takes a value as TOML gives it and answers with its faults: for each the path inside the value (empty for
the value itself) and what is wrong, to be read after the key's name. No fault shows a value that may be secret.
"""

from __future__ import annotations

from datetime import date, datetime, time

from peak_console.jobs.file.fields import field as fields
from peak_console.jobs.file.fields import fields_of
from peak_console.text import nearest, parse_duration, safe

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
_FOR_PROGRAMS: Final = ("command", "argv", "path")
_LONGEST_SHOWN: Final = 60


def checks_of(table: str) -> dict[str, Check]:
    """For each key that ``table`` may hold its check."""
    return {key: _check_of(field) for key, field in fields_of(table).items()}


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


def _check_of(field: fields.Field) -> Check:
    makers: dict[str, Callable[[fields.Field], Check]] = {
        fields.TEXT: _text,
        fields.BOOLEAN: _boolean,
        fields.INTEGER: _number,
        fields.NUMBER: _number,
        fields.DURATION: _duration,
        fields.EXPECTATIONS: _expectations,
        fields.REQUIREMENTS: _requirements,
        fields.MOMENT: _moment,
        fields.TEXTS: _texts,
        fields.INTEGERS: _integers,
        fields.ARGUMENTS: _arguments,
        fields.VARIABLES: _variables,
        fields.TABLES: _tables,
        fields.DATE: _date,
        fields.DATES: _dates,
        fields.TIMES: _times,
        fields.ANYTHING: _anything,
        fields.RESOURCES_TABLE: _resources,
    }
    return makers[field.kind](field)


def _wrong_type(kind: str, value: Any) -> str:
    name = value.__class__.__name__
    message = f"must be {kind}, not {_described(value)}"
    if name == "str" and kind in (fields.BOOLEAN, fields.INTEGER, fields.NUMBER):
        return f"{message}; write it without quotes"
    if kind == fields.TEXT and name not in ("list", "dict"):
        return f"{message}; put it in quotes"
    if name == "str" and kind == fields.TEXTS:
        return f"{message}; put it in brackets"
    return message


def _one(message: str) -> Faults:
    return (((), message),)


def _text(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not str:
            if field.form == "time" and value.__class__ is time:
                return GOOD  # 07:30 without quotes is a time of TOML's own
            return _one(_wrong_type(field.kind, value))
        fault = _text_fault(field, value)
        return _one(fault) if fault else GOOD

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
    if field.form == "duration":
        try:
            parse_duration(value)
        except ValueError as error:
            return f"must be a duration: {error}"
    if field.form == "http" and not value.startswith(("http://", "https://")):
        return "must begin with https:// or http:// (what it holds is not shown: it may be a secret)"
    if "\0" in value and field.form in _FOR_PROGRAMS:
        return "must not hold a NUL character: no program can be given one"
    return None


def _is_control(character: str) -> bool:
    return character < " " or "\x7f" <= character <= "\x9f" or character in "\u2028\u2029"


def _boolean(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        return GOOD if value.__class__ is bool else _one(_wrong_type(field.kind, value))

    return check


def _number(field: fields.Field) -> Check:
    types = (int,) if field.kind == fields.INTEGER else (int, float)
    low, high = field.minimum, field.maximum
    assert low is not None  # each number of the table has its limits
    assert high is not None

    def check(value: Any) -> Faults:
        if value.__class__ not in types:
            return _one(_wrong_type(field.kind, value))
        if low <= value <= high:
            return GOOD
        return _one(_out_of_range(field, value))

    return check


def _out_of_range(field: fields.Field, value: float) -> str:
    shown = as_text(value) if abs(value) <= fields.MAX_INTEGER or value.__class__ is float else "a larger one"
    if field.maximum is not None and value > field.maximum:
        return f"must be at most {field.maximum}, not {shown}"
    return f"must be {field.minimum} or more, not {shown}"


def _requirements(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not list:
            return _one(_wrong_type(field.kind, value) + '; write [{ file = "data/quotes.csv" }]')
        from peak_console.jobs.freshness import fault_of

        faults: list[Fault] = []
        for index, item in enumerate(value):
            if item.__class__ is not dict:
                faults.append(((index,), f'must hold tables such as {{ file = "a.csv" }}, not {_described(item)}'))
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


def _expectations(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not dict:
            return _one(_wrong_type(field.kind, value))
        from peak_console.jobs.expectations import fault_of

        faults: list[Fault] = []
        for name, expected in value.items():
            if expected.__class__ not in (str, int, float, bool):
                message = f"must hold strings, numbers, true or false: {quoted(name)} holds {_described(expected)}"
                faults.append(((name,), message))
            elif fault := fault_of(expected):
                faults.append(((name,), fault))
        return tuple(faults)

    return check


def _duration(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        kind = value.__class__
        if kind is str:
            from peak_console.text import parse_duration

            try:
                value = parse_duration(value)
            except ValueError as error:
                return _one(f"must be a duration: {error}")
        elif kind is not int and kind is not float:
            return _one(_wrong_type(field.kind, value) + "; write for example 30s, 15m or 2h in quotes")
        low, high = field.minimum, field.maximum
        if (low is not None and not low <= value) or (high is not None and not value <= high):
            return _one(f"must be between {low:g} and {high:g} seconds, not {as_text(value)}")
        return GOOD

    return check


def _moment(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is datetime or value.__class__ is date:
            return GOOD
        if value.__class__ is not str:
            return _one(_wrong_type(field.kind, value))
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return _one(f"must be a date and time such as {field.example}, not {quoted(value)}")
        return GOOD

    return check


def _texts(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not list:
            return _one(_wrong_type(field.kind, value))
        if field.filled and not value:
            return _one("must not be empty")
        faults: list[Fault] = []
        for index, item in enumerate(value):
            if item.__class__ is not str:
                faults.append(((index,), _wrong_type(field.kind, value) + f" with {_described(item)}"))
            elif field.form == "days" and item.strip().lower() not in DAY_NAMES:
                hint = did_you_mean(item.lower(), DAY_NAMES)
                faults.append(((index,), f'must be weekdays such as "mon", not {quoted(item)}{hint}'))
            elif field.form and (fault := _text_fault(field, item)):
                faults.append(((index,), fault))
        return tuple(faults)

    return check


def _described(value: Any) -> str:
    name = value.__class__.__name__
    return as_text(value) if name == "bool" else _TYPE_WORDS.get(name, name)


def _integers(field: fields.Field) -> Check:
    one = _number(field)

    def check(value: Any) -> Faults:
        if value.__class__ is not list:
            return _one(_wrong_type(field.kind, value))
        if field.filled and not value:
            return _one("must not be empty")
        faults: list[Fault] = []
        for index, item in enumerate(value):
            if item.__class__ is not int:
                faults.append(((index,), f"must be {field.kind}, not a list with {_described(item)}"))
            else:
                faults += [((index,), fault) for _, fault in one(item)]
        return tuple(faults)

    return check


def _arguments(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not dict:
            return _one(_wrong_type(field.kind, value))
        faults: list[Fault] = []
        for name, item in value.items():
            if (item.__class__ is str and name and "\0" not in item and "\0" not in name) or item.__class__ is bool:
                continue
            faults += [((name, *path), fault) for path, fault in _argument_faults(name, item)]
        script = value.get("script", "")
        if script.__class__ is not str:
            faults.append((("script",), f'must have a string as "script", not {_described(script)}'))
        return tuple(faults)

    return check


def _argument_faults(name: str, value: Any) -> Faults:
    if not name:
        return _one("must not have an empty name")
    if "\0" in name:
        return _one("must not hold a NUL character: no program can be given one")
    if value.__class__ is list:
        return tuple(
            ((index,), fault)
            for index, item in enumerate(value)
            for fault in [_scalar_fault(name, item)]
            if fault is not None
        )
    fault = _scalar_fault(name, value)
    return _one(fault) if fault else GOOD


def _scalar_fault(name: str, value: Any) -> str | None:
    kind = value.__class__
    if kind is dict or kind is list:
        return f"must hold strings, numbers, true, false or lists of them: {quoted(name)} holds {_described(value)}"
    if kind is int and not -fields.MAX_INTEGER <= value <= fields.MAX_INTEGER:
        return f"must hold numbers of 64 bits: {quoted(name)} is larger"
    if kind is str and "\0" in value:
        return f"must not hold a NUL character: no program can be given the one in {quoted(name)}"
    return None


def _variables(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not dict:
            return _one(_wrong_type(field.kind, value))
        faults: list[Fault] = []
        for name, item in value.items():
            if not name or "=" in name or "\0" in name:
                faults.append(((name,), f"must not hold a variable called {quoted(name)}"))
            elif item.__class__ not in (str, int, float, bool):
                faults.append(((name,), f"must hold strings: {quoted(name)} is {_described(item)}"))
            elif fault := _scalar_fault(name, item):
                faults.append(((name,), fault))
        return tuple(faults)

    return check


def _tables(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is list and all(item.__class__ is dict for item in value):
            return GOOD
        return _one(f"must be written as tables [[{field.where[0]}.{field.key}]]")

    return check


def _resources(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not dict:
            return _one(_wrong_type(field.kind, value))
        known = checks_of(fields.RESOURCES)
        faults: list[Fault] = []
        for key, item in value.items():
            if key not in known:
                faults.append(((key,), f"has no {quoted(key)}{did_you_mean(key, known)}"))
            else:
                faults += (((key, *inner), f"{key} {fault}") for inner, fault in known[key](item))
        return tuple(faults)

    return check


def _date(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        fault = _date_fault(value)
        return _one(f"must be {field.kind} such as {field.example}{fault}") if fault is not None else GOOD

    return check


def _dates(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not list:
            return _one(_wrong_type(field.kind, value))
        faults = ((index, _date_fault(item)) for index, item in enumerate(value))
        return tuple(
            ((index,), f"must hold dates such as 2026-12-24{fault}") for index, fault in faults if fault is not None
        )

    return check


def _date_fault(value: Any) -> str | None:
    """What a value is that is no date; ``None`` for one."""
    if value.__class__ is date:
        return None
    if value.__class__ is not str:
        return f", not {_described(value)}"
    try:
        date.fromisoformat(value)
    except ValueError:
        return f", not {quoted(value)}"
    return None


def _times(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not dict:
            return _one(_wrong_type(field.kind, value))
        faults: list[Fault] = []
        for day, at in value.items():
            if (fault := _date_fault(day)) is not None:
                faults.append(((day,), f'must hold dates such as "2026-12-31"{fault}'))
            elif not is_time(at):
                shown = quoted(at) if at.__class__ is str else _described(at)
                faults.append(((day,), f'must hold times of day such as "14:00", not {shown}'))
        return tuple(faults)

    return check


def is_time(value: Any) -> bool:
    """Whether a value is a time of day: of TOML's own, or as text."""
    if value.__class__ is time:
        return True
    if value.__class__ is not str:
        return False
    from peak_console.schedule.wallclock import ScheduleError, time_of_day

    try:
        time_of_day(value)
    except ScheduleError:
        return False
    return True


def _anything(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not dict:
            return _one(_wrong_type(field.kind, value))
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
