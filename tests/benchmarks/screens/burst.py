"""A burst beside a console that shows a job which prints 100,000 lines a second: what the screen costs the jobs."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from tests.benchmarks.burst import JOB, WAIT_SECONDS, lateness
from tests.benchmarks.measuring.compiled import compiled
from tests.benchmarks.measuring.figures import OURS, Figure, percentile
from tests.benchmarks.measuring.program import Engine
from tests.benchmarks.measuring.rounds import interleaved
from tests.benchmarks.screens.busy import NOISY, RATE
from tests.benchmarks.screens.programs import Desk

if TYPE_CHECKING:
    from tests.benchmarks.measuring.figures import Report

BESIDE = "without a console"
COUNT = 50
ROUNDS = 7
NOISE_AFTER_SECONDS = 3.0
BURST_AFTER_SECONDS = 6.0
NOISE_SECONDS = 6
LATER_MS = 30.0
"""So much later at most is the last of a burst to start."""


def measure(report: Report, directory: Path) -> None:
    """The same jobs on an engine inside a console, and on one without a screen."""
    burst = _Burst(directory)
    found = interleaved(ROUNDS, {OURS: burst.on_a_console, BESIDE: burst.without}, warm=False)
    work = f"console: burst of {COUNT} beside a job that prints {RATE:,} lines a second"

    def lateness(percent: float) -> dict[str, list[float]]:
        return {name: [1000 * percentile(late, percent) for late in each] for name, each in found.items()}

    last = lateness(99.0)
    report.figures.append(Figure(work, "p50 lateness", "ms", lateness(50.0), BESIDE))
    report.figures.append(Figure(work, "p99 lateness", "ms", last, BESIDE))
    later = [ours - beside for ours, beside in zip(last[OURS], last[BESIDE], strict=True)]
    report.figures.append(Figure(work, "p99, so much later", "ms", {OURS: later}, wanted=LATER_MS))


class _Burst:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._pace = compiled("pace", directory)
        self._stamp = compiled("stamp", directory)

    def on_a_console(self) -> list[float]:
        """Seconds from the slot to each start; the noisy job's output is on the screen."""
        directory, jobs, slot = self._new()
        desk = Desk(directory, jobs)
        with desk.console() as terminal:
            terminal.seconds_until("follow ─ wrap")
            found = self._await(directory / "notes", slot)
        self._discard(desk.state)
        return found

    def without(self) -> list[float]:
        """As ``on_a_console``, where nobody looks."""
        directory, jobs, slot = self._new()
        with Engine(directory, jobs):
            found = self._await(directory / "notes", slot)
        self._discard(directory / "state")
        return found

    def _new(self) -> tuple[Path, str, float]:
        directory = Path(mkdtemp(dir=self._directory))
        now = time.time()
        slot = round(now + BURST_AFTER_SECONDS, 6)
        noisy = NOISY.format(
            pace=self._pace, lines=NOISE_SECONDS * RATE, rate=RATE, notes=directory / "noise",
            slot=_shown(now + NOISE_AFTER_SECONDS),
        )  # fmt: skip
        burst = [
            JOB.format(number=number, stamp=self._stamp, notes=directory / "notes", slot=_shown(slot))
            for number in range(COUNT)
        ]
        return directory, noisy + "".join(burst), slot

    def _await(self, notes: Path, slot: float) -> list[float]:
        while len(late := lateness(notes, slot)) < COUNT:
            if time.time() > slot + WAIT_SECONDS:
                raise RuntimeError(f"only {len(late)} of {COUNT} jobs started")
            time.sleep(0.25)
        return late

    def _discard(self, state: Path) -> None:
        for output in state.glob("runs/*/stdout.log"):
            output.unlink()


def _shown(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds")
