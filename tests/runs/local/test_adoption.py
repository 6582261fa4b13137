"""A run outlives the engine that started it; the next engine learns how it ended."""

from __future__ import annotations

import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import StartError
from peak_console.runs.interface import Ended
from peak_console.runs.local.process import LocalRun
from peak_console.runs.local.run_directory import (
    RECORD_LOOKS,
    lay_out,
    read_exit_status,
    read_record,
    started_path,
)
from peak_console.runs.output.files import replace_file
from tests.support.processes import is_alive, keeper_of, started_by_an_engine_that_died, wait_until

if TYPE_CHECKING:
    from peak_console.runs.local.system import System
    from tests.support.processes import Bench


@pytest.fixture
def directory(bench: Bench) -> str:
    return bench.place(bench.spec("/bin/true"))


def test_live_run_is_adopted_and_its_true_end_is_learnt(bench: Bench, system: System, directory: str) -> None:
    script = "echo ready; while [ ! -e go ]; do sleep 0.01; done; exit 42".replace("go", f"'{bench.root}/go'")
    pid, mark = started_by_an_engine_that_died(system, directory, script)
    handle = bench.adopt(directory, pid, mark)
    assert isinstance(handle, LocalRun)
    assert (handle.pid, handle.mark) == (pid, mark)
    assert handle.poll() is None
    (bench.root / "go").touch()
    end = bench.ended(handle)
    assert end.return_code == 42
    assert end.at is not None
    assert abs(end.at - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize("text", ["{pid}\n", "by {pid} of-another-boot/17\n", "by\n", "", "by {pid}"])
def test_a_start_that_nobody_completes_holds_up_an_adoption_for_an_instant(
    bench: Bench, directory: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a start that was cut, as by a power failure; by now the pid is that of somebody who lives: ours."""
    lay_out(directory)
    with open(started_path(directory), "w", encoding="ascii") as file:
        file.write(text.format(pid=os.getpid()))
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    assert bench.adopt(directory, None, None) == Ended(None, None)
    assert len(slept) <= RECORD_LOOKS + bench.system.polls_without_end
    assert sum(slept) < 0.5


def test_live_run_is_found_by_its_directory_alone(bench: Bench, system: System, directory: str) -> None:
    pid, mark = started_by_an_engine_that_died(system, directory, "sleep 60")
    handle = bench.adopt(directory, None, None)
    assert isinstance(handle, LocalRun)
    assert (handle.pid, handle.mark) == (pid, mark)
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
        assert found.reference == f"{pid} {mark}"
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
    assert bench.executor.fence(1)
    assert bench.adopt(directory, None, None) == Ended(None, None)


def test_start_that_is_slow_is_waited_for_while_its_keeper_lives(bench: Bench, system: System) -> None:
    handle = bench.shell("sleep 60")
    started = os.path.join(handle.directory, "started")
    record = read_record(handle.directory)
    assert record is not None
    with open(started, "rb") as file:
        line = file.read()
    replace_file(started, f"by {record.keepers[0]} {system.mark(record.keepers[0])}\n".encode())
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
    assert not bench.executor.fence(1), "it may have begun"


def test_incomplete_exit_status_counts_as_none(bench: Bench, directory: str) -> None:
    os.makedirs(directory)
    for text in ("", "12", "x\n", "-1\n"):
        with open(os.path.join(directory, "exit_status"), "w", encoding="ascii") as file:
            file.write(text)
        assert read_exit_status(directory) == (None, None)


def test_a_new_keeper_takes_the_place_of_a_dead_one(bench: Bench) -> None:
    first = bench.shell("exit 0")
    keeper = keeper_of(first)
    os.kill(keeper, signal.SIGKILL)
    wait_until(lambda: not is_alive(keeper))
    specs = [bench.spec("/bin/sh", "-c", f"exit {number}") for number in range(3)]
    handles = [result for result in bench.executor.submit(specs) if not isinstance(result, StartError)]
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
