"""Much output: a job that writes as fast as it can, and one that writes a million lines, one at a time."""

from __future__ import annotations

import os
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from tests.benchmarks.compiled import NoCompilerError, compiled
from tests.benchmarks.figures import OURS, Figure
from tests.benchmarks.program import Engine, run
from tests.benchmarks.rounds import interleaved

if TYPE_CHECKING:
    from tests.benchmarks.figures import Report

LIMIT = "straight to a file"
ALLOWED = 1.1
LEAD_SECONDS = 1.0
WAIT_SECONDS = 120
WORK = {
    "256 MiB as fast as possible": (4096, 65536),
    "1,000,000 lines of 80 bytes": (1_000_000, 80),
}
JOB = """
[[job]]
name = "producer"
command = "{produce}"
argv = ["{blocks}", "{size}"]
schedule_type = "once"
run_at = {slot}
"""


def measure(report: Report, directory: Path, *, quick: bool) -> None:
    """From the job's start to its end in the registry, beside the same program that writes to a file of its own."""
    try:
        produce = compiled("produce", directory)
    except NoCompilerError as error:
        report.missing.append(f"output: {error}")
        return
    growth: dict[str, list[float]] = {}
    for work, (blocks, size) in WORK.items():
        job = _Production(directory, produce, blocks, size)
        seconds = interleaved(5 if quick else 15, {OURS: job.by_engine, LIMIT: job.alone}, warm=False)
        values = {name: [1000 * each for each in found] for name, found in seconds.items()}
        report.figures.append(Figure(work, "wall", "ms", values, LIMIT, ALLOWED))
        growth[work] = job.growth
    if not quick:
        silent = _Production(directory, produce, 1, 80)
        interleaved(5, {OURS: silent.by_engine}, warm=False)
        growth["one line of 80 bytes"] = silent.growth
    for work, values_of in growth.items():
        report.figures.append(Figure(work, "growth of memory", "MiB", {OURS: values_of}))


class _Production:
    def __init__(self, directory: Path, produce: str, blocks: int, size: int) -> None:
        self._directory = directory
        self._produce = produce
        self._blocks = blocks
        self._size = size
        self.growth: list[float] = []
        """How much more memory engine and keeper held at their fullest than before the job, in MiB."""

    def by_engine(self) -> float:
        """Seconds from the job's start to its recorded end."""
        directory = self._new_directory()
        slot = (datetime.now(UTC) + timedelta(seconds=LEAD_SECONDS)).isoformat()
        job = JOB.format(produce=self._produce, blocks=self._blocks, size=self._size, slot=slot)
        with Engine(directory, job) as engine:
            before = engine.usage()
            seconds = _seconds_recorded(engine)
            self.growth.append((engine.usage().peak_kib - before.peak_kib) / 1024)
        output = next(directory.glob("state/runs/*/stdout.log"))
        written = output.stat().st_size
        output.unlink()
        if written != self._blocks * self._size:
            raise RuntimeError(f"{written:,} bytes of output were kept: {engine.log()}")
        return seconds

    def alone(self) -> float:
        """Seconds that the program takes by itself."""
        output = self._new_directory() / "stdout.log"
        seconds = run([self._produce, str(self._blocks), str(self._size)], stdout=str(output)).seconds
        output.unlink()
        return seconds

    def _new_directory(self) -> Path:
        os.sync()  # what earlier rounds left to be written would slow the next one down
        return Path(mkdtemp(dir=self._directory))


def _seconds_recorded(engine: Engine) -> float:
    """Wait until the run's end stands in the registry."""
    connection = sqlite3.connect(f"file:{engine.registry}?mode=ro", uri=True)
    try:
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            row = connection.execute("SELECT started_at, outcome FROM runs WHERE outcome IS NOT NULL").fetchone()
            if row is not None:
                if row[1] != "succeeded":
                    break
                return (datetime.now(UTC) - datetime.fromisoformat(row[0])).total_seconds()
            time.sleep(0.005)
    finally:
        connection.close()
    raise RuntimeError(f"the job did not succeed: {engine.log()}")
