"""Slots that wait for upstreams: nothing starts before them, nothing is lost, nothing runs twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from peak_console.engine.setup import EngineOptions
from peak_console.jobs.file.loader import load
from peak_console.model.records import Outcome, Run, RunState, Trigger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from peak_console.jobs.model import JobDefinition
    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench

HOUR = 3600.0


def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def jobs_of(text: str) -> Sequence[JobDefinition]:
    return tuple(
        load(
            "/etc/peak/jobs.toml", f'[scheduler]\ntimezone = "UTC"\ntimeout_seconds = 0\n{text}'.encode(), {}
        ).jobs.values()
    )


def job(name: str, *lines: str) -> str:
    return "\n".join(["[[job]]", f'name = "{name}"', 'command = "/bin/true"', *lines, ""])


def daily(name: str, clock: str, *more: str) -> str:
    return job(name, 'schedule_type = "daily"', f'daily_time = "{clock}"', *more)


def after(name: str, upstreams: str, *more: str) -> str:
    return job(name, 'schedule_type = "after"', f"after = {upstreams}", *more)


CHAIN = daily("fetch", "07:00") + daily("report", "07:30", 'after = ["fetch"]')


def go_to(engine: Bench, moment: datetime) -> None:
    engine.advance((moment - engine.clock.now()).total_seconds())


def only(engine: Bench, name: str) -> Run:
    runs = engine.runs(name)
    assert len(runs) == 1, runs
    return runs[0]


def begin(bench: MakeBench, text: str, **more: Any) -> Bench:
    engine = bench(*jobs_of(text), **more)
    engine.turn()
    return engine


def test_a_slot_waits_until_its_upstream_has_succeeded_for_the_same_day(bench: MakeBench) -> None:
    engine = begin(bench, CHAIN)
    go_to(engine, at(7))
    go_to(engine, at(7, 30))
    waiting = only(engine, "report")
    assert (waiting.state, waiting.awaits) == (RunState.QUEUED, "waiting for fetch (#1 running)")
    assert waiting.reason == waiting.awaits
    go_to(engine, at(7, 45))
    assert engine.live == [1]
    engine.end(1)
    engine.turn()
    started = only(engine, "report")
    assert (started.state, started.awaits, started.reason) == (RunState.RUNNING, None, None)
    assert (started.scheduled_for, started.late_because) == (at(7, 30), "waited for fetch")
    engine.end(2)
    assert engine.outcomes() == ["succeeded", "succeeded"]


def test_a_slot_whose_upstream_has_succeeded_starts_at_once(bench: MakeBench) -> None:
    engine = begin(bench, CHAIN)
    go_to(engine, at(7))
    engine.end(1)
    go_to(engine, at(7, 30))
    assert engine.live == [2]
    assert only(engine, "report").late_because is None


def test_the_slot_of_a_job_without_times_of_its_own_is_the_end_of_its_last_upstream(bench: MakeBench) -> None:
    text = daily("fetch", "07:00") + daily("fx", "07:10") + after("report", '["fetch", "fx"]')
    engine = begin(bench, text)
    go_to(engine, at(7))
    waiting = only(engine, "report")
    assert waiting.awaits == "waiting for fetch (#1 running), fx (due 07:10)"
    go_to(engine, at(7, 10))
    fx = only(engine, "fx").id
    go_to(engine, at(7, 20))
    engine.end(fx)
    go_to(engine, at(7, 40))
    engine.end(1)
    engine.turn()
    report = only(engine, "report")
    assert (report.scheduled_for, report.round_at, report.state) == (at(7, 40), at(7), RunState.RUNNING)
    assert report.late_because is None
    engine.end(report.id)
    go_to(engine, at(23))
    go_to(engine, at(6, day=24))
    assert len(engine.runs("report")) == 1, "one a day"
    go_to(engine, at(7, day=24))
    assert len(engine.runs("report")) == 2


def test_every_success_of_an_upstream_starts_one_run_where_the_round_is_a_run(bench: MakeBench) -> None:
    text = job("fetch", 'schedule_type = "interval"', "interval_seconds = 60", "retries = 1")
    engine = begin(bench, text + after("store", '["fetch"]', 'round = "run"'))
    engine.end(1)
    engine.turn()
    engine.end(2)
    engine.advance(60)
    failed = engine.live[-1]
    engine.end(failed, code=1)
    assert len(engine.runs("store")) == 1
    engine.advance(60)
    engine.end(engine.live[-1])
    engine.turn()
    assert [run.triggered_by for run in engine.runs("store")] == [Trigger.AFTER, Trigger.AFTER]
    assert engine.command("run", "fetch").startswith("done")
    engine.end(engine.live[-1])
    engine.turn()
    assert len(engine.runs("store")) == 3, "a success by hand is one too"


def test_a_job_may_follow_failures_only(bench: MakeBench) -> None:
    text = daily("fetch", "07:00", "retries = 1") + after("clean", '["fetch:failed"]', 'round = "run"')
    engine = begin(bench, text + after("report", '["fetch:failed"]'))
    go_to(engine, at(7))
    engine.end(engine.live[0], code=1)
    assert engine.runs("clean") == []
    assert only(engine, "report").awaits == "waiting for fetch:failed (attempt 2 to come, #3)"
    engine.advance(61)
    engine.end(engine.live[-1], code=1)
    engine.turn()
    assert only(engine, "clean").state == RunState.RUNNING
    assert only(engine, "report").state == RunState.RUNNING


def test_what_follows_failures_is_skipped_after_a_success(bench: MakeBench) -> None:
    engine = begin(bench, daily("fetch", "07:00") + after("clean", '["fetch:failed"]'))
    go_to(engine, at(7))
    fetch = only(engine, "fetch").id
    engine.end(fetch)
    engine.turn()
    clean = only(engine, "clean")
    assert (clean.outcome, clean.reason) == ("skipped", f"fetch was not needed: it succeeded, #{fetch}")
    assert engine.alerts("warning") == []


def test_an_operator_who_runs_what_failed_lets_the_chain_go_on(bench: MakeBench) -> None:
    engine = begin(bench, CHAIN + after("mail", '["report"]'))
    go_to(engine, at(7))
    engine.end(1, code=1)
    go_to(engine, at(7, 30))
    assert only(engine, "report").awaits == "waiting for fetch (failed, #1)"
    assert only(engine, "mail").awaits == "waiting for report (#3 waiting itself)"
    told = [alert.message.partition("\n")[0] for alert in engine.store.incidents() if alert.level == "warning"]
    assert told == ["report is waiting for fetch (failed, #1)"]
    engine.restart()
    engine.turn()
    assert len([alert for alert in engine.store.incidents() if alert.level == "warning"]) == 1
    go_to(engine, at(9))
    assert engine.command("run", "fetch").startswith("done")
    engine.end(engine.live[-1])
    engine.turn()
    report = only(engine, "report")
    assert report.state == RunState.RUNNING
    assert engine.store.incidents() == []
    engine.end(report.id)
    engine.turn()
    assert only(engine, "mail").state == RunState.RUNNING


@pytest.mark.parametrize(
    ("policy", "outcome", "reason"),
    [
        ('if_failed = "skip"', "skipped", "fetch failed, #1"),
        ('if_failed = "run"', None, None),
    ],
)
def test_the_job_says_what_a_failed_upstream_means(
    bench: MakeBench, policy: str, outcome: str | None, reason: str | None
) -> None:
    engine = begin(bench, daily("fetch", "07:00") + daily("report", "07:00", 'after = ["fetch"]', policy))
    go_to(engine, at(7))
    engine.end(1, code=1)
    engine.turn()
    report = only(engine, "report")
    assert (report.outcome, report.reason) == (outcome, reason)


def test_a_slot_that_has_waited_as_long_as_it_may_is_missed_with_what_it_waited_for(bench: MakeBench) -> None:
    engine = begin(
        bench, daily("fetch", "07:00") + daily("report", "07:00", 'after = ["fetch"]', 'wait_at_most = "2h"')
    )
    go_to(engine, at(7))
    assert engine.engine.duties.seconds_to_sleep() <= 7200
    go_to(engine, at(8, 59))
    assert only(engine, "report").state == RunState.QUEUED
    go_to(engine, at(9))
    report = only(engine, "report")
    told = "waited 2h00m, the most it may: waiting for fetch (#1 running)"
    assert (report.outcome, report.reason) == (Outcome.MISSED, told)
    assert [alert.message for alert in engine.alerts("warning")] == [f"report missed its slot at 07:00:00 UTC\n{told}"]
    engine.end(1)
    engine.turn()
    assert len(engine.runs("report")) == 1


def test_what_waits_survives_a_restart(bench: MakeBench) -> None:
    engine = begin(bench, CHAIN)
    go_to(engine, at(7))
    go_to(engine, at(7, 30))
    engine.restart()
    engine.turn()
    assert only(engine, "report").awaits == "waiting for fetch (#1 running)"
    engine.restart(crash=True)
    engine.turn()
    engine.end(1)
    engine.turn()
    assert only(engine, "report").state == RunState.RUNNING


def test_slots_that_are_made_up_for_keep_the_order(bench: MakeBench) -> None:
    grace = "misfire_grace_seconds = 1000000"
    text = daily("fetch", "07:00", grace) + daily("report", "07:30", grace, 'after = ["fetch"]', 'catch_up = "all"')
    engine = begin(bench, text)
    engine.close()
    engine.clock.advance(3 * 24 * HOUR)
    engine.begin()
    engine.turn()
    fetch = only(engine, "fetch")
    assert (fetch.scheduled_for, fetch.stands_since) == (at(7, day=25), at(7))
    assert [run.awaits for run in engine.runs("report")] == [f"waiting for fetch (#{fetch.id} running)"] * 3
    engine.end(fetch.id)
    for day in (23, 24, 25):
        engine.turn()
        running = [run for run in engine.runs("report") if run.state == RunState.RUNNING]
        assert [run.scheduled_for for run in running] == [at(7, 30, day=day)]
        engine.end(running[0].id)
    assert engine.outcomes("report") == ["succeeded"] * 3


def test_a_round_that_is_stuck_keeps_no_other_round_from_running(bench: MakeBench) -> None:
    engine = begin(bench, CHAIN)
    go_to(engine, at(7))
    engine.end(1, code=1)
    go_to(engine, at(7, 30))
    go_to(engine, at(7, day=24))
    engine.end(engine.live[-1])
    go_to(engine, at(7, 30, day=24))
    first, second = engine.runs("report")
    assert (first.awaits, second.state) == ("waiting for fetch (failed, #1)", RunState.RUNNING)


def test_more_slots_of_a_round_than_the_overlap_policy_lets_wait_are_skipped(bench: MakeBench) -> None:
    text = daily("fetch", "07:00") + job(
        "report", 'schedule_type = "cron"', 'cron = "0,10,20 7 * * *"', 'after = ["fetch"]'
    )
    engine = begin(bench, text)
    for minute in (0, 10, 20):
        go_to(engine, at(7, minute))
    assert engine.outcomes("report") == [None, "skipped", "skipped"]
    assert engine.runs("report")[1].reason == "an earlier slot of its round is still waiting for fetch (#1 running)"


def test_a_hold_keeps_what_waited_from_starting_and_from_being_missed(bench: MakeBench) -> None:
    engine = begin(
        bench, daily("fetch", "07:00") + daily("report", "07:00", 'after = ["fetch"]', 'wait_at_most = "2h"')
    )
    go_to(engine, at(7))
    engine.command("hold", None)
    engine.end(1)
    go_to(engine, at(10))
    assert only(engine, "report").state == RunState.QUEUED
    engine.command("release", None)
    engine.turn()
    assert only(engine, "report").state == RunState.RUNNING


def test_a_disabled_upstream_is_not_waited_for_where_the_job_says_so(bench: MakeBench) -> None:
    engine = begin(bench, daily("fetch", "07:00") + daily("report", "07:00", 'after = ["fetch"]', 'if_skipped = "go"'))
    engine.command("disable", "fetch")
    go_to(engine, at(7))
    assert only(engine, "report").state == RunState.RUNNING


def test_an_upstream_that_is_held_counts_as_one_that_does_not_run(bench: MakeBench) -> None:
    text = daily("fetch", "07:00", 'tags = ["feeds"]') + daily("wait", "07:00", 'after = ["fetch"]')
    engine = begin(bench, text + daily("go", "07:00", 'after = ["fetch"]', 'if_skipped = "go"'))
    assert engine.command("hold_jobs", None, tags=["feeds"], words="").startswith("done")
    go_to(engine, at(7))
    assert only(engine, "go").state == RunState.RUNNING
    assert only(engine, "wait").awaits == "waiting for fetch (held)"
    assert engine.command("release_jobs", None, everything=True, tags=[], words="").startswith("done")
    engine.turn()
    engine.end(only(engine, "fetch").id)
    engine.turn()
    assert only(engine, "wait").state == RunState.RUNNING


def test_one_that_passes_runs_the_chain_and_leaves_what_it_cannot_finish(bench: MakeBench) -> None:
    engine = bench(*jobs_of(CHAIN + daily("late", "07:00", 'after = ["never"]') + daily("never", "20:00")))
    engine.turn()
    engine.close()
    engine.clock.advance(1.6 * HOUR)
    engine.options = EngineOptions(mode="once")
    engine.begin()
    engine.turn()
    engine.end(only(engine, "fetch").id)
    engine.turn()
    assert only(engine, "report").state == RunState.RUNNING
    assert only(engine, "late").awaits == "waiting for never (due 20:00)"


def test_a_chain_that_is_run_by_hand_runs_in_order_though_it_has_succeeded_before(bench: MakeBench) -> None:
    text = (
        daily("fetch", "07:00") + after("risk", '["fetch"]') + after("store", '["fetch"]', 'round = "run"')
        + daily("report", "07:30", 'after = ["risk", "store"]') + daily("other", "07:00")
    )  # fmt: skip
    engine = begin(bench, text)
    for minute in (0, 1, 2, 30, 31):
        go_to(engine, at(7, minute))
        for run_id in engine.live:
            engine.end(run_id)
    assert engine.outcomes() == ["succeeded"] * 5
    go_to(engine, at(9))
    assert engine.command("run", "other", chain="downstream") == "refused: other: no job waits for it; run it by itself"
    told = "refused: fetch: it has not failed; run its chain anew with --with-downstream"
    assert engine.command("run", "fetch", chain="from_here") == told
    assert engine.command("run", "fetch", chain="sideways") == "refused: run: chain is downstream or from_here"
    assert engine.command("run", "fetch", chain="downstream").startswith("done")
    order = []
    for _ in range(20):
        engine.turn()
        order += [engine.store.run(run_id).job for run_id in engine.live]  # type: ignore[union-attr]
        for run_id in engine.live:
            engine.end(run_id)
    assert order == ["fetch", "risk", "store", "report"] or order == ["fetch", "store", "risk", "report"]
    assert {run.requested_by for run in engine.runs("risk")} == {None, "alice"}


def test_a_chain_goes_on_from_its_failed_job_and_what_waits_is_not_run_twice(bench: MakeBench) -> None:
    text = daily("fetch", "07:00") + daily("skips", "07:00", 'after = ["fetch"]', 'if_failed = "skip"')
    engine = begin(bench, text + after("waits", '["fetch"]'))
    go_to(engine, at(7))
    engine.end(engine.live[0], code=1)
    engine.turn()
    assert engine.outcomes("skips") == ["skipped"]
    assert engine.command("run", "fetch", chain="from_here").startswith("done")
    for _ in range(6):
        for run_id in engine.live:
            engine.end(run_id)
        engine.turn()
    assert engine.outcomes("waits") == ["succeeded"]
    assert engine.outcomes("skips") == ["skipped", "succeeded"]
