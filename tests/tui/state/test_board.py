"""The bridge from the registry: right after every change, and reading no more than has changed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from peak_console.alerts.results import judge_undelivered, undelivered_cause
from peak_console.decisions.job_status import Standing
from peak_console.model.records import Alert, Claim, EngineInfo, Level, Outcome
from peak_console.store.locks import EngineLock
from peak_console.tui.state.board import ALERTS_AT_A_TIME, HISTORIES_AT_A_TIME
from peak_console.tui.state.snapshot import HISTORY_RUNS
from tests.support.factories import make_job
from tests.tui.stage import Stage
from tests.tui.state.conftest import Bench

if TYPE_CHECKING:
    from pathlib import Path


# What a look costs.


def reads(bench: Bench, table: str) -> int:
    """How many of the statements read a table."""
    return sum(f"FROM {table}" in statement for statement in bench.statements)


def many(directory: Path, count: int, runs: int = 1) -> Bench:
    stage = Stage(directory, *(make_job(f"job-{n:04}", interval_seconds=3600) for n in range(count)))
    with stage.store:
        for n in range(count):
            for nth in range(runs):
                stage.ran(f"job-{n:04}", 60 + nth * 10)
    bench = Bench(stage)
    bench.look()
    while not bench.board.is_complete:
        bench.look()
    return bench


def test_a_look_with_nothing_new_reads_no_job_apart(tmp_path: Path) -> None:
    bench = many(tmp_path, 200)
    bench.look()

    assert len(bench.statements) <= 8
    assert not any("job IN" in statement or "job =" in statement for statement in bench.statements)


def test_one_more_run_reads_one_job(tmp_path: Path) -> None:
    bench = many(tmp_path, 200)
    bench.look()
    quiet = len(bench.statements)
    bench.stage.running("job-0007", 1)
    bench.look()

    assert len(bench.statements) == quiet + 1
    assert sum("job IS" in statement for statement in bench.statements) == 1


def test_alerts_are_read_only_when_there_are_others(bench: Bench) -> None:
    bench.stage.alert()
    bench.look()
    assert any("ORDER BY id DESC" in statement and "FROM alerts" in statement for statement in bench.statements)

    before = bench.look().alerts
    assert not any("ORDER BY id DESC" in statement for statement in bench.statements)
    assert bench.look().alerts is before


def test_rows_of_jobs_that_did_nothing_are_the_same_objects(tmp_path: Path) -> None:
    bench = many(tmp_path, 20)
    before = bench.look().rows
    bench.stage.running("job-0003", 1)
    after = bench.look().rows

    assert [old is new for old, new in zip(before, after, strict=True)].count(False) == 1


def test_the_first_look_reads_no_more_pasts_than_it_should(tmp_path: Path) -> None:
    count = HISTORIES_AT_A_TIME * 2 + 1
    stage = Stage(tmp_path, *(make_job(f"job-{n:04}", interval_seconds=3600) for n in range(count)))
    with stage.store:
        for n in range(count):
            stage.ran(f"job-{n:04}", 60)
            stage.ran(f"job-{n:04}", 50)
    bench = Bench(stage)

    pasts = []
    for _ in range(4):
        rows = bench.look().rows
        assert all(row.view.standing == Standing.OK for row in rows)
        pasts.append(sum(len(row.history) == 2 for row in rows))

    assert pasts == [HISTORIES_AT_A_TIME, HISTORIES_AT_A_TIME * 2, count, count]
    assert bench.board.is_complete


def test_pasts_are_read_between_two_looks_until_it_is_enough_and_the_next_look_tells_them(tmp_path: Path) -> None:
    count = HISTORIES_AT_A_TIME + 7
    stage = Stage(tmp_path, *(make_job(f"job {n}", interval_seconds=3600) for n in range(count)))
    for n in range(count):
        stage.ran(f"job {n}", 200)
        stage.ran(f"job {n}", 100)
    bench = Bench(stage)
    jobs, now = stage.session.jobs, stage.clock.now()
    assert sum(len(row.history) == 2 for row in bench.look().rows) == HISTORIES_AT_A_TIME
    asked = iter((False, False, True))
    complete = []
    for is_enough in (lambda: next(asked), lambda: False):
        bench.board.read_pasts(jobs, now, is_enough)
        complete.append(bench.board.is_complete)
    assert complete == [False, True]
    bench.statements.clear()
    rows = bench.look().rows
    assert all(len(row.history) == 2 for row in rows)
    assert not any("ORDER BY id DESC" in text and "runs" in text for text in bench.statements), "nothing is read twice"


def test_a_thousand_jobs_are_looked_at_quickly(tmp_path: Path) -> None:
    bench = many(tmp_path, 1000)

    def seconds() -> float:
        began = time.process_time()
        bench.look()
        return time.process_time() - began

    assert min(seconds() for _ in range(5)) < 0.05  # it takes a tenth of that on the slowest machine we have


def test_the_first_look_reads_the_newest_alerts_and_the_next_ones_those_before_them(tmp_path: Path) -> None:
    stage = Stage(tmp_path, make_job("alpha"))
    with stage.store:
        for n in range(2 * ALERTS_AT_A_TIME + 20):
            stage.alert(f"alert {n}")
    bench = Bench(stage)

    seen = [[alert.message for alert in bench.look().alerts]]
    assert seen[0][0] == f"alert {2 * ALERTS_AT_A_TIME + 19}"
    seen.append([alert.message for alert in bench.look().alerts])
    stage.alert("one more")
    stage.store.acknowledge("anna", stage.clock.now(), 1)
    while not bench.board.is_complete:
        seen.append([alert.message for alert in bench.look().alerts])

    assert [len(each) for each in seen] == [
        ALERTS_AT_A_TIME,
        2 * ALERTS_AT_A_TIME,
        2 * ALERTS_AT_A_TIME + 1,
        len(seen[-1]),
    ]
    assert seen[-1] == ["one more", *(f"alert {n}" for n in reversed(range(2 * ALERTS_AT_A_TIME + 20)))]
    last = bench.look()
    assert last.alerts[-1].acknowledged_by == "anna"
    assert last.unacknowledged == 2 * ALERTS_AT_A_TIME + 20


# What it shows.


@pytest.mark.parametrize(
    ("change", "standing"),
    [
        (lambda stage: stage.running("alpha", 2), Standing.RUNNING),
        (lambda stage: stage.ran("alpha", 2, 1, outcome=Outcome.FAILED), Standing.FAILED),
        (lambda stage: stage.ran("alpha", 2, 1, outcome=Outcome.STOPPED), Standing.STOPPED),
        (lambda stage: stage.queued("alpha", stage.ago(3)), Standing.QUEUED),
        (lambda stage: stage.queued("alpha", stage.ago(3), attempt=2), Standing.RETRYING),
        (lambda stage: stage.disable("alpha"), Standing.DISABLED),
        (lambda stage: stage.decided("alpha"), Standing.OK),
    ],
)
def test_a_change_is_seen_at_the_next_look(bench: Bench, change: object, standing: Standing) -> None:
    assert callable(change)
    change(bench.stage)

    assert bench.row("alpha").view.standing == standing
    assert bench.agrees()


def test_a_run_is_followed_from_its_claim_to_its_end(bench: Bench) -> None:
    stage = bench.stage
    claim = Claim("alpha", stage.ago(5), queued=True)
    run = stage.store.claim([claim], stage.clock.now(), "")[0]
    assert bench.row("alpha").view.queued == [run]

    stage.store.take_from_queue(run.id, "4711 then")
    (claimed,) = bench.row("alpha").view.active
    assert claimed.started_at is None

    stage.store.started(run.id, stage.ago(4), "77 then")
    (started,) = bench.row("alpha").view.active
    assert started.started_at == stage.ago(4)

    stage.store.finish(run.id, Outcome.FAILED, 3, stage.ago(1))
    row = bench.row("alpha")
    assert row.view.active == []
    assert row.view.last_run is not None
    assert row.view.last_run.return_code == 3
    assert [known.id for known in row.history] == [run.id, 1]
    assert bench.agrees()


def test_a_run_that_comes_and_goes_between_two_looks_is_seen(bench: Bench) -> None:
    run = bench.stage.ran("beta", 1, 0.5)

    assert [known.id for known in bench.row("beta").history] == [run.id]


def test_a_slot_without_a_process_is_no_run(bench: Bench) -> None:
    stage = bench.stage
    claim = Claim("alpha", stage.ago(5), outcome=Outcome.MISSED, reason="the engine was not running")
    stage.store.claim([claim], stage.clock.now(), "")

    row = bench.row("alpha")
    assert row.view.standing == Standing.OK
    assert [known.id for known in row.history] == [1]


def test_runs_of_other_types_are_not_the_jobs(bench: Bench) -> None:
    stage = bench.stage
    stage.store.log_run("backtest", Claim("alpha", stage.ago(5)), 1, stage.ago(5), stage.ago(1))

    assert bench.row("alpha").view.standing == Standing.OK
    assert bench.agrees()


def test_the_past_is_bounded_and_newest_first(bench: Bench) -> None:
    runs = [bench.stage.ran("beta", ago, 0.1).id for ago in range(HISTORY_RUNS + 5, 0, -1)]

    assert [run.id for run in bench.row("beta").history] == runs[::-1][:HISTORY_RUNS]
    assert bench.agrees()


def test_a_hold_is_seen_and_its_end(bench: Bench) -> None:
    bench.stage.hold("exchange down")
    hold = bench.look().hold
    assert hold is not None
    assert hold.reason == "exchange down"

    bench.stage.store.set_hold(None)
    assert bench.look().hold is None


def test_a_claimed_run_runs_only_when_an_engine_serves(bench: Bench) -> None:
    now = bench.stage.clock.now()
    bench.stage.store.claim([Claim("alpha", now)], now, "1 another")
    assert bench.row("alpha").view.standing == Standing.CLAIMED
    lock = EngineLock(bench.stage.session.directory)
    assert lock.acquire()
    bench.stage.store.engine_started(EngineInfo(pid=1, mode="headless", started_at=now))
    assert bench.row("alpha").view.standing == Standing.RUNNING
    assert bench.agrees()
    lock.release()
    assert bench.row("alpha").view.standing == Standing.CLAIMED


def test_an_acknowledgement_is_seen(bench: Bench) -> None:
    bench.stage.alert()
    bench.stage.alert("a warning", Level.WARNING)
    assert bench.look().unacknowledged == 2

    bench.stage.store.acknowledge("anna", bench.stage.clock.now(), 1)
    snapshot = bench.look()

    assert snapshot.unacknowledged == 1
    assert snapshot.alerts[-1].acknowledged_by == "anna"


def test_of_the_alerts_only_those_that_are_new_are_read(bench: Bench) -> None:
    bench.stage.alert("a warning", Level.WARNING)
    bench.look()
    bench.stage.alert("good news", Level.INFO)
    bench.stage.alert("another warning", Level.WARNING)
    snapshot = bench.look()
    assert [alert.message for alert in snapshot.alerts] == ["another warning", "good news", "a warning"]
    assert snapshot.unacknowledged == 2
    [statement] = [each for each in bench.statements if "ORDER BY id DESC" in each and "FROM alerts" in each]
    assert "id > 1" in statement


def test_an_alert_that_replaces_another_acknowledged_one_is_seen(bench: Bench) -> None:
    now = bench.stage.clock.now()
    bench.stage.alert()
    bench.look()
    with bench.stage.store as store:
        store.acknowledge("anna", now)
        store.add_alert(Alert(Level.CRITICAL, "another", now), (), now)

    assert [alert.message for alert in bench.look().alerts] == ["another", "backup failed"]


def test_an_incident_that_counts_on_or_is_resolved_is_seen(bench: Bench) -> None:
    now = bench.stage.clock.now()
    failed = Alert(Level.CRITICAL, "it failed", now, cause="failed:beta")
    bench.stage.store.open_incident(failed, (), now, 60)
    assert bench.look().unacknowledged == 1
    bench.stage.store.open_incident(failed, (), now, 60)
    assert [alert.count for alert in bench.look().alerts] == [2]
    bench.stage.store.resolve(["failed:beta"], now)
    seen = bench.look()
    assert (seen.unacknowledged, [alert.is_open for alert in seen.alerts]) == (0, [False])


def test_a_channel_that_takes_nothing_is_trouble_until_it_takes_something(bench: Bench) -> None:
    now = bench.stage.clock.now()
    store = bench.stage.store
    store.open_incident(judge_undelivered("desk", "the service answered HTTP 404", lasting=False, now=now), (), now, 60)
    store.acknowledge("anna", now)
    [trouble] = bench.look().troubles
    assert trouble.text == 'alerts do not get out through channel "desk": the service answered HTTP 404'
    assert trouble.since == now
    store.resolve([undelivered_cause("desk")], now)
    assert bench.look().troubles == ()


def test_counts_are_of_all_jobs(bench: Bench) -> None:
    bench.stage.running("beta", 1)

    assert bench.look().counts == {Standing.OK: 1, Standing.RUNNING: 1}
