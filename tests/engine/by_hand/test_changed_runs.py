"""Runs by hand with another list of arguments, or other variables: in that run, its retries, and never in another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from peak_console.errors import UsageError
from peak_console.jobs.run_changes import with_changes
from tests.support.factories import make_job

if TYPE_CHECKING:
    from tests.engine.conftest import MakeBench


def test_a_list_and_variables_are_changed_for_one_run_and_its_retries(bench: MakeBench) -> None:
    job = make_job(
        daily_time="09:00", command="sh", argv=["-c", "old"], env={"LEVEL": "info", "GONE": "1"}, retries=1,
        retry_delay_seconds=1,
    )  # fmt: skip
    engine = bench(job)
    engine.command("run", "backup", args={"argv": ["-c", "new"], "$LEVEL": "debug", "$GONE": None, "$N": 5})
    engine.end(1, 1)
    engine.advance(1)
    for number in (1, 2):
        spec = engine.executor.processes[number].spec
        assert spec.argv[1:] == ["-c", "new"]
        assert spec.env["LEVEL"] == "debug"
        assert spec.env["N"] == "5"
        assert "GONE" not in spec.env
    assert [run.args_changed for run in engine.runs()] == [["$GONE", "$LEVEL", "$N", "argv"]] * 2
    engine.command("run", "backup", force=True)
    assert engine.executor.processes[3].spec.argv[1:] == ["-c", "old"]
    assert engine.executor.processes[3].spec.env["LEVEL"] == "info"


def test_what_its_engine_took_along_is_not_replaced_by_the_job_s_own(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="09:00", env={"LEVEL": "info"}, overlap="queue"))
    engine.command("run", "backup")
    engine.clock.advance(1)
    engine.command("run", "backup", args={"$LEVEL": "debug"})
    engine.restart(crash=True)
    engine.end(1)
    run = engine.runs()[1]
    assert run.outcome == "not_started"
    assert run.reason is not None
    assert run.reason.startswith("$LEVEL was given by hand, which is nowhere kept; give it again")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"n": 1}, "n: the job has one fixed list; change argv, or a variable as $NAME"),
        ({"argv": "one text"}, "argv is a list of texts"),
        ({"argv": ["-c", 1]}, "argv is a list of texts"),
        ({"$": "x"}, "$ names no variable"),
        ({"$A=B": "x"}, "$A=B names no variable"),
        ({"$A": ["x"]}, "$A: a variable is a text, a number, true or false"),
    ],
)
def test_what_cannot_be_changed_is_refused_in_one_sentence(
    bench: MakeBench, changes: dict[str, Any], said: str
) -> None:
    job = make_job(daily_time="09:00", command="sh", argv=["-c", "true"])
    with pytest.raises(UsageError, match="^" + said.replace("$", r"\$")):
        with_changes(job, changes)
    engine = bench(job)
    assert said in engine.command("run", "backup", args=changes)
    assert not engine.executor.processes


def test_an_argument_that_is_called_like_a_variable_is_an_argument() -> None:
    job = make_job(args={"$odd": 1, "argv": 2})
    assert with_changes(job, {"$odd": 3, "argv": 4}).args == {"$odd": 3, "argv": 4}
