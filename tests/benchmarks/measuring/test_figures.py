"""The arithmetic of the table, and when a goal counts as missed."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.benchmarks.measuring.figures import OURS, Figure, Report, percentile, spread
from tests.benchmarks.measuring.machine import Crowd
from tests.support.processes import wait_until


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


def test_a_machine_that_is_too_busy_to_tell_fails_nothing_and_is_named() -> None:
    missed, good = figure([30.0], [10.0]), figure([1.0], [1.0])
    report = Report([missed, good, figure([40.0], [10.0])])
    report.doubt([missed, good], "9 threads at a time wanted to run")
    assert report.failures() == ["work, wall: 4.00 × limit, the goal is 2"]
    assert report.missing == ["work, wall: the goal is not judged, as 9 threads at a time wanted to run"]


def test_a_crowd_is_seen() -> None:
    spin = [sys.executable, "-c", "while True: pass"]
    cores = len(os.sched_getaffinity(0))
    spinning = [subprocess.Popen(spin) for _ in range(cores + 3)]
    try:
        with Crowd() as crowd:
            wait_until(lambda: crowd.size > cores + 1, "the crowd")
        assert crowd.is_dense
    finally:
        for process in spinning:
            process.kill()
            process.wait()
