"""Painting little: one cell of the table, and every countdown that is seen; in this process, without a terminal."""

from __future__ import annotations

import asyncio
import time
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from textual.drivers.headless_driver import HeadlessDriver

from tests.benchmarks.measuring.figures import OURS, Figure
from tests.support.factories import make_job
from tests.tui.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from peak_console.tui.app.console import ConsoleApp
    from tests.benchmarks.measuring.figures import Report

SIZES = (10, 100, 1_000, 10_000)
WANTED_AT = 1_000
WANTED = {"news of one run, read and shown": None, "one job marked": 5.0, "all visible countdowns": 20.0}
ROUNDS = 30


def measure(report: Report, directory: Path) -> None:
    """Processor time from the change until the screen has been composed anew: the wait for the next frame is none."""
    for count in SIZES:
        found = asyncio.run(_repaints(directory, count))
        for what, wanted in WANTED.items():
            limit = wanted if count == WANTED_AT else None
            work = f"console: a table of {count:,} jobs"
            report.figures.append(Figure(work, what, "ms", {OURS: found[what]}, wanted=limit))


class _Sink(HeadlessDriver):
    """A terminal that takes whatever is written; with a headless one, nothing would be put into sequences."""

    @property
    def is_headless(self) -> bool:
        return False


async def _repaints(directory: Path, count: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {what: [] for what in WANTED}
    jobs = (make_job(f"job {number:05}", interval_seconds=1800.0 + number % 600) for number in range(count))
    stage = Stage(mkdtemp(dir=directory), *jobs)
    app = stage.app()
    app.driver_class = _Sink
    async with app.run_test(headless=False, size=(160, 50)) as pilot:
        for name in stage.session.jobs:
            stage.decided(name)
        app.layout.jobs.sort("name")
        app.feed.bring_up_to_date()
        await pilot.pause()

        def tick() -> None:
            stage.clock.advance(1.0)
            app.layout.jobs.tick(stage.clock.now())

        changes: dict[str, Callable[[], object]] = {
            "news of one run, read and shown": app.feed.bring_up_to_date,
            "one job marked": app.layout.jobs.action_mark,
            "all visible countdowns": tick,
        }
        for _ in range(ROUNDS):
            stage.ran("job 00003", ago=1.0)  # in sight, and not under the cursor
            for what, change in changes.items():
                await pilot.pause()
                found[what].append(1000 * await _seconds(app, change))
    return found


async def _seconds(app: ConsoleApp, change: Callable[[], object]) -> float:
    painted = asyncio.Event()
    began = time.thread_time()
    change()
    # Screens are composed when nothing else is waiting; what is asked for then comes right behind it.
    app.screen.call_after_refresh(painted.set)
    await painted.wait()
    return time.thread_time() - began
