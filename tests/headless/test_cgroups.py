"""Where the engine may make cgroups, a stop reaches also what has left its run's session."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.headless.support import shell
from tests.support.cgroups import made_cgroup
from tests.support.processes import is_alive, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.headless.support import Program, Resident

SCRIPT = 'setsid setsid -f sh -c "echo \\$\\$ >> {log}; exec sleep 500" & sleep 500'
"""A job with a child in a session of its own, which says who it is."""


@pytest.fixture
def group() -> Iterator[Path]:
    yield from made_cgroup()


def started(program: Program, group: Path, *flags: str) -> Resident:
    """An engine that sits in the cgroup."""
    return program.start("--headless", *flags, under=f"echo 0 > {group}/cgroup.procs")


def groups_of_runs(group: Path) -> list[str]:
    return [each.name for each in group.iterdir() if each.name.startswith("peak-console-")]


@pytest.mark.parametrize("how", ["stopped", "timed_out"])
def test_nothing_is_left_of_a_run_that_was_stopped(program: Program, group: Path, how: str) -> None:
    limit = "timeout_seconds = 1\n" if how == "timed_out" else ""
    program.jobs(shell("leaves", SCRIPT, f'schedule_type = "once"\n{limit}kill_grace_seconds = 0.3'))
    engine = started(program, group)
    (child,) = (int(pid) for pid in program.log_has(1))
    assert len(groups_of_runs(group)) == 1
    if how == "stopped":
        assert program.run("stop", "leaves").code == 0
    assert [run.outcome for run in program.finished(1)] == [how]
    assert not is_alive(child)
    wait_until(lambda: not groups_of_runs(group), "no cgroup of a run")
    assert engine.leave() == 0


def test_the_next_attempt_waits_until_nothing_is_left(program: Program, group: Path) -> None:
    rest = 'schedule_type = "once"\ntimeout_seconds = 0.5\nkill_grace_seconds = 0.2\nretries = 2\n'
    program.jobs(shell("leaves", SCRIPT, rest + "retry_delay_seconds = 0.01"))
    engine = started(program, group)
    for count in (1, 2, 3):
        program.log_has(count)
        assert [is_alive(int(pid)) for pid in program.log[: count - 1]] == [False] * (count - 1)
    assert [run.outcome for run in program.finished(3)] == ["timed_out"] * 3
    assert not any(is_alive(int(pid)) for pid in program.log)
    assert engine.leave() == 0


def test_the_next_engine_finds_what_has_left_the_session(program: Program, group: Path) -> None:
    program.jobs(shell("leaves", SCRIPT, 'schedule_type = "once"\nkill_grace_seconds = 1'))
    engine = started(program, group)
    (child,) = (int(pid) for pid in program.log_has(1))
    assert program.run("stop", "leaves").code == 0
    engine.send(signal.SIGKILL)
    engine.wait()
    assert is_alive(child)
    engine = started(program, group)
    assert [run.outcome for run in program.finished(1)] == ["stopped"]
    assert not is_alive(child)
    assert engine.leave() == 0


def test_a_daemon_of_a_run_that_ended_by_itself_lives_on_and_its_cgroup_is_removed_later(
    program: Program, group: Path
) -> None:
    once = 'schedule_type = "once"'
    program.jobs(shell("daemon", SCRIPT.replace("& sleep 500", ""), once))
    engine = started(program, group)
    (child,) = (int(pid) for pid in program.log_has(1))
    assert [run.outcome for run in program.finished(1)] == ["succeeded"]
    assert engine.leave() == 0
    assert is_alive(child)
    assert len(groups_of_runs(group)) == 1
    (group / groups_of_runs(group)[0] / "cgroup.kill").write_text("1")
    wait_until(lambda: not is_alive(child))
    program.jobs(shell("other", "true", once))
    engine = started(program, group)
    program.finished(2)
    wait_until(lambda: not groups_of_runs(group), "no cgroup of a run")
    assert engine.leave() == 0


def test_doctor_says_whether_it_is_so(program: Program, group: Path) -> None:
    program.jobs(shell("one", "true"))
    doctor = program.start("doctor", under=f"echo 0 > {group}/cgroup.procs")
    doctor.wait()
    assert "(setsid) is found when the run is stopped" in doctor.out
