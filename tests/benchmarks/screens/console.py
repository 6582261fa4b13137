"""The console in a terminal of its own: first paint, keys while a job prints, large runs, cells, and doing nothing."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from tests.benchmarks.measuring.compiled import NoCompilerError
from tests.benchmarks.peers.cronstable import Dashboard
from tests.benchmarks.peers.invited import invited
from tests.benchmarks.peers.toolong import Toolong
from tests.benchmarks.screens import burst as console_burst
from tests.benchmarks.screens import busy as console_busy
from tests.benchmarks.screens import cells as console_cells
from tests.benchmarks.screens import rooms as console_rooms
from tests.benchmarks.screens import runs as console_runs
from tests.benchmarks.screens import screen as console_screen

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.measuring.figures import Report


def measure(report: Report, directory: Path, *, quick: bool) -> None:
    """What has a limit; all the rest of it too unless it is to be ``quick``."""
    home = directory.parent / "peers"
    with ExitStack() as stack:
        dashboards = [] if quick else invited(home, {"cronstable's dashboard": Dashboard}, report.missing)
        painted = {each.name: stack.enter_context(each.painting(directory)) for each in dashboards}
        console_screen.first_paint(report, directory, painted, quick=quick)
    viewers = [] if quick else invited(home, {"Toolong": Toolong}, report.missing)
    try:
        console_busy.measure(report, directory, quick=quick)
        if not quick:
            console_burst.measure(report, directory)
            console_runs.measure(report, directory, viewers, quick=quick)
    except NoCompilerError as error:
        report.missing.append(f"console: {error}")
    if not quick:
        console_cells.measure(report, directory)
        console_rooms.measure(report, directory)
        console_screen.idle(report, directory)
