"""The console in a terminal of its own: first paint, keys while a job prints, large runs, cells, and doing nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks import console_busy, console_cells, console_runs, console_screen
from tests.benchmarks.compiled import NoCompilerError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.figures import Report


def measure(report: Report, directory: Path, *, quick: bool) -> None:
    """What has a limit; all the rest of it too unless it is to be ``quick``."""
    console_screen.first_paint(report, directory, {}, quick=quick)
    try:
        console_busy.measure(report, directory, quick=quick)
        if not quick:
            console_runs.measure(report, directory, {}, quick=quick)
    except NoCompilerError as error:
        report.missing.append(f"console: {error}")
    if not quick:
        console_cells.measure(report, directory)
        console_screen.idle(report, directory)
