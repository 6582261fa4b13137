"""The console's first paint, and what it costs while nothing happens."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.measuring.figures import OURS, Figure
from tests.benchmarks.measuring.rounds import interleaved
from tests.benchmarks.screens.programs import Desk, quiet_jobs
from tests.benchmarks.screens.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.measuring.figures import Report

LIMIT = "Textual hello world"
ALLOWED = 1.4
IDLE_JOBS = (10, 100, 1_000, 10_000)
SETTLE_SECONDS = 5.0
"""So long after its first paint a console is left alone: what it does once is no idling."""


def first_paint(report: Report, directory: Path, peers: dict[str, Callable[[], float]], *, quick: bool) -> None:
    """From the start of the process until the jobs stand on the screen."""
    desk = Desk(directory, quiet_jobs(12))
    hello = [sys.executable, str(Path(__file__).parent.with_name("programs") / "hello_textual.py")]
    contenders: dict[str, Callable[[], float]] = {
        OURS: partial(painted, desk.console, "job 0000"),
        LIMIT: partial(painted, partial(Terminal, hello), "Hello, World!"),
        **peers,
    }
    results = interleaved(7 if quick else 15, contenders)
    values = {name: [1000 * seconds for seconds in each] for name, each in results.items()}
    report.figures.append(Figure("console: first paint", "wall", "ms", values, LIMIT, ALLOWED))
    if not quick:
        for count in (100, 1_000, 10_000):
            desk = Desk(directory, quiet_jobs(count))
            seconds = interleaved(5, {OURS: partial(painted, desk.console, "job 0000")})[OURS]
            values = {OURS: [1000 * each for each in seconds]}
            report.figures.append(Figure(f"console: first paint of {count:,} jobs", "wall", "ms", values))


def painted(program: Callable[[], Terminal], text: str) -> float:
    """Seconds until a program has painted a text."""
    with program() as terminal:
        seconds = terminal.seconds_until(text)
        terminal.settle(0.2)  # to be asked to go before it has come is another thing to measure
        return seconds


def idle(report: Report, directory: Path) -> None:
    """CPU and memory while every countdown on the screen ticks each second and nothing else happens."""
    for count in IDLE_JOBS:
        rounds = [_idle(directory, count, 30.0) for _ in range(3)]
        for what, unit, values, wanted in zip(
            ("CPU", "wake-ups", "resident memory"),
            ("% of a core", "per s", "MiB"),
            zip(*rounds, strict=True),
            (1.0 if count == 1000 else None, None, None),
            strict=True,
        ):
            work = f"console: idle with {count:,} jobs, all that is seen of them ticking"
            report.figures.append(Figure(work, what, unit, {OURS: values}, wanted=wanted))


def _idle(directory: Path, count: int, seconds: float) -> tuple[float, float, float]:
    """What is due within the hour counts seconds, what is due later counts minutes."""
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=30)
    moments = [(soon + timedelta(seconds=number)).isoformat() for number in range(600)]
    with Desk(directory, quiet_jobs(count, moments)).console() as terminal:
        terminal.seconds_until("job 0000")
        time.sleep(SETTLE_SECONDS)
        terminal.press("")
        before, began = terminal.usage(), time.perf_counter()
        time.sleep(seconds)
        after, lasted = terminal.usage(), time.perf_counter() - began
        if not terminal.painted():
            raise RuntimeError("no countdown has ticked")
    return (
        100 * (after.cpu_seconds - before.cpu_seconds) / lasted,
        (after.wake_ups - before.wake_ups) / lasted,
        after.resident_kib / 1024,
    )
