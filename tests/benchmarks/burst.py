"""A burst: many jobs due at one moment, each of which writes down when it started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from tests.benchmarks.measuring.compiled import NoCompilerError, compiled
from tests.benchmarks.measuring.figures import OURS, Figure, percentile
from tests.benchmarks.measuring.program import Engine, run
from tests.benchmarks.measuring.rounds import interleaved
from tests.benchmarks.peers.apscheduler import APScheduler
from tests.benchmarks.peers.cronstable import Cronstable
from tests.benchmarks.peers.install import PeerError
from tests.benchmarks.peers.invited import invited
from tests.benchmarks.peers.resident import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.benchmarks.measuring.figures import Report
    from tests.benchmarks.peers.resident import Peer

LIMIT = "Popen loop"
SPAWN = "posix_spawn loop in C"
ALONE = 1
ALLOWED_AT = 200
ALLOWED = {ALONE: (100.0, 2.5), ALLOWED_AT: (99.0, 1.5)}
"""By size, which lateness may be how many times that of the loop. A lone start is aimed at 0.7, a burst at 1."""
SHARE = 0.5
SIZES = (1, 10, 50, 100, 200, 1000)
WITHOUT_PEERS = (10, 100)
"""At these sizes, which only show how it grows, no peer takes part."""
LEAD_SECONDS = 4.0
"""The slot is so far ahead that the engine has long been ready for it, and is asleep."""
LEAD_SECONDS_PER_JOB = 0.002
LEAD_SECONDS_OF_LOOP = 0.5
PATIENCE = (1, 3, 9)
"""On a machine that is too slow to be ready by then, so many times as long."""
TOO_LATE = 75
"""What the loops exit with when they are not ready in time."""
LEAD_SECONDS_OF_PEER = 3.0
LOOP = str(Path(__file__).with_name("popen_loop.py"))
DURABLE = ("SQLite", "state")
"""So end the names of peers whose jobs or runs are on disk."""
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
    """The resident engine, bare loops over the same commands, and peers."""
    try:
        stamp = compiled("stamp", directory)
        spawn = compiled("spawn_loop", directory)
    except NoCompilerError as error:
        report.missing.append(f"burst: {error}")
        return
    peers = [] if quick else _peers(directory, report.missing)
    for count in ALLOWED if quick else SIZES:
        burst = _Burst(directory, stamp, count)
        contenders: dict[str, Callable[[], list[float]]] = {
            OURS: burst.by_engine,
            LIMIT: burst.by_loop,
        }
        if not quick:
            contenders[SPAWN] = partial(burst.by_loop, [spawn])
        guests: dict[str, Callable[[], list[float]]] = (
            {} if count in WITHOUT_PEERS else {peer.name: partial(burst.by_peer, peer) for peer in peers}
        )
        rounds = (7 if quick else 9) if count in ALLOWED else 5
        results = interleaved(rounds, contenders, warm=False, guests=guests, absent=report.missing)
        _report(report, count, results)


def _report(report: Report, count: int, results: dict[str, list[list[float]]]) -> None:
    for what, percent in (("p50 lateness", 50.0), ("p99 lateness", 99.0), ("max lateness", 100.0)):
        if count == 1 and percent < 100:
            continue  # they are all the same
        values = {name: [1000 * percentile(late, percent) for late in each] for name, each in results.items()}
        judged, allowed = ALLOWED.get(count, (0.0, 0.0))
        report.figures.append(
            Figure(
                f"burst of {count:,}",
                what,
                "ms",
                values,
                LIMIT,
                allowed if judged == percent else None,
                size=count,
                rivals=tuple(name for name in results if name.endswith(DURABLE)) if judged == percent else (),
                share=SHARE,
            )
        )


def _peers(directory: Path, absent: list[str]) -> list[Peer]:
    makers: dict[str, Callable[[Path], Peer]] = {
        "APScheduler, memory": APScheduler,
        "APScheduler, SQLite": partial(APScheduler, durable=True),
        "cronstable": Cronstable,
        "cronstable, state": partial(Cronstable, durable=True),
    }
    return invited(directory.parent / "peers", makers, absent)


class _Burst:
    def __init__(self, directory: Path, stamp: str, count: int) -> None:
        self._directory = directory
        self._stamp = stamp
        self._count = count

    def by_engine(self) -> list[float]:
        """Seconds from the slot to each start."""
        for patience in PATIENCE:
            late = self._by_engine(patience * (LEAD_SECONDS + LEAD_SECONDS_PER_JOB * self._count))
            if late:
                return late
        raise RuntimeError("the engine is never ready in time")

    def _by_engine(self, lead: float) -> list[float]:
        """Nothing when the engine was not ready long before the slot."""
        directory = Path(mkdtemp(dir=self._directory))
        notes = directory / "notes"
        slot = _in(lead)
        moment = datetime.fromtimestamp(slot, UTC).isoformat(timespec="microseconds")
        jobs = (JOB.format(number=number, stamp=self._stamp, notes=notes, slot=moment) for number in range(self._count))
        with Engine(directory, "".join(jobs)) as engine:
            if time.time() > slot - lead / 4:
                return []
            while len(late := lateness(notes, slot)) < self._count:
                if time.time() > slot + WAIT_SECONDS:
                    raise RuntimeError(f"only {len(late)} of {self._count} jobs started: {engine.log()}")
                time.sleep(0.25)  # looking costs time that the burst needs
            return late

    def by_peer(self, peer: Peer) -> list[float]:
        """As ``by_engine``. Raises ``PeerError``."""
        directory = Path(mkdtemp(dir=self._directory))
        notes = directory / "notes"
        slot = int(_in(LEAD_SECONDS_OF_PEER + peer.seconds_per_job * self._count)) + 1
        with peer.resident(directory, [Task([self._stamp, str(notes)], slot)] * self._count) as resident:
            if time.time() > slot - 0.2:
                raise PeerError(f"it needed {resident.seconds_to_ready:.1f} s to be ready for {self._count:,} jobs")
            while len(late := lateness(notes, slot)) < self._count:
                if time.time() > slot + WAIT_SECONDS:
                    raise PeerError(f"only {len(late):,} of {self._count:,} jobs started")
                time.sleep(0.25)
            return late

    def by_loop(self, program: Sequence[str] = (sys.executable, LOOP)) -> list[float]:
        """As ``by_engine``."""
        for patience in PATIENCE:
            notes = Path(mkdtemp(dir=self._directory)) / "notes"
            slot = _in(patience * LEAD_SECONDS_OF_LOOP)
            try:
                run([*program, repr(slot), str(self._count), self._stamp, str(notes)])
            except subprocess.CalledProcessError as error:
                if os.waitstatus_to_exitcode(error.returncode) != TOO_LATE:
                    raise
                continue
            return lateness(notes, slot)
        raise RuntimeError(f"{program[0]} is never ready in time")


def _in(seconds: float) -> float:
    """A moment that a jobs file can name, in Unix seconds."""
    return round(time.time() + seconds, 6)


def lateness(notes: Path, slot: float) -> list[float]:
    """Seconds from the slot to each start that has been written down."""
    if not notes.exists():
        return []
    return [float(line) - slot for line in notes.read_text(encoding="ascii").splitlines()]
