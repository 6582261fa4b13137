"""A hold on some of the jobs: by tags or words, with an end and a reason, on jobs too that are deployed meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.engine.setup import EngineOptions
from peak_console.jobs.model import SchedulerSettings
from peak_console.model.records import RunState
from tests.support.factories import make_job

if TYPE_CHECKING:
    from peak_console.jobs.model import JobDefinition
    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench


def live(name: str = "trade", **changes: object) -> JobDefinition:
    return make_job(name, tags=("live",), **{"interval_seconds": 60, **changes})


def soon(engine: Bench, seconds: float) -> str:
    return (engine.clock.now() + timedelta(seconds=seconds)).isoformat()


def test_tagged_jobs_wait_until_the_end_and_all_others_go_on(bench: MakeBench) -> None:
    engine = bench(make_job("trade", tags=("live",), daily_time="06:01"), make_job("report", interval_seconds=60))
    answer = engine.command("hold_jobs", tags=["live"], until=soon(engine, 150), reason="maintenance")
    assert answer.startswith("done: jobs tagged live are held until ")
    assert answer.endswith(": 1 job now")
    assert [run.job for run in engine.runs()] == ["report"]
    engine.end(1)
    engine.advance(149)
    assert engine.runs("trade") == []
    assert len(engine.runs("report")) == 2
    engine.advance(2)
    (run,) = engine.runs("trade")
    assert run.state == RunState.RUNNING
    assert run.late_because == "held"
    assert engine.store.holds() == []


def test_the_engine_wakes_for_the_end_of_a_hold_and_does_not_spin_before(bench: MakeBench) -> None:
    engine = bench(live(), options=EngineOptions(mode="headless", poll_interval=3600))
    engine.command("hold_jobs", tags=["live"], until=soon(engine, 500))
    engine.advance(100)
    assert 1 < engine.engine.duties.seconds_to_sleep() <= 400
    engine.advance(397)
    assert engine.engine.duties.seconds_to_sleep() == pytest.approx(3)


def test_a_job_that_is_deployed_meanwhile_is_held_too(bench: MakeBench) -> None:
    engine = bench(make_job("report", interval_seconds=60))
    assert engine.command("hold_jobs", tags=["live"]).endswith("0 jobs now; no job is like that at present")
    engine.reload(make_job("report", interval_seconds=60), live("newcomer"))
    engine.advance(600)
    assert engine.runs("newcomer") == []
    assert engine.command("run", "newcomer").startswith("refused: newcomer: held by alice since ")
    assert " started, although held by alice since " in engine.command("run", "newcomer", force=True)
    (by_hand,) = engine.runs("newcomer")
    engine.end(by_hand.id)
    engine.advance(5)
    assert engine.command("release_jobs", tags=["live"]) == "done: released: jobs tagged live"
    assert len(engine.runs("newcomer")) == 2


def test_words_hold_jobs_by_their_names_across_restarts(bench: MakeBench) -> None:
    engine = bench(*(make_job(name, interval_seconds=60) for name in ("eod_report", "report", "scan")))
    assert engine.command("hold_jobs", words="report !eod").endswith("until they are released: 1 job now")
    engine.restart(crash=True)
    engine.advance(120)
    assert {run.job for run in engine.runs()} == {"eod_report", "scan"}
    assert engine.command("release_jobs", everything=True) == "done: released: jobs: report !eod"
    engine.turn()
    assert {run.job for run in engine.runs()} == {"eod_report", "report", "scan"}


def test_a_second_hold_of_the_same_jobs_takes_the_place_of_the_first(bench: MakeBench) -> None:
    engine = bench(live())
    engine.command("hold_jobs", tags=["live"], until=soon(engine, 60))
    assert "the hold on them before is replaced" in engine.command("hold_jobs", tags=["live"], until=soon(engine, 600))
    engine.advance(300)
    assert engine.runs() == []
    assert len(engine.store.holds()) == 1


def test_of_two_holds_the_longer_one_counts(bench: MakeBench) -> None:
    engine = bench(live())
    engine.command("hold_jobs", words="trade", until=soon(engine, 60))
    engine.command("hold_jobs", tags=["live"], until=soon(engine, 600))
    engine.advance(300)
    assert engine.runs() == []
    engine.command("release_jobs", tags=["live"])
    engine.turn()
    assert len(engine.runs()) == 1


def test_what_waits_in_the_queue_is_held_too(bench: MakeBench) -> None:
    engine = bench(live(retries=1, retry_delay_seconds=10))
    engine.turn()
    engine.end(1, 1)
    engine.command("hold_jobs", tags=["live"])
    engine.advance(100)
    assert [run.state for run in engine.runs()] == [RunState.FINISHED, RunState.QUEUED]
    engine.command("release_jobs", tags=["live"])
    engine.turn()
    assert engine.runs()[1].state == RunState.RUNNING


def test_held_jobs_take_no_places_from_others(bench: MakeBench) -> None:
    settings = SchedulerSettings(timezone="UTC", max_concurrent_runs=1)
    engine = bench(live("a"), make_job("b", interval_seconds=60), settings=settings)
    engine.command("hold_jobs", tags=["live"])
    engine.advance(1)
    assert [run.job for run in engine.runs()] == ["b"]


def test_a_one_shot_start_holds_them_too(bench: MakeBench) -> None:
    engine = bench(live(), make_job("report", interval_seconds=60))
    engine.command("hold_jobs", tags=["live"])
    engine.options = EngineOptions(mode="once")
    engine.restart()
    engine.advance(120)
    assert {run.job for run in engine.runs()} == {"report"}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"tags": "live"}, "tags must be a list of texts"),
        ({"words": 3}, "words must be a text"),
        ({"words": "/(/"}, "is no regular expression"),
        ({"until": "soon"}, "until must be a time in ISO 8601 with its offset"),
        ({"until": "2026-11-23T08:00"}, "until must be a time in ISO 8601 with its offset"),
        ({"until": "2001-01-01T00:00:00+00:00"}, "is over; name a later end"),
    ],
)
def test_what_makes_no_sense_is_refused(bench: MakeBench, arguments: dict[str, object], why: str) -> None:
    engine = bench(live())
    answer = engine.command("hold_jobs", None, **arguments)  # type: ignore[arg-type]
    assert answer.startswith("refused")
    assert why in answer
    assert engine.store.holds() == []


def test_a_release_of_what_is_not_held_names_what_is(bench: MakeBench) -> None:
    engine = bench(live())
    answer = engine.command("release_jobs", tags=["live"])
    assert answer == "refused: there is no hold on jobs tagged live; see: peak-console status"
    engine.command("hold_jobs", tags=["live"])
    assert engine.command("release_jobs", tags=["liv"]).endswith("; held are jobs tagged live")


def test_disabling_ends_at_a_moment(bench: MakeBench) -> None:
    engine = bench(live())
    assert engine.command("disable", "trade", until=soon(engine, 90)).startswith("done: trade is disabled until ")
    engine.advance(60)
    assert engine.runs() == []
    engine.advance(90)
    assert len(engine.runs()) == 1
    assert engine.command("disable", "trade", until="2001-01-01T00:00:00+00:00").startswith("refused: 2001-01-01")


def test_a_row_that_cannot_be_read_holds(bench: MakeBench) -> None:
    engine = bench(live())
    engine.store._write(
        "INSERT INTO holds (since, held_by, until, tags, words) VALUES ('x', x'ff', 'never', '{', x'ff')"
    )
    engine.restart()
    engine.advance(60)
    assert engine.runs() == []
    (hold,) = engine.store.holds()
    assert hold.until is None
    assert hold.since < datetime.now(hold.since.tzinfo)
