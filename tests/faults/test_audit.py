"""The audit sees each kind of broken promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from peak_console.model.records import Alert, Command, Level, Run
from tests.faults.audit import Effect, Found, audit, effect_from
from tests.support.clock import MONDAY_MORNING as T
from tests.support.factories import make_job

SECOND = timedelta(seconds=1)


def run(number: int, slot: int, **changes: Any) -> Run:
    """A run of ``backup``, every second, that went well."""
    at = T + slot * SECOND
    well: dict[str, Any] = {
        "id": number, "job": "backup", "triggered_by": "schedule", "scheduled_for": at, "attempt": 1,
        "state": "finished", "claimed_at": at, "outcome": "succeeded", "return_code": 0, "reference": "7 1",
        "started_at": at, "finished_at": at + SECOND / 2,
    }  # fmt: skip
    return Run(**{**well, **changes})


def effect(number: int, slot: int, **changes: Any) -> Effect:
    return replace(Effect(number, "backup", T + slot * SECOND, 1, 0), **changes)


WELL = Found(
    [run(1, 0), run(2, 1)],
    [effect(1, 0), effect(2, 1)],
    jobs={"backup": make_job(interval_seconds=1)},
    decided={"backup": T + SECOND},
)
NOT_RUN: dict[str, Any] = {"return_code": None, "reference": None, "started_at": None}


def test_a_line_of_a_job_is_understood() -> None:
    line = f"7 backup {T.isoformat()} 2 3"
    assert effect_from(line) == Effect(7, "backup", T, 2, 3)


def test_what_went_well_has_no_problems() -> None:
    assert audit(WELL) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"effects": [effect(1, 0), effect(2, 1), effect(2, 1)]}, "ran 2 times"),
        ({"effects": [effect(1, 0), effect(2, 1), effect(3, 0)]}, "ran 2 times"),
        ({"runs": [run(1, 0), run(2, 1, state="running", outcome=None, return_code=None)]}, "never finished"),
        ({"effects": [effect(1, 0), effect(2, 1), effect(9, 9)]}, "ran without a row"),
        ({"effects": [effect(1, 0), effect(2, 1, attempt=2)]}, "the row is another one's"),
        ({"runs": [run(1, 0), run(2, 1, outcome="skipped", **NOT_RUN)]}, "its row says otherwise"),
        ({"runs": [run(1, 0), run(2, 1, outcome="not_started", **NOT_RUN)]}, "its row says otherwise"),
        ({"effects": [effect(1, 0)]}, "no trace"),
        ({"runs": [run(1, 0), run(2, 1, outcome="lost", return_code=None)]}, "lost"),
        ({"effects": [effect(1, 0), effect(2, 1, code=3)]}, "exit code 0 instead of 3"),
        ({"runs": [run(1, 0), run(2, 1, outcome="failed")]}, "exit code"),
        ({"runs": [run(1, 0), run(2, 1, started_at=None)]}, "no start"),
        ({"runs": [run(1, 0), run(2, 1, finished_at=T)]}, "ended before it began"),
        ({"runs": [run(1, 0), run(2, 1, started_at=T)]}, "began before its slot"),
        ({"runs": [run(1, 0), run(2, 2)], "effects": [effect(1, 0), effect(2, 2)]}, "2 slots after"),
        ({"runs": [run(1, 0), run(2, 1, reason="stands for 2 earlier slots too")]}, "but 3 explained"),
        ({"decided": {"backup": T + 2 * SECOND}}, "is decided until"),
        ({"runs": [], "effects": []}, "never had a slot"),
        ({"runs": [run(1, 0, finished_at=T + 2 * SECOND), run(2, 1)]}, "side by side"),
        (
            {"runs": [run(1, 0, finished_at=T + 2 * SECOND), run(2, 1)], "max_concurrent_runs": 1},
            "2 runs at a time, 1 allowed",
        ),
        ({"jobs": {"backup": make_job(interval_seconds=1, retries=1)}, "runs": [
            run(1, 0, outcome="failed", return_code=3)], "effects": [effect(1, 0, code=3)]}, "no further attempt"),
        ({"runs": [run(1, 0), run(2, 1), run(3, 1, attempt=2, triggered_by="retry")],
          "effects": [effect(1, 0), effect(2, 1), effect(3, 1, attempt=2)]}, "a further attempt without reason"),
        ({"runs": [run(1, 0), run(2, 1, outcome="missed", **NOT_RUN)], "effects": [effect(1, 0)]}, "0 times told of"),
        ({"commands": [Command(1, "hold", None, None, {}, "alice", T)]}, "without an answer"),
        ({"commands": [Command(1, "run", "backup", 5, {}, "alice", T, "done")]}, "nothing ran"),
        (
            {"runs": [run(1, 0), run(2, 1), run(3, 1, triggered_by="manual", scheduled_for=T + SECOND * 1.2)],
             "effects": [effect(1, 0), effect(2, 1), Effect(3, "backup", T + SECOND * 1.2, 1, 0)]},
            "made by no command",
        ),
    ],
)  # fmt: skip
def test_a_broken_promise_is_seen(changes: dict[str, Any], problem: str) -> None:
    problems = audit(replace(WELL, **changes))
    assert any(problem in each for each in problems), problems


def test_alerts_of_ends_that_are_not_well_come_once() -> None:
    failed = run(2, 1, outcome="failed", return_code=3)
    alert = Alert(Level.CRITICAL, "backup failed", T, job="backup", run_id=2, cause="failed:backup")
    found = replace(WELL, runs=[run(1, 0), failed], effects=[effect(1, 0), effect(2, 1, code=3)])
    assert audit(replace(found, alerts=[alert])) == []
    for alerts in ([alert, alert], [replace(alert, count=2)]):
        assert any("2 times told of, but 1" in problem for problem in audit(replace(found, alerts=alerts)))


def test_an_incident_that_a_success_has_mended_is_resolved() -> None:
    failed = run(1, 0, outcome="failed", return_code=1)
    found = replace(WELL, runs=[failed, run(2, 1)], effects=[effect(1, 0, code=1), effect(2, 1)])
    alert = Alert(Level.CRITICAL, "backup failed", T + SECOND / 2, job="backup", run_id=1, cause="failed:backup")
    assert any("open although" in problem for problem in audit(replace(found, alerts=[alert])))
    assert audit(replace(found, alerts=[replace(alert, resolved_at=T + SECOND)])) == []
