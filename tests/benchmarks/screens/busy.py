"""The console on a job that prints 100,000 lines a second: how soon keys show, and what it costs everybody else."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from peak_console.tui.drawing.glyphs import CURSOR
from tests.benchmarks.measuring.compiled import compiled
from tests.benchmarks.measuring.figures import OURS, Figure, percentile
from tests.benchmarks.measuring.program import run
from tests.benchmarks.measuring.rounds import interleaved
from tests.benchmarks.screens.programs import Desk, quiet_jobs

if TYPE_CHECKING:
    from tests.benchmarks.measuring.figures import Report
    from tests.benchmarks.screens.terminal import Terminal

LIMIT = "straight to a file"
ALLOWED = 1.05
RATE = 100_000
"""Lines a second."""
TABLE_JOBS = 200
KEY_SECONDS = 0.03
"""Between two keys, as somebody types who holds one down."""
START_SECONDS = 3.0
NOISY = """
[[job]]
name = "a noisy job"
command = "{pace}"
argv = ["{lines}", "{rate}", "{notes}"]
schedule_type = "once"
run_at = {slot}
"""


def measure(report: Report, directory: Path, *, quick: bool) -> None:
    """Key to paint, the job's own time, and memory, on one job that prints for some seconds."""
    pace = compiled("pace", directory)
    seconds = 5 if quick else 20
    noise = _Noise(directory, pace, seconds)
    times = interleaved(3 if quick else 7, {OURS: noise.on_a_console, LIMIT: noise.alone}, warm=False)
    values = {name: [1000 * each for each in found] for name, found in times.items()}
    work = f"console: {seconds * RATE:,} lines at {RATE:,} a second, {TABLE_JOBS} jobs"
    report.figures.append(Figure(work, "the job itself", "ms", values, LIMIT, ALLOWED))
    for what, percent, wanted in (("p50", 50.0, None), ("p99", 99.0, 50.0), ("max", 100.0, None)):
        latencies = [1000 * percentile(each, percent) for each in noise.latencies]
        report.figures.append(Figure(work, f"key to paint, {what}", "ms", {OURS: latencies}, wanted=wanted))
    report.figures.append(Figure(work, "CPU of console and engine", "% of a core", {OURS: noise.cpu}))
    report.figures.append(Figure(work, "growth of memory", "MiB", {OURS: noise.growth}))


class _Noise:
    def __init__(self, directory: Path, pace: str, seconds: int) -> None:
        self._directory = directory
        self._pace = pace
        self._lines = seconds * RATE
        self.latencies: list[list[float]] = []
        self.cpu: list[float] = []
        self.growth: list[float] = []

    def on_a_console(self) -> float:
        """Seconds that the job takes while it is looked at and keys are pressed."""
        directory = Path(mkdtemp(dir=self._directory))
        notes = directory / "notes"
        slot = datetime.now(UTC) + timedelta(seconds=START_SECONDS)
        noisy = NOISY.format(pace=self._pace, lines=self._lines, rate=RATE, notes=notes, slot=slot.isoformat())
        desk = Desk(directory, noisy + quiet_jobs(TABLE_JOBS - 1))
        with desk.console() as terminal:
            terminal.seconds_until("a noisy job")
            terminal.seconds_until("follow ─ wrap")  # the output of the run is on the screen
            before, began = terminal.usage(), time.perf_counter()
            self.latencies.append(_key_latencies(terminal, until=slot.timestamp() + self._lines / RATE - 0.5))
            seconds = _noted(notes, self._lines / RATE)
            after, lasted = terminal.usage(), time.perf_counter() - began
        self.cpu.append(100 * (after.cpu_seconds - before.cpu_seconds) / lasted)
        self.growth.append((after.peak_kib - before.resident_kib) / 1024)
        for output in desk.state.glob("runs/*/stdout.log"):
            output.unlink()
        return seconds

    def alone(self) -> float:
        """Seconds that it takes by itself."""
        directory = Path(mkdtemp(dir=self._directory))
        run([self._pace, str(self._lines), str(RATE), str(directory / "notes")], stdout=str(directory / "stdout.log"))
        (directory / "stdout.log").unlink()
        return float((directory / "notes").read_text(encoding="ascii"))


def _key_latencies(terminal: Terminal, until: float) -> list[float]:
    """Seconds until the cursor was painted on the next job, and on the noisy one again, and so on."""
    terminal.press("k")
    terminal.settle(0.2)
    found: list[float] = []
    while time.time() < until:
        found.append(terminal.time_to("jk"[len(found) % 2], CURSOR))
        # At another moment between two frames each time.
        time.sleep(KEY_SECONDS * (1 + len(found) * 0.618 % 1))
    return found


def _noted(notes: Path, seconds: float) -> float:
    """What the job wrote down at its end."""
    until = time.monotonic() + 10 * seconds + 10
    while not (notes.exists() and notes.read_text(encoding="ascii").endswith("\n")):
        if time.monotonic() > until:
            raise RuntimeError("the noisy job has not ended")
        time.sleep(0.05)
    return float(notes.read_text(encoding="ascii"))
