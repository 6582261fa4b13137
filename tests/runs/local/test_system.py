"""The better way and the portable one answer alike."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from peak_console.runs.local.executor import process_mark
from peak_console.runs.local.system import LinuxSystem, PortableSystem, this_system

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peak_console.runs.local.system import System


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A session of two processes."""
    process = subprocess.Popen(
        ["/bin/sh", "-c", "sleep 60 & echo; wait"], stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    os.killpg(process.pid, 9)
    process.wait()
    process.stdout.close()


def test_a_living_process_has_a_mark_that_stays(system: System, sleeper: subprocess.Popen[bytes]) -> None:
    mark = system.mark(sleeper.pid)
    assert mark is not None
    assert system.mark(sleeper.pid) == mark
    assert system.is_same(sleeper.pid, mark)


def test_the_time_of_the_start_marks_a_process_too(sleeper: subprocess.Popen[bytes]) -> None:
    assert PortableSystem().is_same(sleeper.pid, f"{time.time():.2f}")
    assert not PortableSystem().is_same(sleeper.pid, f"{time.time() - 60:.2f}")


def test_no_process_no_mark(system: System, sleeper: subprocess.Popen[bytes]) -> None:
    mark = system.mark(sleeper.pid)
    gone = 2**22 + 1  # beyond the largest pid
    assert mark is not None
    assert system.mark(gone) is None
    assert not system.is_same(gone, mark)
    assert not system.is_kept(gone, mark, ())
    assert system.watch(gone) is None


def test_marks_of_other_processes_differ(system: System, sleeper: subprocess.Popen[bytes]) -> None:
    assert not system.is_same(sleeper.pid, "0000/17" if system.name == "linux" else "17.00")


def test_a_dead_process_is_not_alive_even_before_it_is_reaped(system: System) -> None:
    process = subprocess.Popen(["/bin/sh", "-c", "read line"], stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert system.is_alive(process.pid)
    process.stdin.close()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not system.is_alive(process.pid)
    process.wait()
    assert not system.is_alive(process.pid)


def test_session_members_are_found(system: System, sleeper: subprocess.Popen[bytes]) -> None:
    members = system.session_members(sleeper.pid)
    assert sleeper.pid in members
    assert len(members) == 2
    assert os.getpid() not in members


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_linux_gets_the_better_way() -> None:
    assert isinstance(this_system(), LinuxSystem)


def test_elsewhere_the_portable_way_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert isinstance(this_system(), PortableSystem)


def test_process_mark_names_this_very_process() -> None:
    assert process_mark(os.getpid()) == process_mark(os.getpid())
    assert process_mark(os.getpid()) != process_mark(os.getppid())
