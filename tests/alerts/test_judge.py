from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from peak_console.alerts.judge import (
    PROBLEMS_SHOWN,
    judge_catch_up,
    judge_finished,
    judge_lasting_trouble,
    judge_missed,
    judge_rejected,
    judge_reloaded,
    judge_trouble,
)
from peak_console.jobs.model import JobDefinition
from peak_console.model.records import Level, Outcome, Run, RunState, Trigger

if TYPE_CHECKING:
    from peak_console.model.records import Alert

SLOT = datetime(2025, 3, 4, 7, 30, tzinfo=UTC)
NOW = SLOT + timedelta(seconds=13)
BERLIN = ZoneInfo("Europe/Berlin")
JOB = JobDefinition("daily_risk_check", timeout_seconds=120, retries=2, tags=("risk", "live"))


def make_run(outcome: Outcome | None, **changes: Any) -> Run:
    run = Run(
        id=12,
        job="daily_risk_check",
        triggered_by=Trigger.SCHEDULE,
        scheduled_for=SLOT,
        attempt=1,
        state=RunState.FINISHED,
        claimed_at=SLOT,
        outcome=outcome,
        return_code=0 if outcome is Outcome.SUCCEEDED else 2,
        started_at=SLOT + timedelta(seconds=1),
        finished_at=NOW,
        tags=("risk", "live"),
    )
    return replace(run, **changes)


def judge(run: Run, job: JobDefinition | None = JOB, **facts: Any) -> Alert | None:
    return judge_finished(job, run, **{"failures_before": 0, "retry_at": None, "now": NOW, "zone": BERLIN, **facts})


def judged(run: Run, job: JobDefinition | None = JOB, **facts: Any) -> Alert:
    alert = judge(run, job, **facts)
    assert alert is not None
    return alert


def first_line(alert: Alert) -> str:
    return alert.message.splitlines()[0]


RETRY: dict[str, Any] = {"retry_at": NOW + timedelta(minutes=1)}
NO_PROCESS = {"return_code": None, "started_at": None}


@pytest.mark.parametrize(
    ("run", "facts", "level", "line"),
    [
        (make_run(Outcome.SUCCEEDED), {}, Level.INFO, "succeeded in 12.0s"),
        (make_run(Outcome.SUCCEEDED), {"failures_before": 3}, Level.INFO, "recovered after 3 failures"),
        (make_run(Outcome.SUCCEEDED), {"failures_before": 1}, Level.INFO, "recovered after 1 failure"),
        (make_run(Outcome.SUCCEEDED, attempt=2), {}, Level.INFO, "succeeded at attempt 2 of 3"),
        (
            make_run(Outcome.FAILED),
            RETRY,
            Level.WARNING,
            "failed with exit code 2, attempt 1 of 3: next attempt at 08:31:13 CET",
        ),
        (make_run(Outcome.FAILED, attempt=3), {}, Level.CRITICAL, "failed with exit code 2 after 3 attempts"),
        (make_run(Outcome.FAILED, return_code=137), {}, Level.CRITICAL, "failed with exit code 137 (SIGKILL)"),
        (make_run(Outcome.TIMED_OUT, return_code=None), {}, Level.CRITICAL, "timed out after 2m00s"),
        (
            make_run(Outcome.TIMED_OUT),
            RETRY,
            Level.CRITICAL,
            "timed out after 2m00s, attempt 1 of 3: next attempt at 08:31:13 CET",
        ),
        (
            make_run(Outcome.LOST, return_code=None),
            {},
            Level.CRITICAL,
            "was lost: its process is gone and left no exit code",
        ),
        (make_run(Outcome.NOT_STARTED, **NO_PROCESS), {}, Level.CRITICAL, "could not be started"),
        (
            make_run(Outcome.NOT_STARTED, **NO_PROCESS),
            RETRY,
            Level.WARNING,
            "could not be started, attempt 1 of 3: next attempt at 08:31:13 CET",
        ),
        (make_run(Outcome.STOPPED, stop_reason="stopped by alice"), {}, Level.INFO, "was stopped by alice"),
        (make_run(Outcome.STOPPED, stop_reason="replaced by a later run"), {}, Level.INFO, "was stopped"),
        (make_run(Outcome.STOPPED), {}, Level.INFO, "was stopped"),
    ],
)
def test_outcome_makes_level_and_first_line(run: Run, facts: dict[str, Any], level: Level, line: str) -> None:
    alert = judged(run, **facts)
    assert (alert.level, first_line(alert)) == (level, f"daily_risk_check {line}")
    assert (alert.source, alert.job, alert.run_id, alert.timestamp) == ("scheduler", "daily_risk_check", 12, NOW)


