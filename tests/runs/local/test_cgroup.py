"""Which cgroup is whose, and that nothing but what belongs to a run is touched."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from peak_console.runs.local import cgroup
from tests.support.cgroups import made_cgroup
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def group() -> Iterator[Path]:
    yield from made_cgroup()


def test_runs_of_all_state_directories_have_cgroups_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "a" / "runs").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    found = {
        name: cgroup.path_for("/home", str(tmp_path / name))
        for name in ("a/runs/1", "a/runs/2", "b/runs/1", "link/runs/1")
    }
    assert found["link/runs/1"] == found["a/runs/1"]
    assert len(set(found.values())) == 3
    assert all(each.startswith("/home/peak-console-") for each in found.values())


def test_where_none_can_be_made_nothing_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "peak-console-1"
    assert not cgroup.enter(str(path))
    assert list(tmp_path.iterdir()) == []
    assert not cgroup.enter(str(path / "below"))
    assert cgroup.members(str(path)) == []


def test_we_enter_and_leave(group: Path) -> None:
    code = f"""
from peak_console.runs.local import cgroup
import os, subprocess
open("{group}/cgroup.procs", "w").write("0")
home = cgroup.home()
path = cgroup.path_for(home, "/state/runs/7")
assert cgroup.enter(path) and cgroup.holds(path, os.getpid())
child = subprocess.Popen(["sleep", "60"])
cgroup.leave(path)
assert not cgroup.holds(path, os.getpid()) and cgroup.holds(path, child.pid)
assert cgroup.members(path) == [child.pid]
assert not cgroup.enter(path), "it is somebody's"
cgroup.sweep(home)
assert os.path.isdir(path)
cgroup.kill(path, ())
assert child.wait() == -9
cgroup.sweep(home)
assert not os.path.exists(path)
print(home)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.strip(), done.stderr) == (str(group), "")


def test_a_keeper_that_is_inside_is_spared_and_what_is_below_is_not(group: Path) -> None:
    below = group / "below"
    below.mkdir()
    processes = [subprocess.Popen(["sleep", "60"]) for _ in range(3)]
    try:
        for process, place in zip(processes, (group, group, below), strict=True):
            (place / "cgroup.procs").write_text(str(process.pid))
        spared, *others = processes
        assert set(cgroup.members(str(group))) == {each.pid for each in processes}
        cgroup.kill(str(group), [spared.pid])
        assert [each.wait(10) for each in others] == [-9, -9]
        assert spared.poll() is None
        cgroup.remove(str(group))
        assert below.exists(), "somebody of this run may be about to use it"
        cgroup.kill(str(group), ())
        assert spared.wait(10) == -9
        wait_until(lambda: cgroup.members(str(group)) == [])
        cgroup.remove(str(group))
        assert not group.exists()
        group.mkdir()
    finally:
        for process in processes:
            process.kill()
            process.wait()
