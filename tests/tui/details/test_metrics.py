"""The numbers of a job's results in its details."""

from __future__ import annotations

from peak_console.tui.details.metrics import SHOWN, course, results
from tests.tui.harness import make_run

RUNS = [make_run(number) for number in (5, 4, 3, 2, 1)]


def test_each_number_stands_beside_the_median_of_the_runs_before_and_its_course() -> None:
    numbers = {5: {"sharpe": 0.9, "rows": 7}, 4: {"sharpe": 1.5}, 2: {"sharpe": 1.3}, 1: {"sharpe": 1.4}}
    shown = results(RUNS, numbers, 80).plain.splitlines()
    assert shown[0].split() == ["sharpe", "0.9", "median", "of", "3:", "1.4", course([1.4, 1.3, 1.5, 0.9])]
    assert shown[1].split() == ["rows", "7", course([7])]


def test_a_course_goes_from_the_lowest_block_to_the_highest() -> None:
    assert course([0, 7]) == "▁█"
    assert len(set(course([3, 3, 3]))) == 1


def test_of_many_numbers_some_are_shown_and_without_room_the_course_goes() -> None:
    numbers = {5: {f"n{place}": float(place) for place in range(20)}, 4: {"n0": 3.0}}
    lines = results(RUNS, numbers, 20).plain.splitlines()
    assert len(lines) == SHOWN + 1
    assert lines[-1] == "and 12 more: peak-console runs --metrics"
    assert results(RUNS, {}, 40).plain == "no result yet"
