"""Doing nothing: a resident engine whose jobs lie far in the future."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from tests.benchmarks.figures import OURS, Figure
from tests.benchmarks.program import Engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.figures import Report

SIZES = (10, 1_000, 10_000)
SETTLE_SECONDS = 2.0
"""So long after its start an engine is left alone: what it does once is no idling."""
JOB = """
[[job]]
name = "job {number}"
command = "true"
schedule_type = "once"
run_at = 2199-01-01T{hour:02}:{minute:02}:00Z
"""


def measure(report: Report, directory: Path, *, quick: bool) -> None:
    """CPU, wake-ups and memory of the engine and its keeper, and the time until it is ready. The limit is nothing."""
    seconds = 5.0 if quick else 20.0
    for count in SIZES:
        rounds = [_idle(Path(mkdtemp(dir=directory)), count, seconds) for _ in range(1 if quick else 3)]
        for what, unit, values in zip(
            ("CPU", "wake-ups", "resident memory", "time until ready"),
            ("% of a core", "per s", "MiB", "ms"),
            zip(*rounds, strict=True),
            strict=True,
        ):
            report.figures.append(Figure(f"idle with {count:,} jobs", what, unit, {OURS: values}))


def _idle(directory: Path, count: int, seconds: float) -> Sequence[float]:
    jobs = (JOB.format(number=number, hour=number // 60 % 24, minute=number % 60) for number in range(count))
    with Engine(directory, "".join(jobs)) as engine:
        time.sleep(SETTLE_SECONDS)
        before, began = engine.usage(), time.perf_counter()
        time.sleep(seconds)
        after, lasted = engine.usage(), time.perf_counter() - began
    return (
        100 * (after.cpu_seconds - before.cpu_seconds) / lasted,
        (after.wake_ups - before.wake_ups) / lasted,
        after.resident_kib / 1024,
        1000 * engine.seconds_to_ready,
    )
