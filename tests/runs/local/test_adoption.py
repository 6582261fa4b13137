"""A run outlives the engine that started it; the next engine learns how it ended."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import StartError
from peak_console.runs.interface import Ended
from peak_console.runs.local.keeper import RETRY_SECONDS
from peak_console.runs.local.process import LONGEST_PAUSE_SECONDS, PAUSE_SECONDS, LocalRun
from peak_console.runs.local.run_directory import read_exit_status, read_record
from peak_console.runs.output.files import replace_file
from tests.support.processes import is_alive, wait_until

if TYPE_CHECKING:
    from peak_console.runs.local.system import System
    from tests.support.processes import Bench

ENGINE = """
import os, signal, sys
from peak_console.runs.local.executor import system
from peak_console.runs.interface import RunSpec
from peak_console.runs.local.executor import LocalExecutor
kind, directory, script = sys.argv[1:]
executor = LocalExecutor(system.LinuxSystem() if kind == "linux" else system.PortableSystem())
handle = executor.start(RunSpec(1, directory, ["/bin/sh", "-c", script], {"PATH": os.environ["PATH"]}, None, 0))
print(handle.pid, handle.pid_started, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def started_by_an_engine_that_died(system: System, directory: str, script: str) -> tuple[int, str]:
    """Pid and mark of a run whose engine was killed just after it had started it."""
    engine = [sys.executable, "-c", ENGINE, system.name, directory, script]
    done = subprocess.run(engine, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    pid, mark = done.stdout.split()
    return int(pid), mark


@pytest.fixture
def directory(bench: Bench) -> str:
    return bench.spec("/bin/true").directory


def test_live_run_is_adopted_and_its_true_end_is_learnt(bench: Bench, system: System, directory: str) -> None:
    script = "echo ready; while [ ! -e go ]; do sleep 0.01; done; exit 42".replace("go", f"'{bench.root}/go'")
    pid, mark = started_by_an_engine_that_died(system, directory, script)
    handle = bench.adopt(directory, pid, mark)
    assert isinstance(handle, LocalRun)
    assert (handle.pid, handle.pid_started) == (pid, mark)
    assert handle.poll() is None
    (bench.root / "go").touch()
    end = bench.ended(handle)
    assert end.return_code == 42
    assert end.at is not None
    assert abs(end.at - datetime.now(UTC)) < timedelta(seconds=5)


def test_live_run_is_found_by_its_directory_alone(bench: Bench, system: System, directory: str) -> None:
    pid, mark = started_by_an_engine_that_died(system, directory, "sleep 60")
    handle = bench.adopt(directory, None, None)
    assert isinstance(handle, LocalRun)
    assert (handle.pid, handle.pid_started) == (pid, mark)
    assert handle.started_at is not None


def test_adopted_run_can_be_stopped(bench: Bench, system: System, directory: str) -> None:
    pid, mark = started_by_an_engine_that_died(system, directory, "trap '' TERM; sleep 60 & wait; wait")
    handle = bench.adopt(directory, pid, mark)
    assert isinstance(handle, LocalRun)
    handle.kill()
    assert bench.ended(handle).return_code == 128 + signal.SIGKILL


@pytest.mark.parametrize("by_directory", [False, True])
def test_run_that_ended_meanwhile_has_its_true_code_and_time(
    bench: Bench, system: System, directory: str, by_directory: bool
) -> None:
    pid, mark = started_by_an_engine_that_died(system, directory, "exit 9")
    wait_until(lambda: read_exit_status(directory)[0] is not None)
    happened = read_exit_status(directory)[1]
    found = bench.adopt(directory, *(None, None) if by_directory else (pid, mark))
    assert isinstance(found, Ended)
    assert (found.return_code, found.at) == (9, happened)
    assert happened is not None
    if by_directory:  # whoever did not know of the process learns of it
        assert (found.pid, found.pid_started) == (pid, mark)
        assert found.started_at is not None
        assert -timedelta(milliseconds=50) < happened - found.started_at < timedelta(minutes=1)


def test_run_whose_pid_belongs_to_another_process_is_lost(bench: Bench, system: System, directory: str) -> None:
    pid, _ = started_by_an_engine_that_died(system, directory, "sleep 60")
    another = "0000/17" if system.name == "linux" else "1000000.00"
    assert bench.adopt(directory, pid, another) == Ended(None, None)
    found = bench.adopt(directory, None, None)
    assert isinstance(found, LocalRun)  # only to clear it away


def test_run_without_any_trace_is_lost(bench: Bench, directory: str) -> None:
    assert bench.adopt(directory, 2**22 + 1, "0000/17" if bench.system.name == "linux" else "1.0") == Ended(None, None)
    assert bench.adopt(directory, None, None) == Ended(None, None)


def test_run_that_must_not_start_has_no_trace(bench: Bench, directory: str) -> None:
    assert bench.executor.seize(directory)
    assert bench.adopt(directory, None, None) == Ended(None, None)


def test_start_that_is_slow_is_waited_for_while_its_keeper_lives(bench: Bench, directory: str) -> None:
    handle = bench.shell("sleep 60")
    started = os.path.join(handle.directory, "started")
    record = read_record(handle.directory)
    assert record is not None
    with open(started, "rb") as file:
        line = file.read()
    replace_file(started, f"{record.keeper}\n".encode())
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(bench.adopt(handle.directory, None, None)))
    thread.start()
    thread.join(0.3)  # longer than a start without a known keeper is given
    assert thread.is_alive()
    replace_file(started, line)
    thread.join()
    assert isinstance(found[0], LocalRun)
    assert found[0].pid == handle.pid


def test_start_whose_keeper_died_on_the_way_is_lost_at_once(bench: Bench, directory: str) -> None:
    os.makedirs(directory)
    with open(os.path.join(directory, "started"), "w", encoding="ascii") as file:
        file.write(f"{2**22 + 1}\n")
    assert bench.adopt(directory, None, None) == Ended(None, None)
    assert not bench.executor.seize(directory), "it may have begun"


def test_incomplete_exit_status_counts_as_none(bench: Bench, directory: str) -> None:
    os.makedirs(directory)
    for text in ("", "12", "x\n", "-1\n"):
        with open(os.path.join(directory, "exit_status"), "w", encoding="ascii") as file:
            file.write(text)
        assert read_exit_status(directory) == (None, None)


def keeper_of(handle: LocalRun) -> int:
    record = read_record(handle.directory)
    assert record is not None
    return record.keeper


def test_death_of_the_keeper_leaves_the_run_alive_and_loses_its_end(bench: Bench) -> None:
    handle = bench.start("/bin/sleep", "60")
    os.kill(keeper_of(handle), signal.SIGKILL)
    wait_until(lambda: not is_alive(keeper_of(handle)))
    assert handle.poll() is None
    handle.terminate()
    assert bench.ended(handle) == Ended(None, None)


def test_a_new_keeper_takes_the_place_of_a_dead_one(bench: Bench) -> None:
    first = bench.shell("exit 0")
    keeper = keeper_of(first)
    os.kill(keeper, signal.SIGKILL)
    wait_until(lambda: not is_alive(keeper))
    specs = [bench.spec("/bin/sh", "-c", f"exit {number}") for number in range(3)]
    handles = [result for result in bench.executor.start_many(specs) if not isinstance(result, StartError)]
    assert [bench.ended(handle).return_code for handle in handles] == [0, 1, 2]
    assert bench.ended(bench.shell("exit 5")).return_code == 5
    for handle in handles:
        handle.close()


def test_keeper_is_deaf_to_the_signals_that_stop_an_engine(bench: Bench) -> None:
    handle = bench.shell(f"while [ ! -e '{bench.root}/go' ]; do sleep 0.01; done; exit 3")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        os.kill(keeper_of(handle), number)
    (bench.root / "go").touch()
    assert bench.ended(handle).return_code == 3


def test_end_is_recorded_as_soon_as_it_can_be(bench: Bench) -> None:
    """A full disk, or here a directory in the way: the end waits, and is not lost."""
    handle = bench.shell(f"while [ ! -e '{bench.root}/go' ]; do sleep 0.01; done; exit 3")
    blocker = os.path.join(handle.directory, "exit_status")
    os.mkdir(blocker)
    (bench.root / "go").touch()
    wait_until(lambda: not is_alive(handle.pid))
    assert handle.poll() is None
    over = datetime.now(UTC)
    os.rmdir(blocker)
    end = bench.ended(handle)
    assert end.return_code == 3
    assert end.at is not None
    assert end.at < over + timedelta(seconds=RETRY_SECONDS / 2), "when it ended, not when that could be written"


def test_an_end_that_cannot_be_recorded_yet_keeps_nobody_from_sleeping(bench: Bench) -> None:
    handle = bench.shell("sleep 60")
    if (fd := handle.fileno()) is None:
        pytest.skip("nothing to wait on: the portable way asks again")
    keeper = keeper_of(handle)
    os.kill(keeper, signal.SIGSTOP)  # as a full disk does
    try:
        os.kill(handle.pid, signal.SIGKILL)
        assert select.select([fd], [], [], 10)[0]
        wait_until(lambda: handle.poll() is not None or handle.fileno() is None)
        assert handle.poll() is None
        pauses = [handle.pause]
        for _ in range(2000):  # a disk may be full for long
            assert handle.poll() is None
            pauses.append(handle.pause)
        assert pauses == sorted(pauses)
        assert (pauses[0], pauses[-1]) == (PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
    finally:
        os.kill(keeper, signal.SIGCONT)
    assert bench.ended(handle).return_code == 128 + signal.SIGKILL


def test_run_whose_directory_is_gone_does_not_hold_the_keeper(bench: Bench) -> None:
    from peak_console.runs.output.removal import remove

    handle = bench.start("/bin/sleep", "60")
    keeper = keeper_of(handle)
    assert remove(handle.directory)
    handle.kill()
    bench.executor.close()
    assert bench.ended(handle) == Ended(None, None)
    wait_until(lambda: not is_alive(keeper))
