"""The generated parts of the reference, from the program's own definitions: ``python -m tests.docs.reference``."""

from __future__ import annotations

import inspect
import re
from argparse import SUPPRESS, ArgumentParser, _SubParsersAction
from dataclasses import MISSING, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from peak_console import cli_parser
from peak_console.engine import events
from peak_console.jobs.file.fields import FIELDS
from peak_console.jobs.file.fields.field import (
    ALERTS,
    BLACKOUT,
    CALENDAR,
    CHANNEL,
    DEADLINE,
    EXECUTOR,
    GATE,
    HEARTBEAT,
    JOB,
    METRICS,
    RESOURCES,
    SAFETY,
    SCHEDULER,
)
from tests.docs.contract import CONTRACT, RUN_VARIABLES, VARIABLES
from tests.docs.pages import DOCS, ROOT
from tests.docs.project import docstring, extras, packages, plain, table

if TYPE_CHECKING:
    from argparse import Action
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from peak_console.jobs.file.fields.field import Field

TABLES = {
    JOB: "`[[job]]`",
    SCHEDULER: "`[scheduler]`",
    ALERTS: "`[alerts]`",
    CHANNEL: "`[[alerts.channel]]`",
    SAFETY: "`[safety]`",
    HEARTBEAT: "`[heartbeat]`",
    METRICS: "`[metrics]`",
    GATE: "`[[gate]]`",
    BLACKOUT: "`[[blackout]]`",
    DEADLINE: "`[[deadline]]`",
    EXECUTOR: "`[executors.NAME]`",
    RESOURCES: "`resources`",
    CALENDAR: "`[calendars.NAME]`",
}
_PART = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->\n)", re.DOTALL)


def page(path: Path) -> str:
    """The page as it should be: whatever stands between the marks is made anew."""
    return _PART.sub(lambda part: f"{part[1]}\n{PARTS[part[2]]()}\n{part[3]}", path.read_text(encoding="utf-8"))


def generated_pages() -> list[Path]:
    return [path for path in sorted(DOCS.rglob("*.md")) if _PART.search(path.read_text(encoding="utf-8"))]


# --- jobs.toml -----------------------------------------------------------------------------------------------


def _fields() -> str:
    parts = []
    for place, title in TABLES.items():
        rows = [_field(field) for field in FIELDS if field.where[0] == place]
        parts.append(f"### {title}\n\n{table(('key', 'type', 'default', 'example', 'meaning'), rows)}")
    shared = ", ".join(f"`{field.key}`" for field in FIELDS if field.where == (JOB, SCHEDULER))
    return "\n".join(parts) + f"\nIn `[scheduler]`, these are the defaults of every job: {shared}.\n"


def _field(field: Field) -> tuple[str, ...]:
    default = "" if field.default is None else f"`{_toml(field.default)}`"
    kind = " or ".join(f'`"{choice}"`' for choice in field.choices) or field.kind
    return f"`{field.key}`", kind, default, f"`{field.example}`", field.text


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml, value))}]"
    return str(value)


# --- the command line ----------------------------------------------------------------------------------------


def parser() -> ArgumentParser:
    """The whole parser, every verb in it."""
    return cli_parser.make_parser(["--help"])


def verbs() -> dict[str, tuple[str, ArgumentParser]]:
    """Each verb's line of help, and its parser."""
    subparsers = next(action for action in parser()._actions if isinstance(action, _SubParsersAction))
    lines = {choice.dest: choice.help or "" for choice in subparsers._choices_actions}
    return {name: (lines[name], each) for name, each in subparsers.choices.items() if name in lines}


def _flags() -> str:
    return _options(action for action in parser()._actions if not isinstance(action, _SubParsersAction))


def _options(actions: Iterable[Action]) -> str:
    rows = [(f"`{_usage(action)}`", action.help or "") for action in actions if is_shown(action)]
    return table(("flag", "meaning"), [(flag, text % {"prog": "peak-console"}) for flag, text in rows])


def is_shown(action: Action) -> bool:
    """Whether a flag is for users, and not the same everywhere."""
    return action.dest != "help" and action.help != SUPPRESS


def _usage(action: Action) -> str:
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest)
    value = value if isinstance(value, str) else " ".join(value)
    if not action.option_strings:
        return f"[{value}]" if action.nargs == "?" else value
    takes = "" if action.nargs == 0 else f" {value}"
    return ", ".join(action.option_strings) + takes


def _verbs() -> str:
    common = {action.dest for action in parser()._actions if action.dest != SUPPRESS}
    parts = []
    for name, (line, each) in verbs().items():
        own = [action for action in each._actions if action.dest not in common or not action.option_strings]
        words = "".join(f" {_usage(action)}" for action in own if not action.option_strings)
        table = f"\n{_options(own)}" if own else ""
        parts.append(f"### {name}\n\n`{name}{words}`: {line}.\n{table}")
    return "\n".join(parts)


def _json() -> str:
    parts = []
    for verb, keys in CONTRACT.items():
        rows = [(f"`{key}`", kind, meaning) for key, (kind, meaning) in keys.items()]
        parts.append(f"### {verb} --json\n\n{table(('key', 'type', 'meaning'), rows)}")
    return "\n".join(parts)


def _exit_codes() -> str:
    text = (parser().epilog or "").partition(": ")[2].rstrip(".")
    return table(("code", "meaning"), [part.split(" ", 1) for part in text.split(", ")])


