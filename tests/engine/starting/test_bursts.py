"""Many slots due at one moment: claimed in batches, each started before the next is claimed, and prepared ahead."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.decisions.planner import Planner
from peak_console.engine.dispatch.due_slots import BATCH_GROWTH, FIRST_BATCH
from peak_console.engine.dispatch.output_preparation import EARLY_SECONDS, FEWEST, MOST, PORTION_SECONDS, QUIET_SECONDS
from peak_console.engine.setup import EngineOptions
from peak_console.errors import StateError
from peak_console.jobs.model import SchedulerSettings
from peak_console.runs.local.run_directory import lay_out
from peak_console.store.tables.definitions import definition_of
from tests.support.clock import MONDAY_MORNING
from tests.support.factories import make_job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Claim, Run
    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench


def burst(count: int, **fields: Any) -> list[JobDefinition]:
    return [make_job(f"job {number:03}", **fields) for number in range(count)]


def in_a_minute(count: int) -> list[JobDefinition]:
    return burst(count, daily_time=f"{MONDAY_MORNING + timedelta(minutes=1):%H:%M}")


def laid_out(engine: Bench) -> list[int]:
    return sorted(int(path.name) for path in (engine.directory / "runs").glob("*") if (path / "stdout.log").exists())


def test_the_first_runs_start_before_the_last_slots_are_claimed(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = bench(*burst(100))
    started_before: list[int] = []
    claim = engine.store.claim

    def noted(claims: Sequence[Claim], *rest: Any) -> list[Run]:
        started_before.append(len(engine.executor.processes))
        return claim(claims, *rest)

    monkeypatch.setattr(engine.store, "claim", noted)
    engine.turn()
    assert started_before == [0, FIRST_BATCH, FIRST_BATCH * (1 + BATCH_GROWTH)]
    assert engine.live == list(range(1, 101))
    assert [run.job for run in engine.runs()] == [job.name for job in burst(100)]


def test_what_a_refused_batch_holds_stays_due_and_what_was_claimed_has_started(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = bench(*burst(40))
    claim, calls = engine.store.claim, 0

    def second_fails(claims: Sequence[Claim], *rest: Any) -> list[Run]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise StateError("the disk is full")
        return claim(claims, *rest)

    monkeypatch.setattr(engine.store, "claim", second_fails)
    with pytest.raises(StateError, match="the disk is full"):
        engine.turn()
    assert len(engine.live) == FIRST_BATCH
    engine.turn()
    assert len(engine.live) == 40
    assert len(engine.runs()) == 40


def test_an_end_that_a_refusal_came_after_is_recorded_by_the_next_turn(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = bench(make_job("broken", command="/no/such/program"), *burst(40))
    claim, calls = engine.store.claim, 0

    def second_fails(claims: Sequence[Claim], *rest: Any) -> list[Run]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise StateError("the disk is full")
        return claim(claims, *rest)

    monkeypatch.setattr(engine.store, "claim", second_fails)
    with pytest.raises(StateError):
        engine.turn()
    engine.turn()
    assert engine.outcomes("broken") == ["not_started"]


def test_the_limit_of_concurrent_runs_holds_across_batches(bench: MakeBench) -> None:
    limit = FIRST_BATCH + 4
    engine = bench(*burst(50), settings=SchedulerSettings(timezone="UTC", max_concurrent_runs=limit))
    engine.turn()
    assert engine.live == list(range(1, limit + 1))
    engine.end(1)
    assert engine.live == list(range(2, limit + 2))


def test_a_coming_burst_finds_the_places_of_its_runs_laid_out(bench: MakeBench) -> None:
    engine = bench(*in_a_minute(FEWEST + 1))
    engine.turn()
    assert laid_out(engine) == list(range(1, FEWEST + 2))
    assert engine.runs() == []
    engine.advance(60)
    assert engine.live == list(range(1, FEWEST + 2))


def test_a_burst_that_is_far_is_prepared_when_it_is_near(bench: MakeBench) -> None:
    engine = bench(*burst(FEWEST + 1, daily_time=f"{MONDAY_MORNING + timedelta(hours=1):%H:%M}"))
    engine.turn()
    assert laid_out(engine) == []
    assert engine.engine.seconds_to_sleep() == engine.options.poll_interval
    engine.advance(3600 - EARLY_SECONDS)
    assert laid_out(engine) == list(range(1, FEWEST + 2))


def test_places_follow_the_ids_that_come_next(bench: MakeBench) -> None:
    engine = bench(make_job("first"), options=EngineOptions(keep_registry=False))
    engine.turn()
    engine.end(1)
    assert engine.runs() == []
    engine.reload(*in_a_minute(FEWEST + 1))
    assert laid_out(engine) == list(range(2, FEWEST + 3))


def test_a_large_burst_does_not_lay_out_everything(bench: MakeBench) -> None:
    engine = bench(*in_a_minute(MOST + 10))
    engine.turn()
    assert len(laid_out(engine)) <= MOST


def slow_disk(engine: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """To lay out a place takes half a portion's time."""

    def slowly(directory: str) -> None:
        engine.clock.advance(PORTION_SECONDS / 2)
        lay_out(directory)

    monkeypatch.setattr("peak_console.runs.simulated.lay_out", slowly)


