"""The shift log: who did what, and what a save has changed, field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.decisions.past.definition_text import field_changes, lines_of
from peak_console.engine.setup import EngineOptions
from peak_console.redact import Redactor
from peak_console.store.past.actions import actions_of
from tests.support.factories import make_job

if TYPE_CHECKING:
    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench


def log(engine: Bench) -> list[tuple[str, str, str | None, str]]:
    """Without the beginnings and ends of engines, oldest first."""
    found = actions_of(engine.store, 100)[::-1]
    return [(each.person, each.verb, each.job, each.message) for each in found if each.verb not in ("begin", "end")]


def test_what_is_done_is_noted_with_person_and_reason_and_what_is_refused_is_not(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="09:00", args={"script": "x.py", "n": 1, "token": "hush-hush-hush"}))
    engine.command("run", "backup", args={"n": 20, "token": "psst-psst-psst"})
    engine.command("run", "nobody")
    engine.command("disable", "backup", reason="audit")
    engine.command("stop", run_id=1)
    assert log(engine) == [
        ("alice", "run", "backup", "backup #1 started with n=20, with token=***"),
        ("alice", "disable", "backup", "backup is disabled"),
        ("alice", "stop", None, "stopping backup #1"),
    ]
    assert [each.reason for each in actions_of(engine.store, 100)][1] == "audit"
    assert [each.run_id for each in actions_of(engine.store, 1)] == [1]


def test_a_save_is_noted_with_the_fields_that_it_changes(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="16:10", env={"TOKEN": "one-secret"}), make_job("gone", daily_time="09:00"))
    engine.reload(
        make_job(daily_time="16:15", timeout_seconds=60, env={"TOKEN": "two-secret"}, tags=("live", "risk")),
        make_job("new", daily_time="09:00"),
    )
    assert log(engine) == [
        ("jobs file", "reload", "new", "added"),
        ("jobs file", "reload", "gone", "removed"),
        (
            "jobs file",
            "reload",
            "backup",
            "env.TOKEN changed, daily_time 16:10 → 16:15, tags – → live, risk, timeout_seconds – → 60",
        ),
    ]
    assert "secret" not in repr(actions_of(engine.store, 100))


def test_engines_that_stay_are_noted_and_one_shot_ones_are_not(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="09:00"))
    engine.restart()
    assert [each.verb for each in actions_of(engine.store, 100)] == ["begin", "end", "begin"]
    engine.options = EngineOptions(mode="once")
    engine.restart()
    engine.close()
    engine.begin()
    assert [each.verb for each in actions_of(engine.store, 100)].count("begin") == 2


def test_the_shift_log_expires_with_its_days(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="09:00"))
    engine.command("disable", "backup")
    engine.clock.advance(1)
    assert engine.store.expire_actions(engine.clock.now()) == 2  # the engine's beginning, and the command
    assert actions_of(engine.store, 100) == []


def test_a_definition_is_told_by_what_is_not_the_default() -> None:
    job = make_job(daily_time="16:10", timezone="Europe/Berlin", args={"api_key": "hush-hush-hush", "n": [1, 2]})
    assert lines_of(job, Redactor.from_environments({}).args) == {
        "name": "backup", "command": "/bin/true", "args.api_key": "***", "args.n": "1, 2", "schedule_type": "daily",
        "timezone": "Europe/Berlin", "daily_time": "16:10",
    }  # fmt: skip
    assert field_changes(job, job, Redactor.from_environments({}).args) == []
    other = make_job(daily_time="16:10", timezone="Europe/Berlin", args={"api_key": "psst-psst-psst", "n": [1, 2]})
    assert field_changes(job, other, Redactor.from_environments({}).args) == ["args.api_key changed"]
