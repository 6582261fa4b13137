"""From slots to runs: what starts, what waits, what is missed, and that nothing happens twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.decisions import turns
from peak_console.engine.dispatch import run_queue
from peak_console.engine.dispatch.due_slots import _batch
from peak_console.jobs.model import SchedulerSettings
from peak_console.model.records import Outcome
from peak_console.schedule.slots import Pending
from tests.support.clock import MONDAY_MORNING, FakeClock
from tests.support.factories import make_job

if TYPE_CHECKING:
    from peak_console.model.records import Run
    from tests.engine.conftest import MakeBench

HOUR = 3600.0


def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_an_interval_job_starts_at_once_and_then_keeps_its_grid(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60))
    engine.turn()
    engine.end(1)
    engine.advance(61.5)
    engine.end(2)
    engine.advance(60)
    assert engine.slots() == [MONDAY_MORNING + timedelta(seconds=60 * n) for n in range(3)]


def test_a_daily_job_first_seen_after_its_time_waits_for_tomorrow(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="05:30"))
    engine.turn()
    engine.advance(HOUR)
    assert engine.runs() == []
    engine.advance(22.5 * HOUR)
    assert engine.slots() == [at(5, 30, day=24)]


def test_a_once_job_runs_once_ever_even_if_its_row_is_gone(bench: MakeBench) -> None:
    engine = bench(make_job())
    engine.turn()
    engine.end(1)
    engine.store.forget([1])
    engine.restart()
    engine.turn()
    engine.restart(crash=True)
    engine.advance(1000 * HOUR)
    assert engine.runs() == []


def test_a_once_job_with_a_moment_waits_for_it(bench: MakeBench) -> None:
    engine = bench(make_job(run_at=at(9)))
    engine.turn()
    assert engine.runs() == []
    engine.advance(3 * HOUR)
    assert engine.slots() == [at(9)]


@pytest.mark.parametrize("crash", [False, True])
def test_a_restart_starts_nothing_twice(bench: MakeBench, crash: bool) -> None:
    engine = bench(make_job("a", interval_seconds=HOUR), make_job("b", daily_time="06:00"), make_job("c"))
    engine.turn()
    engine.restart(crash=crash)
    engine.turn()
    assert sorted(run.job for run in engine.runs()) == ["a", "c"]


def test_slots_missed_while_the_engine_was_down_fold_into_the_latest(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60))
    engine.turn()
    engine.end(1)
    engine.close()
    engine.clock.advance(3 * HOUR + 30)
    engine.begin()
    engine.turn()
    (_, caught_up) = engine.runs()
    assert caught_up.scheduled_for == at(9)
    assert (caught_up.triggered_by, caught_up.reason) == ("catch_up", "stands for 179 earlier slots too")
    assert "179 earlier slots" in engine.alerts("warning")[-1].message


def test_a_daily_slot_beyond_its_grace_is_missed_with_a_warning(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="07:00"))
    engine.turn()
    engine.close()
    engine.clock.advance(3 * HOUR)
    engine.begin()
    engine.turn()
    assert engine.outcomes() == ["missed"]
    assert [alert.level for alert in engine.alerts()] == ["warning"]
    engine.advance(60)
    assert engine.outcomes() == ["missed"]


def test_a_slot_during_a_run_is_skipped_and_recorded(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60))
    engine.turn()
    engine.advance(60)
    assert engine.outcomes() == [None, "skipped"]
    assert engine.runs()[1].reason == "#1 is still running"


def test_overlap_queue_runs_slots_one_after_the_other(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60, overlap="queue"))
    engine.turn()
    engine.advance(60)
    engine.advance(60)
    assert engine.live == [1]
    engine.end(1)
    assert engine.live == [2]
    engine.end(2)
    assert engine.live == [3]


def test_overlap_kill_previous_stops_the_old_run_and_then_starts_the_new(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60, overlap="kill_previous", kill_grace_seconds=5))
    engine.turn()
    engine.advance(60)
    assert engine.executor.processes[1].signals == ["terminate"]
    assert list(engine.executor.processes) == [1]
    engine.advance(5)
    engine.turn()
    assert engine.executor.processes[1].signals == ["terminate", "kill"]
    assert engine.outcomes()[0] == "stopped"
    assert engine.live == [2]


def test_overlap_allow_starts_beside_the_old_run(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60, overlap="allow"))
    engine.turn()
    engine.advance(60)
    assert engine.live == [1, 2]


def test_no_more_runs_than_allowed_and_the_rest_in_slot_order(bench: MakeBench) -> None:
    jobs = [make_job(name) for name in "abcde"]
    engine = bench(*jobs, settings=SchedulerSettings(timezone="UTC", max_concurrent_runs=2))
    engine.turn()
    assert engine.live == [1, 2]
    engine.end(2)
    assert engine.live == [1, 3]
    engine.end(1)
    engine.end(3)
    assert engine.live == [4, 5]


def test_a_disabled_job_never_fires_for_the_time_it_was_off(bench: MakeBench) -> None:
    off, on = make_job(interval_seconds=60, enabled=False), make_job(interval_seconds=60)
    engine = bench(on)
    engine.turn()
    engine.end(1)
    engine.reload(off)
    engine.advance(10.5 * 60)
    engine.restart()
    engine.reload(on)
    assert len(engine.runs()) == 1
    engine.advance(30)
    assert engine.slots()[1] == MONDAY_MORNING + timedelta(minutes=11)


def test_an_edited_daily_time_that_has_passed_today_waits_for_tomorrow(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="09:00"))
    engine.advance(2 * HOUR)
    engine.reload(make_job(daily_time="07:30"))
    engine.advance(10 * 60)
    assert engine.runs() == []
    engine.advance(24 * HOUR)
    assert engine.slots() == [at(7, 30, day=24)]


def test_an_edited_interval_counts_from_the_last_slot_and_does_not_fire_at_once(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60))
    engine.turn()
    engine.end(1)
    engine.advance(10)
    engine.reload(make_job(interval_seconds=90))
    engine.advance(10)
    assert engine.slots() == [MONDAY_MORNING]
    engine.advance(70)
    assert engine.slots() == [MONDAY_MORNING, MONDAY_MORNING + timedelta(seconds=90)]


@pytest.mark.parametrize("catch_up", ["latest", "all"])
def test_a_shortened_interval_runs_once_and_speaks_of_no_slots_that_never_existed(
    bench: MakeBench, catch_up: str
) -> None:
    engine = bench(make_job(interval_seconds=3600, catch_up=catch_up))
    engine.turn()
    engine.end(1)
    engine.advance(1830)
    engine.reload(make_job(interval_seconds=60, catch_up=catch_up))
    engine.turn()
    for run_id in engine.live:
        engine.end(run_id)
    engine.turn()
    assert engine.slots() == [MONDAY_MORNING, MONDAY_MORNING + timedelta(minutes=30)]
    assert engine.runs()[1].triggered_by == "schedule"
    engine.advance(30)
    assert engine.slots()[2:] == [MONDAY_MORNING + timedelta(minutes=31)]


def test_a_once_that_has_run_and_whose_moment_is_edited_to_another_past_one_does_not_run_again(
    bench: MakeBench,
) -> None:
    engine = bench(make_job())
    engine.turn()
    engine.end(1)
    engine.reload(make_job(run_at=MONDAY_MORNING - timedelta(minutes=5)))
    engine.advance(60)
    assert engine.slots() == [MONDAY_MORNING]


def test_an_unchanged_job_keeps_its_next_slot_through_a_reload(bench: MakeBench) -> None:
    job = make_job(interval_seconds=60)
    engine = bench(job)
    engine.turn()
    engine.end(1)
    engine.advance(45)
    engine.reload(job, make_job("new"))
    engine.advance(15)
    assert engine.slots("backup") == [MONDAY_MORNING, MONDAY_MORNING + timedelta(seconds=60)]


@pytest.mark.parametrize("step", [-HOUR, HOUR, -7 * 24 * HOUR])
def test_a_clock_that_is_set_starts_no_slot_twice_and_no_storm(bench: MakeBench, step: float) -> None:
    engine = bench(make_job("i", interval_seconds=60), make_job("d", daily_time="06:10"))
    for _ in range(30):
        engine.advance(30)
        for run_id in engine.live:
            engine.end(run_id)
    engine.clock.step(step)
    for _ in range(4):
        engine.advance(30)
        for run_id in engine.live:
            engine.end(run_id)
    slots = engine.slots()
    assert len(slots) == len(set(zip((run.job for run in engine.runs()), slots, strict=True)))
    assert len(engine.runs("d")) == 1
    assert len(engine.runs("i")) <= 15 + 1 + 4


def test_a_day_of_288_cold_starts_runs_each_job_as_often_as_it_should(bench: MakeBench) -> None:
    """The bookkeeping of cron's ``--once`` mode; the same with real processes is in tests/headless."""
    clock = FakeClock(datetime(2026, 11, 23, 0, 2, tzinfo=UTC))
    jobs = [
        make_job("daily", daily_time="07:30"),
        make_job("midnight", daily_time="00:00"),
        make_job("weekly", interval_seconds=7 * 24 * HOUR),
        make_job("hourly", interval_seconds=HOUR),
        make_job("once"),
    ]
    engine = bench(*jobs, clock=clock)
    for _ in range(288):
        engine.turn()
        for run_id in engine.live:
            engine.end(run_id)
        engine.clock.advance(300)
        engine.restart()
    engine.turn()
    counts = {job.name: len(engine.runs(job.name)) for job in jobs}
    assert counts == {"daily": 1, "midnight": 1, "weekly": 1, "hourly": 25, "once": 1}


