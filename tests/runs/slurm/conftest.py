"""An executor on a real cluster; what waits is short, but its fence is longer than the wrapper's beat."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.errors import StartError
from peak_console.jobs.beside import ExecutorDefinition
from peak_console.runs.interface import Ended, RunSpec
from peak_console.runs.slurm.executor import SlurmExecutor
from peak_console.runs.slurm.run import SlurmRun
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.slurm import Cluster

SHORT = {
    "poll_seconds": 0.5, "settle_seconds": 1.0, "fence_seconds": 20.0, "command_timeout_seconds": 3.0,
    "unreachable_alert_seconds": 1.0,
}  # fmt: skip


class Desk:
    """One engine's side of a cluster."""

    def __init__(self, root: Path, cluster: Cluster, **changes: Any) -> None:
        self.root = root
        self.cluster = cluster
        self.state = str(root / "state")
        os.makedirs(self.state, mode=0o700, exist_ok=True)
        self.definition = ExecutorDefinition("research", str(root / "shared"), **{**SHORT, **changes})
        self.executor = SlurmExecutor(self.state, self.definition)

    def another(self) -> Desk:
        """The engine after this one."""
        self.executor.close()
        self.executor = SlurmExecutor(self.state, self.definition)
        return self

    def submit(self, run_id: int, *argv: str, **changes: Any) -> SlurmRun:
        given = {"env": {"PATH": "/usr/bin:/bin"}, "cwd": str(self.root), "max_output_bytes": 0, "job": "sweep"}
        (run,) = self.executor.submit([RunSpec(run_id, argv, **{**given, **changes})])
        if isinstance(run, StartError):
            raise run
        return run

    def shell(self, run_id: int, script: str, **changes: Any) -> SlurmRun:
        return self.submit(run_id, "/bin/sh", "-c", script, **changes)

    def adopted(self, run_id: int) -> SlurmRun:
        found = self.executor.adopt(run_id, None)
        assert isinstance(found, SlurmRun), found
        return found

    def place(self, run_id: int) -> str:
        return f"{self.state}/runs/{run_id}"

    def read(self, run_id: int, name: str) -> str:
        try:
            with open(f"{self.place(run_id)}/{name}", encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def name(self, run_id: int) -> str:
        return self.executor.watcher._shared.name(run_id)

    def jobs(self, run_id: int) -> list[list[str]]:
        """What Slurm has of a run."""
        return [job for job in self.cluster.jobs() if job[1] == self.name(run_id)]

    @staticmethod
    def ended(run: SlurmRun) -> Ended:
        wait_until(lambda: run.poll() is not None, f"the end of run {run.run_id}")
        end = run.poll()
        assert end is not None
        return end

    @staticmethod
    def begun(run: SlurmRun) -> SlurmRun:
        wait_until(lambda: run.waits_for is None, f"the start of run {run.run_id}")
        return run

    def close(self) -> None:
        self.executor.close()
        prefix = self.executor.watcher._shared.name(0).removesuffix("0")
        names = {job[1] for job in self.cluster.jobs() if job[1].startswith(prefix)}
        for name in names:
            self.cluster.run("scancel", "--name", name)


@pytest.fixture
def desk(slurm: Cluster, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, slurm)
    yield made
    made.close()


@pytest.fixture
def make_desk(slurm: Cluster, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Desks with other definitions."""
    made: list[Desk] = []

    def make(**changes: Any) -> Desk:
        made.append(Desk(tmp_path / str(len(made)), slurm, **changes))
        return made[-1]

    yield make
    for each in made:
        each.close()
