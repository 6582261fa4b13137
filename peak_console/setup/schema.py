"""The JSON Schema of jobs files, made from the loader's own table of fields: for editors, and for other programs.

Whatever the loader accepts, the schema accepts; what needs more than one value to be judged (a name that is taken, a
time zone that does not exist, a day that never comes) only the loader sees. Dates and times of TOML are text to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from peak_console.jobs.file.checks.wording import DAY_NAMES
from peak_console.jobs.file.fields import fields_of
from peak_console.jobs.file.fields.field import (
    ALERTS,
    ANYTHING,
    ARGUMENTS,
    BLACKOUT,
    BOOLEAN,
    BOUND,
    CALENDAR,
    CHANNEL,
    DATE,
    DATES,
    DEADLINE,
    DURATION,
    EXECUTOR,
    EXPECTATIONS,
    GATE,
    HEARTBEAT,
    INTEGER,
    INTEGERS,
    JOB,
    MATRIX,
    METRICS,
    MOMENT,
    NUMBER,
    REQUIREMENTS,
    RESOURCES,
    RESOURCES_TABLE,
    SAFETY,
    SCHEDULE_TYPES,
    SCHEDULER,
    SUCCESS_RULE,
    TABLES,
    TEXT,
    TEXTS,
    TIMES,
    VARIABLES,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from peak_console.jobs.file.fields.field import Field

    Schema = dict[str, Any]

TITLE: Final = "Jobs file of Peak Console"

_ABOUT: Final = {
    JOB: "A job: what runs, when, and how its runs are treated.",
    SCHEDULER: "The scheduler itself, and the defaults of all jobs.",
    ALERTS: "Where alerts are delivered to.",
    HEARTBEAT: "Where the engine says that it works.",
    METRICS: "What Prometheus is told, and where.",
    SAFETY: "What people have to confirm.",
    EXECUTOR: "A cluster that runs may be executed on.",
    RESOURCES: "What a run asks its cluster for.",
    DEADLINE: "A moment by which several jobs have to have run.",
    GATE: "What has to say yes before its jobs start: a command, a file, a variable, and people.",
    BLACKOUT: "Windows of time in which nothing of some jobs starts: from and until, cron and duration, or from_ics.",
    CALENDAR: "Trading days or business days of one's own: weekdays, based_on, all_of or any_of.",
    CHANNEL: "A place that alerts are delivered to: either url or url_env.",
}
_NUL: Final = "\\u0000"
_CONTROLS: Final = "[\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]"
_FOR_PROGRAMS: Final = ("command", "argv", "path")
_ANY_CASE: Final = "|".join("".join(f"[{letter.upper()}{letter}]" for letter in name) for name in DAY_NAMES)
_DAY: Final = {"anyOf": [{"enum": list(DAY_NAMES)}, {"type": "string", "pattern": f"^\\s*(?:{_ANY_CASE})\\s*$"}]}
# Only where the schedule uses the key: elsewhere it has no effect, whatever it holds.
_WHERE_USED: Final = {
    "daily_time": "^(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?$",
    "cron": "^\\s*(?:@[A-Za-z]+|\\S+(?:\\s+\\S+){4})\\s*$",
}


def schema(*, strict: bool = False) -> Schema:
    """The schema of a whole file, as JSON values (draft 7, which every editor knows).

    ``strict`` refuses unknown keys, of which the loader only warns: an editor marks a misspelt key then.
    """
    whole: Schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": TITLE,
        "type": "object",
        "properties": {
            JOB: {"type": "array", "description": _ABOUT[JOB], "items": _job(strict)},
            SCHEDULER: _table(SCHEDULER, strict),
            ALERTS: _table(ALERTS, strict),
            SAFETY: _table(SAFETY, strict),
            HEARTBEAT: _table(HEARTBEAT, strict),
            METRICS: _table(METRICS, strict),
            "groups": {
                "type": "object",
                "description": "How many runs of the jobs of a group go on at once, by group.",
                "additionalProperties": {"type": "integer", "minimum": 1},
            },
            "executors": {"type": "object", "additionalProperties": _table(EXECUTOR, strict)},
            DEADLINE: {"type": "array", "description": _ABOUT[DEADLINE], "items": _table(DEADLINE, strict)},
            GATE: {"type": "array", "description": _ABOUT[GATE], "items": _table(GATE, strict)},
            BLACKOUT: {"type": "array", "description": _ABOUT[BLACKOUT], "items": _blackout(strict)},
            CALENDAR: {"type": "object", "additionalProperties": _calendar(strict)},
        },
    }
    return _closed(whole, strict)


def schema_text(*, strict: bool = False) -> str:
    """The schema as JSON text with a newline at its end."""
    from json import dumps

    return dumps(schema(strict=strict), indent=2) + "\n"


def _closed(table: Schema, strict: bool) -> Schema:
    return {**table, "additionalProperties": False} if strict else table


def _table(table: str, strict: bool) -> Schema:
    fields = fields_of(table).values()
    found: Schema = {
        "type": "object",
        "description": _ABOUT[table],
        "properties": {field.key: _value(field, strict) for field in fields},
    }
    if needed := [field.key for field in fields if field.required == "always"]:
        found["required"] = needed
    return _closed(found, strict)


def _job(strict: bool) -> Schema:
    return {
        **_table(JOB, strict),
        "not": {"anyOf": [{"required": ["args", "argv"]}, {"required": ["array", "matrix"]}]},
        "allOf": [_of_schedule(kind) for kind in SCHEDULE_TYPES if _keys_of(kind)],
    }


def _calendar(strict: bool) -> Schema:
    one_way = [{"required": [way]} for way in ("based_on", "weekdays", "all_of", "any_of")]
    return {**_table(CALENDAR, strict), "anyOf": one_way, "dependencies": {"open": ["close"], "close": ["open"]}}


def _blackout(strict: bool) -> Schema:
    one_way = [{"required": keys} for keys in (["from", "until"], ["cron", "duration"], ["from_ics"])]
    return {**_table(BLACKOUT, strict), "oneOf": one_way}


def _keys_of(kind: str) -> list[str]:
    return [key for key, field in fields_of(JOB).items() if field.required == kind]


def _of_schedule(kind: str) -> Schema:
    """What a schedule type asks for."""
    keys = _keys_of(kind)
    then: Schema = {"required": keys}
    if shapes := {key: {"pattern": _WHERE_USED[key]} for key in keys if key in _WHERE_USED}:
        then["properties"] = shapes
    return {"if": {"properties": {"schedule_type": {"const": kind}}, "required": ["schedule_type"]}, "then": then}


def _value(field: Field, strict: bool) -> Schema:
    """The schema of one field's value."""
    from tomli import loads

    if field.kind == TABLES:
        shape = _tables(strict)
    elif field.kind == RESOURCES_TABLE:
        shape = {key: value for key, value in _table(RESOURCES, strict=True).items() if key != "description"}
    else:
        shape = _SHAPES[field.kind](field)
    found: Schema = {"description": field.text, **shape}
    if field.default is not None:
        found["default"] = field.default
    found["examples"] = [_as_json(loads(f"value = {field.example}")["value"])]
    return found


