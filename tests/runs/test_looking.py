"""What cannot be looked at is not gone, and watching runs takes no more file descriptors than there are."""

from __future__ import annotations

import os
import resource
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from peak_console.runs.interface import Ended
from peak_console.runs.local import system as system_module
from peak_console.runs.local.run_directory import read_exit_status
from peak_console.runs.local.system import LinuxSystem, give_limit_back
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.processes import Bench


@contextmanager
def soft_limit(number: int) -> Iterator[None]:
    """A limit on file descriptors, for a moment."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def all_descriptors() -> list[int]:
    """Take every file descriptor that is left, the lowest first."""
    held = []
    try:
        while True:
            held.append(os.dup(0))
    except OSError:
        return held


@pytest.fixture
def linux(bench: Bench) -> Bench:
    if not isinstance(bench.system, LinuxSystem):
        pytest.skip("ps needs descriptors of its own")
    return bench


def test_a_run_that_cannot_be_looked_at_for_want_of_descriptors_is_not_gone(linux: Bench) -> None:
    handle = linux.shell("sleep 0.2; exit 3")
    handle.poll()
    wait_until(lambda: os.path.exists(os.path.join(handle.directory, "exit_status")))
    with soft_limit(3):
        with pytest.raises(OSError, match="Too many open files"):
            handle.poll()
        with pytest.raises(OSError, match="Too many open files"):
            linux.executor.adopt(1, handle.reference)
        with pytest.raises(OSError, match="Too many open files"):
            linux.executor.lingering([handle])
    ended = linux.ended(handle)
    assert ended.return_code == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_end_that_may_not_be_read_is_not_gone(tmp_path: Path) -> None:
    (tmp_path / "exit_status").write_text("0\n")
    tmp_path.chmod(0)
    try:
        with pytest.raises(PermissionError):
            read_exit_status(str(tmp_path))
    finally:
        tmp_path.chmod(0o700)


def test_a_run_is_known_without_a_descriptor_where_few_are_left(linux: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_module, "_raise_limit", lambda: False)
    monkeypatch.setattr(system_module, "PLENTY_LEFT_BELOW", 0)
    monkeypatch.setattr(system_module, "RESERVED_DESCRIPTORS", 1_000_000)
    with soft_limit(2 * max(map(int, os.listdir("/dev/fd"))) + 32):
        held = all_descriptors()
        for _ in range(12):
            os.close(held.pop())
        try:
            handle = linux.shell("exit 4")
            assert handle.fileno() is None
            assert linux.ended(handle).return_code == 4
        finally:
            for fd in held:
                os.close(fd)


def test_the_soft_limit_is_raised_when_it_is_reached_and_a_child_gets_the_one_before(
    linux: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    low = max(map(int, os.listdir("/dev/fd"))) + 64
    monkeypatch.setattr(system_module, "_inherited_limit", None)
    monkeypatch.setattr(system_module, "PLENTY_LEFT_BELOW", 0)
    monkeypatch.setattr(system_module, "RESERVED_DESCRIPTORS", 1_000_000)
    resource.setrlimit(resource.RLIMIT_NOFILE, (low, hard))
    held = [os.dup(0)]
    while held[-1] < low // 2 + 8:
        held.append(os.dup(0))
    try:
        sleeper = linux.shell("sleep 60")
        assert sleeper.fileno() is not None
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > low
        give_limit_back(sleeper.pid)
        assert resource.prlimit(sleeper.pid, resource.RLIMIT_NOFILE)[0] == low
        assert sleeper.poll() is None
        assert not isinstance(sleeper.poll(), Ended)
    finally:
        for fd in held:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
