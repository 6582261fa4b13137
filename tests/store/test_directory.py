"""Which directory it is, who may serve it, and how its engine is rung."""

from __future__ import annotations

import os
import select
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import StateError
from peak_console.jobs.state_place import state_directory
from peak_console.store.bell import Doorbell, ring
from peak_console.store.directory import check_usable, prepare

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


def test_a_doorbell_wakes_whoever_sleeps_on_it(tmp_path: Path) -> None:
    def rung(bell: Doorbell) -> bool:
        return bool(select.select([bell.fileno()], [], [], 0)[0])

    assert not ring(str(tmp_path)), "nobody listens"
    bell = Doorbell(str(tmp_path))
    assert not rung(bell)
    assert ring(str(tmp_path))
    assert rung(bell)
    bell.drain()
    assert not rung(bell)
    for _ in range(100_000):
        bell.ring()
    assert ring(str(tmp_path)), "a full bell is ringing already"
    bell.drain()
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


def test_a_read_only_mount_is_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flags = os.ST_RDONLY
    monkeypatch.setattr("os.statvfs", lambda _path: SimpleNamespace(f_flag=flags))
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(StateError, match="is on a file system that is mounted read-only; mount that for writing, or"):
        check_usable(str(tmp_path))
    with pytest.raises(StateError, match="is on a file system that is mounted read-only"):
        check_usable(str(tmp_path / "new"))
    flags = 0
    with pytest.raises(StateError, match="is not writable; mend its permissions, or name another one"):
        check_usable(str(tmp_path))
