from __future__ import annotations

from typing import Any

import tomli
from hypothesis import given
from hypothesis import strategies as st

from peak_console.errors import JobsFileError
from peak_console.jobs.file.fields import FIELDS
from peak_console.jobs.file.loader import load
from peak_console.jobs.model import Problem


def problems_of(raw: bytes) -> tuple[Problem, ...]:
    """What is wrong with a jobs file; anything but a ``JobsFileError`` fails the test."""
    try:
        return tuple(load("jobs.toml", raw, {}).warnings)
    except JobsFileError as error:
        return tuple(error.problems) or (Problem("an error without problems", -1, 0, str(error)),)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_load_or_are_refused(raw: bytes) -> None:
    assert all(problem.line >= 0 and problem.message for problem in problems_of(raw))


KEYS = st.sampled_from([*(field.key for field in FIELDS), "what"])
WORDS = st.sampled_from(["interval", "daily", "cron", "once", "7:30", "* * * * *", "UTC", "mon", "", "\0", "é\x1b"])
# Any character, those that TOML, terminals or our messages treat differently more often. (``st.characters`` first
# makes a table of all of them, which takes seconds where none is at hand.)
CHARACTERS = st.sampled_from("aZ9 _.-/#=[]{}\"'\\,\0\t\n\x1b\x7f\x85\u2028\ufeffé漢🎉") | st.integers(
    0, 0x10FFFF - 0x800
).map(lambda number: chr(number if number < 0xD800 else number + 0x800))
SCALARS = st.one_of(
    WORDS,
    st.text(CHARACTERS, max_size=5),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.datetimes(),
    st.dates(),
    st.times(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | WORDS, inner, max_size=3),
    max_leaves=6,
)


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(name)} = {toml(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(c):08x}" if ord(c) < 32 or c in '"\\\x7f' else c for c in value) + '"'
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if hasattr(value, "isoformat") else repr(value)


@given(
    st.dictionaries(
        st.sampled_from(["job", "scheduler", "alerts", "gate", "x"]),
        VALUES | st.lists(st.dictionaries(KEYS, VALUES, max_size=5), max_size=3),
    )
)
def test_arbitrary_toml_loads_or_is_refused_with_places(document: dict[str, Any]) -> None:
    text = "".join(f"{name} = {toml(value)}\n" for name, value in document.items())
    tomli.loads(text)
    found = problems_of(text.encode())
    assert all(0 < problem.line <= len(document) and problem.column > 0 for problem in found)
