"""Day view and history of 10,000 jobs and 1,000,000 runs: opened right after a start, and how soon keys show."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from peak_console.tui.drawing.glyphs import CURSOR
from tests.benchmarks.measuring.figures import OURS, Figure, percentile
from tests.benchmarks.measuring.history_made import make_registry
from tests.benchmarks.screens.programs import Desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.measuring.figures import Report
    from tests.benchmarks.screens.terminal import Terminal

JOBS, RUNS = 10_000, 1_000_000
KEYS = 300
KEY_SECONDS = 0.03
"""Between two keys, as somebody types who holds one down."""
PASTS_SECONDS = 30.0
"""So long after a start the pasts of all jobs have been read."""
ROOMS = {"history": ("6", "newest first"), "day view": ("5", "Day view")}
"""By room its key, and what its headline says."""
DAILY = """
[[job]]
name = "job {number:02}"
command = "true"
schedule_type = "daily"
daily_time = "{hour:02}:{minute:02}"
"""


def measure(report: Report, directory: Path) -> None:
    """Each room is opened a second after the first paint, and again once all pasts have been read."""
    jobs = (DAILY.format(number=n, hour=n // 417 % 24, minute=n % 60) for n in range(JOBS))
    desk = Desk(directory, "".join(jobs))
    desk.state.mkdir()
    make_registry(desk.state, RUNS, jobs=JOBS, until=datetime.now(UTC), apart=1)
    work = f"console: {JOBS:,} jobs, {RUNS:,} runs"
    for room, (key, headline) in ROOMS.items():
        with desk.console("--read-only") as terminal:
            terminal.seconds_until("1 Jobs")
            time.sleep(1.0)
            opened = 1000 * terminal.time_to(key, headline)
            time.sleep(PASTS_SECONDS)
            latencies = _key_latencies(terminal)
        report.figures.append(Figure(work, f"{room} opened 1 s after the first paint", "ms", {OURS: [opened]}))
        for what, percent, wanted in (("p50", 50.0, None), ("p99", 99.0, 50.0), ("max", 100.0, None)):
            values = {OURS: [1000 * percentile(latencies, percent)]}
            report.figures.append(Figure(work, f"{room}, key to paint, {what}", "ms", values, wanted=wanted))


def _key_latencies(terminal: Terminal) -> list[float]:
    """Seconds until the cursor was painted on the next line, and on the one before again, and so on."""
    terminal.press("k")
    terminal.settle(0.2)
    found: list[float] = []
    while len(found) < KEYS:
        found.append(terminal.time_to("jk"[len(found) % 2], CURSOR))
        # At another moment between two frames each time.
        time.sleep(KEY_SECONDS * (1 + len(found) * 0.618 % 1))
    return found
