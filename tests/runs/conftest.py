"""Every test of processes runs twice: the better way of this machine, and the portable one, forced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.runs.local.system import LinuxSystem, PortableSystem, this_system
from tests.support import slurm as slurm_of_the_tests
from tests.support.processes import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from peak_console.runs.local.system import System
    from tests.support.slurm import Cluster


@pytest.fixture(params=["linux", "portable"])
def system(request: pytest.FixtureRequest) -> System:
    if request.param == "portable":
        return PortableSystem()
    if not isinstance(this_system(), LinuxSystem):
        pytest.skip("needs Linux")
    return LinuxSystem()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A Slurm of our own, for all tests of this process."""
    if (reason := slurm_of_the_tests.why_not()) is not None:
        pytest.skip(reason)
    with slurm_of_the_tests.cluster() as made:
        yield made


@pytest.fixture
def slurm(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """The Slurm that the commands of this test speak to."""
    monkeypatch.setenv("SLURM_CONF", cluster.conf)
    cluster.heal()
    return cluster


@pytest.fixture
def bench(system: System, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(system, tmp_path)
    yield bench
    bench.close()
