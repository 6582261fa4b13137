"""How much work a jobs file makes: it grows with the file, and not faster, whatever is wrong in it."""

from __future__ import annotations

import random
import string
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import JobsFileError
from peak_console.jobs.file.findings import MAX_ERRORS, MAX_UNKNOWN
from peak_console.jobs.file.loader import load
from peak_console.schedule import zones

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

SMALL = 2_000
"""Bytes of the smaller one of two files of the same shape."""
CALLS_PER_BYTE = 100.0
"""No shape may make more work than this."""


def word(length: int, number: int) -> str:
    return "".join(random.Random(number).choices(string.ascii_lowercase, k=length))


def listed(before: str, item: str, after: str, between: str = ", ") -> Callable[[int], str]:
    """A value with ``item`` many times, each with its number where it says ``{}``."""
    return lambda count: before + between.join(item.replace("{}", str(number)) for number in range(count)) + after


def repeated(item: str, length: int = 12) -> Callable[[int], str]:
    """``item`` many times, each with a word of its own where it says ``?``."""
    return lambda count: "\n".join(item.replace("?", word(length, number)) for number in range(count))


JOB = '[[job]]\nname = "x"\n'
SHAPES: dict[str, Callable[[int], str]] = {
    "a list of wrong things": listed(f"{JOB}tags = [", "1", "]"),
    "a list of wrong things, a line each": listed(f"{JOB}tags = [", "1", "]", ",\n"),
    "lists in a list": listed(f"{JOB}args = {{ x = [", "[]", "] }"),
    "tables in a table": listed(f"{JOB}args = {{", "a{} = {{x = 1}}".replace("{{", "{").replace("}}", "}"), "}"),
    "wrong variables": listed(f"{JOB}env = {{", "a{} = []", "}"),
    "wrong numbers": listed(f"{JOB}success_codes = [", '"x"', "]"),
    "keys that mean the same": listed(f"{JOB}meta = {{", '"a-{}" = 1, a_{} = 2', "}"),
    "jobs in a list": listed("job = [", "{x = 1}", "]"),
    "jobs in a list with one name": listed("job = [", '{name = "x"}', "]"),
    "jobs with one name": listed("", '[[job]]\nname = "x"', "\n", "\n"),
    "jobs without a name": listed("", "[[job]]", "\n", "\n"),
    "unknown keys": repeated("? = 1"),
    "unknown keys of a job": lambda count: JOB + repeated("? = 1")(count),
    "unknown keys of many jobs": repeated('[[job]]\nname = "?"\n? = 1'),
    "unknown settings": lambda count: "[scheduler]\n" + repeated("? = 1", 30)(count),
    "unknown zones": repeated('[[job]]\nname = "?"\ntimezone = "?"'),
    "unknown zones of a continent": repeated('[[job]]\nname = "?"\ntimezone = "Europe/?"'),
    "unknown kinds": repeated('[[job]]\nname = "?"\nschedule_type = "?"', 40),
    "unknown shorthands": repeated('[[job]]\nname = "?"\nschedule_type = "cron"\ncron = "@?"', 40),
    "days that never come": repeated('[[job]]\nname = "?"\nschedule_type = "cron"\ncron = "0 0 30 2 *"'),
    "channels without names": listed("[alerts]\nurls = [", '"ntfy://x"', "]"),
    "wrong tags of a channel": listed('[[alerts.channel]]\nname = "c"\ntags = [', "1", "]"),
    "wrong channels": repeated('[[alerts.channel]]\nname = "?"\nurl = "x"\n? = 1'),
    "keys with dots": listed("", "a.b{}.c = 1", "\n", "\n"),
    "headers with dots": listed("", "[[a{}.b.c]]", "\n", "\n"),
    "tables behind a job": listed("[[job]]\n", "[[job.args]]\nx = 1", "\n", "\n"),
}


def calls_of(action: Callable[[], object]) -> int:
    """How many functions, Python's and those in C, an action calls."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(before)
    return calls


def work(raw: bytes) -> int:
    """The calls that reading a jobs file makes, whether it is good or not."""

    def read() -> None:
        with suppress(JobsFileError):
            load("jobs.toml", raw, {})

    return calls_of(read)


def large_enough(shape: Callable[[int], str], size: int) -> bytes:
    count = 1
    while len(shape(count)) < size:
        count = count * size // len(shape(count)) + 1
    return shape(count).encode()


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_work_grows_with_the_file_and_not_faster(shape: Callable[[int], str]) -> None:
    zones.forget()
    work(large_enough(shape, SMALL // 4))  # loads what is loaded once
    zones.forget()
    small, large = large_enough(shape, SMALL), large_enough(shape, 4 * SMALL)
    first, second = work(small), work(large)
    assert second <= 1.5 * first * len(large) / len(small)
    assert first / len(small) <= CALLS_PER_BYTE


def test_no_more_errors_are_looked_for_than_anybody_reads() -> None:
    jobs = "".join(f'[[job]]\nname = "j{number}"\nretries = -1\n' for number in range(MAX_ERRORS + 50))
    with pytest.raises(JobsFileError) as caught:
        load("jobs.toml", jobs.encode(), {})
    *named, last = caught.value.problems
    assert [problem.line for problem in named] == [3 * number + 3 for number in range(MAX_ERRORS)]
    assert last.message == f"there are more than {MAX_ERRORS} errors; mend these first"
    assert last.is_error


def test_as_many_errors_as_are_listed_are_no_more_than_that() -> None:
    jobs = "".join(f'[[job]]\nname = "j{number}"\nretries = -1\n' for number in range(MAX_ERRORS))
    with pytest.raises(JobsFileError) as caught:
        load("jobs.toml", jobs.encode(), {})
    assert len(caught.value.problems) == MAX_ERRORS


def test_of_very_many_unknown_keys_the_rest_is_counted() -> None:
    keys = "".join(f"key{number} = 1\n" for number in range(MAX_UNKNOWN + 1050))
    warnings = load("jobs.toml", f'[[job]]\nname = "x"\n{keys}'.encode(), {}).warnings
    assert len(warnings) == MAX_UNKNOWN + 1
    assert warnings[-1].message == "unknown keys in 1,050 more places"
