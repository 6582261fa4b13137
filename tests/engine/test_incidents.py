"""Incidents: alerts that stay open until their cause is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.errors import StateError
from peak_console.jobs.beside import AlertChannel
from peak_console.model.records import Alert, Level
from tests.support.factories import make_job

if TYPE_CHECKING:
    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench

DESK = AlertChannel("desk", "json://desk.example/", min_level="warning")
PHONE = AlertChannel("phone", "json://phone.example/", min_level="critical")


def sent(engine: Bench) -> list[tuple[str, str]]:
    """What stands in the outbox: channel and first line."""
    rows = engine.store._rows(
        "SELECT channel, message FROM deliveries JOIN alerts ON alerts.id = alert_id ORDER BY deliveries.id"
    )
    return [(channel, message.splitlines()[0]) for channel, message in rows]


def test_an_incident_is_told_once_and_its_recovery_goes_where_it_went(bench: MakeBench) -> None:
    engine = bench(make_job(), channels=[DESK, PHONE])
    context = engine.context
    for _ in range(3):
        with context.alerts:
            context.alerts.open_incident("waiting:backup", Alert(Level.WARNING, "backup waits", engine.clock.now()))
        engine.clock.advance(1)
    assert sent(engine) == [("desk", "backup waits")]
    with context.alerts:
        well = Alert(Level.INFO, "backup has started", engine.clock.now())
        assert [alert.count for alert in context.alerts.resolve("waiting:backup", recovery=well)] == [3]
        assert not context.alerts.resolve("waiting:backup", recovery=well), "it is good news once"
    assert sent(engine)[1:] == [("desk", "backup has started")]
    assert [alert.is_open for alert in engine.alerts()] == [False, False]


def heads(engine: Bench) -> list[tuple[str | None, str, int, bool]]:
    """The alert log: cause, first line, count, and whether it is open."""
    return [
        (alert.cause, alert.message.splitlines()[0], alert.count, alert.resolved_at is None and alert.level != "info")
        for alert in engine.alerts()
    ]


def fail_and_pass(engine: Bench, *codes: int, seconds: float = 60) -> None:
    """Let the job's next runs end with these exit codes, one every minute."""
    for code in codes:
        engine.end(max(engine.executor.processes), code)
        engine.advance(seconds)


def test_a_job_that_fails_each_minute_is_one_alert_and_a_message_an_hour(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60), channels=[DESK])
    engine.turn()
    fail_and_pass(engine, *[2] * 61)
    assert heads(engine) == [("failed:backup", "backup failed with exit code 2", 61, True)]
    assert len(sent(engine)) == 1, "the second one waits behind the first, which nobody has sent"
    engine.store._write("UPDATE deliveries SET next_attempt_at = NULL")
    fail_and_pass(engine, *[2] * 60)
    assert len(sent(engine)) == 2
    fail_and_pass(engine, 0)
    assert heads(engine)[0][2:] == (121, False)
    assert sent(engine)[2] == ("desk", "backup recovered after 121 failures"), "though the desk wants warnings"


def test_each_failure_is_sent_where_realert_seconds_is_0(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60, realert_seconds=0), channels=[DESK])
    engine.turn()
    for _ in range(3):
        fail_and_pass(engine, 1)
        engine.store._write("UPDATE deliveries SET next_attempt_at = NULL")
    assert len(sent(engine)) == 3
    assert len(engine.alerts()) == 1


def test_failures_make_an_alert_once_there_are_enough_in_a_row(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60, alert_after=3, alert_on_success=False), channels=[DESK])
    engine.turn()
    fail_and_pass(engine, 1, 1, 0)
    assert engine.alerts() == [], "two failures and a success are not worth a word"
    fail_and_pass(engine, 1, 1, 1, 1, 0)
    assert heads(engine) == [
        ("failed:backup", "backup failed with exit code 1", 2, False),
        (None, "backup recovered after 4 failures", 1, False),
    ]
    assert [text for _, text in sent(engine)][-1] == "backup recovered after 4 failures"


