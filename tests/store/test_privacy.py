"""What others can read, hold, or plant: nothing, unless a group was let in to look."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import StateError
from peak_console.runs.local.run_directory import lay_out
from peak_console.store.bell import Doorbell, ring
from peak_console.store.directory import check_link, prepare, run_directory
from peak_console.store.locks import EngineLock
from peak_console.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = 65534
HOLD = """\
import fcntl, os, sys
os.setgid({nobody}); os.setuid({nobody})
fd = os.open(sys.argv[1], os.O_RDONLY)
if sys.argv[2] == "flock":
    fcntl.flock(fd, fcntl.LOCK_EX)
else:
    fcntl.lockf(fd, fcntl.LOCK_SH)
print("held", flush=True)
sys.stdin.read()
"""


def modes(directory: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in directory.rglob("*") if path.name != ".gitignore"}


def filled(directory: Path) -> Path:
    store = Store.open(str(directory))
    lay_out(run_directory(str(directory), 1))
    lock = EngineLock(str(directory))
    assert lock.acquire()
    lock.release()
    store.close()
    return directory


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o711, 0o705])
def test_a_directory_that_was_there_lets_nobody_read_what_is_written_into_it(tmp_path: Path, mode: int) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(mode)
    assert modes(filled(tmp_path / "state")) == {0}


def test_one_that_was_made_for_a_group_is_for_that_group_and_nobody_else(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o750)
    filled(tmp_path / "state")
    assert stat.S_IMODE((tmp_path / "state/registry.db").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "state/runs/1").stat().st_mode) == 0o750
    assert stat.S_IMODE((tmp_path / "state/runs/1/stdout.log").stat().st_mode) == 0o640


def test_new_files_follow_a_group_that_was_let_in_later(tmp_path: Path) -> None:
    state = filled(tmp_path / "state")
    subprocess.run(["chmod", "-R", "g+rX", state], check=True)
    lay_out(run_directory(str(state), 2))
    assert stat.S_IMODE((state / "runs/2").stat().st_mode) == 0o750
    assert stat.S_IMODE((state / "runs/2/stderr.log").stat().st_mode) == 0o640


@pytest.mark.parametrize("name", ["engine.lock", "delivery.lock"])
def test_nobody_else_can_open_a_lock_whoever_was_let_in(tmp_path: Path, name: str) -> None:
    prepare(str(tmp_path / "state"))
    lock = EngineLock(str(tmp_path / "state"), name)
    assert lock.acquire()
    path = tmp_path / "state" / name
    path.chmod(0o640)
    assert lock.is_in_place()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lock.release()
    path.chmod(0o644)
    assert lock.acquire()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lock.release()


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="needs a process of another user")
@pytest.mark.parametrize("kind", ["flock", "lockf"])
def test_a_lock_that_another_user_holds_keeps_no_engine_out(tmp_path: Path, kind: str) -> None:
    state = tmp_path / "state"
    prepare(str(state))
    for place in (*tmp_path.parents[:3], tmp_path, state):
        place.chmod(0o755)
    path = state / "engine.lock"
    path.touch(mode=0o644)
    path.chmod(0o644)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(nobody=NOBODY), str(path), kind],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/",
    )  # fmt: skip
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    lock = EngineLock(str(state))
    assert lock.acquire() or lock.acquire()
    other = EngineLock(str(state))
    assert not other.acquire(), "ours still keeps others out"
    lock.release()
    holder.communicate(timeout=20)


def test_a_lock_that_is_no_file_gets_a_sentence(tmp_path: Path) -> None:
    prepare(str(tmp_path / "state"))
    os.mkfifo(tmp_path / "state/engine.lock")
    with pytest.raises(StateError, match=r"engine\.lock: cannot open the lock \(it is no regular file; remove it\)"):
        EngineLock(str(tmp_path / "state")).acquire()


def test_a_link_that_somebody_else_made_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    link = tmp_path / ".peak_console"
    link.symlink_to(tmp_path / "data")
    prepare(str(link))  # one of our own is
    theirs = list(os.lstat(link))
    theirs[4] = os.geteuid() + 1
    with pytest.raises(StateError, match="is a link that belongs to user"):
        check_link(str(link), os.stat_result(theirs))


@pytest.mark.parametrize("kind", ["file", "link", "null"])
def test_what_is_no_doorbell_is_replaced_by_one(tmp_path: Path, kind: str) -> None:
    state = tmp_path / "state"
    prepare(str(state))
    path = state / "engine.bell"
    if kind == "file":
        path.write_text("!")
    else:
        path.symlink_to("/dev/null" if kind == "null" else tmp_path / "elsewhere")
    assert not ring(str(state))
    bell = Doorbell(str(state))
    assert stat.S_ISFIFO(path.lstat().st_mode)
    assert bell.is_in_place()
    assert ring(str(state))
    bell.drain()
    path.unlink()
    path.write_text("")
    assert not bell.is_in_place()
    bell.close()