def _variables() -> str:
    return table(("variable", "meaning"), [(f"`{name}`", meaning) for name, meaning in VARIABLES.items()])


def _run_variables() -> str:
    return table(("variable", "meaning"), [(f"`{name}`", meaning) for name, meaning in RUN_VARIABLES.items()])


def _events() -> str:
    kinds = [each for each in vars(events).values() if isinstance(each, type) and each.__module__ == events.__name__]
    rows = [
        (
            f"`{kind.__name__}`",
            ", ".join(f"`{field.name}`" for field in fields(kind) if field.name != "at"),
            docstring(kind),
        )
        for kind in kinds
        if kind is not events.EngineEvent
    ]
    return table(("event", "fields", "what has happened"), rows)


# --- the console ---------------------------------------------------------------------------------------------


def _keys() -> str:
    from peak_console.tui.dialogs.help import _MOVING
    from peak_console.tui.keys.actions import ACTIONS, TITLES, keys_shown

    parts = []
    for context, title in TITLES.items():
        rows = [
            (f"`{keys_shown(action, {})}`", f"`{action.id}`", action.help)
            for action in ACTIONS
            if action.context == context
        ]
        parts.append(f"### {title}\n\n{table(('key', 'name', 'what it does'), rows)}")
    moving = table(("key", "what it does"), [(f"`{keys}`", text) for keys, text in _MOVING])
    return "\n".join([*parts, f"### In lists and texts\n\n{moving}"])


# --- the Python API ------------------------------------------------------------------------------------------

_KEYS = {field.key: field.text for field in FIELDS if field.where[0] == JOB}
_OF_THE_FILE = {
    "JobDefinition": {**_KEYS, "schedule": "When it is due."},
    "JobSchedule": {**_KEYS, "type": _KEYS["schedule_type"]},
}
"""What a field means that has no words of its own: the same as in a jobs file."""


def _python() -> str:
    import peak_console

    names = [name for name in peak_console.__all__ if not name.startswith("_")]
    return "\n".join(_entry(name, getattr(peak_console, name)) for name in names)


def _entry(name: str, thing: Any) -> str:
    text = docstring(thing)
    if not (isinstance(thing, type) and is_dataclass(thing)):
        return f"### {name}\n\n```py\n{_signature(name, thing)}\n```\n\n{text}\n"
    notes = _OF_THE_FILE.get(name, {}) | dict(
        re.findall(r'^    (\w+): [^\n]*\n    """(.*?)"""', inspect.getsource(thing), re.DOTALL | re.MULTILINE)
    )
    rows = [
        (f"`{field.name}`", f"`{field.type}`", _default(field), plain(" ".join(notes.get(field.name, "").split())))
        for field in fields(thing)
    ]
    return f"### {name}\n\n{text}\n\n{table(('field', 'type', 'default', 'meaning'), rows)}"


def _signature(name: str, function: Callable[..., Any]) -> str:
    words = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(function)))  # annotations are quoted there
    flat = f"{name}{words}"
    if len(flat) <= 100:
        return f"{flat}: ..."
    inside, _, result = words[1:].rpartition(") -> ")
    parts = re.split(r", (?![^\[]*\])", inside)
    return f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + f") -> {result}: ..."


def _default(field: Any) -> str:
    if field.default is not MISSING:
        value = str(field.default) if isinstance(field.default, str) else field.default
        return f"`{value!r}`"
    if field.default_factory is MISSING:
        return "required"
    value = field.default_factory()
    return f"`{type(value).__name__}()`" if is_dataclass(value) else f"`{value!r}`"


# --- the registry --------------------------------------------------------------------------------------------


def _schema() -> str:
    sql = (ROOT / "peak_console" / "store" / "schema.sql").read_text(encoding="utf-8")
    parts = []
    tables = re.findall(r"^CREATE TABLE (\w+) \( *(?:-- (.*?))?\n(.*?)^\);", sql, re.DOTALL | re.MULTILINE)
    for name, note, body in tables:
        columns = re.findall(r"^  ([a-z_]+) +([A-Z]+)([^\n]*(?:\n {10,}[^\n]*)*)", body, re.MULTILINE)
        rows = [(f"`{column}`", kind.lower(), _column(rest)) for column, kind, rest in columns]
        about = f"{note[0].upper()}{note[1:]}.\n\n" if note else ""
        parts.append(f"### {name}\n\n{about}{table(('column', 'type', 'meaning'), rows)}")
    return "\n".join(parts)


def _column(rest: str) -> str:
    """A column's comment, and the values that it may hold."""
    comment = " ".join(re.findall(r"-- (.*)", rest))
    choices = re.search(r"IN \((.*?)\)", rest, re.DOTALL)
    values = ", ".join(f"`{value}`" for value in re.findall(r"'(\w+)'", choices[1])) if choices else ""
    return "; ".join(filter(None, (values, comment)))


PARTS = {
    "fields": _fields,
    "flags": _flags,
    "verbs": _verbs,
    "json": _json,
    "exit-codes": _exit_codes,
    "variables": _variables,
    "run-variables": _run_variables,
    "events": _events,
    "keys": _keys,
    "python": _python,
    "schema": _schema,
    "extras": extras,
    "packages": packages,
}


if __name__ == "__main__":
    for each in generated_pages():
        each.write_text(page(each), encoding="utf-8")
