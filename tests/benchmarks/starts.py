"""One-shot start: what cron pays every few minutes for nothing being due."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.benchmarks.figures import OURS, Figure
from tests.benchmarks.program import environment, peak_console, run
from tests.benchmarks.rounds import interleaved

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.figures import Report

LIMIT = "python -c pass"
ALLOWED = 5.0
JOB = """
[[job]]
name = "nightly"
command = "true"
schedule_type = "daily"
daily_time = "{time}"
"""


def measure(report: Report, directory: Path, *, quick: bool) -> None:
    """``--headless --once --dry-run`` with one daily job and a state directory that is there already."""
    jobs_file = directory / "jobs.toml"
    jobs_file.write_text(JOB.format(time="04:00"), encoding="utf-8")
    ours = [*peak_console(), "--headless", "--once", "--config", str(jobs_file)]
    subprocess.run(ours, env=environment(), stdout=subprocess.DEVNULL, check=True)  # makes the state directory
    results = interleaved(
        30 if quick else 100,
        {OURS: lambda: run([*ours, "--dry-run"]), LIMIT: lambda: run([sys.executable, "-c", "pass"])},
    )
    work = "one-shot start, nothing due"
    for what, allowed in (("wall", ALLOWED), ("CPU", None)):
        values = {
            name: [1000 * (each.seconds if what == "wall" else each.cpu_seconds) for each in finished]
            for name, finished in results.items()
        }
        report.figures.append(Figure(work, what, "ms", values, LIMIT, allowed))
