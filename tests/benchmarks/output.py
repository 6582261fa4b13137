"""Much output: a job that writes as fast as it can, and one that writes a million lines, one at a time."""

from __future__ import annotations

import os
import sqlite3
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from tests.benchmarks.measuring.compiled import SOURCES, NoCompilerError, compiled
from tests.benchmarks.measuring.figures import OURS, Figure
from tests.benchmarks.measuring.program import Engine, run
from tests.benchmarks.measuring.rounds import interleaved
from tests.benchmarks.peers.apscheduler import APScheduler
from tests.benchmarks.peers.cronstable import Cronstable
from tests.benchmarks.peers.install import PeerError
from tests.benchmarks.peers.invited import invited
from tests.benchmarks.peers.mprocs import Mprocs
from tests.benchmarks.peers.pm2 import Pm2
from tests.benchmarks.peers.resident import Task
from tests.benchmarks.peers.supervisord import Supervisord
from tests.benchmarks.screens.programs import Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.benchmarks.measuring.figures import Report
    from tests.benchmarks.peers.resident import Peer, Resident

LIMIT = "straight to a file"
ALLOWED = 1.1
LEAD_SECONDS = 1.0
LEAD_SECONDS_OF_CONSOLE = 2.5
LEAD_SECONDS_OF_PEER = 6.0
WAIT_SECONDS = 120
GROWTH = (1_000, 10_000, 100_000)
"""So many lines too, to see how it grows."""
KEPT_SECONDS = 2.0
"""A peer that has noted the end may write the rest of the output for so long."""
LINES = "1,000,000 lines of 80 bytes"
WORK = {
    "256 MiB as fast as possible": (4096, 65536),
    LINES: (1_000_000, 80),
}
NOTED = SOURCES / "noted.sh"
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
    peers = [] if quick else _peers(directory, report.missing)
    growth: dict[str, list[float]] = {}
    for work, (blocks, size) in WORK.items():
        job = _Production(directory, produce, blocks, size)
        guests = {peer.name: partial(job.by_peer, peer) for peer in peers}
        absent: list[str] = []
        contenders = {OURS: job.by_engine, LIMIT: job.alone}
        results = interleaved(5 if quick else 11, contenders, warm=False, guests=guests, absent=absent)
        report.missing += [f"{work}, {reason}" for reason in absent]
        lines = blocks if work == LINES else None
        report.figures.append(Figure(work, "wall", "ms", _wall(results), LIMIT, ALLOWED, size=lines))
        for what, unit in (("CPU of the scheduler", "ms"), ("peak memory", "MiB")):
            values = {
                name: [1000 * each.cpu_seconds if unit == "ms" else each.peak_mib for each in found]
                for name, found in results.items()
                if name != LIMIT
            }
            report.figures.append(Figure(work, what, unit, values))
        growth[work] = job.growth
    if not quick:
        for work, (blocks, size) in WORK.items():
            job = _Production(directory, produce, blocks, size)
            seen = interleaved(15, {OURS: job.on_a_console, LIMIT: job.alone}, warm=False)
            report.figures.append(Figure(f"{work}, a console open on it", "wall", "ms", _wall(seen), LIMIT, ALLOWED))
        for lines in GROWTH:
            job = _Production(directory, produce, lines, 80)
            found = interleaved(5, {OURS: job.by_engine, LIMIT: job.alone}, warm=False)
            report.figures.append(Figure(f"{lines:,} lines of 80 bytes", "wall", "ms", _wall(found), LIMIT, size=lines))
        silent = _Production(directory, produce, 1, 80)
        interleaved(5, {OURS: silent.by_engine}, warm=False)
        growth["one line of 80 bytes"] = silent.growth
    for work, values_of in growth.items():
        report.figures.append(Figure(work, "growth of memory", "MiB", {OURS: values_of}))


def _wall(results: Mapping[str, Sequence[_Produced]]) -> dict[str, list[float]]:
    return {name: [1000 * each.seconds for each in found] for name, found in results.items()}


def _peers(directory: Path, absent: list[str]) -> list[Peer]:
    makers: dict[str, Callable[[Path], Peer]] = {
        "supervisord": Supervisord, "pm2": Pm2, "APScheduler": APScheduler, "cronstable": Cronstable, "mprocs": Mprocs,
    }  # fmt: skip
    return invited(directory.parent / "peers", makers, absent)


@dataclass(frozen=True, slots=True)
class _Produced:
    seconds: float
    """From the program's start until its end was noted."""
    cpu_seconds: float
    """Of who looked after it, from its own start on."""
    peak_mib: float


