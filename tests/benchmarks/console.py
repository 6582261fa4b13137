"""The console: its first paint, itself at rest, beside a job that prints without end, and on a large run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks import console_busy, console_runs, console_screen

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.figures import Report


def measure(report: Report, directory: Path, *, quick: bool) -> None:
    """Add the console's figures."""
    console_screen.first_paint(report, directory, {}, quick=quick)
    if not quick:
        console_screen.idle(report, directory)
    console_busy.measure(report, directory, quick=quick)
    console_runs.measure(report, directory, {}, quick=quick)
