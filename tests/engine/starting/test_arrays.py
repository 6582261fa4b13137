"""Arrays: a slot that is many runs is claimed once, goes on across crashes, and ends as one thing by its rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from peak_console.jobs.model import Array, CatchUp, JobDefinition, Overlap, SchedulerSettings, Upstream
from peak_console.model.terms import Outcome, RunState
from peak_console.store.tables.arrays import Arrays
from peak_console.values import replace
from tests.support.factories import make_job

if TYPE_CHECKING:
    from peak_console.model.records import Run
    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench


def sweep(indexes: int = 4, at_once: int = 0, succeeds: str | int = "all", **more: Any) -> JobDefinition:
    job = make_job("sweep", interval_seconds=3600, timeout_seconds=0, **more)
    return replace(job, array=Array(tuple(range(indexes)), at_once, succeeds))


def whole(bench: Bench) -> Run:
    """The newest array."""
    return next(run for run in reversed(bench.runs("sweep")) if run.is_array)


def members(bench: Bench) -> list[Run]:
    return Arrays(bench.store).members(whole(bench).id)


def living(bench: Bench) -> list[int]:
    """The indexes of the runs whose processes live."""
    found = (bench.store.run(run_id) for run_id in bench.live)
    return [run.array_index for run in found if run is not None and run.array_index is not None]


def end(bench: Bench, index: int, code: int = 0) -> None:
    """One run of the newest array ends."""
    bench.end(next(run.id for run in members(bench) if run.array_index == index and run.id in bench.live), code)


def test_a_slot_of_an_array_is_a_run_for_each_index(bench: MakeBench) -> None:
    engine = bench(sweep(3))
    engine.turn()
    assert living(engine) == [0, 1, 2]
    assert [run.job for run in members(engine)] == ["sweep[0]", "sweep[1]", "sweep[2]"]
    assert {run.scheduled_for for run in members(engine)} == {whole(engine).scheduled_for}
    for index in (2, 0):
        end(engine, index)
        assert whole(engine).state == RunState.RUNNING
    end(engine, 1)
    assert (whole(engine).outcome, whole(engine).reason) == (Outcome.SUCCEEDED, "3 of 3 succeeded")


def test_so_many_go_on_at_once_as_the_array_says_and_there_are_places_for(bench: MakeBench) -> None:
    engine = bench(sweep(7, at_once=3), settings=SchedulerSettings(timezone="UTC", max_concurrent_runs=2))
    engine.turn()
    most = 0
    while whole(engine).state == RunState.RUNNING:
        most = max(most, len(living(engine)))
        end(engine, living(engine)[-1])
    assert most == 2
    engine.settings = SchedulerSettings(timezone="UTC")
    engine.reload(sweep(7, at_once=3))
    engine.advance(3600)
    assert len(living(engine)) == 3
    assert engine.context.capacity().taken == 3 or not engine.context.capacity().limit


ALL_FAILED = "[0] failed, [1] failed, [2] failed, [3] failed"


@pytest.mark.parametrize(
    ("rule", "failing", "outcome", "words"),
    [
        ("all", [], Outcome.SUCCEEDED, "4 of 4 succeeded"),
        ("all", [1], Outcome.FAILED, "3 of 4 succeeded: [1] failed"),
        ("any", [0, 1, 3], Outcome.SUCCEEDED, "1 of 4 succeeded: [0] failed, [1] failed, [3] failed"),
        ("any", [*range(4)], Outcome.FAILED, f"0 of 4 succeeded: {ALL_FAILED}; 1 had to"),
        (3, [0], Outcome.SUCCEEDED, "3 of 4 succeeded: [0] failed"),
        (3, [0, 2], Outcome.FAILED, "2 of 4 succeeded: [0] failed, [2] failed; 3 had to"),
    ],
)  # fmt: skip
def test_an_array_ends_by_its_rule_and_is_told_of_once(
    rule: str | int, failing: list[int], outcome: str, words: str, bench: MakeBench
) -> None:
    engine = bench(sweep(4, succeeds=rule))
    engine.turn()
    for index in range(4):
        end(engine, index, int(index in failing))
    assert (whole(engine).outcome, whole(engine).reason) == (outcome, words)
    (alert,) = engine.alerts()
    assert (alert.job, alert.run_id) == ("sweep", whole(engine).id)
    assert words in alert.message
    assert engine.context.status.failed == (outcome == Outcome.FAILED)
    state = engine.store.job_state("sweep")
    assert state is not None
    assert state.failures == (outcome == Outcome.FAILED)
    assert not any("[" in name for name in engine.store.job_states())


def test_each_run_has_its_own_attempts(bench: MakeBench) -> None:
    engine = bench(sweep(2, retries=1, retry_delay_seconds=60))
    engine.turn()
    end(engine, 0)
    end(engine, 1, 3)
    assert whole(engine).state == RunState.RUNNING
    assert engine.alerts() == []
    engine.advance(61)
    assert living(engine) == [1]
    end(engine, 1)
    assert [(run.array_index, run.attempt, run.outcome) for run in members(engine)] == [
        (0, 1, "succeeded"), (1, 1, "failed"), (1, 2, "succeeded"),
    ]  # fmt: skip
    assert whole(engine).reason == "2 of 2 succeeded"


@pytest.mark.parametrize("point", ["claimed", "opened", "some ended", "all ended"])
def test_after_a_crash_nothing_runs_twice_and_nothing_is_lost(point: str, bench: MakeBench) -> None:
    engine = bench(sweep(4, at_once=2))
    if point == "claimed":  # and the engine dies before it has claimed the runs
        engine.engine.duties.core._starter._open_arrays = list  # type: ignore[method-assign]
        engine.turn()
        assert (whole(engine).state, members(engine)) == (RunState.CLAIMED, [])
    else:
        engine.turn()
    if point == "some ended":
        end(engine, 0)
    if point == "all ended":
        record = engine.engine.duties.core.bookkeeper
        record._end_array = lambda array: None  # type: ignore[method-assign]  # noqa: ARG005
        while living(engine):
            end(engine, living(engine)[0])
        assert whole(engine).state == RunState.RUNNING
    engine.restart(crash=True)
    engine.turn()
    while living(engine):
        assert len(living(engine)) <= 2
        end(engine, living(engine)[0])
    assert [(run.array_index, run.attempt) for run in members(engine)] == [(n, 1) for n in range(4)]
    assert len(engine.executor.processes) == 4
    assert (whole(engine).outcome, whole(engine).reason) == (Outcome.SUCCEEDED, "4 of 4 succeeded")


def test_a_stop_of_the_whole_ends_those_under_way_and_those_that_wait(bench: MakeBench) -> None:
    engine = bench(sweep(5, at_once=2))
    engine.turn()
    end(engine, 0)
    assert engine.command("stop", "sweep") == f"done: stopping sweep #{whole(engine).id} and its 4 runs"
    for _ in range(3):
        engine.advance(11)
    assert [run.outcome for run in members(engine)] == ["succeeded", *["stopped"] * 4]
    assert (whole(engine).outcome, whole(engine).stop_reason) == (Outcome.STOPPED, "stopped by alice")
    assert [alert.message.split("\n")[0] for alert in engine.alerts()] == ["sweep was stopped by alice"]


def test_a_stop_of_one_run_leaves_the_others(bench: MakeBench) -> None:
    engine = bench(sweep(3, at_once=1, succeeds=2))
    engine.turn()
    waiting = members(engine)[2]
    assert engine.command("stop", run_id=waiting.id) == f"done: stopping sweep[2] #{waiting.id}"
    for index in (0, 1):
        end(engine, index)
    assert (whole(engine).outcome, whole(engine).reason) == (Outcome.SUCCEEDED, "2 of 3 succeeded: [2] stopped")


def test_the_whole_is_in_the_way_of_the_next_slot(bench: MakeBench) -> None:
    engine = bench(sweep(2))
    engine.turn()
    end(engine, 0)
    engine.advance(3600)
    (skipped,) = [run for run in engine.runs("sweep") if run.outcome == Outcome.SKIPPED]
    assert skipped.reason == f"#{engine.runs('sweep')[0].id} is still running"
    assert not Arrays(engine.store).members(skipped.id)


def test_a_queued_array_starts_once_the_one_before_has_ended(bench: MakeBench) -> None:
    engine = bench(sweep(2, overlap=Overlap.QUEUE))
    engine.turn()
    engine.advance(3600)
    assert living(engine) == [0, 1]
    first = engine.runs("sweep")[0]
    for run in Arrays(engine.store).members(first.id):
        engine.end(run.id)
    assert engine.store.run(first.id).outcome == Outcome.SUCCEEDED  # type: ignore[union-attr]
    engine.turn()
    assert living(engine) == [0, 1]


def test_a_later_array_takes_the_place_of_the_one_before(bench: MakeBench) -> None:
    engine = bench(sweep(3, at_once=2, overlap=Overlap.KILL_PREVIOUS, kill_grace_seconds=1))
    engine.turn()
    engine.advance(3600)
    for _ in range(3):
        engine.advance(2)
    first, second = engine.runs("sweep")
    assert (first.outcome, first.stop_reason) == (Outcome.STOPPED, "replaced by a later run")
    assert {run.outcome for run in Arrays(engine.store).members(first.id)} == {"stopped"}
    assert (second.state, living(engine)) == (RunState.RUNNING, [0, 1])


def test_a_hold_keeps_those_that_wait(bench: MakeBench) -> None:
    engine = bench(sweep(3, at_once=1))
    engine.turn()
    engine.command("hold")
    end(engine, 0)
    engine.advance(60)
    assert living(engine) == []
    engine.command("release")
    assert living(engine) == [1]


def test_who_comes_after_waits_for_the_whole(bench: MakeBench) -> None:
    daily = make_job("sweep", daily_time="07:00", timeout_seconds=0)
    follower = make_job("report", daily_time="07:30", after=(Upstream("sweep"),))
    engine = bench(replace(daily, array=Array((0, 1))), follower)
    engine.turn()
    engine.advance(2 * 3600)
    end(engine, 0)
    engine.advance(6)
    assert [run.awaits for run in engine.runs("report")] == [f"waiting for sweep (#{whole(engine).id} running)"]
    end(engine, 1)
    engine.advance(6)
    assert [run.state for run in engine.runs("report")] == [RunState.RUNNING]


@pytest.mark.parametrize(
    ("changed", "waiting"),
    [(sweep(2, at_once=1), [1, 2]), (replace(sweep(), array=None), [1, 2]), (sweep(9, enabled=False), [])],
)
def test_a_new_definition_goes_on_with_the_array_that_there_is(
    changed: JobDefinition, waiting: list[int], bench: MakeBench
) -> None:
    engine = bench(sweep(3, at_once=1))
    engine.turn()
    engine.reload(changed)
    end(engine, 0)
    seen = []
    while living(engine):
        seen += living(engine)
        for index in living(engine):
            end(engine, index)
    assert seen == waiting
    assert whole(engine).state == RunState.FINISHED
    assert whole(engine).outcome == (Outcome.SUCCEEDED if waiting else Outcome.STOPPED)


def test_every_missed_array_is_caught_up_one_after_the_other(bench: MakeBench) -> None:
    engine = bench(sweep(2, catch_up=CatchUp.ALL, misfire_grace_seconds=1e6))
    engine.turn()
    for index in (0, 1):
        end(engine, index)
    engine.close()
    engine.clock.advance(3 * 3600)
    engine.begin()
    for _ in range(12):
        engine.turn()
        for run_id in engine.live:
            engine.end(run_id)
    assert [run.outcome for run in engine.runs("sweep")] == ["succeeded"] * 4
    assert len(engine.executor.processes) == 8


def test_a_second_claim_of_the_same_array_claims_nothing(bench: MakeBench) -> None:
    from peak_console.engine.arrays.opening import open_array

    engine = bench(sweep(3))
    engine.turn()
    before = len(members(engine))
    assert open_array(engine.context, whole(engine), sweep(3)) == []
    assert len(members(engine)) == before == 3


def test_only_what_failed_runs_again(bench: MakeBench) -> None:
    engine = bench(sweep(5, at_once=2, succeeds=3), make_job("single"))
    engine.turn()
    for index in range(5):
        end(engine, index, int(index in (1, 4)))
    first = whole(engine)
    assert engine.command("run", "sweep", failed=True).startswith("done: sweep #")
    again = whole(engine)
    assert (again.id > first.id, again.array_indexes) == (True, "1,4")
    assert living(engine) == [1, 4]
    end(engine, 1)
    assert engine.command("run", "sweep", failed=True).startswith(f"refused: sweep: #{again.id} is still running; wait")
    end(engine, 4)
    assert whole(engine).reason == "2 of 2 succeeded"
    assert "each run of" in engine.command("run", "sweep", failed=True)
    assert "it is no array" in engine.command("run", "single", failed=True)


def test_an_array_that_never_ran_has_nothing_that_failed(bench: MakeBench) -> None:
    engine = bench(sweep(2, enabled=False))
    engine.turn()
    assert "it has not run as an array yet" in engine.command("run", "sweep", failed=True)
