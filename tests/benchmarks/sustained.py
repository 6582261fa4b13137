"""Runs without a pause: as many jobs of ``true`` as the machine bears, and whether memory and descriptors stay flat."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from tests.benchmarks.measuring.figures import OURS, Figure
from tests.benchmarks.measuring.program import Engine
from tests.benchmarks.measuring.rounds import interleaved

if TYPE_CHECKING:
    from tests.benchmarks.measuring.figures import Report

LIMIT = "Popen loop"
ALLOWED = 3.5
"""What the engine and its keeper may spend on a run, beside what the loop spends with its processes. Which share of the
loop's rate is reached, aimed at 0.6, is shown and judged by nobody: it is the first to go on a busy machine."""
JOBS = 80
JOB = """
[[job]]
name = "job {number}"
command = "/bin/true"
schedule_type = "interval"
interval_seconds = 0.1
catch_up = "latest"
alert_on_success = false
"""
"""All of them together are due more often than any small machine can start them."""
WARM_SECONDS = 1.0
SECONDS = 60.0
QUICK_SECONDS = 4.0
LOOKS = 4
"""Into so many parts a window is divided, to see whether anything grows."""


def measure(report: Report, directory: Path, *, quick: bool) -> None:
    """Milliseconds for a run, one after another without a pause; what each run adds in memory and descriptors."""
    seconds = QUICK_SECONDS if quick else SECONDS
    growth: list[tuple[float, float]] = []
    contenders = {
        OURS: partial(_by_engine, directory, seconds, growth),
        LIMIT: partial(_by_loop, min(seconds, 2 * QUICK_SECONDS)),
    }
    results = interleaved(3, contenders, warm=False)
    for what, place, allowed in (("wall for each", 0, None), ("processor time for each", 1, ALLOWED)):
        values = {name: [1000 * each[place] for each in found] for name, found in results.items()}
        report.figures.append(Figure("sustained runs of true", what, "ms", values, LIMIT, allowed))
    for what, unit, place in (("memory", "bytes", 0), ("descriptors", "", 1)):
        added = {OURS: [each[place] for each in growth]}
        report.figures.append(Figure("sustained runs of true", f"{what} that each run adds", unit, added))


def _by_engine(directory: Path, seconds: float, growth: list[tuple[float, float]]) -> tuple[float, float]:
    """Seconds for each run; and of processor time, of the engine and its keeper."""
    jobs = "".join(JOB.format(number=number) for number in range(JOBS))
    with Engine(Path(mkdtemp(dir=directory)), jobs) as engine:
        time.sleep(WARM_SECONDS)
        before, began, usage, cpu = _ended(engine.registry), time.monotonic(), _held(engine), engine.usage().cpu_seconds
        for _ in range(LOOKS):
            time.sleep(seconds / LOOKS)
        taken, runs, held = time.monotonic() - began, _ended(engine.registry) - before, _held(engine)
        cpu = engine.usage().cpu_seconds - cpu
    if not runs:
        raise RuntimeError(f"no run has ended in {seconds:g} s: {engine.log()}")
    growth.append(((held[0] - usage[0]) / runs, (held[1] - usage[1]) / runs))
    return taken / runs, cpu / runs


def _by_loop(seconds: float) -> tuple[float, float]:
    """As ``_by_engine``: the processor time is the loop's and that of its processes."""
    began, cpu, count = time.monotonic(), sum(os.times()[:4]), 0
    while (taken := time.monotonic() - began) < seconds:
        subprocess.run(["/bin/true"], check=True)
        count += 1
    return taken / count, (sum(os.times()[:4]) - cpu) / count


def _ended(registry: Path) -> int:
    """How many runs have succeeded."""
    with closing(sqlite3.connect(f"file:{registry}?mode=ro", uri=True)) as connection:
        sql = "SELECT count(*) FROM runs WHERE outcome = 'succeeded'"
        return int(connection.execute(sql).fetchone()[0])


def _held(engine: Engine) -> tuple[int, int]:
    """Bytes in memory, and open descriptors, of the engine alone: the keeper has some for each start."""
    return 1024 * engine.usage().resident_kib, len(os.listdir(f"/proc/{engine.pid}/fd"))
