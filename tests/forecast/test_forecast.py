"""A forecast is the engine's own work, on a virtual clock over a copy of the present state."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peak_console.forecast.deadlines import earliest_end, foreseen, missed
from peak_console.forecast.figures import busiest, slots_in
from peak_console.forecast.forecast import Question, forecast, futures
from peak_console.forecast.past import GUESS_SECONDS, Past
from peak_console.forecast.places import smallest_limit
from peak_console.forecast.simulation import Simulation
from peak_console.jobs.arrays import member_name
from peak_console.jobs.model import Array, JobSet, Overlap, SchedulerSettings, Upstream
from peak_console.model.records import Claim, Hold
from peak_console.runs.simulated import Script, SimulatedExecutor
from peak_console.schedule.slots import fingerprint, next_slot
from peak_console.store.store import Store
from peak_console.values import replace
from tests.support.clock import FakeClock
from tests.support.engine import Bench
from tests.support.factories import make_job

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from peak_console.forecast.forecast import Forecast
    from peak_console.jobs.model import JobDefinition

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def jobset(*jobs: JobDefinition, **changes: Any) -> JobSet:
    return JobSet("/etc/peak/jobs.toml", {job.name: job for job in jobs}, SchedulerSettings(timezone="UTC", **changes))


def ask(hours: float = 24, **changes: Any) -> Question:
    return Question(now=NOW, begin=NOW, end=NOW + timedelta(hours=hours), **changes)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with_registry = Store.open(str(tmp_path / "state"))
    yield with_registry
    with_registry.close()


def record(store: Store, job: str, *minutes: float, code: int = 0, before: datetime = NOW) -> None:
    """Runs of a job that have taken so many minutes, an hour apart, the last of them an hour ago."""
    for number, taken in enumerate(reversed(minutes), 1):
        slot = before - timedelta(hours=number)
        run = store.claim([Claim(job, slot)], slot, "1 gone")[0]
        store.started(run.id, slot, "77 mark")
        store.finish(run.id, "failed" if code else "succeeded", code, slot + timedelta(minutes=taken))


def clocks(found: Forecast, job: str) -> list[str]:
    return [f"{run.at:%H:%M} {run.outcome}" for run in found.runs if run.job == job]


def test_each_slot_starts_and_takes_as_long_as_the_median_of_the_last_runs(store: Store) -> None:
    record(store, "report", 3, 50, 5)
    found = forecast(jobset(make_job("report", cron="0 8,20 * * *", timeout_seconds=7200)), store, ask())
    assert clocks(found, "report") == ["08:00 succeeded", "20:00 succeeded"]
    assert {(run.ends_at - run.starts_at) for run in found.runs if run.ends_at and run.starts_at} == {
        timedelta(minutes=5)
    }


def test_a_job_that_mostly_fails_is_expected_to_fail_and_to_be_tried_again(store: Store) -> None:
    record(store, "report", 1, 1, 1, code=4)
    job = make_job("report", cron="0 8 * * *", retries=1, retry_delay_seconds=600)
    assert clocks(forecast(jobset(job), store, ask()), "report") == ["08:00 failed", "08:11 failed"]


def test_without_a_past_how_long_a_run_takes_is_a_guess_and_said_to_be_one() -> None:
    [run] = forecast(jobset(make_job("new", cron="0 8 * * *")), None, ask()).runs
    assert run.is_guess
    assert run.ends_at == datetime(2026, 11, 23, 8, 0, tzinfo=UTC) + timedelta(seconds=GUESS_SECONDS)


def test_a_run_that_goes_on_is_expected_to_end_and_keeps_its_next_slot_out(store: Store) -> None:
    record(store, "sweep", 90, 90, before=NOW - DAY)
    begun = NOW - timedelta(minutes=30)
    run = store.claim([Claim("sweep", begun)], begun, f"{os.getpid()} me")[0]
    store.started(run.id, begun, "88 mark")
    store.decided("sweep", "interval 3600", begun, None)
    found = forecast(jobset(make_job("sweep", cron="30 * * * *", timeout_seconds=0)), store, ask(2))
    assert clocks(found, "sweep") == ["05:30 succeeded", "06:30 skipped", "07:30 succeeded"]
    first, second, _ = found.runs
    assert first.run_id == run.id
    assert first.ends_at == NOW + timedelta(hours=1)
    assert second.reason == f"#{run.id} is still running"
    recorded = store.run(run.id)
    assert recorded is not None
    assert recorded.state == "running", "the registry itself is as it was"


def test_reasons_name_no_runs_that_nobody_knows() -> None:
    job = make_job("sweep", cron="0,10 8 * * *", timeout_seconds=0)
    found = forecast(jobset(job), None, ask(slow={"sweep": 30}))
    assert [run.reason for run in found.runs] == [None, "its run of 08:00:00 is still running"]


def test_what_if_a_job_fails_or_takes_longer(store: Store) -> None:
    record(store, "report", 10, 10)
    job = make_job("report", cron="0,15 8 * * *", timeout_seconds=1500)
    assert clocks(forecast(jobset(job), store, ask()), "report") == ["08:00 succeeded", "08:15 succeeded"]
    assert clocks(forecast(jobset(job), store, ask(fail=["report"])), "report") == ["08:00 failed", "08:15 failed"]
    slow = forecast(jobset(job), store, ask(slow={"report": 2}))
    assert clocks(slow, "report") == ["08:00 succeeded", "08:15 skipped"]
    slower = forecast(jobset(job), store, ask(slow={"report": 3}))
    assert clocks(slower, "report") == ["08:00 timed_out", "08:15 skipped"]


def test_under_a_hold_nothing_starts(store: Store) -> None:
    store.set_hold(Hold(NOW, "root"))
    assert forecast(jobset(make_job("report", cron="0 8 * * *")), store, ask()).runs == []


def test_the_busiest_moment_and_the_places_that_it_needs() -> None:
    jobs = [make_job(f"job{n}", cron="0 8 * * *") for n in range(4)] + [make_job("later", cron="0 9 * * *")]
    most = busiest(forecast(jobset(*jobs), None, ask()))
    assert most is not None
    assert (most.runs, most.at) == (4, datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
    limited = jobset(*jobs, max_concurrent_runs=2)
    assert smallest_limit(limited, None, ask(), Past(None, ())).limit == 4
    late = [run for run in forecast(limited, None, ask()).runs if run.waits_seconds > 2]
    assert [run.job for run in late] == ["job2", "job3"]
    assert late[0].late_because == "waited for a place behind job0, job1"


def test_the_same_seed_gives_the_same_futures_and_another_one_others(store: Store) -> None:
    record(store, "report", *range(1, 40))
    jobs = jobset(make_job("report", cron="0 8,12,20 * * *", timeout_seconds=0))
    first = futures(jobs, store, ask(samples=20, seed=1))
    assert first == futures(jobs, store, ask(samples=20, seed=1))
    assert first != futures(jobs, store, ask(samples=20, seed=2))
    figures = slots_in(first)
    assert [figure.futures for figure in figures] == [20] * 3
    for figure in figures:
        assert figure.succeeded == 20
        assert figure.ready is not None
        assert figure.slot < figure.ready.low <= figure.ready.middle <= figure.ready.high
        assert figure.share_before(figure.ready.high) >= 0.9
        assert figure.share_before(figure.slot) == 0


def test_a_forecast_writes_nothing(store: Store) -> None:
    record(store, "report", 1, 2)
    names = {name: os.stat(os.path.join(store.directory, name)).st_mtime_ns for name in os.listdir(store.directory)}
    with_reader = Store.look(store.directory)
    assert with_reader is not None
    forecast(jobset(make_job("report", interval_seconds=60)), with_reader, ask())
    with_reader.close()
    after = {name: os.stat(os.path.join(store.directory, name)).st_mtime_ns for name in os.listdir(store.directory)}
    assert {name: after[name] for name in names if name.endswith(".sqlite3")} == {
        name: names[name] for name in names if name.endswith(".sqlite3")
    }
    assert "runs" not in after


CRONS = ("*/7 * * * *", "0 * * * *", "13,14,15 6-8 * * *", "*/20 7 * * *")


@st.composite
def some_jobs(draw: st.DrawFn) -> tuple[list[JobDefinition], dict[str, float], set[str], int]:
    """Jobs, how many seconds each takes, which fail, and the places there are."""
    jobs, seconds, failing = [], {}, set()
    for number in range(draw(st.integers(1, 5))):
        name = f"job{number}"
        schedule: dict[str, Any] = (
            {"cron": draw(st.sampled_from(CRONS))} if draw(st.booleans())
            else {"interval_seconds": draw(st.sampled_from([45, 300, 1000]))}
        )  # fmt: skip
        jobs.append(
            make_job(
                name,
                overlap=draw(st.sampled_from(list(Overlap))),
                retries=draw(st.integers(0, 2)),
                retry_delay_seconds=draw(st.sampled_from([0, 30, 400])),
                timeout_seconds=draw(st.sampled_from([0, 60, 900])),
                kill_grace_seconds=5,
                **schedule,
            )
        )
        seconds[name] = draw(st.sampled_from([0.5, 20.0, 90.0, 700.0, 2000.0]))
        if draw(st.booleans()):
            failing.add(name)
    return jobs, seconds, failing, draw(st.integers(0, 3))


@settings(max_examples=8)
@given(some_jobs())
def test_in_a_world_without_surprises_the_forecast_is_what_then_happens(
    tmp_path_factory: pytest.TempPathFactory, world: tuple[list[JobDefinition], dict[str, float], set[str], int]
) -> None:
    jobs, seconds, failing, places = world
    end = NOW + timedelta(minutes=40)

    def script(job: JobDefinition, _slot: datetime | None, _attempt: int, _age: float = 0.0) -> Script:
        return Script(seconds=seconds[job.name], return_code=int(job.name in failing), dies_of="terminate")

    simulation = Simulation(jobset(*jobs, max_concurrent_runs=places), None, NOW, script)
    simulation.run_until(end)
    foretold = [told(run) for run in simulation.runs()]
    simulation.close()
    clock = FakeClock(NOW)
    by_name = {job.name: job for job in jobs}
    executor = SimulatedExecutor(clock, lambda spec: script(by_name[spec.env["PEAK_JOB_NAME"]], None, 1))
    bench = Bench(
        tmp_path_factory.mktemp("state"), *jobs, clock=clock, executor=executor,
        settings=SchedulerSettings(timezone="UTC", max_concurrent_runs=places),
    )  # fmt: skip
    bench.executor.directory = None  # output to be looked at each second would take the time of this test
    happened = run_for_real(bench, end)
    bench.close()
    assert happened == foretold


def told(run: Any) -> tuple[Any, ...]:
    return run.id, run.job, run.scheduled_for, run.attempt, run.state, run.outcome, run.started_at, run.finished_at


def run_for_real(bench: Bench, end: datetime) -> Sequence[tuple[Any, ...]]:
    """What an engine on a real registry records, which looks at the moments at which something is to be done."""
    while bench.clock.now() < end:
        bench.turn()
        seconds = min(bench.engine.seconds_to_sleep(), (end - bench.clock.now()).total_seconds())
        bench.clock.advance(max(seconds, 1e-6))
    bench.turn()
    return [told(run) for run in bench.runs()]


@pytest.mark.parametrize("jobs", [[], [make_job("off", cron="0 8 * * *", enabled=False)]])
def test_of_nothing_nothing_comes(jobs: list[JobDefinition]) -> None:
    assert forecast(jobset(*jobs), None, ask()).runs == []
    assert busiest(forecast(jobset(*jobs), None, ask())) is None


def test_a_slot_that_is_due_and_missed_is_told_as_the_engine_will_record_it(store: Store) -> None:
    job = make_job("report", cron="0 3 * * *", misfire_grace_seconds=60)
    from peak_console.schedule.slots import kind_of

    last = NOW - 2 * DAY
    store.decided("report", kind_of(job.schedule).fingerprint(), last, None)
    assert next_slot(job.schedule, last, NOW) is not None
    found = forecast(jobset(job), store, ask())
    assert clocks(found, "report")[0] == "03:00 missed"


def test_the_forecast_says_which_deadlines_are_missed_and_the_places_that_would_help(store: Store) -> None:
    for name in ("scan", "report"):
        record(store, name, 40, 40)
    jobs = [
        make_job("scan", cron="0 8 * * *", timeout_seconds=0),
        make_job("report", cron="0 8 * * *", timeout_seconds=0, finish_by="08:55"),
    ]
    tight = jobset(*jobs, max_concurrent_runs=1)
    [only] = foreseen(tight, forecast(tight, store, ask()))
    assert (only.job, only.is_met, only.slack_seconds) == ("report", True, 900), "jobs of one moment start by name"
    slow = forecast(tight, store, ask(slow={"report": 1.5}))
    assert [each.slack_seconds for each in missed(tight, slow)] == [-300]
    late = [jobs[0], replace(jobs[1], priority=-5)]
    assert (
        smallest_limit(jobset(*late, max_concurrent_runs=1), store, ask(), Past(store, ["scan", "report"])).limit == 2
    )
    drawn = slots_in(futures(tight, store, ask(samples=5)))
    assert earliest_end(tight, "report", drawn[0].slot) == datetime(2026, 11, 23, 8, 55, tzinfo=UTC)


def test_a_chain_is_foretold_with_what_it_waits_for(store: Store) -> None:
    record(store, "fetch", 10, 10)
    chain = jobset(
        make_job("fetch", cron="0 8 * * *", timeout_seconds=0),
        make_job("report", cron="0 8 * * *", after=[Upstream("fetch")]),
    )
    found = {run.job: run for run in forecast(chain, store, ask()).runs}
    assert found["report"].starts_at == datetime(2026, 11, 23, 8, 10, tzinfo=UTC)
    broken = {run.job: run for run in forecast(chain, store, ask(fail=["fetch"])).runs}
    assert broken["report"].starts_at is None
    assert broken["report"].outcome == "queued"


def test_an_array_that_goes_on_is_one_line_that_ends_with_the_last_of_its_runs(store: Store) -> None:
    job = replace(make_job("sweep", cron="0 8 * * *", timeout_seconds=0), array=Array((0, 1, 2), 1))
    begun = NOW - timedelta(minutes=10)
    whole = store.claim([Claim("sweep", begun, array_indexes="0-2")], begun, "1 gone")[0]
    store.started(whole.id, begun, None)
    runs = [
        Claim(member_name("sweep", n), begun, queued=True, array_of=whole.id, array_index=n) for n in range(3)
    ]  # fmt: skip
    first = store.claim(runs, begun, "1 gone")[0]
    store.take_from_queue(first.id, "1 gone")
    store.started(first.id, begun, "88 mark")
    store.decided("sweep", fingerprint(job.schedule), NOW, None)
    found = forecast(jobset(job), store, ask())
    under_way, next_one = found.of(["sweep"]).runs
    assert (under_way.run_id, under_way.outcome, under_way.reason) == (whole.id, "succeeded", "3 of 3 succeeded")
    assert under_way.ends_at is not None
    assert under_way.ends_at > NOW
    assert (next_one.outcome, next_one.starts_at) == ("succeeded", datetime(2026, 11, 23, 8, tzinfo=UTC))
