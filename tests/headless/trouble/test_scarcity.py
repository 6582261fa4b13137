"""A machine that runs out of something: what can go on goes on, and the operator is told of what cannot."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

import pytest

from tests.headless.support import shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.headless.support import Program


def many(count: int, script: str, rest: str = "") -> str:
    """So many jobs that are due at once and run a shell script."""
    return "".join(
        f"[[job]]\nname = \"j{number}\"\ncommand = \"/bin/sh\"\nargv = [\"-c\", '''{script}''']\n{rest}\n"
        for number in range(count)
    )


@pytest.fixture
def few_descriptors() -> Iterator[int]:
    """What is started meanwhile has a low soft limit on file descriptors, and a higher hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    yield 64
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_more_runs_than_file_descriptors(program: Program, few_descriptors: int) -> None:
    program.jobs(many(100, "ulimit -Sn >> {log}; sleep 1", "retries = 1"))
    engine = program.headless()
    runs = program.finished(100)
    assert {run.outcome for run in runs} == {"succeeded"}
    assert len(program.runs()) == 100, "nothing was tried again"
    assert set(program.log) == {str(few_descriptors)}, "runs get the limit that the engine was started with"
    assert engine.leave() == 0
    assert engine.err == ""


@pytest.mark.parametrize("limit", ["ulimit -n 64", "ulimit -n 48"])
def test_two_hundred_due_jobs_under_a_hard_limit_on_descriptors(program: Program, limit: str) -> None:
    program.jobs(many(200, "sleep 0.2", "retries = 1"))
    engine = program.start("--headless", under=limit)
    runs = program.finished(200)
    assert {run.outcome for run in runs} == {"succeeded"}
    assert len(program.runs()) == 200
    assert engine.leave() == 0
    assert engine.err == ""


def test_a_working_directory_that_is_removed_stops_only_those_who_need_it(program: Program) -> None:
    rest = 'schedule_type = "interval"\ninterval_seconds = 0.5'
    program.jobs(
        shell("here", "rmdir {folder}/gone", rest + "\nsuccess_codes = [0, 1]")
        + shell("there", "echo there >> {log}", rest + '\ncwd = "/"')
    )
    engine = program.start("--headless", under=f"mkdir {program.folder}/gone && cd {program.folder}/gone")
    here = program.finished(2, "here")
    assert [run.outcome for run in here[:2]] == ["succeeded", "not_started"]
    assert "the working directory of the engine was removed" in (here[1].reason or "")
    program.log_has(len(program.log) + 2)
    assert engine.leave() == 0
    assert engine.err == ""
