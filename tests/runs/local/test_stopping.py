"""Stopping is polite, then certain, and reaches nobody else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from peak_console.runs.interface import Ended
from peak_console.runs.local import cgroup
from peak_console.runs.local.process import LocalRun
from peak_console.runs.local.run_directory import Record
from tests.support.processes import is_alive, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from peak_console.runs.local.system import System
    from tests.support.processes import Bench

DEAF_GROUP = """
trap '' TERM
sh -c 'trap "" TERM; echo $$; while :; do sleep 60; done' &
sh -c 'trap "" TERM; echo $$; while :; do sleep 60; done' &
while :; do sleep 60; done
"""


def pids(bench: Bench, handle: LocalRun, count: int) -> list[int]:
    """What the job prints: the pids of its children."""
    wait_until(lambda: bench.written(handle).count(b"\n") == count)
    return [int(word) for word in bench.written(handle).split()]


def test_terminate_ends_a_job_and_its_children(bench: Bench) -> None:
    handle = bench.shell("sleep 60 & echo $!; wait")
    (child,) = pids(bench, handle, 1)
    handle.terminate()
    assert bench.ended(handle).return_code == 128 + signal.SIGTERM
    wait_until(lambda: not is_alive(child))


def test_a_job_may_end_in_its_own_way_when_asked(bench: Bench) -> None:
    handle = bench.shell("trap 'echo tidy; exit 3' TERM; echo ready; while :; do sleep 0.01; done")
    bench.wait_for_output(handle, b"ready")
    handle.terminate()
    assert bench.ended(handle).return_code == 3
    assert bench.written(handle).endswith(b"tidy\n")


def test_group_that_is_deaf_to_terminate_dies_on_kill(bench: Bench) -> None:
    handle = bench.shell(DEAF_GROUP)
    children = pids(bench, handle, 2)
    handle.terminate()
    probe = bench.shell("sleep 0.1")
    bench.ended(probe)  # time enough to die of it
    assert handle.poll() is None
    assert all(is_alive(pid) for pid in children)
    handle.kill()
    assert bench.ended(handle).return_code == 128 + signal.SIGKILL
    wait_until(lambda: not any(is_alive(pid) for pid in children))


def test_kill_finds_a_process_group_of_its_own(bench: Bench) -> None:
    code = """
import os, time
child = os.fork()
if not child:
    os.setpgid(0, 0)
    print(os.getpid(), flush=True)
time.sleep(60)
"""
    handle = bench.python(code)
    (child,) = pids(bench, handle, 1)
    wait_until(lambda: os.getpgid(child) == child)
    handle.kill()
    bench.ended(handle)
    wait_until(lambda: not is_alive(child))


def test_what_leaves_the_session_is_not_ours_to_find(bench: Bench) -> None:
    """The documented limit, where runs get no cgroups."""
    if cgroup.home() is not None:
        pytest.skip("here runs get cgroups")
    code = """
import os, time
child = os.fork()
if not child:
    os.setsid()
    print(os.getpid(), flush=True)
time.sleep(60)
"""
    handle = bench.python(code)
    (child,) = pids(bench, handle, 1)
    wait_until(lambda: os.getsid(child) == child)
    handle.kill()
    bench.ended(handle)
    assert is_alive(child)
    os.kill(child, signal.SIGKILL)


def test_a_stopped_job_hears_terminate(bench: Bench) -> None:
    handle = bench.start("/bin/sleep", "60")
    os.kill(handle.pid, signal.SIGSTOP)
    handle.terminate()
    assert bench.ended(handle).return_code == 128 + signal.SIGTERM


def test_signals_to_what_has_ended_do_nothing(bench: Bench) -> None:
    handle = bench.shell("exit 2")
    end = bench.ended(handle)
    handle.terminate()
    handle.kill()
    handle.close()
    handle.kill()
    assert handle.poll() == end


def test_a_later_process_with_the_same_pid_is_left_alone(system: System, tmp_path: Path) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    assert bystander.stdin is not None
    try:
        earlier = "0000/17" if system.name == "linux" else "1000000.00"
        handle = LocalRun(1, str(tmp_path), Record(bystander.pid, earlier, 1.0, (1,)), system)
        handle.terminate()
        handle.kill()
        assert not handle.lingers(system.sessions())
        if system.name == "linux":  # the portable way looks at marks only before it signals
            assert handle.poll() == Ended(None, None)
        handle.close()
        bystander.stdin.write(b"\n")
        bystander.stdin.close()
        assert bystander.wait(10) == 0
    finally:
        bystander.kill()
        bystander.wait()
