"""Which directory it is, who may serve it, and how its engine is rung."""

from __future__ import annotations

import errno
import os
import select
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import StateError
from peak_console.store.directory import Doorbell, EngineLock, is_held, prepare, ring, state_directory

if TYPE_CHECKING:
    from pathlib import Path


def test_the_default_lies_beside_the_jobs_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PEAK_CONSOLE_STATE_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/alice")
    beside = str(tmp_path / "conf" / ".peak_console")
    assert state_directory("conf/jobs.toml", None, None) == beside
    assert state_directory(str(tmp_path / "conf" / "jobs.toml"), None, None) == beside
    assert state_directory("conf/jobs.toml", None, "../var") == str(tmp_path / "var")
    assert state_directory("conf/jobs.toml", None, "~/var") == "/home/alice/var"
    monkeypatch.setenv("PEAK_CONSOLE_STATE_DIR", "env")
    assert state_directory("conf/jobs.toml", None, "../var") == str(tmp_path / "env")
    assert state_directory("conf/jobs.toml", "flag", "../var") == str(tmp_path / "flag")
    assert state_directory("conf/jobs.toml", "~/flag", None) == "/home/alice/flag"


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


def test_locks_of_different_names_are_different_rights(tmp_path: Path) -> None:
    dispatch, delivery = EngineLock(str(tmp_path)), EngineLock(str(tmp_path), "delivery.lock")
    assert dispatch.acquire()
    assert delivery.acquire()
    dispatch.release()
    delivery.release()


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


def test_a_doorbell_wakes_whoever_sleeps_on_it(tmp_path: Path) -> None:
    def rung(bell: Doorbell) -> bool:
        return bool(select.select([bell.fileno()], [], [], 0)[0])

    assert not ring(str(tmp_path)), "nobody listens"
    bell = Doorbell(str(tmp_path))
    assert not rung(bell)
    assert ring(str(tmp_path))
    assert rung(bell)
    bell.hush()
    assert not rung(bell)
    for _ in range(100_000):
        bell.ring()
    assert ring(str(tmp_path)), "a full bell is ringing already"
    bell.hush()
    assert not rung(bell)
    bell.close()
    assert not ring(str(tmp_path))
    own = Doorbell()
    own.ring()
    assert rung(own)
    own.close()


@pytest.mark.parametrize(
    ("mode", "usable"), [(0o700, True), (0o755, True), (0o750, True), (0o775, False), (0o702, False)]
)
def test_others_may_read_the_directory_but_never_write(tmp_path: Path, mode: int, usable: bool) -> None:
    directory = tmp_path / "state"
    directory.mkdir()
    directory.chmod(mode)
    if usable:
        prepare(str(directory))
    else:
        with pytest.raises(StateError, match="others can write"):
            prepare(str(directory))