def test_on_a_slow_disk_places_are_laid_out_a_portion_at_a_time(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = bench(*in_a_minute(FEWEST + 1))
    slow_disk(engine, monkeypatch)
    seen: list[int] = []
    while not seen or engine.engine.seconds_to_sleep() == 0:
        engine.engine.duties.turn()
        seen.append(len(laid_out(engine)))
    assert seen == [*range(2, FEWEST + 1, 2), FEWEST + 1]


def test_what_is_not_laid_out_when_the_burst_is_near_is_left_to_it(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = bench(*in_a_minute(FEWEST + 1))
    slow_disk(engine, monkeypatch)
    engine.engine.duties.turn()
    engine.clock.advance(60 - QUIET_SECONDS)
    engine.engine.duties.turn()
    assert len(laid_out(engine)) == 2
    assert engine.engine.seconds_to_sleep() > 0
    engine.advance(QUIET_SECONDS)
    assert engine.live == list(range(1, FEWEST + 2))


@pytest.mark.parametrize(("count", "mode"), [(FEWEST, "headless"), (FEWEST + 1, "once")])
def test_few_runs_and_passing_engines_lay_nothing_out(bench: MakeBench, count: int, mode: str) -> None:
    engine = bench(*in_a_minute(count), options=EngineOptions(mode=mode))
    engine.turn()
    assert laid_out(engine) == []


def test_the_planner_counts_what_is_due_next_and_no_superseded_slots() -> None:
    now = MONDAY_MORNING
    later = burst(40, daily_time="09:00")
    soon = [make_job(f"soon {number}", interval_seconds=60) for number in range(5)]
    planner = Planner([*later, *soon], {}, now)
    assert sorted(planner.next_names()) == [job.name for job in soon]
    for job, pending in planner.due(now):
        planner.settle(planner.decided(job, pending.latest), now)
        planner.refresh(job.name, now)
    assert sorted(planner.next_names()) == [job.name for job in soon]
    assert len(Planner(later, {}, now).next_names()) == 40
    assert Planner([], {}, now).next_names() == []


def test_the_definitions_of_a_burst_are_worded_before_its_slot(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = bench(*in_a_minute(FEWEST + 1))
    engine.turn()

    def late(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("peak_console.decisions.past.definition_text.lines_of", late)
    monkeypatch.setattr("peak_console.engine.supervision.launch.build_command_args", late)
    engine.advance(60)
    assert len(engine.live) == FEWEST + 1
    assert all(definition_of(engine.store, number) for number in engine.live)
