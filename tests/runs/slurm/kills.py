"""The killing harness: a real engine whose runs are jobs of a real Slurm, while engine and controller are killed.

Each job appends its run's number to a file and ends with a code that follows from it. Afterwards the registry is held
against that file: no run twice, none that ran without its true code, none that is said to have been lost and was not.
``python -m tests.runs.slurm.kills --engine 1000 --controller 200`` kills for as long as it takes.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field

from peak_console.model.terms import Outcome, RunState
from peak_console.store.store import Store
from tests.support.slurm import Cluster, cluster

JOBS = 6
CODES = 5
DRAIN_SECONDS = 180.0
FILE = """
[scheduler]
executor = "research"
timezone = "UTC"
catch_up = "skip"
kill_grace_seconds = 2

[executors.research]
type = "slurm"
shared_dir = "{root}/shared"
poll_seconds = 0.5
settle_seconds = 2
fence_seconds = 30
command_timeout_seconds = 5
env = {{ PATH = "/usr/bin:/bin" }}
"""
JOB = """
[[job]]
name = "job{number}"
command = "sh"
argv = ["-c", "echo $PEAK_RUN_ID >> {root}/ran; sleep {seconds}; exit $((PEAK_RUN_ID % {codes}))"]
schedule_type = "interval"
interval_seconds = 1
overlap = "allow"
resources = {{ memory = "10M" }}
"""


@dataclass
class Count:
    """What was done, and what came of it."""

    engine_kills: int = 0
    controller_kills: int = 0
    runs: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    twice: list[int] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)
    unfinished: list[int] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not (self.twice or self.untrue or self.unfinished)


class Harness:
    """One state directory, one cluster, and engines that do not live long."""

    def __init__(self, root: str, slurm: Cluster, seed: int) -> None:
        self._root = root
        self._slurm = slurm
        self._dice = random.Random(seed)
        self._jobs_file = f"{root}/jobs.toml"
        self.count = Count()
        self._write(JOBS)

    def _write(self, jobs: int) -> None:
        """The jobs file, with so many jobs that are enabled."""
        text = FILE.format(root=self._root)
        for number in range(JOBS):
            text += JOB.format(number=number, root=self._root, codes=CODES, seconds=(0.1, 0.5, 1.5)[number % 3])
            text += "" if number < jobs else "enabled = false\n"
        with open(f"{self._jobs_file}.new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(f"{self._jobs_file}.new", self._jobs_file)

    def _engine(self) -> subprocess.Popen[bytes]:
        argv = [sys.executable, "-m", "peak_console", "--headless", "--config", self._jobs_file, "--no-alerts"]
        with open(f"{self._root}/engine.log", "ab") as log:
            environ = {**os.environ, "SLURM_CONF": self._slurm.conf}
            return subprocess.Popen(argv, cwd=self._root, env=environ, stdout=log, stderr=log)

    def kill(self, engines: int, controllers: int) -> Count:
        """Kill so often, let the rest come to its end, and audit."""
        controller_at = {round(engines * (number + 1) / (controllers + 1)) for number in range(controllers)}
        for number in range(engines):
            engine = self._engine()
            time.sleep(self._dice.uniform(0.3, 2.0))
            if number in controller_at:
                self._slurm.kill_controller()
                time.sleep(self._dice.uniform(0.0, 1.0))
                self._slurm.start_controller()
                self.count.controller_kills += 1
            engine.send_signal(signal.SIGKILL)
            engine.wait()
            self.count.engine_kills += 1
            self._slurm.heal()
        self._write(0)
        self._settle()
        self._audit()
        return self.count

    def _settle(self) -> None:
        """An engine that nobody kills, until nothing is left to be done."""
        engine = self._engine()
        deadline = time.monotonic() + DRAIN_SECONDS
        try:
            while time.monotonic() < deadline:
                self._slurm.heal()
                store = Store.look(f"{self._root}/.peak_console")
                if store is not None:
                    with_process = [run for run in store.unfinished() if run.state != RunState.QUEUED]
                    store.close()
                    if not with_process:
                        return
                time.sleep(0.5)
        finally:
            engine.terminate()
            engine.wait()

    def _audit(self) -> None:
        with open(f"{self._root}/ran", encoding="ascii") as file:
            ran = Counter(int(line) for line in file)
        store = Store.look(f"{self._root}/.peak_console")
        assert store is not None
        runs = store.runs(limit=-1)
        store.close()
        count = self.count
        count.runs = len(runs)
        count.outcomes.update(str(run.outcome) for run in runs)
        count.twice = [number for number, times in ran.items() if times > 1]
        count.unfinished = [run.id for run in runs if run.state not in (RunState.FINISHED, RunState.QUEUED)]
        for run in runs:
            ended = run.outcome in (Outcome.SUCCEEDED, Outcome.FAILED)
            killed = run.return_code in (137, 143)  # by Slurm itself, as its controller came back
            if ended and not killed and run.return_code != run.id % CODES:
                count.untrue.append(f"#{run.id} ended with {run.return_code}: {run.reason}")
            elif ended and run.id not in ran:
                count.untrue.append(f"#{run.id} is said to have ended and never ran")
            elif run.outcome == Outcome.NOT_STARTED and run.id in ran:
                count.untrue.append(f"#{run.id} is said not to have started, and ran")
            elif run.outcome == Outcome.LOST and os.path.exists(
                f"{self._root}/.peak_console/runs/{run.id}/exit_status"
            ):
                count.untrue.append(f"#{run.id} is said to be lost and has recorded its end")


def killed(engines: int, controllers: int, seed: int) -> Count:
    """What came of so many kills, on a cluster of its own."""
    with cluster() as slurm, tempfile.TemporaryDirectory(prefix="kills-") as root:
        return Harness(root, slurm, seed).kill(engines, controllers)


def main() -> int:
    """Kill, print the counts, and fail if anything was untrue."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--engine", type=int, default=100)
    parser.add_argument("--controller", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = parser.parse_args()
    count = killed(given.engine, given.controller, given.seed)
    print(f"seed {given.seed}: {count}")
    return 0 if count.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
