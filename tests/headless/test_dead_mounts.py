"""One job's dead file system, or pipe where a file should be, holds no other job up."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.headless.support import shell
from tests.support.dead_mounts import dead_mount
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from tests.headless.support import Program

OFTEN = 'schedule_type = "interval"\ninterval_seconds = 0.3\n'
ON_DEAD_GROUND = {
    "cwd": 'cwd = "{folder}/dead/cwd"',
    "env_file": 'env_file = "{folder}/dead/env"',
    "path": 'env = { PATH = "{folder}/dead:/usr/bin:/bin" }',
}


def goes_on(program: Program) -> None:
    """The other job runs, again and again."""
    program.log_has(len(program.log) + 4)


@pytest.mark.parametrize("key", [*ON_DEAD_GROUND, "command"])
def test_a_job_on_a_dead_file_system_holds_nobody_up(program: Program, key: str) -> None:
    evil = shell("evil", "true", OFTEN + ON_DEAD_GROUND.get(key, ""))
    if key == "command":
        evil = evil.replace("/bin/sh", "{folder}/dead/program")
    if key == "path":
        evil = evil.replace("/bin/sh", "sh")
    program.jobs(evil + shell("good", "echo good >> {log}", OFTEN))
    with dead_mount(program.folder / "dead"):
        engine = program.headless()
        goes_on(program)
        assert program.run("stop", "evil").code == 0
        goes_on(program)
        assert "stopped" in [run.outcome for run in program.finished(1, "evil")]
        engine.leave()
    assert engine.err == ""


def test_an_engine_whose_runs_wait_for_a_dead_file_system_leaves_when_told_twice(program: Program) -> None:
    program.jobs(shell("evil", "true", 'schedule_type = "once"\ncwd = "{folder}/dead/cwd"'))
    with dead_mount(program.folder / "dead"):
        engine = program.headless()
        wait_until(program.runs)
        engine.send(15)
        engine.shows("shutting down")
        assert engine.leave() == 0
    assert [run.outcome for run in program.runs()] == ["stopped"]


def test_a_pipe_in_place_of_an_env_file_is_refused_in_words(program: Program) -> None:
    os.mkfifo(program.folder / "pipe")
    os.mkfifo(program.folder / ".env")
    program.jobs(shell("evil", "true", 'env_file = "{folder}/pipe"') + shell("good", "echo good >> {log}"))
    validated = program.run("validate")
    assert "it is not a regular file" in validated.out + validated.err
    answer = program.once()
    assert answer.code == 3
    assert program.log == ["good"]
    (run,) = program.runs("evil")
    assert (run.outcome, "it is not a regular file" in (run.reason or "")) == ("not_started", True)
