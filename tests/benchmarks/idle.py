"""Doing nothing: what stays while its jobs lie far in the future."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Protocol

from tests.benchmarks.measuring.figures import OURS, Figure
from tests.benchmarks.measuring.program import Engine
from tests.benchmarks.peers.apscheduler import APScheduler
from tests.benchmarks.peers.cron import Cron
from tests.benchmarks.peers.cronstable import Cronstable
from tests.benchmarks.peers.install import PeerError
from tests.benchmarks.peers.invited import invited
from tests.benchmarks.peers.resident import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.measuring.figures import Report
    from tests.benchmarks.measuring.program import Usage
    from tests.benchmarks.peers.resident import Peer

SIZES = (10, 1_000, 10_000)
SETTLE_SECONDS = 2.0
"""So long after its start everything is left alone: what is done once is no idling."""
JOB = """
[[job]]
name = "job {number}"
command = "true"
schedule_type = "once"
run_at = 2199-01-01T{hour:02}:{minute:02}:00Z
"""
NEAR_SECONDS = 45
NEAR = f"{OURS}, a run every {NEAR_SECONDS} s"
"""Ours with one more job, so near that what starts runs is kept ready."""
NEAR_JOB = f"""
[[job]]
name = "near"
command = "true"
schedule_type = "interval"
interval_seconds = {NEAR_SECONDS}
"""
MEASURED = (
    ("CPU", "% of a core"),
    ("wake-ups", "per s"),
    ("resident memory", "MiB"),
    ("memory, shared pages in part", "MiB"),
    ("time until ready", "ms"),
)


class _Idler(Protocol):
    seconds_to_ready: float

    def usage(self) -> Usage: ...


def measure(report: Report, directory: Path, *, quick: bool) -> None:
    """CPU, wake-ups, memory and the time until it is ready, of ours and of peers. The limit is nothing.

    They start one after another and then do nothing all at the same time: that disturbs nobody.
    """
    seconds = 5.0 if quick else 60.0
    peers = [] if quick else _peers(directory, report.missing)
    for count in SIZES:
        found: dict[str, list[tuple[float, ...]]] = {OURS: [], NEAR: [], **{peer.name: [] for peer in peers}}
        for _ in range(1 if quick else 2):
            for name, values in _idle(directory, count, seconds, peers, report.missing).items():
                found[name].append(values)
        for place, (what, unit) in enumerate(MEASURED):
            values_of = {name: [each[place] for each in rounds] for name, rounds in found.items()}
            report.figures.append(Figure(f"idle with {count:,} jobs", what, unit, values_of, size=count))


def _peers(directory: Path, absent: list[str]) -> list[Peer]:
    makers: dict[str, Callable[[Path], Peer]] = {"APScheduler": APScheduler, "cronstable": Cronstable, "cron": Cron}
    return invited(directory.parent / "peers", makers, absent)


def _idle(
    directory: Path, count: int, seconds: float, peers: list[Peer], absent: list[str]
) -> dict[str, tuple[float, ...]]:
    jobs = "".join(JOB.format(number=number, hour=number // 60 % 24, minute=number % 60) for number in range(count))
    tasks = [Task(["/bin/true", str(number)]) for number in range(count)]
    with ExitStack() as stack:
        idlers: dict[str, _Idler] = {}
        for peer in peers:
            try:
                idlers[peer.name] = stack.enter_context(peer.resident(Path(mkdtemp(dir=directory)), tasks))
            except PeerError as error:
                absent.append(f"idle with {count:,} jobs, {peer.name}: {error}")
        idlers[OURS] = stack.enter_context(Engine(Path(mkdtemp(dir=directory)), jobs))
        idlers[NEAR] = stack.enter_context(Engine(Path(mkdtemp(dir=directory)), jobs + NEAR_JOB))
        time.sleep(SETTLE_SECONDS)
        before, began = {name: idler.usage() for name, idler in idlers.items()}, time.perf_counter()
        time.sleep(seconds)
        after, lasted = {name: idler.usage() for name, idler in idlers.items()}, time.perf_counter() - began
    return {
        name: (
            100 * (after[name].cpu_seconds - before[name].cpu_seconds) / lasted,
            (after[name].wake_ups - before[name].wake_ups) / lasted,
            after[name].resident_kib / 1024,
            after[name].proportional_kib / 1024,
            1000 * idler.seconds_to_ready,
        )
        for name, idler in idlers.items()
    }
