"""What a jobs file says of arrays: indexes, axes, how many at once, how many have to succeed, and what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.errors import JobsFileError
from peak_console.jobs.arrays import (
    MOST_RUNS,
    indexes_in_words,
    member_of,
    needed,
    parse,
    size_of,
    values_at,
)
from peak_console.jobs.environment import job_environment
from peak_console.jobs.file.loader import load
from peak_console.jobs.model import Array
from peak_console.jobs.placeholders import Moment, doubts
from peak_console.values import replace
from tests.support.factories import make_job, make_queued

if TYPE_CHECKING:
    from peak_console.jobs.model import JobDefinition

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def job(text: str) -> JobDefinition:
    whole = f'[[job]]\nname = "sweep"\ncommand = "/bin/true"\n{text}\n'
    return load("jobs.toml", whole.encode(), {}).jobs["sweep"]


def refusals(text: str) -> list[str]:
    with pytest.raises(JobsFileError) as caught:
        job(text)
    return [str(problem) for problem in caught.value.problems if problem.is_error]


@given(st.sets(st.integers(0, 200), min_size=1), st.integers(0, 50))
def test_indexes_are_read_as_they_are_written(indexes: set[int], at_once: int) -> None:
    text = indexes_in_words(sorted(indexes)) + (f"%{at_once}" if at_once else "")
    assert parse(text) == (sorted(indexes), at_once)


@given(st.text(alphabet="0123456789-,% x", max_size=12))
def test_whatever_is_written_is_read_or_refused_in_a_sentence(text: str) -> None:
    try:
        indexes, at_once = parse(text)
    except ValueError:
        return
    assert 0 < len(indexes) == len(set(indexes)) <= MOST_RUNS
    assert at_once >= 0


@given(
    st.dictionaries(st.sampled_from("abcd"), st.lists(st.integers(), min_size=1, max_size=4, unique=True), min_size=1)
)
def test_each_index_of_a_matrix_is_another_combination(axes: dict[str, list[int]]) -> None:
    found = [values_at(axes, index) for index in range(size_of(axes))]
    assert len({tuple(each.items()) for each in found}) == len(found)
    assert all(list(each) == list(axes) and all(each[name] in axes[name] for name in axes) for each in found)
    assert found[0] == {name: values[0] for name, values in axes.items()}
    assert found[-1] == {name: values[-1] for name, values in axes.items()}


def test_what_a_file_says_becomes_an_array() -> None:
    assert job('array = "0-2, 7 % 2"').array == Array((0, 1, 2, 7), 2)
    assert job('array = "0-9"\narray_at_once = 3\narray_succeeds = "any"').array == Array(tuple(range(10)), 3, "any")
    made = job('matrix = { strategy = ["a", "b"], window = [20, 50] }\narray_succeeds = { at_least = 3 }').array
    assert made == Array((0, 1, 2, 3), 0, 3, {"strategy": ("a", "b"), "window": (20, 50)})
    assert str(made) == "0-3 (strategy × 2, window × 2), at least 3 have to succeed"
    assert job("").array is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('array = "5-2"', '4:1: job "sweep": array is no array: 5-2 counts downwards; write 2-5'),
        ('array = "1,1"', "array is no array: names the index 1 twice"),
        ('array = "a"', '"a" is no index and no range of indexes'),
        ('array = "-1"', '"-1" is no index'),
        ('array = "0-9%"', "after % stands how many runs go on at once"),
        ('array = "0-9%0"', "%0 would start nothing"),
        ('array = "0-5000"', "5001 runs are more than the 5000 that an array may have; split it among jobs"),
        ('array = "2000000"', "the highest index is 1000000, not 2000000"),
        ("array = 5", "array must be a string, not a whole number; put it in quotes"),
        ('array = ""', "array must not be empty"),
        ('array = "0-9"\nmatrix = { x = [1] }', '5:1: job "sweep": array and matrix exclude each other'),
        ('array = "0-9%2"\narray_at_once = 2', '5:1: job "sweep": array_at_once and % in array say the same'),
        ("array_at_once = 2", "array_at_once means nothing without array or matrix"),
        ('array = "0-9"\narray_succeeds = { at_least = 11 }', "at_least = 11 is more than the 10 runs of the array"),
        ('array = "0-9"\narray_succeeds = "most"', 'array_succeeds must be "all", "any", or a number of runs'),
        ('array = "0-9"\narray_succeeds = { at_least = 0 }', "array_succeeds must be"),
        ("matrix = {}", "matrix must have an axis at least"),
        ("matrix = { x = [] }", 'matrix must hold a list of values for "x", not a list'),
        ("matrix = { x = [1, 1] }", 'must not name a value of "x" twice'),
        ("matrix = { x = [[1]] }", "must hold strings, numbers, true or false, not a list"),
        ('matrix = { "a b" = [1] }', 'must have axes of letters, digits and _: "a b"'),
        ("matrix = { ab = [1], AB = [2] }", 'must not hold both "ab" and "AB": both are PEAK_MATRIX_AB'),
        ('matrix = { x = [1] }\nenv = { PEAK_MATRIX_X = "2" }', "env must not set PEAK_MATRIX_X"),
        (f"matrix = {{ x = {list(range(80))}, y = {list(range(80))} }}", "makes 6400 runs, and an array may have 5000"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(text: str, told: str) -> None:
    assert any(told in refusal for refusal in refusals(text)), refusals(text)
    assert all(refusal.startswith("jobs.toml:") for refusal in refusals(text))


def test_no_other_job_is_called_as_one_run_of_an_array() -> None:
    told = refusals('array = "0-9"\n[[job]]\nname = "sweep[4]"\ncommand = "/bin/true"')
    (fault,) = told
    assert fault.startswith(
        'jobs.toml:6:1: job "sweep[4]": the runs of the array "sweep" are called like this (sweep[0])'
    )
    assert job('[[job]]\nname = "sweep[4]"\ncommand = "/bin/true"').array is None


def test_one_run_is_told_its_index_and_its_values() -> None:
    whole = replace(make_job("sweep"), array=Array((0, 1), axes={"strategy": ("a", "b")}))
    run = make_queued(7, NOON, "sweep[1]", array_of=5, array_index=1, array_values={"strategy": "b"})
    made = member_of(whole, run)
    assert (made.name, made.array) == ("sweep[1]", None)
    stale = {"PEAK_ARRAY_INDEX": "9", "PEAK_MATRIX_OTHER": "of an outer run"}
    told = job_environment(made, stale, run_id=7, scheduled_for=NOON, attempt=1, trigger="schedule", state_dir="/s")
    assert {name: value for name, value in told.items() if "ARRAY" in name or "MATRIX" in name} == {
        "PEAK_ARRAY_INDEX": "1",
        "PEAK_MATRIX_STRATEGY": "b",
    }
    assert told["PEAK_JOB_NAME"] == "sweep"
    moment = Moment(made, run_id=7, attempt=1, slot=NOON)
    assert moment.fill("{job}-{index}-{matrix.strategy} {matrix.other} {{index}}") == "sweep-1-b {matrix.other} {index}"
    alone = Moment(make_job("one"), run_id=7, attempt=1, slot=NOON)
    assert alone.fill("{index} {matrix.strategy} {{index}}") == "{index} {matrix.strategy} {{index}}"


def test_placeholders_that_an_array_does_not_have_are_doubted() -> None:
    array = Array((0,), axes={"window": (20,)})
    assert list(doubts(["{index} {matrix.window}"], array)) == []
    assert "did you mean {matrix.window}?" in next(iter(doubts(["{matrix.windw}"], array)))
    assert "no axis of that name" in next(iter(doubts(["{matrix.zzzzzz}"], array)))


def test_how_many_have_to_succeed() -> None:
    rules = [Array((0,), succeeds=rule) for rule in ("all", "any", 3)]
    assert [needed(rule, 5) for rule in rules] == [5, 1, 3]
    assert [needed(rule, 2) for rule in rules] == [2, 1, 2]
    assert needed(None, 4) == 4