def _tables(strict: bool) -> Schema:
    channel = {**_table(CHANNEL, strict), "oneOf": [{"required": ["url"]}, {"required": ["url_env"]}]}
    return {"type": "array", "items": channel}


def _boolean(_field: Field) -> Schema:
    return {"type": "boolean"}


def _requirement() -> Schema:
    text = {"type": "string", "pattern": "\\S"}
    return {
        "type": "object",
        "properties": {"file": text, "newer_than": text},
        "required": ["file"],
        "additionalProperties": False,
    }


def _duration(field: Field) -> Schema:
    low, high = field.minimum, field.maximum
    return {"anyOf": [{"type": "number", "minimum": low, "maximum": high}, {"type": "string", "pattern": "[0-9]"}]}


def _moment(_field: Field) -> Schema:
    return {"type": "string", "pattern": "^[0-9]{4}"}


def _text(field: Field) -> Schema:
    found: Schema = {"type": "string"}
    if field.choices:
        found["enum"] = list(field.choices)
    if field.form == "url":
        found["pattern"] = "://"
    elif field.form == "http":
        found["pattern"] = "^https?://"
    elif field.filled:
        found["pattern"] = "\\S"
    if field.form == "array":
        found["pattern"] = "^[0-9 ,-]+(?:%[0-9 ]+)?$"
    if field.form == "memory":
        found["pattern"] = "^[0-9]+[MGT]$"
    if field.form == "name":
        found["not"] = {"pattern": _CONTROLS}
    elif field.form in _FOR_PROGRAMS:
        found["not"] = {"pattern": _NUL}
    return found