def test_skipped_slot_makes_no_alert() -> None:
    assert judge(make_run(Outcome.SKIPPED, **NO_PROCESS)) is None


def test_running_run_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="#12 has not finished"):
        judge(make_run(None))


def test_quiet_job_reports_success_only_after_a_failure() -> None:
    quiet = replace(JOB, alert_on_success=False)
    assert judge(make_run(Outcome.SUCCEEDED), quiet) is None
    assert first_line(judged(make_run(Outcome.SUCCEEDED), quiet, failures_before=2)).endswith("after 2 failures")
    assert first_line(judged(make_run(Outcome.SUCCEEDED, attempt=3), quiet)).endswith("at attempt 3 of 3")
    assert judged(make_run(Outcome.FAILED), quiet).level == Level.CRITICAL


def test_failure_tells_the_run_the_streak_and_the_last_lines_of_stderr() -> None:
    alert = judged(make_run(Outcome.FAILED), failures_before=3, stderr_tail=["Traceback", "ValueError: no prices", ""])
    assert alert.message.splitlines()[1:] == [
        "Run #12, due at 08:30:00 CET, attempt 1 of 3, took 12.0s.",
        "4 failures in a row.",
        "Last lines of stderr:",
        "  Traceback",
        "  ValueError: no prices",
    ]


def test_attempt_that_is_retried_counts_no_streak() -> None:
    assert "in a row" not in judged(make_run(Outcome.FAILED), failures_before=3, **RETRY).message


def test_reason_for_not_starting_is_told() -> None:
    run = make_run(Outcome.NOT_STARTED, reason="no such command: pyhton", **NO_PROCESS)
    assert "no such command: pyhton" in judged(run).message.splitlines()


def test_manual_run_says_so_instead_of_a_slot() -> None:
    run = make_run(Outcome.SUCCEEDED, triggered_by=Trigger.MANUAL)
    assert judged(run).message.splitlines()[1] == "Run #12, started by hand, attempt 1 of 3, took 12.0s."


def test_run_of_a_job_that_is_gone_is_judged_all_the_same() -> None:
    assert first_line(judged(make_run(Outcome.SUCCEEDED), None)) == "daily_risk_check succeeded in 12.0s"
    alert = judged(make_run(Outcome.TIMED_OUT), None)
    assert first_line(alert) == "daily_risk_check timed out after 12.0s"
    assert alert.message.splitlines()[1] == "Run #12, due at 08:30:00 CET, took 12.0s."


def test_context_has_the_documented_keys() -> None:
    alert = judged(make_run(Outcome.FAILED), stderr_tail=["a", "b"])
    assert alert.context == {
        "job_name": "daily_risk_check",
        "return_code": 2,
        "duration": 12.0,
        "run_id": 12,
        "attempt": 1,
        "scheduled_for": "2025-03-04T07:30:00+00:00",
        "outcome": "failed",
        "stderr_tail": ["a", "b"],
        "tags": ["risk", "live"],
    }


def test_context_of_a_run_without_process_has_no_numbers() -> None:
    context = judged(make_run(Outcome.NOT_STARTED, **NO_PROCESS)).context
    assert context["return_code"] is None
    assert context["duration"] is None


def test_success_carries_no_stderr() -> None:
    alert = judged(make_run(Outcome.SUCCEEDED), stderr_tail=["a warning"])
    assert "a warning" not in alert.message
    assert "stderr_tail" not in alert.context


