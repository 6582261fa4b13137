"""The command: what fails it, and what is measured a second time."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks import __main__ as command
from tests.benchmarks.measuring.figures import OURS, Figure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.benchmarks.measuring.figures import Report

    Measure = Callable[..., None]


def giving(*ratios: float) -> Measure:
    """A benchmark with the goal 2 that finds these ratios, one each time it is asked."""
    left = list(ratios)

    def measure(report: Report, directory: Path, *, quick: bool) -> None:
        assert directory.is_dir()
        report.figures.append(Figure("work", "wall", "ms", {OURS: [left.pop(0)], "limit": [1]}, "limit", 2))

    return measure


def run(monkeypatch: pytest.MonkeyPatch, measure: Measure, *options: str) -> int:
    monkeypatch.setattr(command, "BENCHMARKS", {"starts": measure})
    monkeypatch.setattr(sys, "argv", ["benchmarks", *options, "starts"])
    return command.main()


@pytest.mark.parametrize(("ratios", "code"), [([1], 0), ([3, 1], 0), ([3, 3], 1)])
def test_the_quick_mode_fails_on_what_is_missed_twice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ratios: list[float], code: int
) -> None:
    assert run(monkeypatch, giving(*ratios), "--quick") == code
    out, err = capsys.readouterr()
    assert out.count("| work | wall (ms) | peak-console |") == 1
    assert ("Measured a second time, as the first missed: work, wall: 3.00 × limit" in out) == (len(ratios) == 2)
    assert ("missed: work, wall: 3.00 × limit, the goal is 2" in err) == (code == 1)


def test_the_long_mode_fails_on_what_is_missed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, giving(3)) == 1


def test_what_breaks_off_fails_and_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(report: Report, directory: Path, *, quick: bool) -> None:
        giving(1)(report, directory, quick=quick)
        raise RuntimeError("the engine is never ready in time")

    assert run(monkeypatch, breaks, "--quick") == 1
    out, err = capsys.readouterr()
    assert "| work | wall (ms) | peak-console | 1 |" in out, "what has been measured by then is kept"
    assert "broken off: starts: the engine is never ready in time" in err


def test_a_name_that_is_not_known_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", "strats"])
    with pytest.raises(SystemExit, match="2"):
        command.main()
    assert "no such benchmark: strats" in capsys.readouterr().err
