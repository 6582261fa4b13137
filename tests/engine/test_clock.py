"""Clocks that are set, that change for summer, that stop while the machine sleeps, that are wrong at boot."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from peak_console.decisions.policy import Action, decide
from peak_console.jobs.model import SchedulerSettings
from peak_console.model.records import Claim
from peak_console.schedule.slots import pending
from tests.support.clock import MONDAY_MORNING, FakeClock
from tests.support.factories import make_job, make_situation

if TYPE_CHECKING:
    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench

HOUR = 3600.0
YEARS = 26 * 365 * 24 * HOUR
BERLIN = ZoneInfo("Europe/Berlin")


def pass_time(engine: Bench, seconds: float, step: float = 30) -> None:
    """Time goes by; every run ends at once."""
    for _ in range(round(seconds / step)):
        engine.advance(step)
        end_all(engine)


def end_all(engine: Bench) -> None:
    for run_id in engine.live:
        engine.end(run_id)


def nothing_twice(engine: Bench) -> None:
    again = [
        slot for slot, count in Counter((run.job, run.scheduled_for) for run in engine.runs()).items() if count > 1
    ]
    assert again == []


# Steps.


@pytest.mark.parametrize("restart", [None, "in order", "crash"])
def test_an_hour_back_repeats_nothing_and_intervals_wait_until_the_clock_has_caught_up(
    bench: MakeBench, restart: str | None
) -> None:
    engine = bench(make_job("i", interval_seconds=600), make_job("d", daily_time="06:30"))
    pass_time(engine, HOUR)
    before = engine.runs()
    assert len(before) == 6 + 1
    engine.clock.step(-HOUR)
    if restart is not None:
        engine.restart(crash=restart == "crash")
    pass_time(engine, HOUR)
    assert [run.id for run in engine.runs()] == [run.id for run in before], "those slots have had their runs"
    pass_time(engine, 1200)
    assert len(engine.runs()) == len(before) + 2
    nothing_twice(engine)


@pytest.mark.parametrize("restart", [None, "in order", "crash"])
def test_an_hour_forward_folds_what_it_leapt_over_into_one_run_each(bench: MakeBench, restart: str | None) -> None:
    engine = bench(make_job("i", interval_seconds=600), make_job("d", daily_time="06:30"))
    pass_time(engine, 60)
    engine.clock.step(HOUR)
    if restart is not None:
        engine.restart(crash=restart == "crash")
    pass_time(engine, 60)
    leapt = [run for run in engine.runs() if run.id > 1]
    assert sorted((run.job, run.triggered_by) for run in leapt) == [("d", "catch_up"), ("i", "catch_up")]
    assert [run.reason for run in leapt if run.job == "i"] == ["stands for 5 earlier slots too"]
    nothing_twice(engine)


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_a_timeout_and_a_kill_grace_go_by_the_time_that_passes(bench: MakeBench, step: float) -> None:
    engine = bench(make_job(timeout_seconds=600, kill_grace_seconds=5))
    engine.turn()
    process = engine.executor.processes[1]
    engine.clock.step(step)
    engine.advance(599)
    assert process.signals == []
    engine.advance(2)
    assert process.signals == ["terminate"]
    engine.clock.step(step)
    engine.turn()
    assert process.signals == ["terminate"]
    engine.advance(5)
    engine.turn()
    (run,) = engine.runs()
    assert (run.outcome, process.signals) == ("timed_out", ["terminate", "kill"])
    assert run.started_at is not None
    assert run.finished_at is not None
    assert run.finished_at >= run.started_at, "a set clock makes no negative durations"


def test_a_clock_that_keeps_leaping_starts_nothing_twice(bench: MakeBench) -> None:
    engine = bench(
        make_job("i", interval_seconds=300), make_job("c", cron="*/20 * * * *"), make_job("d", daily_time="06:30")
    )
    for step in [HOUR, -HOUR, -HOUR, 2 * HOUR, -1800, 90, -90, HOUR] * 3:
        pass_time(engine, 900, step=60)
        engine.clock.step(step)
        engine.restart(crash=step < 0)
    nothing_twice(engine)
    hours = 3 * 8 * 900 / 3600 + 4
    assert len(engine.runs("i")) <= hours * 12 + 24, "no storm"


# Summer time.


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (datetime(2026, 3, 28, 12, tzinfo=UTC), "2026-03-29T03:00:00+02:00"),
        (datetime(2026, 10, 24, 12, tzinfo=UTC), "2026-10-25T02:30:00+02:00"),
    ],
    ids=["spring", "autumn"],
)
def test_a_night_in_which_the_clocks_change_has_each_job_once(
    bench: MakeBench, day: datetime, expected: str, restarts: bool
) -> None:
    night = make_job("night", daily_time="02:30", timezone="Europe/Berlin")
    engine = bench(night, make_job("hourly", interval_seconds=HOUR), clock=FakeClock(day))
    for _ in range(48):
        pass_time(engine, HOUR / 2, step=600)
        if restarts:
            engine.restart(crash=True)
    assert [slot.astimezone(BERLIN).isoformat() for slot in engine.slots("night") if slot] == [expected]
    assert len(engine.runs("hourly")) == 24, "an interval knows no summer"
    nothing_twice(engine)


# Sleep: the wall clock goes on, the monotonic one does not.


def sleep_through(engine: Bench, hours: float) -> None:
    engine.clock.step(hours * HOUR)
    assert engine.engine.seconds_to_sleep() <= engine.options.poll_interval, "it is noticed soon"
    engine.turn()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"interval_seconds": 60}, [("catch_up", None)]),
        ({"interval_seconds": 60, "catch_up": "skip"}, [("catch_up", None)]),
        ({"interval_seconds": 7200, "catch_up": "all", "overlap": "allow"}, [("catch_up", None)] * 4),
        ({"daily_time": "07:00"}, [("schedule", "missed")]),
        ({"daily_time": "13:30"}, [("catch_up", None)]),
        ({"daily_time": "07:00", "misfire_grace_seconds": 36000}, [("catch_up", None)]),
        ({"cron": "0 * * * *"}, [("catch_up", None)]),
    ],
)  # fmt: skip
def test_what_a_machine_slept_through_is_treated_by_the_rules(
    bench: MakeBench, changes: dict[str, Any], told: list[tuple[str, str | None]]
) -> None:
    engine = bench(make_job(**changes))
    pass_time(engine, 60)
    before = len(engine.runs())
    sleep_through(engine, 8)
    assert [(run.triggered_by, run.outcome) for run in engine.runs()[before:]] == told
    end_all(engine)
    pass_time(engine, 60)
    assert len(engine.runs()) <= before + len(told) + 1
    nothing_twice(engine)


def test_a_run_is_not_timed_out_for_the_time_that_its_machine_slept(bench: MakeBench) -> None:
    engine = bench(make_job(timeout_seconds=3600))
    engine.turn()
    sleep_through(engine, 8)
    assert engine.executor.processes[1].signals == []
    engine.end(1)
    assert engine.outcomes() == ["succeeded"]


# Wrong at boot.


@pytest.mark.parametrize("catch_up", ["latest", "all"])
@pytest.mark.parametrize("restart", [False, True])
def test_from_the_year_2000_to_now_is_one_leap_and_no_storm(bench: MakeBench, catch_up: str, restart: bool) -> None:
    engine = bench(
        make_job("i", interval_seconds=1, catch_up=catch_up),
        make_job("c", cron="* * * * *", catch_up=catch_up),
        make_job("d", daily_time="06:30", catch_up=catch_up),
        clock=FakeClock(MONDAY_MORNING - timedelta(seconds=YEARS)),
    )
    engine.turn()
    engine.clock.step(YEARS)
    if restart:
        engine.restart(crash=True)
    engine.turn()
    assert len(engine.live) <= 3
    if catch_up == "latest":
        assert len(engine.runs()) <= 6
    nothing_twice(engine)


def test_slots_that_a_clock_from_the_future_has_decided_do_not_bind(bench: MakeBench) -> None:
    engine = bench(
        make_job("i", interval_seconds=600),
        make_job("d", daily_time="06:30"),
        clock=FakeClock(MONDAY_MORNING + timedelta(seconds=YEARS)),
    )
    pass_time(engine, HOUR)
    engine.clock.step(-YEARS)
    engine.restart(crash=True)
    before = len(engine.runs())
    pass_time(engine, 2 * HOUR)
    now = [run for run in engine.runs()[before:] if run.scheduled_for and run.scheduled_for.year == MONDAY_MORNING.year]
    assert Counter(run.job for run in now)["i"] >= 11
    assert len(now) <= 14
    nothing_twice(engine)


@pytest.mark.parametrize("mode", ["headless", "once"])
def test_a_clock_from_the_future_throws_no_history_away(bench: MakeBench, mode: str) -> None:
    settings = SchedulerSettings(timezone="UTC", keep_days=90)
    engine = bench(make_job(daily_time="05:00"), settings=settings)
    for run in engine.store.claim([Claim("old", MONDAY_MORNING + timedelta(n)) for n in range(5)],
                                         MONDAY_MORNING, "x"):  # fmt: skip
        engine.store.finish(run.id, "succeeded", 0, MONDAY_MORNING)
    engine.turn()
    engine.close(crash=True)
    engine.clock.step(YEARS)
    engine.options = type(engine.options)(mode=mode)
    engine.begin()
    engine.turn()
    if mode == "once":
        engine.context.status.succeeded = 1
        engine.any_engine.end()
        assert len(engine.runs("old")) == 5
        return
    assert len(engine.runs("old")) == 5
    for _ in range(40):
        engine.advance(100)
    assert len(engine.runs("old")) == 1, "who has been away for so long: the newest stays"


@pytest.mark.parametrize("changes", [{"interval_seconds": 1}, {"cron": "* * * * *", "misfire_grace_seconds": 10**9}])
def test_catching_up_on_years_ends(changes: dict[str, Any]) -> None:
    job = make_job(catch_up="all", **changes)
    due = pending(job.schedule, MONDAY_MORNING - timedelta(seconds=YEARS), MONDAY_MORNING)
    assert due is not None
    verdicts = decide(make_situation(job, due.latest, MONDAY_MORNING), due)
    assert Counter(verdict.action for verdict in verdicts) == {Action.MISS: 1, Action.START: 1, Action.QUEUE: 999}
    slots = [verdict.slot for verdict in verdicts]
    assert slots == sorted(set(slots))
    assert slots[-1] == due.latest
    assert verdicts[0].reason == "more than 1000 slots were missed"
    assert verdicts[0].since == due.oldest
    assert slots[1] - slots[0] == slots[2] - slots[1], "the next one before those that run"
