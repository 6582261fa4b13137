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


@pytest.mark.parametrize("key", ["cwd", "env_file", "command"])
def test_verbs_that_look_at_what_jobs_need_say_what_does_not_answer(program: Program, key: str) -> None:
    evil = shell("evil", "true", OFTEN + ON_DEAD_GROUND.get(key, ""))
    program.jobs(evil.replace("/bin/sh", "{folder}/dead/program") if key == "command" else evil)
    with dead_mount(program.folder / "dead"):
        for verb in ("validate", "doctor"):
            answer = program.run(verb)
            assert answer.code == 1
            assert 'what job "evil" names (cwd, command, env_file, script) does not answer within 5 s' in answer.err
            assert f"{program.folder}/dead (fuse)" in answer.err
        assert [program.run(verb).code for verb in ("status", "jobs", "next")] == [0, 0, 0], "they need none of it"


@pytest.mark.parametrize("words", [("status",), ("hold",), ("--once",), ("--headless",)])
def test_a_state_directory_that_does_not_answer_is_said_within_seconds(program: Program, words: tuple[str]) -> None:
    program.jobs(shell("tick", "true", OFTEN))
    with dead_mount(program.folder / "dead"):
        answer = program.run("--state-dir", f"{program.folder}/dead/state", *words)
    assert answer.code == 1
    assert f"the state directory {program.folder}/dead/state does not answer within 5 s" in answer.err
    assert answer.err.count("\n") == 1


def test_so_is_a_jobs_file(program: Program) -> None:
    with dead_mount(program.folder / "dead"):
        program.config = program.folder / "dead/jobs.toml"
        answer = program.run("status")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "dead/jobs.toml does not answer within 5 s" in answer.err
