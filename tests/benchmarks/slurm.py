"""What our wrapper and our looks add to a bare ``sbatch``: on a Slurm of the benchmark's own, in the same run."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from peak_console.errors import StartError
from peak_console.jobs.beside import ExecutorDefinition
from peak_console.jobs.model import Resources
from peak_console.runs.interface import RunSpec
from peak_console.runs.slurm.executor import SlurmExecutor
from tests.benchmarks.measuring.figures import OURS, Figure
from tests.benchmarks.measuring.rounds import interleaved
from tests.support import slurm

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.measuring.figures import Report
    from tests.support.slurm import Cluster

BARE = "bare sbatch"
ALLOWED = 1.3
MANY = 200
WAITING = 1000
LOOKS = 5
SECONDS = 120.0
SCRIPT = "#!/bin/sh\ndate +%s.%N > $1\n"


def measure(report: Report, directory: Path, *, quick: bool) -> None:
    """From the submission to the start of the last of one run and of many; what it costs when many wait."""
    if (reason := slurm.why_not()) is not None:
        report.remarks.append(f"Slurm: {reason}.")
        return
    directory.mkdir(parents=True, exist_ok=True)
    with slurm.cluster() as cluster:
        os.environ["SLURM_CONF"] = cluster.conf
        try:
            bench = Bench(cluster, directory)
            for count, rounds in ((1, 3 if quick else 10), (MANY, 1 if quick else 3)):
                contenders = {OURS: lambda n=count: bench.ours(n), BARE: lambda n=count: bench.bare(n)}
                values = interleaved(rounds, contenders)
                what = "run" if count == 1 else "runs"
                work = f"{count} {what} on Slurm, all started"
                report.figures.append(Figure(work, "wall", "s", values, BARE, ALLOWED, size=count))
            if not quick:
                report.remarks.append(bench.waiting())
        finally:
            del os.environ["SLURM_CONF"]


class Bench:
    """Submits by us and by hand."""

    def __init__(self, cluster: Cluster, directory: Path) -> None:
        self._cluster = cluster
        self._directory = directory
        self._script = directory / "script.sh"
        self._script.write_text(SCRIPT, encoding="ascii")
        self._script.chmod(0o755)
        self._round = 0

    def ours(self, count: int) -> float:
        """Seconds until the last of so many runs has started."""
        self._round += 1
        place = self._directory / f"round {self._round}"
        executor = SlurmExecutor(str(place), ExecutorDefinition("bench", f"{place}/shared"))
        os.makedirs(place)
        try:
            began = time.time()
            executor.submit(
                RunSpec(
                    n, [str(self._script), f"{place}/{n}.at"], {"PATH": os.environ["PATH"]}, "/", 0,
                    resources=Resources(memory_mb=10),
                )
                for n in range(1, count + 1)
            )  # fmt: skip
            return self._last(place, count) - began
        finally:
            executor.close()

    def bare(self, count: int) -> float:
        """The same by a loop of ``sbatch``."""
        self._round += 1
        place = self._directory / f"round {self._round}"
        os.makedirs(place)
        began = time.time()
        for number in range(1, count + 1):
            done = self._cluster.run(
                "sbatch", "--parsable", "--mem=10M", "--export=ALL", "--output=/dev/null", str(self._script),
                f"{place}/{number}.at",
            )  # fmt: skip
            assert not done.returncode, done.stderr
        return self._last(place, count) - began

    def _last(self, place: Path, count: int) -> float:
        """When the last of them wrote down that it has started."""
        deadline = time.monotonic() + SECONDS
        while True:
            texts = [path.read_text(encoding="ascii") for path in place.glob("*.at")]
            if len(texts) == count and all(text.endswith("\n") for text in texts):
                return max(map(float, texts))
            assert time.monotonic() < deadline, f"{len(texts)} of {count} have started"
            time.sleep(0.05)

    def waiting(self) -> str:
        """What an engine and Slurm pay while many runs wait."""
        place = self._directory / "waiting"
        os.makedirs(place)
        executor = SlurmExecutor(str(place), ExecutorDefinition("bench", f"{place}/shared", max_submitted=2 * WAITING))
        try:
            wants = Resources(cpus=5000)
            runs = executor.submit(RunSpec(n, ["true"], {}, "/", 0, resources=wants) for n in range(1, WAITING + 1))
            assert not any(isinstance(run, StartError) for run in runs)
            watcher = executor.watcher
            while any(
                not (run.waits_for or "").startswith("no node") for run in runs if not isinstance(run, StartError)
            ):
                time.sleep(1)
            looks, began, cpu = watcher.looks, time.monotonic(), time.process_time()
            while watcher.looks < looks + LOOKS:
                time.sleep(1)
            seconds, spent = time.monotonic() - began, time.process_time() - cpu
            share = 100 * spent / seconds
            return (
                f"{WAITING:,} runs that wait: {watcher.looks - looks} squeue in {seconds:.0f} s, and {share:.2f} % of a"
                " core for us (goal: below 1 %)."
            )
        finally:
            executor.close()
            self._cluster.run("scancel", "-u", "root")