class _Production:
    def __init__(self, directory: Path, produce: str, blocks: int, size: int) -> None:
        self._directory = directory
        self._produce = produce
        self._blocks = blocks
        self._size = size
        self.growth: list[float] = []
        """How much more memory engine and keeper held at their fullest than before the job, in MiB."""

    def by_engine(self) -> _Produced:
        """Until the run's end stands in the registry."""
        directory = self._new_directory()
        slot = (datetime.now(UTC) + timedelta(seconds=LEAD_SECONDS)).isoformat()
        job = JOB.format(produce=self._produce, blocks=self._blocks, size=self._size, slot=slot)
        with Engine(directory, job) as engine:
            before = engine.usage()
            seconds = _seconds_recorded(engine.registry)
            after = engine.usage()
            self.growth.append((after.peak_kib - before.peak_kib) / 1024)
        output = next(directory.glob("state/runs/*/stdout.log"))
        written = output.stat().st_size
        output.unlink()
        if written != self._blocks * self._size:
            raise RuntimeError(f"{written:,} bytes of output were kept: {engine.log()}")
        return _Produced(seconds, after.cpu_seconds, after.peak_kib / 1024)

    def on_a_console(self) -> _Produced:
        """As ``by_engine``, with the engine in a console that shows the output as it comes."""
        slot = datetime.now(UTC) + timedelta(seconds=LEAD_SECONDS_OF_CONSOLE)
        job = JOB.format(produce=self._produce, blocks=self._blocks, size=self._size, slot=slot.isoformat())
        desk = Desk(self._new_directory(), job)
        with desk.console() as terminal:
            terminal.seconds_until("producer")
            time.sleep(max(0.0, slot.timestamp() - time.time()))
            seconds = _seconds_recorded(desk.state / "registry.db")
            terminal.seconds_until("succeeded")
            usage = terminal.usage()
        next(desk.state.glob("runs/*/stdout.log")).unlink()
        return _Produced(seconds, usage.cpu_seconds, usage.peak_kib / 1024)

    def by_peer(self, peer: Peer) -> _Produced:
        """Until the peer has noted the end. Raises ``PeerError``, also when it has not kept all of the output."""
        directory = self._new_directory()
        started = directory / "started"
        argv = [str(NOTED), str(started), self._produce, str(self._blocks), str(self._size)]
        slot = int(time.time() + LEAD_SECONDS_OF_PEER)
        with peer.resident(directory, [Task(argv, slot)]) as resident:
            until = time.monotonic() + WAIT_SECONDS
            while not resident.has_ended():
                if time.monotonic() > until:
                    raise PeerError(f"no end noted after {WAIT_SECONDS} s: {resident.last_words()}")
                time.sleep(0.005)
            ended = time.time()
            usage = resident.usage()
            self._check_kept(resident)
        return _Produced(ended - float(started.read_text("ascii")), usage.cpu_seconds, usage.peak_kib / 1024)

    def _check_kept(self, resident: Resident) -> None:
        """What is kept may be more: with line numbers, prefixes or carriage returns."""
        expected = self._blocks * self._size
        until = time.monotonic() + KEPT_SECONDS
        while (kept := resident.kept_bytes()) < expected:
            if time.monotonic() > until:
                raise PeerError(f"it kept {kept:,} of {expected:,} bytes of output")
            time.sleep(0.05)
        resident.discard_output()

    def alone(self) -> _Produced:
        """By itself."""
        output = self._new_directory() / "stdout.log"
        finished = run([self._produce, str(self._blocks), str(self._size)], stdout=str(output))
        output.unlink()
        return _Produced(finished.seconds, finished.cpu_seconds, 0.0)

    def _new_directory(self) -> Path:
        os.sync()  # what earlier rounds left to be written would slow the next one down
        return Path(mkdtemp(dir=self._directory))


def _seconds_recorded(registry: Path) -> float:
    """Wait until the run's end stands in the registry."""
    connection = sqlite3.connect(f"file:{registry}?mode=ro", uri=True)
    try:
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            row = connection.execute("SELECT started_at, outcome FROM runs WHERE outcome IS NOT NULL").fetchone()
            if row is not None:
                if row[1] != "succeeded":
                    break
                return (datetime.now(UTC) - datetime.fromisoformat(row[0])).total_seconds()
            time.sleep(0.001)
    finally:
        connection.close()
    raise RuntimeError(f"the job did not succeed; see {registry.parent}")
