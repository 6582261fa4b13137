"""Moments at which two rules meet: each of these was once kept by nothing but luck."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NoReturn

import pytest

from peak_console.engine.dispatch.replacer import Replacer
from peak_console.jobs.model import SchedulerSettings
from peak_console.schedule.model import JobSchedule
from tests.support.clock import MONDAY_MORNING, FakeClock
from tests.support.factories import make_job

if TYPE_CHECKING:
    from peak_console.jobs.model import JobDefinition
    from peak_console.runs.interface import Stop
    from tests.engine.conftest import MakeBench

ONE_PLACE = SchedulerSettings(timezone="UTC", max_concurrent_runs=1)
ONCE = make_job()
AT_TEN = make_job(schedule=JobSchedule("once", run_at=datetime(2026, 11, 23, 10, tzinfo=UTC)))
EVERY_MINUTE = make_job(interval_seconds=60)
AT_NINE = make_job(daily_time="09:00")


@pytest.mark.parametrize("minute", [0, 29, 30, 31, 59])
def test_a_daily_job_first_seen_in_the_second_pass_of_the_autumn_hour_waits_for_tomorrow(
    bench: MakeBench, minute: int
) -> None:
    seen = datetime(2026, 10, 25, 1, minute, tzinfo=UTC)  # 02:xx in Berlin, for the second time
    job = make_job(schedule=JobSchedule("daily", daily_time="02:30", timezone="Europe/Berlin"))
    engine = bench(job, clock=FakeClock(seen))
    for _ in range(12):
        engine.advance(600)
    assert engine.runs() == []
    engine.advance(24 * 3600)
    assert engine.slots() == [datetime(2026, 10, 26, 1, 30, tzinfo=UTC)]


def test_a_daily_job_of_the_autumn_hour_runs_once_in_both_passes_together(bench: MakeBench) -> None:
    job = make_job(schedule=JobSchedule("daily", daily_time="02:30", timezone="Europe/Berlin"))
    engine = bench(job, clock=FakeClock(datetime(2026, 10, 24, 23, 55, tzinfo=UTC)))
    for _ in range(18):
        engine.advance(600)
        for run_id in engine.live:
            engine.end(run_id)
    assert engine.slots() == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


def test_a_job_enabled_for_a_while_runs_from_the_first_moment_of_it_to_the_last(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=600, enabled=False))
    engine.advance(60)
    assert engine.command("enable", "backup", for_seconds=7200).startswith("done")
    engine.turn()
    for _ in range(30):
        for run_id in engine.live:
            engine.end(run_id)
        engine.advance(300)
    slots = [slot for slot in engine.slots() if slot is not None]
    enabled_at = MONDAY_MORNING + timedelta(seconds=60)
    assert slots == [enabled_at + timedelta(minutes=10 * n) for n in range(12)]


def test_a_daily_job_enabled_until_just_before_its_time_does_not_run(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="09:00", enabled=False))
    engine.command("enable", "backup", for_seconds=3 * 3600 - 1)
    engine.advance(2 * 3600)
    engine.advance(2 * 3600)
    assert engine.runs() == []


@pytest.mark.parametrize(
    ("before", "after", "runs_at_once"),
    [
        (EVERY_MINUTE, ONCE, True),  # it has never run as what it is now
        (ONCE, EVERY_MINUTE, True),
        (EVERY_MINUTE, make_job(interval_seconds=45), False),
        (EVERY_MINUTE, AT_NINE, False),
        (ONCE, AT_TEN, False),
        (AT_NINE, ONCE, True),
    ],
)
def test_a_job_whose_kind_of_schedule_is_edited_begins_anew_and_keeps_its_slots_otherwise(
    bench: MakeBench, before: JobDefinition, after: JobDefinition, runs_at_once: bool
) -> None:
    engine = bench(before)
    engine.turn()
    for run_id in engine.live:
        engine.end(run_id)
    count = len(engine.runs())
    engine.advance(5)
    engine.reload(after)
    engine.advance(5)
    assert len(engine.runs()) - count == runs_at_once
    for run_id in engine.live:
        engine.end(run_id)
    if after is ONCE:
        engine.advance(86400)
        engine.restart(after)
        engine.advance(86400)
        assert len(engine.runs()) - count == 1


@pytest.mark.parametrize("force", [False, True])
def test_a_run_by_hand_waits_for_a_place_like_any_other(bench: MakeBench, force: bool) -> None:
    engine = bench(make_job("a", daily_time="09:00"), make_job("b", daily_time="09:00"), settings=ONE_PLACE)
    assert engine.command("run", "a") == "done: a #1 started"
    assert engine.command("run", "b", force=force) == "done: b #2 waits for its turn"
    assert engine.live == [1]
    engine.end(1)
    assert engine.live == [2]


def test_a_slot_that_meets_an_earlier_one_that_still_waits_is_skipped(bench: MakeBench) -> None:
    engine = bench(make_job("a", daily_time="06:01"), make_job("b", interval_seconds=120), settings=ONE_PLACE)
    engine.turn()
    engine.end(1)
    engine.advance(60)  # a takes the only place
    engine.advance(60)
    engine.advance(120)
    (waiting, skipped) = engine.runs("b")[1:]
    assert (waiting.state, skipped.outcome, skipped.reason) == ("queued", "skipped", "an earlier slot still waits")


@pytest.mark.parametrize(
    ("overlap", "outcomes"), [("skip", ["failed", None, "skipped"]), ("queue", ["failed", None, None])]
)
def test_a_slot_meets_an_attempt_that_still_waits_as_it_meets_a_run(
    bench: MakeBench, overlap: str, outcomes: list[str | None]
) -> None:
    engine = bench(make_job(interval_seconds=60, retries=1, retry_delay_seconds=600, overlap=overlap))
    engine.turn()
    engine.end(1, 1)
    engine.advance(60)
    assert engine.outcomes() == outcomes
    assert len(engine.live) == 0 if overlap == "skip" else engine.live in ([], [3])


def test_a_queued_run_that_another_process_has_taken_is_not_started_here(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60, overlap="queue"))
    engine.turn()
    engine.advance(60)
    assert engine.runs()[1].state == "queued"
    assert engine.store.take_from_queue(2, "4711 somebody")
    engine.end(1)
    assert engine.live == []
    assert engine.runs()[1].supervisor == "4711 somebody"
    assert not len(engine.context.runs.queue)


def test_that_a_run_is_replaced_by_hand_is_recorded_before_it_is_asked_to_stop(bench: MakeBench) -> None:
    """An engine that dies in between leaves it to the next one, which must know."""
    engine = bench(make_job(daily_time="09:00", overlap="kill_previous"))
    engine.command("run", "backup")
    engine.clock.advance(1)
    seen: list[str | None] = []
    process = engine.executor.processes[1]
    stop = process.stop

    def looked_at(how: Stop) -> None:
        run = engine.store.run(1)
        seen.append(run.stop_reason if run is not None else None)
        stop(how)

    process.stop = looked_at  # type: ignore[method-assign]
    assert engine.command("run", "backup") == "done: backup #2 waits for its turn"
    assert seen == ["replaced by a later run"]


@pytest.mark.parametrize(("code", "outcome"), [(0, "succeeded"), (1, "failed"), (-1, "failed"), (-9, "failed")])
def test_what_a_script_logs_has_failed_with_any_code_but_0(bench: MakeBench, code: int, outcome: str) -> None:
    from peak_console.model.records import Claim

    engine = bench(AT_NINE)
    now = engine.clock.now()
    number = engine.store.log_run("signal", Claim(job="backup", scheduled_for=now), code, now, now)
    run = engine.store.run(number)
    assert run is not None
    assert (run.outcome, run.return_code) == (outcome, code)


def test_a_slot_that_replaces_takes_the_place_of_an_attempt_that_waits(bench: MakeBench) -> None:
    job = make_job(interval_seconds=60, retries=1, retry_delay_seconds=90, overlap="kill_previous")
    engine = bench(job)
    engine.turn()
    engine.end(1, 1)
    engine.advance(60)
    assert [(run.attempt, run.outcome, run.reason) for run in engine.runs()] == [
        (1, "failed", None), (2, "stopped", "replaced by a later run"), (1, None, None),
    ]  # fmt: skip
    assert engine.live == [3]
    engine.end(3)
    engine.advance(40)
    assert engine.live == [], "the attempt that was replaced is not made up for"


def test_a_queue_of_one_job_that_replaces_holds_its_latest_slot(bench: MakeBench) -> None:
    job = make_job(interval_seconds=60, overlap="kill_previous", kill_grace_seconds=1000)
    engine = bench(job)
    engine.turn()
    engine.executor.processes[1].dies_of = "kill"
    engine.advance(60)
    engine.advance(60)
    assert engine.outcomes() == [None, "stopped", None]
    assert [run.id for run in engine.engine.context.runs.queue] == [3]
    engine.end(1, 143)
    assert engine.live == [3]


def test_an_attempt_that_was_replaced_stays_so_when_the_engine_dies_before_its_end_is_recorded(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(interval_seconds=60, retries=1, retry_delay_seconds=90, overlap="kill_previous")
    engine = bench(job)
    engine.turn()
    engine.end(1, 1)
    with monkeypatch.context() as dying:
        dying.setattr(Replacer, "carry_out", _die)
        engine.clock.advance(60)
        with pytest.raises(KeyboardInterrupt):
            engine.turn()
    engine.restart(crash=True)
    engine.turn()
    assert engine.outcomes() == ["failed", "stopped", None]
    assert engine.live == [3]


def _die(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def test_a_queued_slot_starts_after_the_last_attempt_of_the_one_before(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60, retries=1, retry_delay_seconds=90, overlap="queue"))
    engine.turn()
    engine.end(1, 1)
    engine.advance(60)
    assert engine.live == [], "its earlier slot is to be tried again first"
    engine.advance(30)
    assert engine.live == [2]
    engine.end(2)
    assert engine.live == [3]


def test_a_slot_that_meets_an_attempt_that_waits_says_so(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60, retries=1, retry_delay_seconds=600))
    engine.turn()
    engine.end(1, 1)
    engine.advance(60)
    assert engine.runs()[2].reason == "#2 still waits: attempt 2 of an earlier slot"
    assert engine.command("run", "backup").startswith(
        "refused: backup: #2 still waits: attempt 2 of an earlier slot; stop it first, or use --force"
    )


def test_a_slot_that_has_waited_for_a_place_comes_before_one_that_falls_due_as_it_gets_free(bench: MakeBench) -> None:
    jobs = [make_job("a", daily_time="06:01"), make_job("b", daily_time="06:02"), make_job("c", daily_time="06:03")]
    engine = bench(*jobs, settings=ONE_PLACE)
    engine.advance(60)
    engine.advance(60)
    assert [engine.outcomes(name) for name in "abc"] == [[None], [None], []]
    engine.clock.advance(60)
    engine.end(1)
    assert engine.live == [2]
    assert engine.runs("c")[0].state == "queued"
