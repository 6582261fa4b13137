"""What follows from a run's end: outcome, retries, alerts, and ends that nobody saw."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.alerts.judge import judge_finished
from peak_console.engine.setup import EngineOptions
from peak_console.runs.interface import Ended
from peak_console.runs.output.files import parse_sample, timeline_path
from peak_console.store.directory import run_directory
from tests.support.factories import make_job

if TYPE_CHECKING:
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Alert
    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench


def write_stderr(engine: Bench, run_id: int, text: str) -> None:
    with open(os.path.join(run_directory(str(engine.directory), run_id), "stderr.log"), "w", encoding="utf-8") as file:
        file.write(text)


@pytest.mark.parametrize(
    ("code", "success_codes", "outcome"),
    [(0, (0,), "succeeded"), (1, (0,), "failed"), (3, (0, 3), "succeeded"), (0, (3,), "failed"), (None, (0,), "lost")],
)
def test_the_return_code_makes_the_outcome(
    bench: MakeBench, code: int | None, success_codes: tuple[int, ...], outcome: str
) -> None:
    engine = bench(make_job(success_codes=success_codes))
    engine.turn()
    engine.end(1, code)
    (run,) = engine.runs()
    assert (run.outcome, run.return_code, run.state) == (outcome, code, "finished")


def test_nothing_was_printed_after_the_end(bench: MakeBench) -> None:
    engine = bench(make_job())
    engine.turn()
    write_stderr(engine, 1, "good-bye\n")
    ended_at = engine.clock.now()
    engine.clock.advance(0.4)
    engine.executor.processes[1].ended = Ended(0, ended_at)
    engine.turn()
    with open(timeline_path(run_directory(str(engine.directory), 1)), "rb") as file:
        assert parse_sample(file.read()) == (int(ended_at.timestamp() * 1000), 0, 9)


def test_a_failed_run_is_tried_again_with_backoff_and_only_its_last_failure_is_critical(bench: MakeBench) -> None:
    engine = bench(make_job(retries=2, retry_delay_seconds=10, retry_backoff=3))
    engine.turn()
    engine.end(1, 1)
    engine.advance(9.9)
    assert engine.live == []
    engine.advance(0.1)
    engine.end(2, 1)
    engine.advance(30)
    engine.end(3, 1)
    engine.advance(1000)
    runs = engine.runs()
    assert [(run.attempt, run.triggered_by, run.outcome) for run in runs] == [
        (1, "schedule", "failed"),
        (2, "retry", "failed"),
        (3, "retry", "failed"),
    ]
    assert len({run.scheduled_for for run in runs}) == 1
    assert [(alert.level, alert.count) for alert in engine.alerts()] == [("critical", 3)]


def test_a_retry_outlives_a_restart(bench: MakeBench) -> None:
    engine = bench(make_job(retries=1, retry_delay_seconds=600))
    engine.turn()
    engine.end(1, 1)
    engine.restart()
    engine.advance(601)
    engine.end(2, 0)
    assert engine.outcomes() == ["failed", "succeeded"]


def test_the_first_success_after_failures_says_so_even_after_a_restart(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60, alert_on_success=False))
    engine.turn()
    for run_id in (1, 2):
        engine.end(run_id, 1)
        engine.advance(60)
    engine.restart()
    engine.end(3, 0)
    engine.advance(60)
    engine.end(4, 0)
    assert [(alert.level, alert.count) for alert in engine.alerts()] == [("critical", 2), ("info", 1)]
    assert engine.alerts()[-1].message.startswith("backup recovered after 2 failures")


def test_a_run_that_takes_too_long_is_asked_to_end_then_killed(bench: MakeBench) -> None:
    engine = bench(make_job(timeout_seconds=30, kill_grace_seconds=10))
    engine.turn()
    engine.advance(29.9)
    assert engine.executor.processes[1].signals == []
    engine.advance(0.1)
    assert engine.executor.processes[1].signals == ["terminate"]
    engine.advance(10)
    assert engine.executor.processes[1].signals == ["terminate", "kill"]
    engine.turn()
    (run,) = engine.runs()
    assert (run.outcome, run.return_code, run.reason) == ("timed_out", 137, "took longer than 30.0s")
    assert engine.alerts()[-1].level == "critical"


def test_no_timeout_is_no_timeout(bench: MakeBench) -> None:
    engine = bench(make_job(timeout_seconds=0))
    engine.turn()
    engine.advance(1e6)
    assert engine.live == [1]


def test_a_run_that_cannot_start_says_why(bench: MakeBench) -> None:
    engine = bench(make_job(command="no-such-program"))
    engine.turn()
    (run,) = engine.runs()
    assert (run.outcome, run.return_code) == ("not_started", None)
    assert "no-such-program" in (run.reason or "")
    assert engine.alerts()[-1].level == "critical"


def test_a_failure_carries_the_last_lines_of_stderr_without_secrets(bench: MakeBench) -> None:
    engine = bench(make_job(env={"API_TOKEN": "s3cr3t-value"}, args={"api_key": "k3y-in-args"}))
    engine.turn()
    write_stderr(engine, 1, "\n".join([*(f"line {n}" for n in range(50)), "denied: s3cr3t-value \x1b[31mred"]))
    engine.end(1, 1)
    message = engine.alerts()[-1].message
    assert "line 49" in message
    assert "line 3\n" not in message
    for text in (message, repr(engine.runs()), repr(engine.events), repr(engine.alerts())):
        assert "s3cr3t-value" not in text
        assert "k3y-in-args" not in text
    assert "\x1b" not in message


def test_a_run_that_outlived_its_engine_is_adopted_with_its_timeout(bench: MakeBench) -> None:
    engine = bench(make_job(timeout_seconds=100))
    engine.turn()
    process = engine.executor.processes[1]
    engine.close(crash=True)
    engine.clock.advance(60)
    engine.begin()
    engine.turn()
    assert engine.outcomes() == [None]
    engine.advance(40)
    assert process.signals == ["terminate"]


def test_a_run_that_ended_while_nobody_was_there_has_its_true_code_and_time(bench: MakeBench) -> None:
    engine = bench(make_job())
    engine.turn()
    ended_at = engine.clock.now() + timedelta(seconds=7)
    engine.close(crash=True)
    engine.clock.advance(600)
    engine.executor.adoptable[1] = Ended(4, ended_at)
    engine.begin()
    (run,) = engine.runs()
    assert (run.outcome, run.return_code, run.finished_at) == ("failed", 4, ended_at)


def test_a_run_that_left_no_trace_is_lost_and_follows_its_retries(bench: MakeBench) -> None:
    engine = bench(make_job(retries=1, retry_delay_seconds=5))
    engine.turn()
    engine.executor.adoptable[1] = Ended(None, None)
    engine.close(crash=True)
    engine.begin()
    assert engine.outcomes() == ["lost", None]
    assert engine.alerts()[-1].level == "critical"
    engine.advance(6)
    assert 2 in engine.live


def test_a_claim_whose_process_never_began_is_started_once(bench: MakeBench) -> None:
    engine = bench(make_job())
    engine.turn()
    engine.executor.started_marks.clear()
    engine.executor.processes.clear()
    with engine.store as store:
        store._write("UPDATE runs SET state = 'claimed', reference = NULL, started_at = NULL")
    engine.close(crash=True)
    engine.begin()
    engine.turn()
    assert list(engine.executor.processes) == [1]
    engine.end(1)
    assert engine.outcomes() == ["succeeded"]


def test_without_a_registry_nothing_is_kept_and_nothing_runs_twice(bench: MakeBench) -> None:
    options = EngineOptions(mode="headless", keep_registry=False)
    engine = bench(make_job(), options=options)
    engine.turn()
    engine.end(1)
    assert engine.runs() == []
    assert not os.path.exists(run_directory(str(engine.directory), 1))
    engine.restart()
    engine.turn()
    assert engine.live == []


def test_draining_waits_for_what_runs_and_starts_nothing_new(bench: MakeBench) -> None:
    engine = bench(make_job("a"), make_job("b", interval_seconds=60))
    engine.turn()
    engine.end(2)
    engine.control.drain()
    engine.advance(60)
    assert engine.live == [1]
    engine.control.stop_runs()
    engine.turn()
    assert engine.executor.processes[1].signals == ["terminate"]


def test_a_retry_does_not_outlast_the_disabling_of_its_job(bench: MakeBench) -> None:
    job = make_job(retries=1, retry_delay_seconds=60)
    engine = bench(job)
    engine.turn()
    engine.end(1, 1)
    assert engine.command("disable", "backup") == "done: backup is disabled"
    engine.advance(61)
    assert engine.command("enable", "backup") == "done: backup is enabled"
    engine.advance(61)
    assert engine.outcomes() == ["failed", "skipped"]
    assert engine.live == []


def test_an_end_that_cannot_be_recorded_is_told_of_and_is_no_timeout(bench: MakeBench) -> None:
    engine = bench(make_job(timeout_seconds=60))
    engine.turn()
    process = engine.executor.processes[1]
    process.late = "No space left on device"
    engine.turn()
    assert not engine.alerts("critical"), "a moment is nothing"
    engine.advance(11)
    engine.advance(120)
    (alert,) = engine.alerts("critical")
    assert "#1 cannot be watched: its process has ended, but how cannot be recorded (No space left on device)" in (
        alert.message
    )
    assert process.signals == []
    process.late = None
    engine.end(1, 7)
    assert engine.runs()[0].return_code == 7


def test_an_engine_that_leaves_does_not_wait_for_an_end_that_cannot_be_recorded(bench: MakeBench) -> None:
    engine = bench(make_job(), make_job(name="other"))
    engine.turn()
    engine.executor.processes[1].late = engine.executor.processes[2].late = "No space left on device"
    engine.turn()
    assert engine.context.runs.supervisor.keeps_engine()
    engine.advance(6)
    assert not engine.context.runs.supervisor.keeps_engine()
    engine.executor.processes[2].late = None
    engine.turn()
    assert engine.context.runs.supervisor.keeps_engine(), "this one runs"


def test_ends_of_one_moment_are_recorded_together_and_one_that_makes_trouble_by_itself(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = bench(*(make_job(f"job {number}", retries=1, retry_delay_seconds=60) for number in range(6)))
    engine.turn()
    judge, commits = judge_finished, 0

    def troubled(job: JobDefinition, *rest: Any, **named: Any) -> Alert | None:
        if job.name == "job 3":
            raise KeyError("surprise")
        return judge(job, *rest, **named)

    def counted(statement: str) -> None:
        nonlocal commits
        commits += statement == "COMMIT"

    for process in engine.executor.processes.values():
        process.ended = Ended(1, None)
    with monkeypatch.context() as patched:
        patched.setattr("peak_console.engine.supervision.bookkeeping.judge_finished", troubled)
        engine.turn()
    assert engine.outcomes()[:6] == ["failed"] * 6
    assert [run.job for run in engine.runs()[6:]] == [f"job {number}" for number in range(6) if number != 3]
    assert "what follows is unknown: unexpected KeyError: 'surprise'" in (engine.runs("job 3")[0].reason or "")
    engine.advance(60)
    for process in engine.executor.processes.values():
        process.ended = process.ended or Ended(0, None)
    engine.store._connection.set_trace_callback(counted)
    engine.engine.duties.core.watch(engine.clock.now())
    assert engine.outcomes()[6:] == ["succeeded"] * 5
    assert commits == 1


def test_a_run_that_left_a_return_code_and_no_word_of_its_start_has_started_at_its_slot(bench: MakeBench) -> None:
    engine = bench(make_job())
    engine.turn()
    with engine.store as store:
        store._write("UPDATE runs SET state = 'claimed', reference = NULL, started_at = NULL")
    engine.executor.adoptable[1] = Ended(0, engine.clock.now())
    engine.close(crash=True)
    engine.begin()
    (run,) = engine.runs()
    assert (run.outcome, run.return_code, run.started_at) == ("succeeded", 0, run.claimed_at)