def test_one_missed_slot_names_it_and_many_are_one_alert() -> None:
    one = judge_missed("daily_risk_check", count=1, since=SLOT, tags=("risk",), run_id=7, now=NOW, zone=BERLIN)
    assert (one.level, one.message) == (Level.WARNING, "daily_risk_check missed its slot at 08:30:00 CET")
    assert (one.job, one.run_id, one.context["tags"]) == ("daily_risk_check", 7, ["risk"])
    tomorrow = NOW + timedelta(days=1)
    many = judge_missed("x", count=5, since=SLOT, reason="The engine was down.", now=tomorrow)
    assert many.message == "x missed 5 slots since 2025-03-04 07:30:00 UTC\nThe engine was down."
    assert (many.context["slots"], many.context["since"]) == (5, "2025-03-04T07:30:00+00:00")
    assert (many.context["job_name"], many.context["outcome"]) == ("x", "missed")


def test_catch_up_run_says_how_many_slots_it_stands_for() -> None:
    run = make_run(Outcome.SUCCEEDED, triggered_by=Trigger.CATCH_UP)
    alert = judge_catch_up(run, count=4, since=SLOT, now=NOW)
    assert alert is not None
    assert (alert.level, alert.run_id) == (Level.WARNING, 12)
    assert (alert.context["outcome"], alert.context["slots"]) == (None, 4)
    assert first_line(alert) == "daily_risk_check runs once for 4 earlier slots too, since 07:30:00 UTC"
    assert judge_catch_up(run, count=1, since=SLOT, now=NOW) is not None
    assert judge_catch_up(run, count=0, since=SLOT, now=NOW) is None


def test_trouble_with_the_registry_says_for_how_long_and_that_what_fell_due_is_missed() -> None:
    since = NOW - timedelta(minutes=12, seconds=4)
    over = judge_trouble("the disk is full", since=since, now=NOW, zone=BERLIN)
    assert over.level == Level.CRITICAL
    assert over.message.splitlines() == [
        "the engine could record nothing for 12m04s, and therefore started nothing",
        f"Since {since.astimezone(BERLIN):%H:%M:%S} CET: the disk is full",
        "What fell due meanwhile is treated as if no engine had been running.",
    ]
    assert over.context == {"error": "the disk is full", "since": since.isoformat()}
    lasting = judge_lasting_trouble("the disk is full", since, now=NOW, zone=BERLIN)
    assert (lasting.level, lasting.source) == (Level.CRITICAL, "registry")
    assert lasting.message.splitlines()[1] == over.message.splitlines()[1]


def test_rejected_reload_lists_the_problems_up_to_a_limit() -> None:
    alert = judge_rejected("/srv/jobs.toml", ["/srv/jobs.toml:3:1: bad", "/srv/jobs.toml:9:1: worse"], now=NOW)
    assert alert.level == Level.WARNING
    assert alert.message.splitlines() == [
        "jobs.toml rejected: 2 errors; the jobs already loaded keep running",
        "/srv/jobs.toml:3:1: bad",
        "/srv/jobs.toml:9:1: worse",
    ]
    whole = judge_rejected("jobs.toml", [f"problem {n}" for n in range(20)], now=NOW).message.splitlines()
    assert whole[-1] == "problem 19"
    long = judge_rejected("jobs.toml", [f"problem {n}" for n in range(25)], now=NOW).message.splitlines()
    assert long[-2:] == ["problem 19", "… and 5 more; see peak-console validate"]


def test_reload_names_what_is_new() -> None:
    alert = judge_reloaded("/srv/jobs.toml", added=["a", "b"], removed=[], changed=["c"], now=NOW)
    assert alert is not None
    assert alert.level == Level.INFO
    assert alert.message == "jobs.toml reloaded: 2 added, 1 changed\nAdded: a, b\nChanged: c"


