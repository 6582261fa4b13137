"""A burst: many jobs due at one moment, each of which writes down when it started."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from tests.benchmarks.compiled import NoCompilerError, compiled
from tests.benchmarks.figures import OURS, Figure, percentile
from tests.benchmarks.program import Engine, run
from tests.benchmarks.rounds import interleaved

if TYPE_CHECKING:
    from tests.benchmarks.figures import Report

LIMIT = "Popen loop"
ALLOWED = 1.5
ALLOWED_AT = 200
SIZES = (1, 50, 200, 1000)
LEAD_SECONDS = 4.0
"""The slot is so far ahead that the engine has long been ready for it, and is asleep."""
LEAD_SECONDS_PER_JOB = 0.002
LEAD_SECONDS_OF_LOOP = 0.5
WAIT_SECONDS = 120
JOB = """
[[job]]
name = "job {number}"
command = "{stamp}"
argv = ["{notes}"]
schedule_type = "once"
run_at = {slot}
"""


def measure(report: Report, directory: Path, *, quick: bool) -> None:
    """The resident engine and a bare ``subprocess.Popen`` loop over the same commands."""
    try:
        stamp = compiled("stamp", directory)
    except NoCompilerError as error:
        report.missing.append(f"burst: {error}")
        return
    for count in (ALLOWED_AT,) if quick else SIZES:
        burst = _Burst(directory, stamp, count)
        results = interleaved(5 if quick else 9, {OURS: burst.by_engine, LIMIT: burst.by_loop}, warm=False)
        for what, percent in (("p50 lateness", 50.0), ("p99 lateness", 99.0), ("max lateness", 100.0)):
            values = {name: [1000 * percentile(late, percent) for late in each] for name, each in results.items()}
            allowed = ALLOWED if count == ALLOWED_AT and percent == 99 else None
            report.figures.append(Figure(f"burst of {count:,}", what, "ms", values, LIMIT, allowed))


class _Burst:
    def __init__(self, directory: Path, stamp: str, count: int) -> None:
        self._directory = directory
        self._stamp = stamp
        self._count = count

    def by_engine(self) -> list[float]:
        """Seconds from the slot to each start."""
        directory = Path(mkdtemp(dir=self._directory))
        notes = directory / "notes"
        slot = _in(LEAD_SECONDS + LEAD_SECONDS_PER_JOB * self._count)
        moment = datetime.fromtimestamp(slot, UTC).isoformat(timespec="microseconds")
        jobs = (JOB.format(number=number, stamp=self._stamp, notes=notes, slot=moment) for number in range(self._count))
        with Engine(directory, "".join(jobs)) as engine:
            if time.time() > slot - LEAD_SECONDS / 4:
                raise RuntimeError(f"the engine was ready after {engine.seconds_to_ready:.1f} s only")
            while len(late := _lateness(notes, slot)) < self._count:
                if time.time() > slot + WAIT_SECONDS:
                    raise RuntimeError(f"only {len(late)} of {self._count} jobs started: {engine.log()}")
                time.sleep(0.25)  # looking costs time that the burst needs
            return late

    def by_loop(self) -> list[float]:
        """As ``by_engine``."""
        notes = Path(mkdtemp(dir=self._directory)) / "notes"
        slot = _in(LEAD_SECONDS_OF_LOOP)
        loop = str(Path(__file__).with_name("popen_loop.py"))
        run([sys.executable, loop, repr(slot), str(self._count), self._stamp, str(notes)])
        return _lateness(notes, slot)


def _in(seconds: float) -> float:
    """A moment that a jobs file can name, in Unix seconds."""
    return round(time.time() + seconds, 6)


def _lateness(notes: Path, slot: float) -> list[float]:
    if not notes.exists():
        return []
    return [float(line) - slot for line in notes.read_text(encoding="ascii").splitlines()]
