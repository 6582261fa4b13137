"""The engine under a service manager: a socket that listens as systemd does."""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING

import pytest

from peak_console.headless.notify import BEATS, Notifier
from tests.headless.support import shell
from tests.support.processes import DEADLINE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.headless.support import Program

DAILY = 'schedule_type = "daily"\ndaily_time = "00:00"'


class Manager:
    """Listens at ``NOTIFY_SOCKET``."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.settimeout(DEADLINE_SECONDS)

    def hears(self, *wanted: str) -> list[str]:
        """Wait for a message that holds all of these; its lines."""
        while True:
            lines = self._socket.recv(4096).decode().splitlines()
            if all(any(line.startswith(word) for line in lines) for word in wanted):
                return lines

    def has_heard(self) -> list[str]:
        """Every line so far."""
        lines: list[str] = []
        self._socket.setblocking(False)
        try:
            while True:
                lines += self._socket.recv(4096).decode().splitlines()
        except BlockingIOError:
            return lines
        finally:
            self._socket.settimeout(DEADLINE_SECONDS)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(str(tmp_path / "notify"))
    yield manager
    manager.close()


def test_systemd_hears_start_life_reload_and_stop(program: Program, manager: Manager) -> None:
    program.jobs(shell("tick", "true", DAILY) + shell("setup", "echo $NOTIFY_SOCKET$WATCHDOG_USEC >{log}"))
    # Far more often than the engine would otherwise wake.
    engine = program.start(
        "--headless", "--poll-interval", "86400", NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="400000"
    )
    ready = manager.hears("READY=1")
    assert f"STATUS=serving {program.state}: 2 of 2 jobs enabled" in ready
    for _ in range(3):
        manager.hears("WATCHDOG=1")
    assert program.log_has(1) == [""]  # what it starts cannot speak for it
    program.jobs(shell("tock", "true", DAILY))
    manager.hears("RELOADING=1", "MONOTONIC_USEC=")
    manager.hears("READY=1", "STATUS=")
    program.config.write_text("[[job]]\n", encoding="utf-8")
    manager.hears("STATUS=the old jobs go on")
    engine.send(signal.SIGTERM)
    manager.hears("STOPPING=1")
    assert engine.wait() == 0


def test_who_stands_by_has_started_and_lives(program: Program, manager: Manager) -> None:
    program.jobs(shell("tick", "true", DAILY))
    program.headless()
    second = program.start("--headless", NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="4000000")
    manager.hears("READY=1", "STATUS=standing by")
    manager.hears("WATCHDOG=1")
    assert second.leave() == 0


def test_beats_are_due_several_times_before_their_lack_is_a_failure(manager: Manager) -> None:
    environ = {
        "NOTIFY_SOCKET": manager.address,
        "WATCHDOG_USEC": "60000000",
        "WATCHDOG_PID": str(os.getpid()),
        "A": "b",
    }
    notifier = Notifier(environ)
    assert environ == {"A": "b"}
    first, second = notifier.beat(), notifier.beat()
    assert first is not None
    assert second is not None
    assert 60 / BEATS >= first >= second > 0
    assert manager.has_heard() == ["WATCHDOG=1"]


@pytest.mark.parametrize("watchdog", [{}, {"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "x"}])
def test_without_a_watchdog_of_ours_there_are_no_beats(watchdog: dict[str, str], manager: Manager) -> None:
    assert Notifier({"NOTIFY_SOCKET": manager.address, **watchdog}).beat() is None
    assert manager.has_heard() == []


def test_an_abstract_socket_and_one_that_is_gone() -> None:
    name = f"peak-console-test-{os.getpid()}"
    manager = Manager(f"\0{name}")
    Notifier({"NOTIFY_SOCKET": f"@{name}"}).ready("a\nb")
    assert manager.has_heard() == ["READY=1", "STATUS=a b"]
    manager.close()
    Notifier({"NOTIFY_SOCKET": f"@{name}"}).ready("nobody hears this, and nobody minds")
