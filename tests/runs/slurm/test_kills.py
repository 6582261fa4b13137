"""A short round of the killing harness; ``python -m tests.runs.slurm.kills`` is the long one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.runs.slurm.kills import Harness

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.slurm import Cluster


def test_whatever_is_killed_each_run_runs_once_and_its_end_is_true(slurm: Cluster, tmp_path: Path) -> None:
    count = Harness(str(tmp_path), slurm, seed=1).kill(engines=5, controllers=1)
    assert count.is_good, count
    assert (count.engine_kills, count.controller_kills) == (5, 1)
    assert count.outcomes["succeeded"] + count.outcomes["failed"] > 0, count