def test_reload_names_every_job_that_is_gone_in_a_warning() -> None:
    gone = [f"job{number}" for number in range(25)]
    alert = judge_reloaded("/srv/jobs.toml", added=[], removed=gone, changed=[], now=NOW)
    assert alert is not None
    assert alert.level == Level.WARNING
    assert alert.message == f"jobs.toml reloaded: 25 removed\nRemoved: {', '.join(gone)}"


def test_reload_that_changes_nothing_makes_no_alert() -> None:
    assert judge_reloaded("jobs.toml", added=[], removed=[], changed=[], now=NOW) is None


def test_slots_that_were_not_all_counted_are_at_least_so_many() -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    alert = judge_missed("a", count=1000, since=now, now=now, counted=False)
    assert alert.message.startswith("a missed at least 1000 slots since")


def test_a_run_that_nobody_stopped_by_hand_says_why_it_was() -> None:
    alert = judged(make_run(Outcome.STOPPED, stop_reason="replaced by a later run"))
    assert first_line(alert) == "daily_risk_check was stopped"
    assert alert.message.splitlines()[-1] == "replaced by a later run"


@pytest.mark.parametrize(
    ("attempt", "job", "attempts"), [(1, JOB, 3), (4, JOB, 4), (3, JOB, 3), (1, None, 1), (2, None, 2)]
)
def test_a_slot_gets_the_attempts_of_its_job_or_those_that_it_has_had(
    attempt: int, job: JobDefinition | None, attempts: int
) -> None:
    message = judged(make_run(Outcome.FAILED, attempt=attempt), job, **RETRY).message
    assert f"attempt {attempt} of {attempts}: next attempt" in message
    assert (f"attempt {attempt} of {attempts}, took" in message) == (attempts > 1)


@pytest.mark.parametrize(
    ("timeout", "run", "line"),
    [
        (0, make_run(Outcome.TIMED_OUT), "timed out after 12.0s"),
        (0, make_run(Outcome.TIMED_OUT, started_at=None), "timed out"),
        (1, make_run(Outcome.TIMED_OUT), "timed out after 1.0s"),
        (None, make_run(Outcome.TIMED_OUT), "timed out after 12.0s"),
        (None, make_run(Outcome.TIMED_OUT, started_at=None), "timed out"),
    ],
)
def test_a_timeout_names_the_limit_else_how_long_it_took(timeout: float | None, run: Run, line: str) -> None:
    job = None if timeout is None else replace(JOB, timeout_seconds=timeout)
    assert first_line(judged(run, job)) == f"daily_risk_check {line}"


@pytest.mark.parametrize(("before", "alerts"), [(0, False), (1, False), (2, True), (3, True)])
def test_failures_make_an_alert_from_the_one_in_a_row_on_that_the_job_says(before: int, alerts: bool) -> None:
    job = replace(JOB, alert_after=3)
    assert (judge(make_run(Outcome.FAILED), job, failures_before=before) is not None) == alerts


@pytest.mark.parametrize(("before", "line"), [(1, "succeeded in 12.0s"), (2, "recovered after 2 failures")])
def test_a_recovery_is_told_where_the_failures_were(before: int, line: str) -> None:
    alert = judged(make_run(Outcome.SUCCEEDED), replace(JOB, alert_after=2), failures_before=before)
    assert first_line(alert) == f"daily_risk_check {line}"


@pytest.mark.parametrize(("count", "alerts"), [(-1, False), (0, False), (1, True)])
def test_a_run_that_stands_for_no_other_slot_makes_no_alert_of_catching_up(count: int, alerts: bool) -> None:
    alert = judge_catch_up(make_run(None), count=count, since=SLOT, now=NOW)
    assert (alert is not None) == alerts


@pytest.mark.parametrize(("over", "told"), [(0, False), (1, True)])
def test_a_rejection_counts_the_problems_that_it_does_not_show(over: int, told: bool) -> None:
    problems = [f"jobs.toml:{n}: wrong" for n in range(PROBLEMS_SHOWN + over)]
    assert ("… and 1 more" in judge_rejected("jobs.toml", problems, now=NOW).message) == told
