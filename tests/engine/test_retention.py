"""What the jobs file says need not be kept leaves, rows and files together, and nothing waits for it."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.engine.setup import EngineOptions
from peak_console.engine.upkeep import retention
from peak_console.engine.upkeep.retention import cap_output
from peak_console.jobs.model import SchedulerSettings
from peak_console.model.records import Alert, Claim, Level
from peak_console.runs.local.run_directory import lay_out
from peak_console.runs.output.of_run import RunOutput
from peak_console.runs.output.removal import disk_bytes
from peak_console.store.directory import run_directory
from peak_console.values import replace
from tests.support.factories import make_job

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench

DAY = 86_400.0


def settings(**changes: float) -> SchedulerSettings:
    return replace(SchedulerSettings(timezone="UTC", keep_runs=0, keep_days=0), **changes)  # type: ignore[arg-type]


def run_times(engine: Bench, count: int, every: float = 60) -> None:
    """A job with slots at an interval runs so often, and begins once more."""
    engine.turn()
    for _ in range(count):
        [run_id] = engine.live
        engine.end(run_id)
        engine.advance(every)


def directories(engine: Bench) -> list[int]:
    return sorted(int(path.name) for path in (engine.directory / "runs").iterdir())


def test_rows_and_files_beyond_the_number_kept_leave_within_the_hour(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60), settings=settings(keep_runs=3))
    run_times(engine, 9)
    engine.end(10)
    assert len(engine.runs()) == 10, "not at once"
    engine.advance(3600)
    assert [run.id for run in engine.runs() if run.outcome == "succeeded"] == [8, 9, 10]
    assert directories(engine) == [run.id for run in engine.runs() if run.reference]


def test_what_is_too_old_leaves_but_the_last_run_stays(bench: MakeBench) -> None:
    engine = bench(make_job("a"), make_job("b"), settings=settings(keep_days=2))
    engine.turn()
    for run_id in engine.live:
        engine.end(run_id)
    engine.advance(1)
    assert "#3 started" in engine.command("run", "a")
    engine.end(3)
    engine.advance(2 * DAY - 10)
    assert [run.id for run in engine.runs()] == [1, 2, 3]
    engine.advance(3600)
    assert [(run.id, run.job) for run in engine.runs()] == [(2, "b"), (3, "a")]
    assert directories(engine) == [2, 3]


def test_zero_keeps_all(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60), settings=settings())
    run_times(engine, 5)
    engine.advance(3000 * DAY)
    assert len(engine.runs()) == 7


def test_a_new_engine_prunes_at_its_start(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60), settings=settings(keep_runs=2))
    run_times(engine, 5)
    engine.restart()
    engine.turn()
    assert len([run for run in engine.runs() if run.outcome]) == 2


def test_a_reload_changes_what_is_kept(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60), settings=settings())
    run_times(engine, 5)
    engine.settings = settings(keep_runs=1)
    engine.reload(*engine.jobs)
    engine.end(6)
    engine.advance(3600)
    assert len([run for run in engine.runs() if run.outcome]) == 1


def test_alerts_and_commands_of_long_ago_leave_too(bench: MakeBench) -> None:
    engine = bench(make_job(enabled=False), settings=settings(keep_days=5))
    store = engine.store
    old = store.add_alert(Alert(Level.CRITICAL, "old", engine.clock.now()), [], engine.clock.now())
    engine.command("hold")
    engine.advance(4 * DAY)
    new = store.add_alert(Alert(Level.INFO, "new", engine.clock.now()), [], engine.clock.now())
    assert [alert.id for alert in store.alerts()] == [new.id, old.id]
    engine.advance(DAY + 3600)
    assert [alert.id for alert in store.alerts()] == [new.id]
    assert store.command(1) is None


def age(directory: str, days: float, now: float) -> None:
    os.utime(directory, (now - days * DAY,) * 2)


def test_leftovers_of_a_crash_leave_once_they_are_old(bench: MakeBench) -> None:
    engine = bench(make_job(), settings=settings(keep_days=5))
    engine.turn()
    engine.end(1)
    now = engine.clock.now().timestamp()
    for run_id, days in ((1, 9), (50, 4), (51, 6)):
        lay_out(run_directory(str(engine.directory), run_id))
        age(run_directory(str(engine.directory), run_id), days, now)
    (engine.directory / "runs" / "mine").mkdir()
    model = engine.directory / "runs" / "52" / "model.bin"
    model.parent.mkdir()
    model.write_bytes(b"x")
    age(str(model.parent), 400, now)
    engine.restart()
    engine.turn()
    assert sorted(os.listdir(engine.directory / "runs")) == ["1", "50", "52", "mine"]
    assert model.read_bytes() == b"x"


def test_a_bound_of_the_output_removes_no_folder_that_no_run_has_made(bench: MakeBench) -> None:
    engine = bench(make_job(), settings=settings(max_state_bytes=1))
    model = engine.directory / "runs" / "7" / "model.bin"
    model.parent.mkdir(parents=True)
    model.write_bytes(b"x" * 10_000)
    lay_out(run_directory(str(engine.directory), 8))
    (engine.directory / "runs/8/stdout.log").write_bytes(b"x" * 10_000)
    for _ in cap_output(retention.pruning_of(engine.context)):
        pass
    assert model.exists()
    assert not os.path.exists(run_directory(str(engine.directory), 8))


def test_a_crash_between_row_and_files_leaves_no_row_without_files(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = bench(make_job(interval_seconds=60), settings=settings(keep_runs=2))
    run_times(engine, 6)

    def power_cut(_output: RunOutput) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(RunOutput, "remove", power_cut)
    with pytest.raises(KeyboardInterrupt):
        engine.advance(3600)
    rows = {run.id for run in engine.runs() if run.reference}
    assert rows <= set(directories(engine))
    assert len(rows) < 7


def test_a_link_in_the_place_of_a_runs_files_is_not_followed(bench: MakeBench, tmp_path: Path) -> None:
    engine = bench(make_job(interval_seconds=60), settings=settings(keep_runs=1))
    run_times(engine, 3)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").touch()
    os.rmdir(run_directory(str(engine.directory), 1))
    os.symlink(tmp_path / "precious", run_directory(str(engine.directory), 1))
    engine.advance(3600)
    assert (tmp_path / "precious" / "file").exists()
    assert engine.store.run(1) is None


class TickingClock:
    """Goes on by two milliseconds whenever it is looked at, however quick the machine is."""

    def __init__(self, engine: Bench) -> None:
        self._now = engine.clock.now()
        self._looks = 0

    def now(self) -> object:
        return self._now

    def monotonic(self) -> float:
        self._looks += 1
        return 0.002 * self._looks

    def asleep(self) -> float:
        return 0.0


def test_a_long_history_goes_in_batches_that_hold_nobody_up(bench: MakeBench) -> None:
    engine = bench(make_job(enabled=False), settings=settings(keep_runs=5))
    store, now = engine.store, engine.clock.now()
    with store:
        for job in ("a", "b", "c"):
            runs = store.claim([Claim(job, now + timedelta(seconds=n)) for n in range(400)], now, "x")
            for run in runs:
                store.finish(run.id, "succeeded", 0, now)
    for run_id in range(1, 100):
        directory = run_directory(str(engine.directory), run_id)
        os.makedirs(directory)
        for name in ("stdout.log", "stderr.log", "started", "timeline"):
            with open(os.path.join(directory, name), "wb"):
                pass
    clock = TickingClock(engine)
    pruning = retention.Retention(replace(retention.pruning_of(engine.context), clock=clock))  # type: ignore[arg-type]
    longest, batches = 0.0, 0
    while pruning.seconds_left() < 1:  # it goes on soon until all is done
        pruning._next_at = 0.0
        began = time.process_time()
        pruning.work(now)
        longest = max(longest, time.process_time() - began)
        batches += 1
    assert batches > 5
    assert longest < 0.1, "0.02 where nobody else needs the processor"
    assert len(store.runs()) == 15
    assert 200 < pruning.seconds_left() <= 300
    assert os.listdir(engine.directory / "runs") == []


@pytest.mark.parametrize("lot", [0.0, 0.4, 1.0])
def test_an_engine_that_passes_prunes_every_job_if_time_allows(bench: MakeBench, lot: float) -> None:
    engine = bench(make_job(enabled=False), settings=settings(keep_runs=2), options=EngineOptions(mode="once"))
    store, now = engine.store, engine.clock.now()
    for job in ("a", "b", "c"):
        for run in store.claim([Claim(job, now + timedelta(seconds=n)) for n in range(5)], now, "x"):
            store.finish(run.id, "succeeded", 0, now)
    retention.prune_a_little(retention.pruning_of(engine.context), now, lot, 1)
    assert [len(engine.runs(job)) for job in ("a", "b", "c")] == [2, 2, 2]


def test_a_passing_engine_that_ran_something_prunes_before_it_leaves(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60), settings=settings(keep_runs=2), options=EngineOptions(mode="once"))
    run_times(engine, 6)
    [run_id] = engine.live
    engine.end(run_id)
    engine.any_engine.end()
    assert [run.id for run in engine.runs()] == [6, 7]


def test_without_a_registry_neither_runs_nor_passed_slots_stay(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60), options=EngineOptions(keep_registry=False))
    engine.turn()
    engine.advance(60)
    assert [type(event).__name__ for event in engine.events].count("SlotPassed") == 1
    assert [run.id for run in engine.runs()] == [1], "what runs has to be known"
    engine.end(1)
    assert engine.runs() == []
    assert not (engine.directory / "runs" / "1").exists()


def test_keeping_longer_than_there_is_time_keeps_all(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60), settings=settings(keep_days=1_000_000))
    run_times(engine, 3)
    engine.advance(3600)
    assert len(engine.runs()) >= 4


def write_output(engine: Bench, run_id: int, size: int) -> None:
    with open(os.path.join(run_directory(str(engine.directory), run_id), "stdout.log"), "wb") as file:
        file.write(b"x" * size)


def test_beyond_the_total_the_oldest_finished_runs_leave(bench: MakeBench) -> None:
    engine = bench(
        make_job("long", timeout_seconds=0), make_job(interval_seconds=30), settings=settings(max_state_bytes=3_500_000)
    )
    engine.turn()
    [long] = [run.id for run in engine.runs("long")]
    write_output(engine, long, 1_000_000)
    for _ in range(6):
        [run_id] = [each for each in engine.live if each != long]
        write_output(engine, run_id, 1_000_000)
        engine.end(run_id)
        engine.advance(30)
    assert len(directories(engine)) == 8
    engine.advance(3600)
    kept = [run.id for run in engine.runs() if run.outcome == "succeeded"]
    assert len(kept) == 2, "with the live one they make 3 of 3.5 MB"
    assert long in engine.live
    assert long in directories(engine)
    assert kept == sorted(kept)
    assert min(kept) > 5, "the newest"
    assert set(directories(engine)) == {run.id for run in engine.runs() if run.reference}


def test_an_engine_that_passes_keeps_the_total_at_one_start_in_some(bench: MakeBench) -> None:
    engine = bench(
        make_job(interval_seconds=60), settings=settings(max_state_bytes=2_500_000), options=EngineOptions(mode="once")
    )
    for _ in range(5):
        engine.turn()
        write_output(engine, engine.live[0], 1_000_000)
        engine.end(engine.live[0])
        engine.clock.advance(60)
    for lot, kept in ((0.5, 5), (0.05, 2)):
        retention.prune_a_little(retention.pruning_of(engine.context), engine.clock.now(), lot, 1)
        assert len(directories(engine)) == len(engine.runs()) == kept


def test_output_beyond_the_total_waits_no_hour(bench: MakeBench) -> None:
    engine = bench(make_job(), settings=settings(max_state_bytes=1_000_000))
    engine.turn()
    write_output(engine, 1, 2_000_000)
    engine.end(1)
    engine.advance(301)
    assert directories(engine) == []


def test_holes_and_links_take_nothing_of_the_total(tmp_path: Path) -> None:
    (tmp_path / "big").mkdir()
    (tmp_path / "big" / "file").write_bytes(b"x" * 1_000_000)
    (tmp_path / "run" / "inner").mkdir(parents=True)
    (tmp_path / "run" / "link").symlink_to(tmp_path / "big")
    with (tmp_path / "run" / "hole").open("wb") as file:
        file.truncate(10**9)
    (tmp_path / "run" / "inner" / "file").write_bytes(b"x" * 100_000)
    assert 100_000 <= disk_bytes(str(tmp_path / "run")) < 200_000
    assert disk_bytes(str(tmp_path / "nowhere")) == 0


@pytest.mark.parametrize("limit", [0, 10**9])
def test_below_the_total_all_stays(bench: MakeBench, limit: int) -> None:
    engine = bench(make_job(interval_seconds=60), settings=settings(max_state_bytes=limit))
    run_times(engine, 4)
    engine.advance(3600)
    assert {1, 2, 3, 4} <= set(directories(engine))