def test_a_thousand_slots_to_catch_up_on_are_queued_and_taken_over_in_one_sweep(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day of minutes of some jobs, all to be made up for, must not keep the engine from its signs of life."""
    jobs = [make_job(f"job {n}", cron="* * * * *", catch_up="all", misfire_grace_seconds=1e8) for n in range(3)]
    engine = bench(*jobs)
    engine.advance(17 * 3600)
    assert len(engine.live) == 3
    assert len(engine.context.runs.queue) == 3 * 999
    asked = 0
    turn = turns.turn

    def counted(run: Run) -> tuple[datetime, int]:
        nonlocal asked
        asked += 1
        return turn(run)

    monkeypatch.setattr(run_queue, "turn", counted)
    beats = engine.beats
    engine.restart()
    assert asked == 3 * 999
    assert engine.beats - beats >= 3 * 999
    queue = engine.context.runs.queue
    assert list(queue) == sorted(queue, key=turn)
    for _ in range(3):
        engine.end(engine.live[0], 1)
    assert list(engine.context.runs.queue) == sorted(engine.context.runs.queue, key=turn)


def test_many_claims_are_made_in_several_transactions(bench: MakeBench) -> None:
    jobs = [make_job(f"job {n}", cron="* * * * *", catch_up="all", misfire_grace_seconds=1e8) for n in range(3)]
    engine = bench(*jobs)
    before = engine.beats
    engine.advance(20 * 3600)
    assert engine.beats - before == 2  # batches: of two jobs, and of one
    assert len(engine.runs()) == 3 * 1001


@pytest.mark.parametrize(
    ("catch_up", "count", "size", "first"),
    [
        ("all", 1000, 16, 2),  # 2,000 claims are as many as one batch holds
        ("all", 999, 16, 3),
        ("all", 5000, 16, 2),  # no job claims more than 1,000 slots
        ("latest", 1000, 3, 3),
        ("all", 1, 4, 4),
        ("all", 1, 9, 5),
    ],
)
def test_a_batch_holds_some_jobs_and_not_many_claims(catch_up: str, count: int, size: int, first: int) -> None:
    job = make_job(cron="* * * * *", catch_up=catch_up)
    due = [(job, Pending(MONDAY_MORNING, MONDAY_MORNING - timedelta(minutes=count), count)) for _ in range(5)]
    batch, later = _batch(due, size)
    assert (len(batch), batch + later) == (first, due)


def test_a_disabled_job_leaves_a_long_queue_at_once(bench: MakeBench) -> None:
    wanted = make_job("wanted", cron="* * * * *", catch_up="all", misfire_grace_seconds=1e8)
    engine = bench(wanted, make_job("other", cron="* * * * *", catch_up="all", misfire_grace_seconds=1e8))
    engine.advance(300)
    engine.command("disable", "other")
    assert {run.job for run in engine.context.runs.queue} == {"wanted"}
    assert [run.outcome for run in engine.runs("other")].count(Outcome.SKIPPED) == 4
