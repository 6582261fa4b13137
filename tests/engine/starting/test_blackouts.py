"""Blackouts at work: nothing starts inside, what was skipped is recorded, what was deferred runs once at the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.engine.setup import EngineOptions
from peak_console.jobs.blackouts import Blackout
from peak_console.model.records import RunState
from peak_console.schedule.blackouts.windows import Listed
from tests.support.clock import FakeClock
from tests.support.factories import make_job

if TYPE_CHECKING:
    from typing import Any

    from peak_console.jobs.model import JobDefinition
    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench


def live(name: str = "trade", **changes: object) -> JobDefinition:
    return make_job(name, tags=("live",), **{"interval_seconds": 60, **changes})


def soon(engine: Bench, seconds: float) -> str:
    return (engine.clock.now() + timedelta(seconds=seconds)).isoformat()


def add(engine: Bench, seconds: float | None = 150, **arguments: Any) -> str:
    until = soon(engine, seconds) if seconds is not None else None
    given: dict[str, Any] = {"tags": ["live"], "until": until, **arguments}
    return engine.command("add_blackout", **given)


def test_each_slot_inside_is_recorded_as_skipped_and_all_other_jobs_go_on(bench: MakeBench) -> None:
    engine = bench(make_job("trade", tags=("live",), daily_time="06:01"), make_job("report", interval_seconds=60))
    answer = add(engine, reason="exchange maintenance")
    assert answer.startswith("done: blackout live: nothing of jobs tagged live starts until ")
    assert answer.endswith(": 1 job now")
    engine.end(1)
    engine.advance(149)
    (run,) = engine.runs("trade")
    assert (run.state, run.outcome) == (RunState.FINISHED, "skipped")
    assert run.reason is not None
    assert run.reason.startswith("blackout live by ")
    assert run.reason.endswith(" (exchange maintenance)")
    assert len(engine.runs("report")) == 2
    engine.restart()
    engine.advance(2)
    assert engine.outcomes("trade") == ["skipped"]


def test_deferred_slots_run_once_at_the_end_and_say_what_they_waited_for(bench: MakeBench) -> None:
    engine = bench(live(misfire_grace_seconds=0), options=EngineOptions(mode="headless", poll_interval=3600))
    engine.turn()
    engine.end(1)
    assert add(engine, 150, policy="defer").endswith("; the newest slot of each then runs once")
    engine.advance(100)
    assert engine.engine.duties.seconds_to_sleep() == pytest.approx(50)
    engine.restart(crash=True)
    engine.advance(49)
    assert len(engine.runs("trade")) == 1
    engine.advance(1)
    run = engine.runs("trade")[-1]
    assert (run.state, run.triggered_by) == (RunState.RUNNING, "catch_up")
    assert run.reason == "stands for 1 earlier slot too"
    assert run.late_because == "waited for the end of the blackout live"
    assert run.scheduled_for is not None
    assert engine.runs()[0].scheduled_for == run.scheduled_for - timedelta(seconds=120)
    engine.end(run.id)
    engine.advance(60)
    assert len(engine.runs("trade")) == 3


def test_a_blackout_of_the_jobs_file_counts_as_one_that_was_added(bench: MakeBench) -> None:
    now = FakeClock().now()
    rule = Blackout("night", Listed([(now + timedelta(seconds=1), now + timedelta(hours=2))]), tags=("live",))
    engine = bench(live(interval_seconds=3600), blackouts=[rule])
    engine.turn()
    engine.end(1)
    engine.advance(3600)
    assert engine.outcomes("trade")[-1] == "skipped"
    assert (engine.runs("trade")[-1].reason or "").startswith("blackout night until ")
    assert engine.command("end_blackout", name="night").endswith("stands in the jobs file; take it out there")
    assert engine.command("add_blackout", name="night", until=soon(engine, 60)).startswith(
        "refused: a blackout is called night already"
    )


def test_a_run_by_hand_needs_force_and_says_what_it_overrides(bench: MakeBench) -> None:
    engine = bench(make_job("trade", tags=("live",), run_at=datetime(2030, 1, 1, tzinfo=UTC)))
    add(engine)
    refused = engine.command("run", "trade")
    assert refused.startswith("refused: trade: blackout live by ")
    assert refused.endswith("; wait for its end, or use --force")
    engine.command("hold")
    done = engine.command("run", "trade", force=True)
    assert done.startswith("done: trade #1 started, although held by ")
    assert " and blackout live by " in done
    engine.command("release")


@pytest.mark.parametrize(("policy", "count"), [("skip", 1), ("defer", 2)])
def test_a_further_attempt_inside_is_skipped_or_waits(bench: MakeBench, policy: str, count: int) -> None:
    engine = bench(live(interval_seconds=3600, retries=1, retry_delay_seconds=30))
    engine.turn()
    add(engine, 100, policy=policy)
    engine.end(1, 1)
    engine.advance(60)
    assert [run.state for run in engine.runs("trade")] == (
        [RunState.FINISHED] * 2 if policy == "skip" else [RunState.FINISHED, RunState.QUEUED]
    )
    engine.advance(60)
    started = [run for run in engine.runs("trade") if run.started_at is not None]
    assert len(started) == count


def test_a_run_that_waits_for_a_place_is_skipped_once_its_turn_comes_inside(bench: MakeBench) -> None:
    from peak_console.jobs.model import SchedulerSettings

    engine = bench(
        make_job("slow", interval_seconds=7200),
        live(interval_seconds=7200),
        settings=SchedulerSettings(max_concurrent_runs=1),
    )
    engine.turn()
    assert engine.runs("trade")[-1].state == RunState.QUEUED
    add(engine, 600)
    assert engine.command("run", "trade", force=True).endswith(")") is False
    engine.end(engine.runs("slow")[0].id)
    engine.advance(1)
    outcomes = {str(run.triggered_by): run.outcome for run in engine.runs("trade")}
    assert outcomes["schedule"] == "skipped"
    assert outcomes["manual"] is None, "it was asked for inside, with force"


def test_a_blackout_ends_early_or_begins_later(bench: MakeBench) -> None:
    engine = bench(live())
    engine.turn()
    engine.end(1)
    assert add(engine, None).endswith("until it is ended: 1 job now")
    engine.advance(60)
    assert engine.outcomes("trade")[-1] == "skipped"
    assert engine.command("end_blackout", name="live") == "done: blackout live is ended"
    assert engine.command("end_blackout", name="live").startswith("refused: no blackout is called live")
    engine.advance(60)
    assert engine.outcomes("trade")[-1] is None
    engine.end(engine.runs("trade")[-1].id)
    later = {"from": soon(engine, 90), "name": "later"}
    assert " starts from " in add(engine, 200, **later)
    assert add(engine, 80, **{**later, "name": "wrong"}).endswith("is not after its beginning")
    assert add(engine, -80).endswith("is over")
    engine.advance(60)
    assert engine.outcomes("trade")[-1] is None
    engine.end(engine.runs("trade")[-1].id)
    engine.advance(60)
    assert engine.outcomes("trade")[-1] == "skipped"
    engine.advance(1)
    assert engine.command("end_blackout", name="later").startswith("done")


def test_the_end_of_a_blackout_that_would_start_a_job_to_be_confirmed_asks_for_its_name(bench: MakeBench) -> None:
    engine = bench(live(confirm=True))
    engine.turn()
    engine.end(1)
    add(engine, 600, policy="defer")
    engine.advance(60)
    assert engine.command("end_blackout", name="live").startswith("refused: its end would start trade: ")
    assert engine.command("end_blackout", name="live", confirm=["trade"]).startswith("done")


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ({"policy": "wait"}, "add_blackout: the policy must be one of skip, defer"),
        ({"name": 7}, "add_blackout: the name must be a text of 60 characters at the most"),
        ({"name": "x" * 61}, "add_blackout: the name must be a text of 60 characters at the most"),
        ({"until": "soon"}, "add_blackout: until must be a time in ISO 8601 with its offset"),
        ({"from": "soon"}, "add_blackout: from must be a time in ISO 8601 with its offset"),
        ({"tags": "live"}, "add_blackout: tags must be a list of texts"),
        ({"reason": 3}, "add_blackout: the reason must be a text"),
    ],
)
def test_what_makes_no_sense_is_refused(bench: MakeBench, arguments: dict[str, Any], answer: str) -> None:
    assert add(bench(live()), **arguments) == f"refused: {answer}"


def test_names_are_made_of_what_it_is_on(bench: MakeBench) -> None:
    engine = bench(live())
    told = [add(engine), add(engine), add(engine, tags=[]), add(engine, tags=[], words="trade !eod")]
    assert [each.split(": ")[1] for each in told] == [
        "blackout live", "blackout live-2", "blackout all", "blackout trade-!eod",
    ]  # fmt: skip


def test_a_registry_that_was_removed_gets_the_blackouts_back(bench: MakeBench) -> None:
    from peak_console.store.tables.blackouts import blackouts_of, restore_blackouts

    engine = bench(live())
    add(engine, 600, reason="maintenance")
    known = engine.context.blackouts.added
    engine.store._write("DELETE FROM blackouts")
    restore_blackouts(engine.store, known)
    assert blackouts_of(engine.store) == list(known)
    assert isinstance(known[0].since, datetime)
