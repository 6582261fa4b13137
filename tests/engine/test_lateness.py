"""Why a slot was late is recorded with its run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from peak_console.clock import SystemClock
from peak_console.engine.setup import EngineOptions
from peak_console.jobs.model import SchedulerSettings
from tests.support.factories import make_job

if TYPE_CHECKING:
    from tests.engine.conftest import MakeBench


def test_what_is_on_time_has_no_reason(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60))
    engine.turn()
    assert [run.late_because for run in engine.runs()] == [None]


def test_a_hold_a_full_house_and_an_own_run_are_named(bench: MakeBench) -> None:
    engine = bench(
        make_job("a", interval_seconds=60, overlap="queue"),
        make_job("b", interval_seconds=60),
        settings=SchedulerSettings(timezone="UTC", max_concurrent_runs=1),
    )
    engine.turn()
    assert [run.late_because for run in engine.runs("b")] == ["waited for a place behind a"]
    engine.advance(60)
    assert engine.runs("a")[-1].late_because == "waited for an earlier run of its own"
    engine.command("hold")
    engine.advance(150)
    engine.command("release")
    engine.advance(1)
    assert any((run.late_because or "").startswith("held; waited for") for run in engine.runs())


ONE_PLACE = SchedulerSettings(timezone="UTC", max_concurrent_runs=1)


def test_a_machine_that_slept_is_told_from_a_clock_that_was_set(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=3600, misfire_grace_seconds=7200))
    engine.turn()
    engine.end(1)
    engine.clock.suspend(3700)
    engine.turn()
    assert engine.runs()[-1].late_because == "machine slept"
    engine.end(2)
    engine.clock.step(3700)
    engine.turn()
    assert [run.late_because for run in engine.runs()] == [None, "machine slept", None]
    engine.end(3)
    engine.advance(3600)
    assert engine.runs()[-1].late_because is None, "a sleep is no reason for the slots after it"


def test_the_clock_of_the_machine_tells_how_long_it_has_slept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert SystemClock().asleep() >= -0.1
    if hasattr(time, "CLOCK_BOOTTIME"):
        monkeypatch.setattr(time, "clock_gettime", {time.CLOCK_BOOTTIME: 5000.0, time.CLOCK_MONOTONIC: 1400.0}.get)
        assert SystemClock().asleep() == 3600


@pytest.mark.parametrize("trouble", ["hold", "sleep", "engine"])
def test_what_comes_on_top_of_a_wait_is_told_too(bench: MakeBench, trouble: str) -> None:
    engine = bench(make_job("a", interval_seconds=6000), make_job("b", interval_seconds=6000), settings=ONE_PLACE)
    engine.turn()
    if trouble == "hold":
        engine.command("hold")
        engine.advance(10)
    elif trouble == "sleep":
        engine.clock.suspend(10)
        engine.turn()
    else:
        engine.close()
        engine.clock.advance(10)
        engine.begin()
    engine.end(1)
    if trouble == "hold":
        assert engine.live == []
        engine.command("release")
    [run] = engine.runs("b")
    assert run.started_at is not None
    word = {"hold": "held", "sleep": "machine slept", "engine": "engine was down"}[trouble]
    assert run.late_because == f"waited for a place behind a; {word}"


def test_a_retry_that_is_held_says_both_and_a_run_by_hand_says_whom_it_waits_for(bench: MakeBench) -> None:
    job = make_job("a", interval_seconds=6000, retries=1, retry_delay_seconds=1)
    engine = bench(job, make_job("b", enabled=False), settings=ONE_PLACE)
    engine.turn()
    engine.command("run", "b")
    engine.command("hold")
    engine.end(1, 1)
    engine.advance(30)
    engine.command("release")
    engine.end(2)
    assert [run.late_because for run in engine.runs("b")] == ["waited for a place behind a #1; held"]
    assert engine.runs("a")[-1].late_because == "retry of an earlier slot; held"


def test_what_a_dead_engine_claimed_gives_its_place_back_until_an_engine_selects_its_job(bench: MakeBench) -> None:
    jobs = (
        make_job("risk", tags=("risk",), interval_seconds=6000),
        make_job("fwd", tags=("fwd",), interval_seconds=60),
    )
    engine = bench(*jobs, settings=ONE_PLACE, options=EngineOptions(include_tags=("risk",)))
    engine.turn()
    with engine.store as store:  # as if the engine had died between the claim and the start
        store._write("UPDATE runs SET state = 'claimed', started_at = NULL, reference = NULL")
    engine.executor.started_marks.clear()
    engine.executor.processes.clear()
    engine.close(crash=True)
    engine.options = EngineOptions(include_tags=("fwd",))
    engine.begin()
    engine.turn()
    [left] = engine.runs("risk")
    assert (left.state, left.supervisor, left.late_because) == ("queued", None, "engine was down")
    [other] = engine.runs("fwd")
    assert other.started_at is not None, "it has the place"
    engine.end(other.id)
    engine.close()
    engine.options = EngineOptions(include_tags=("risk",))
    engine.clock.advance(5)
    engine.begin()
    engine.turn()
    [started] = engine.runs("risk")
    assert (started.id, started.state, started.late_because) == (left.id, "running", "engine was down")
    assert engine.live == [started.id]
