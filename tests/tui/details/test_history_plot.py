"""The plot of a job's past, and its numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from peak_console.model.records import Outcome
from peak_console.tui.details.history_plot import RUNS, finished, plot, statistics
from tests.tui.harness import make_history, make_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.model.records import Run


def drawn(runs: Sequence[Run], height: int = 2) -> list[str]:
    return ["".join(text for text, _ in line) for line in plot(runs, height)]


def test_bars_are_as_high_as_runs_are_long() -> None:
    runs = finished(make_history(durations=(1, 2, 4, 8)))
    assert drawn(runs) == [
        "   8.0s ┤   █",
        "        │▂▄██",
        "      0 ┼    ",
    ]


def test_the_middle_of_the_scale_is_labelled_where_a_line_stands_there() -> None:
    assert [line[:9] for line in drawn(finished(make_history(durations=(8,))), 3)] == [
        "   8.0s ┤", "   4.0s ┤", "        │", "      0 ┼",
    ]  # fmt: skip


def test_the_shortest_run_still_shows() -> None:
    assert drawn(finished(make_history(durations=(0.001, 100, 90))))[1][9:] == "▁██"


def test_an_outlier_is_cut_instead_of_flattening_the_others() -> None:
    lines = drawn(finished(make_history(durations=[10] * 19 + [1000])))
    assert lines[0].startswith("  20.0s ┤")
    assert (lines[0][-1], lines[1][-2:]) == ("▲", "██")


def test_every_outcome_but_success_has_a_sign_as_well_as_a_colour() -> None:
    runs = [
        make_run(n, took=5, outcome=outcome)
        for n, outcome in enumerate([Outcome.SUCCEEDED, Outcome.FAILED, Outcome.STOPPED, Outcome.TIMED_OUT])
    ]
    *_, bars, signs = plot(runs, 2)
    assert "".join(text for text, _ in signs[1:]) == " ✖■✖"
    assert [style for _, style in bars[1:]] == ["success", "error", "warning", "error"]


def test_a_slot_without_a_process_has_no_bar() -> None:
    missed = replace(make_run(2, outcome=Outcome.MISSED), started_at=None)
    assert [line[-1] for line in drawn([make_run(1), missed])] == [" ", " ", "○"]


def test_runs_that_take_no_time_divide_by_nothing() -> None:
    assert drawn([make_run(1, took=0)])[1][-1] == "▁"


def test_the_plot_holds_the_last_finished_runs_oldest_first() -> None:
    runs = [make_run(5000, ended_ago=None), *make_history(durations=range(1, 100))]
    ids = [run.id for run in finished(runs)]
    assert len(ids) == RUNS
    assert ids == sorted(ids)
    assert 5000 not in ids


def test_statistics_are_of_runs_that_ended_by_themselves() -> None:
    history = make_history(durations=range(1, 21), failed=(0, 1))
    stopped = make_run(1, took=500, outcome=Outcome.STOPPED)
    missed = replace(make_run(2, outcome=Outcome.MISSED), started_at=None)
    numbers = statistics([*history, stopped, missed])
    assert (numbers.count, numbers.succeeded) == (20, 18)
    assert (numbers.median, numbers.p95, numbers.longest) == (9.5, 18, 18)


def test_statistics_of_nothing_are_nothing() -> None:
    numbers = statistics([])
    assert (numbers.count, numbers.median, numbers.p95) == (0, None, None)


def test_durations_are_of_failures_where_nothing_succeeded() -> None:
    assert statistics(make_history(durations=(1, 2, 3), failed=(0, 1, 2))).median == 2


def test_the_95th_percentile_is_a_duration_that_was() -> None:
    numbers = statistics(make_history(durations=range(1, 101)))
    assert numbers.p95 == 95
