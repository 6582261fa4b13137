"""A machine that hides its processes: what cannot be looked at is not gone, and it can still be stopped."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.headless.support import shell
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from tests.headless.support import Program

HIDE = "mount -t tmpfs none /proc"


@pytest.fixture(autouse=True)
def own_mounts() -> None:
    if subprocess.run(["unshare", "-m", "sh", "-c", HIDE], capture_output=True, check=False).returncode:
        pytest.skip("/proc cannot be hidden here")


def test_a_run_of_an_engine_that_was_killed_is_not_lost_and_runs_once(program: Program) -> None:
    program.jobs(shell("long", f"echo began >> {{log}}; {program.gate()}; exit 3", "retries = 1"))
    first = program.start("--headless", mounts=HIDE)
    program.log_has(1)
    first.send(signal.SIGKILL)
    first.wait()
    second = program.start("--headless", mounts=HIDE)
    second.shows("engine started")
    wait_until(lambda: "cannot be watched" in program.run("alerts").out, "an alert")
    program.open_gate()
    run = program.finished(1, "long")[0]
    assert (run.outcome, run.return_code) == ("failed", 3)
    assert program.log == ["began"]
    assert second.leave() == 0


def test_a_timeout_reaches_a_run(program: Program) -> None:
    program.jobs(shell("long", "sleep 600", "timeout_seconds = 0.3\nkill_grace_seconds = 0.3"))
    engine = program.start("--headless", mounts=HIDE)
    run = program.finished(1, "long")[0]
    assert (run.outcome, run.return_code) == ("timed_out", 143)
    assert engine.leave() == 0


def test_doctor_says_so(program: Program) -> None:
    program.jobs(shell("one", "true"))
    doctor = program.start("doctor", mounts=HIDE)
    doctor.wait()
    assert "processes cannot be told from one another (/proc is hidden" in doctor.out
