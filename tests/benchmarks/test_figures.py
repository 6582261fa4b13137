"""The arithmetic of the table, and when a goal counts as missed."""

from __future__ import annotations

from tests.benchmarks.figures import OURS, Figure, Report, percentile, spread


def figure(ours: list[float], limit: list[float], allowed: float = 2.0) -> Figure:
    return Figure("work", "wall", "ms", {OURS: ours, "limit": limit}, "limit", allowed)


def test_ratios_are_of_values_of_the_same_round() -> None:
    assert figure([2, 30, 4], [1, 10, 4]).ratios(OURS) == [2, 3, 1]
    assert figure([2, 30, 4], [1, 10, 4]).ratio(OURS) == 2


def test_percentiles_are_values_that_occurred() -> None:
    values = [float(number) for number in range(200, 0, -1)]
    assert [percentile(values, percent) for percent in (50, 99, 100)] == [100, 198, 200]
    assert [percentile([7.0], percent) for percent in (50, 99, 100)] == [7, 7, 7]


def test_the_spread_is_the_quartiles() -> None:
    assert spread([1, 2, 3, 4, 5]) == (2, 4)
    assert spread([3]) == (3, 3)


def test_a_goal_is_missed_when_three_rounds_of_four_miss_it() -> None:
    assert figure([1, 1, 9, 9, 9], [1, 1, 1, 1, 1]).is_good()
    assert not figure([1, 9, 9, 9, 9], [1, 1, 1, 1, 1]).is_good()
    assert not figure([2.1] * 5, [1] * 5).is_good()


def test_the_report_names_each_missed_goal() -> None:
    missed = figure([30.0], [10.0])
    report = Report([missed, figure([1.0], [1.0]), Figure("idle", "CPU", "%", {OURS: [0.1]})], ["burst: no gcc"])
    assert report.failures() == ["work, wall: 3.00 × limit, the goal is 2"]
    table = "\n".join(report.lines())
    assert "| work | wall (ms) | peak-console | 30 | 30 – 30 | 3.00 | 3.00 – 3.00 | ≤ 2 **missed** |" in table
    assert "| idle | CPU (%) | peak-console | 0.1 | 0.1 – 0.1 |  |  |  |" in table
    assert "Not measured: burst: no gcc" in table
