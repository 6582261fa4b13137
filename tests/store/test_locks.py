"""Who holds a lock, and who only looks."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import StateError
from peak_console.store import locks
from peak_console.store.locks import EngineLock, holds_removed, is_held

if TYPE_CHECKING:
    from pathlib import Path

OF_OPEN_FILES = pytest.mark.skipif(not hasattr(fcntl, "F_OFD_GETLK"), reason="this system knows no locks of open files")
HOLD = """\
import sys
from peak_console.store.locks import EngineLock
lock = EngineLock(sys.argv[1])
assert lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["of open files", "flock"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Either kind of lock that a system may have."""
    if request.param == "flock":
        monkeypatch.setattr(locks, "_TAKE", None)
        monkeypatch.setattr(locks, "_LOOK", None)
    return str(request.param)


def test_a_lock_that_cannot_be_written_is_said_and_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_fd: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    lock = EngineLock(str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(StateError, match=r"engine\.lock: cannot write the lock \(No space left on device\); free"):
            lock.acquire()
    assert not lock.is_held
    assert lock.acquire(), "nothing is left in its way"
    lock.release()


@pytest.mark.usefixtures("kind")
def test_one_lock_at_a_time(tmp_path: Path) -> None:
    first, second = EngineLock(str(tmp_path)), EngineLock(str(tmp_path))
    assert not is_held(str(tmp_path))
    assert first.acquire()
    assert first.acquire(), "again is no trouble"
    assert not second.acquire()
    assert (first.is_held, second.is_held) == (True, False)
    assert second.holder() == os.getpid()
    assert is_held(str(tmp_path))
    first.release()
    first.release()
    assert second.holder() is None
    assert not is_held(str(tmp_path))
    assert second.acquire()
    second.release()


@pytest.mark.usefixtures("kind")
def test_locks_of_different_names_are_different_rights(tmp_path: Path) -> None:
    dispatch, delivery = EngineLock(str(tmp_path)), EngineLock(str(tmp_path), "delivery.lock")
    assert dispatch.acquire()
    assert delivery.acquire()
    dispatch.release()
    delivery.release()


@pytest.mark.usefixtures("kind")
def test_the_kernel_drops_the_lock_of_the_dead(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        EngineLock(str(tmp_path)).acquire()
        os.write(writing, b"!")
        os._exit(0)
    os.read(reading, 1)
    os.waitpid(child, 0)
    os.close(reading)
    os.close(writing)
    lock = EngineLock(str(tmp_path))
    assert lock.holder() == child, "its pid is still written there"
    assert not is_held(str(tmp_path))
    assert lock.acquire()
    lock.release()


@OF_OPEN_FILES
def test_whoever_looks_takes_the_lock_from_nobody_not_for_a_moment(tmp_path: Path) -> None:
    (tmp_path / "engine.lock").write_text("4711\n")  # as an engine leaves it that has crashed
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            is_held(str(tmp_path))

    onlookers = [threading.Thread(target=look) for _ in range(3)]
    for each in onlookers:
        each.start()
    try:
        for _ in range(500):
            lock = EngineLock(str(tmp_path))
            assert lock.acquire()
            os.close(lock._fd or -1)  # the crash
    finally:
        ended.set()
        for each in onlookers:
            each.join()


def test_a_disk_that_cannot_be_written_any_more_keeps_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_fd: int, _length: int) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    lock = EngineLock(str(tmp_path))
    assert lock.acquire()
    monkeypatch.setattr(os, "ftruncate", refuse)
    lock.release()
    assert not is_held(str(tmp_path))


@pytest.mark.skipif(sys.platform != "linux", reason="only /proc tells")
def test_who_holds_a_lock_whose_file_was_removed_or_renamed_is_known(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    path = tmp_path / "engine.lock"
    assert not holds_removed(str(tmp_path), "engine.lock", holder.pid), "it is in place"
    path.rename(tmp_path / "old-engine.lock")
    assert holds_removed(str(tmp_path), "engine.lock", holder.pid)
    (tmp_path / "old-engine.lock").unlink()
    assert holds_removed(str(tmp_path), "engine.lock", holder.pid)
    assert not holds_removed(str(tmp_path), "engine-1.lock", holder.pid), "but no other one"
    assert not holds_removed(str(tmp_path.parent), "engine.lock", holder.pid)
    path.touch()
    assert holds_removed(str(tmp_path), "engine.lock", holder.pid), "another file in its place is another lock"
    holder.communicate(timeout=20)
    assert not holds_removed(str(tmp_path), "engine.lock", holder.pid)
    assert not holds_removed(str(tmp_path), "engine.lock", None)