def _texts(field: Field) -> Schema:
    found: Schema = {"type": "array", "items": _DAY if field.form == "days" else _text(field)}
    return {**found, "minItems": 1} if field.filled else found


def _number(field: Field) -> Schema:
    found: Schema = {"type": "integer" if field.kind in (INTEGER, INTEGERS) else "number"}
    if field.minimum is not None:
        found["minimum"] = field.minimum
    if field.maximum is not None:
        found["maximum"] = field.maximum
    return found


def _integers(field: Field) -> Schema:
    found: Schema = {"type": "array", "items": _number(field)}
    return {**found, "minItems": 1} if field.filled else found


def _arguments(_field: Field) -> Schema:
    scalar: Schema = {"type": ["string", "number", "boolean"], "not": {"type": "string", "pattern": _NUL}}
    return {
        "type": "object",
        "properties": {"script": {"type": "string", "description": "The script, before all other arguments."}},
        "propertyNames": {"minLength": 1, "not": {"pattern": _NUL}},
        "additionalProperties": {"anyOf": [scalar, {"type": "array", "items": scalar}]},
    }


def _variables(_field: Field) -> Schema:
    return {
        "type": "object",
        "propertyNames": {"minLength": 1, "not": {"pattern": f"[={_NUL}]"}},
        "additionalProperties": {
            "type": ["string", "number", "boolean"],
            "not": {"type": "string", "pattern": _NUL},
        },
    }


_DATE: Final[Schema] = {"type": "string", "pattern": "^[0-9]{4}"}
_TIME: Final[Schema] = {"type": "string", "pattern": "^[0-9]{1,2}:[0-9]{2}"}
_SHAPES: Final[dict[str, Callable[[Field], Schema]]] = {
    TEXT: _text,
    BOOLEAN: _boolean,
    INTEGER: _number,
    NUMBER: _number,
    DURATION: _duration,
    REQUIREMENTS: lambda _field: {"type": "array", "items": _requirement()},
    EXPECTATIONS: lambda _field: {
        "type": "object",
        "additionalProperties": {"type": ["string", "number", "boolean"]},
    },
    MOMENT: _moment,
    BOUND: lambda _field: {"type": "string", "pattern": "\\S"},
    TEXTS: _texts,
    INTEGERS: _integers,
    ARGUMENTS: _arguments,
    VARIABLES: _variables,
    DATE: lambda _field: _DATE,
    DATES: lambda _field: {"type": "array", "items": _DATE},
    TIMES: lambda _field: {"type": "object", "propertyNames": _DATE, "additionalProperties": _TIME},
    MATRIX: lambda _field: {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": "^[A-Za-z0-9_]+$"},
        "additionalProperties": {"type": "array", "minItems": 1, "items": {"type": ["string", "number", "boolean"]}},
    },
    SUCCESS_RULE: lambda _field: {
        "anyOf": [
            {"enum": ["all", "any"]},
            {
                "type": "object",
                "properties": {"at_least": {"type": "integer", "minimum": 1}},
                "required": ["at_least"],
                "additionalProperties": False,
            },
        ]
    },
    ANYTHING: lambda _field: {"type": "object", "propertyNames": {"minLength": 1}},
}


def _as_json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