def test_enough_failures_are_counted_across_restarts(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60, alert_after=2))
    engine.turn()
    fail_and_pass(engine, 1)
    engine.restart()
    engine.turn()
    fail_and_pass(engine, 1)
    assert [alert.cause for alert in engine.alerts()] == ["failed:backup"]


def test_a_retry_that_succeeds_resolves_the_warning(bench: MakeBench) -> None:
    engine = bench(make_job(retries=1, retry_delay_seconds=30), channels=[DESK])
    engine.turn()
    fail_and_pass(engine, 1, 0)
    assert [(head[1].split(",")[0], head[3]) for head in heads(engine)] == [
        ("backup failed with exit code 1", False),
        ("backup succeeded at attempt 2 of 2", False),
    ]
    assert len(sent(engine)) == 2


def test_different_troubles_of_a_job_are_different_incidents(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60, timeout_seconds=30, kill_grace_seconds=1))
    engine.executor.refuse = "no such program"
    engine.turn()
    assert heads(engine) == [("not_started:backup", "backup could not be started", 1, True)]
    engine.executor.refuse = None
    engine.advance(60)
    fail_and_pass(engine, 1)
    engine.advance(31)
    engine.advance(2)
    engine.turn()
    assert [(head[0], head[3]) for head in heads(engine)] == [
        ("not_started:backup", False), ("failed:backup", True), ("timed_out:backup", True)
    ], "it has started"  # fmt: skip
    engine.advance(60)
    fail_and_pass(engine, 0)
    assert not any(head[3] for head in heads(engine))


def test_a_missed_slot_is_made_good_by_a_run_that_began_later(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60, misfire_grace_seconds=10, alert_on_success=False), channels=[DESK])
    engine.turn()
    engine.clock.advance(119)
    engine.turn()
    assert engine.outcomes() == [None, "missed"]
    engine.end(1, 0)
    assert heads(engine)[0][3], "that run began before the slot"
    engine.advance(1)
    engine.end(3, 0)
    assert [(head[0], head[3]) for head in heads(engine)] == [("missed:backup", False), (None, False)]
    assert engine.alerts()[1].message.splitlines()[-1].startswith("Resolved: backup missed its slot")
    assert [channel for channel, _ in sent(engine)] == ["desk", "desk"]


def test_a_job_that_is_gone_has_no_incidents(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60), make_job("other"))
    engine.turn()
    engine.end(1, 1)
    engine.reload(make_job("other"))
    assert heads(engine)[0][3], "the file may be one that is being written"
    engine.advance(6)
    assert not heads(engine)[0][3]


def test_a_jobs_file_that_is_mended_resolves_its_rejection(bench: MakeBench) -> None:
    engine = bench(make_job(), channels=[DESK])
    engine.turn()
    for error in ("jobs.toml:1:1: bad", "jobs.toml:2:1: worse"):
        engine.control.reject(error)
        engine.turn()
    assert [(head[2], head[3]) for head in heads(engine)] == [(2, True)]
    assert "worse" in engine.alerts()[0].message
    engine.reload(*engine.jobs)
    assert [(head[1], head[3]) for head in heads(engine)][1:] == [("jobs.toml can be used again", False)]
    assert not heads(engine)[0][3]
    assert sent(engine)[1] == ("desk", "jobs.toml can be used again")


def test_a_rejection_is_over_for_the_engine_that_starts_by_the_file(bench: MakeBench) -> None:
    engine = bench(make_job())
    engine.control.reject("jobs.toml:1:1: bad")
    engine.turn()
    engine.restart()
    assert [head[3] for head in heads(engine)] == [False, False]


def test_what_the_registry_refused_is_told_but_over(bench: MakeBench) -> None:
    engine = bench(make_job())
    engine.engine.enter_trouble(StateError("registry.db: the disk is full"))
    engine.engine.leave_trouble()
    [alert] = engine.alerts("critical")
    assert (alert.is_open, "could record nothing" in alert.message) == (False, True)
