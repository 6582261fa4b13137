from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from peak_console.cli import main
from peak_console.errors import JobsFileError
from peak_console.jobs.file.fields import FIELDS, fields_of
from peak_console.jobs.file.fields.field import (
    ALERTS,
    CALENDAR,
    CHANNEL,
    EXECUTOR,
    GATE,
    JOB,
    MAX_INTEGER,
    SCHEDULER,
    Field,
)
from peak_console.jobs.file.loader import load
from peak_console.setup.schema import schema, schema_text
from tests.jobs.file.test_any_file import KEYS, VALUES, WORDS, toml
from tests.support.properties import examples

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
VALIDATOR = Draft7Validator(schema())
STRICT = Draft7Validator(schema(strict=True))


def as_json(value: Any) -> Any:
    """A document as an editor hands it to a schema: dates and times are text."""
    if isinstance(value, dict):
        return {name: as_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def is_accepted(text: str, validator: Draft7Validator = VALIDATOR) -> bool:
    return bool(validator.is_valid(as_json(tomli.loads(text))))


def loads(text: str) -> bool:
    try:
        load("jobs.toml", text.encode(), {})
    except JobsFileError:
        return False
    return True


def test_the_schema_is_one_and_its_copy_in_the_docs_is_current() -> None:
    Draft7Validator.check_schema(schema())
    Draft7Validator.check_schema(schema(strict=True))
    copy = (ROOT / "docs" / "jobs.schema.json").read_text(encoding="utf-8")
    assert copy == schema_text(), "run: peak-console schema > docs/jobs.schema.json"


def test_the_verb_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == schema()
    assert main(["schema", "--strict"]) == 0
    assert json.loads(capsys.readouterr().out) == schema(strict=True)


@pytest.mark.parametrize("table", [JOB, SCHEDULER, ALERTS, CHANNEL, CALENDAR])
def test_every_field_is_there_with_its_meaning_default_and_an_example_that_fits(table: str) -> None:
    tables = schema()["properties"]
    channel = tables[ALERTS]["properties"]["channel"]["items"]
    shown_tables = {
        JOB: tables[JOB]["items"],
        SCHEDULER: tables[SCHEDULER],
        ALERTS: tables[ALERTS],
        CHANNEL: channel,
        CALENDAR: tables[CALENDAR]["additionalProperties"],
    }
    own = shown_tables[table]
    assert own["properties"].keys() == fields_of(table).keys()
    for key, field in fields_of(table).items():
        shown = own["properties"][key]
        assert shown["description"] == field.text
        assert shown.get("default") == field.default
        Draft7Validator(shown).validate(shown["examples"][0])
        if field.default is not None:
            Draft7Validator(shown).validate(field.default)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_of_the_docs_is_accepted(page: Path) -> None:
    for example in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        document = as_json(tomli.loads(example))
        if document.keys() & {JOB, SCHEDULER, ALERTS}:  # else it is about the console's own settings
            STRICT.validate(document)


def test_the_shipped_jobs_are_accepted() -> None:
    STRICT.validate(as_json(tomli.loads((ROOT / "config/scheduler/jobs.toml").read_text(encoding="utf-8"))))


WRONG = {
    "a job without a name": "[[job]]\ncommand = 'true'",
    "an empty name": "[[job]]\nname = ' '",
    "an escape in a name": '[[job]]\nname = "a\\u001bb"',
    "a single job": "[job]\nname = 'a'",
    "a number as text": "[[job]]\nname = 'a'\ntimeout_seconds = '5'",
    "a negative number": "[[job]]\nname = 'a'\nretries = -1",
    "a number that is too large": "[[job]]\nname = 'a'\nretries = 1001",
    "true as a number": "[[job]]\nname = 'a'\nretries = true",
    "a fraction of a retry": "[[job]]\nname = 'a'\nretries = 1.5",
    "an interval of nothing": "[[job]]\nname = 'a'\nschedule_type = 'interval'\ninterval_seconds = 0",
    "an interval without one": "[[job]]\nname = 'a'\nschedule_type = 'interval'",
    "a day without a time": "[[job]]\nname = 'a'\nschedule_type = 'daily'",
    "a time that is none": "[[job]]\nname = 'a'\nschedule_type = 'daily'\ndaily_time = '24:00'",
    "a day that is none": "[[job]]\nname = 'a'\nschedule_type = 'daily'\ndaily_time = '7:00'\ndays = ['moon']",
    "cron with four fields": "[[job]]\nname = 'a'\nschedule_type = 'cron'\ncron = '* * * *'",
    "cron without an expression": "[[job]]\nname = 'a'\nschedule_type = 'cron'",
    "an unknown schedule": "[[job]]\nname = 'a'\nschedule_type = 'hourly'",
    "an unknown overlap": "[scheduler]\noverlap = 'wait'",
    "a date that is none": "[[job]]\nname = 'a'\nrun_at = 'tomorrow'",
    "array and matrix": "[[job]]\nname = 'a'\narray = '0-9'\nmatrix = { x = [1] }",
    "an array that is none": "[[job]]\nname = 'a'\narray = 'a-b'",
    "an axis without values": "[[job]]\nname = 'a'\nmatrix = { x = [] }",
    "a rule of success that is none": "[[job]]\nname = 'a'\narray = '0-9'\narray_succeeds = { at_most = 3 }",
    "args and argv": "[[job]]\nname = 'a'\nargs = { script = 'a.py' }\nargv = ['b']",
    "a table in args": "[[job]]\nname = 'a'\nargs = { b = { c = 1 } }",
    "a script that is a list": "[[job]]\nname = 'a'\nargs = { script = ['a.py'] }",
    "a variable that is a list": "[[job]]\nname = 'a'\nenv = { A = ['b'] }",
    "a variable of no name": "[[job]]\nname = 'a'\nenv = { 'A=B' = 'c' }",
    "a NUL in an argument": '[[job]]\nname = "a"\nargv = ["\\u0000"]',
    "no exit code of success": "[[job]]\nname = 'a'\nsuccess_codes = []",
    "tags as text": "[[job]]\nname = 'a'\ntags = 'b'",
    "an alert URL that is none": "[alerts]\nurls = ['desk']",
    "a channel without a URL": "[[alerts.channel]]\nname = 'desk'",
    "a channel with two URLs": "[[alerts.channel]]\nurl = 'ntfy://a'\nurl_env = 'A'",
    "an unknown level": "[alerts]\nmin_level = 'high'",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_refused_by_loader_and_schema(text: str) -> None:
    assert not loads(text)
    assert not is_accepted(text)


def test_only_the_strict_schema_refuses_keys_of_ones_own() -> None:
    text = "[[job]]\nname = 'a'\nowner = 'desk'"
    assert loads(text)
    assert is_accepted(text)
    assert not is_accepted(text, STRICT)


# Values that a field may well hold, and sometimes anything at all.
LIKELY = {
    "a number": st.sampled_from([0, 0.5, 1, 30, 1e9, 10**12, -1, 1001]),
    "a whole number": st.sampled_from([0, 1, 1000, 1001, MAX_INTEGER, -1]),
    "true or false": st.booleans(),
    "a string": st.sampled_from(
        ["a", " b\n", "é", "07:30", "* * * * mon", "@daily", "UTC", "once", "ntfy://a", "a.py"]
    ),
    "a table of expectations": st.dictionaries(
        WORDS, st.sampled_from([">0", "<", "ok", 1, 2.5, True, [1]]), max_size=2
    ),
    "a list of requirements": st.lists(
        st.fixed_dictionaries({"file": st.sampled_from(["a.csv", "", 1])}, optional={"newer_than": st.just("slot-1h")}),
        max_size=2,
    ),
    "a duration": st.sampled_from([0, 1, 30, 2.5, "30s", "1h30m", " 5 ", "soon", "", -1, 10**12]),
    "a time or a moment": st.times() | st.datetimes() | st.sampled_from(["22:00", "fri 22:00", "XNYS close-5m", " "]),
    "a date and time": st.datetimes() | st.dates() | st.sampled_from(["2026-03-01", "20260301T0730", "2026-W10-1"]),
    "a list of strings": st.lists(st.sampled_from(["mon", " Friday ", "SUN", "x", "json://a"]), max_size=2),
    "a list of whole numbers": st.lists(st.integers(-256, 256), max_size=2),
    "a table of arguments": st.dictionaries(WORDS, VALUES, max_size=2),
    "a table of environment variables": st.dictionaries(
        WORDS, st.sampled_from(["a", "", "\0", 1, 2.5, True]), max_size=2
    ),
    "a table of anything": st.dictionaries(WORDS, VALUES | st.lists(VALUES, max_size=2), max_size=2),
    "a table of resources": st.dictionaries(
        st.sampled_from(["cpus", "memory", "gpus", "queue_limit_seconds", "x"]),
        st.sampled_from([0, 1, 2.5, "8G", "512M", "8", "", True]),
        max_size=2,
    ),
    "a table of lists": st.dictionaries(
        st.sampled_from(["a", "B_2", "a b"]), st.lists(st.sampled_from([1, 2, "x", True, [1]]), max_size=3), max_size=2
    ),
    "a rule of success": st.sampled_from(
        ["all", "any", "most", {"at_least": 1}, {"at_least": 0}, {"at_most": 1}, {"at_least": True}, 3]
    ),
    "a date": st.dates() | st.sampled_from(["2026-12-24", "tomorrow"]),
    "a list of dates": st.lists(st.dates() | st.sampled_from(["2026-12-24", "24.12.2026"]), max_size=2),
    "a table of times by date": st.dictionaries(
        st.sampled_from(["2026-12-24", "x"]), st.sampled_from(["14:00", "24:00"]), max_size=1
    ),
    "an array of tables": st.lists(st.dictionaries(st.sampled_from(["url", "url_env"]), st.just("a://b"), max_size=1)),
}


@cache
def value_of(field: Field) -> st.SearchStrategy[Any]:
    likely: st.SearchStrategy[Any] = LIKELY[field.kind]
    if field.choices:
        likely = st.sampled_from(field.choices)
    example = st.just(tomli.loads(f"v = {field.example}")["v"])
    return st.integers(0, 9).flatmap(lambda dice: VALUES if not dice else likely if dice < 6 else example)


@cache
def tables(table: str) -> st.SearchStrategy[dict[str, Any]]:
    known = fields_of(table)
    pair = st.sampled_from(sorted(known)).flatmap(lambda key: st.tuples(st.just(key), value_of(known[key])))
    unknown = st.tuples(KEYS, VALUES)
    return st.lists(pair | pair | pair | unknown, max_size=4).map(dict)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A file as somebody may write it: every job has a name of its own."""
    jobs = [{"name": f"job {number}", **job} for number, job in enumerate(draw(st.lists(tables(JOB), max_size=3)))]
    gates = [{"name": f"gate {number}", **gate} for number, gate in enumerate(draw(st.lists(tables(GATE), max_size=2)))]
    document = {"job": jobs, "scheduler": draw(tables(SCHEDULER)), "alerts": draw(tables(ALERTS)), "gate": gates}
    if draw(st.booleans()):
        document["executors"] = {"research": {"type": "slurm", "shared_dir": "/nfs", **draw(tables(EXECUTOR))}}
    if draw(st.integers(0, 3)) == 0:
        document["calendars"] = {"a": draw(tables(CALENDAR))}
    return "".join(f"{name} = {toml(value)}\n" for name, value in document.items())


@given(documents())
@examples(80)
def test_whatever_the_loader_accepts_the_schema_accepts(text: str) -> None:
    if loads(text):
        VALIDATOR.validate(as_json(tomli.loads(text)))


def test_no_field_is_of_a_kind_that_the_property_test_does_not_know() -> None:
    assert {field.kind for field in FIELDS} == LIKELY.keys()
