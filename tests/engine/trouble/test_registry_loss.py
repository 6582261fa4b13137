"""A registry that is damaged, moved or removed under a living engine: it goes on, and nothing runs twice."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.clock import SystemClock
from peak_console.engine.registry_loss.check import RegistryCheck
from peak_console.errors import DamagedError, TakenAwayError
from peak_console.runs.interface import Ended
from peak_console.store.locks import EngineLock
from peak_console.store.store import Store
from tests.support.clock import MONDAY_MORNING
from tests.support.factories import make_job
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench

MINUTE = timedelta(minutes=1)


def spoil(engine: Bench) -> None:
    """Nothing of the registry can be read any more, by anybody."""
    engine.store._rows("PRAGMA wal_checkpoint(TRUNCATE)")
    path = engine.directory / "registry.db"
    path.write_bytes(b"nothing of the kind " * (path.stat().st_size // 20 + 1))
    engine.store._rows("PRAGMA shrink_memory")  # what is in memory is noticed later only


def remove(engine: Bench) -> None:
    shutil.rmtree(engine.directory)


def move_away(engine: Bench) -> None:
    for path in engine.directory.glob("registry.db*"):
        path.rename(path.with_name(f"old-{path.name}"))


LOSSES = pytest.mark.parametrize("lose", [spoil, remove, move_away])


def busy(bench: MakeBench) -> Bench:
    """An engine with a run of every kind of job, one more waiting, a pause and a hold."""
    engine = bench(
        make_job("long", interval_seconds=60, overlap="queue"),
        make_job("migrate"),
        make_job("daily", daily_time="05:00"),
        make_job("paused", interval_seconds=60),
        make_job("fails", interval_seconds=3600, retries=1, retry_delay_seconds=300),
    )
    assert engine.command("disable", "paused", reason="audit").startswith("done")
    engine.turn()
    engine.end(next(run.id for run in engine.runs("migrate")))
    engine.end(next(run.id for run in engine.runs("fails")), code=1)
    engine.advance(60)
    assert [run.state for run in engine.runs("long")] == ["running", "queued"]
    return engine


@LOSSES
def test_what_runs_and_what_waits_is_kept_and_nothing_that_has_run_runs_again(
    bench: MakeBench, lose: Callable[[Bench], None]
) -> None:
    engine = busy(bench)
    before = {run.id: run for run in engine.runs() if run.outcome is None}
    started = set(engine.executor.processes)
    engine.executor.adoptable.update(engine.executor.processes)
    lose(engine)
    engine.engine.work()
    assert set(engine.executor.processes) == started, "no once or interval job begins anew"
    assert {run.id: run for run in engine.runs() if run.outcome is None}.keys() == before.keys()
    (running,) = engine.live
    override = engine.store.job_states()["paused"].override
    assert override is not None
    assert override.reason == "audit"
    engine.end(running)
    assert set(engine.live) == set(engine.executor.processes) - started, "the queue goes on"
    assert engine.command("run", "daily") == "done: daily #6 started"
    assert engine.slots("long") == [MONDAY_MORNING, MONDAY_MORNING + MINUTE]
    engine.advance(300)
    assert [run.attempt for run in engine.runs("fails")][-1] == 2
    assert len(engine.runs("migrate")) <= 1
    assert any("registry was" in alert.message for alert in engine.alerts("critical"))


@LOSSES
def test_a_hold_outlives_the_registry(bench: MakeBench, lose: Callable[[Bench], None]) -> None:
    engine = bench(make_job(interval_seconds=60))
    engine.command("hold", reason="year end")
    lose(engine)
    engine.engine.work()
    hold = engine.store.hold()
    assert hold is not None
    assert (hold.by, hold.reason) == ("alice", "year end")
    engine.clock.advance(60)
    engine.engine.work()
    assert engine.live == []


@LOSSES
def test_whoever_stands_by_gets_no_second_lock(bench: MakeBench, lose: Callable[[Bench], None]) -> None:
    engine = bench(make_job(interval_seconds=60))
    lose(engine)
    engine.engine.work()
    assert not EngineLock(str(engine.directory)).acquire()


def test_a_directory_that_another_has_made_anew_is_left_to_it(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60))
    engine.turn()
    remove(engine)
    Store.open(str(engine.directory)).close()
    other = EngineLock(str(engine.directory))
    assert other.acquire()
    engine.clock.advance(60)
    with pytest.raises(TakenAwayError, match=r"removed or replaced .* another one serves it now"):
        engine.engine.work()
    assert list(engine.executor.processes) == [1], "nothing is started by two"
    assert engine.executor.processes[1].signals == [], "and what runs is left alone"
    other.release()
    with pytest.raises(TakenAwayError, match="with a registry of its own; start the engine again"):
        engine.engine.work()


@pytest.mark.parametrize("lose", [remove, move_away])
def test_who_leaves_with_nothing_under_way_makes_no_registry_anew(
    bench: MakeBench, lose: Callable[[Bench], None]
) -> None:
    engine = bench(make_job(interval_seconds=60))
    engine.turn()
    engine.end(engine.live[0])
    lose(engine)
    engine.control.drain()
    engine.engine.serve()
    engine.engine.end()
    assert list(engine.directory.glob("registry.db*")) == []


@pytest.mark.parametrize("lose", [remove, move_away])
def test_who_leaves_after_its_last_run_records_how_that_has_ended(
    bench: MakeBench, lose: Callable[[Bench], None]
) -> None:
    engine = bench(make_job(interval_seconds=60))
    engine.turn()
    engine.executor.adoptable.update(engine.executor.processes)
    lose(engine)
    engine.executor.processes[1].ended = Ended(7, None)
    engine.control.drain()
    engine.engine.serve()
    (run,) = engine.runs()
    assert (run.outcome, run.return_code) == ("failed", 7)


def test_a_lock_file_that_was_removed_is_made_again(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60))
    (engine.directory / "engine.lock").unlink()
    engine.engine.work()
    assert len(engine.runs()) == 1
    assert not EngineLock(str(engine.directory)).acquire()


def test_damage_that_comes_back_at_once_ends_the_engine(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60))
    spoil(engine)
    engine.engine.work()
    spoil(engine)
    with pytest.raises(DamagedError):
        engine.engine.work()
    move_away(engine)
    engine.store.reopen()


def test_the_jobs_that_were_loaded_last_go_on(bench: MakeBench) -> None:
    engine = bench(make_job("old", interval_seconds=60))
    engine.reload(make_job("new", interval_seconds=60))
    spoil(engine)
    engine.engine.work()
    assert list(engine.context.served.jobs) == ["new"]


def test_the_registry_is_looked_through_although_nobody_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peak_console.engine.registry_loss.check.FIRST_SECONDS", 0)
    Store.open(str(tmp_path)).close()
    rung: list[bool] = []
    sound = RegistryCheck(str(tmp_path), SystemClock(), lambda: rung.append(True))
    sound.work()
    wait_until(lambda: sound._thread is not None and not sound._thread.is_alive())
    sound.work()
    assert rung == []
    path = tmp_path / "registry.db"
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * (path.stat().st_size - 4096))
    inspector = RegistryCheck(str(tmp_path), SystemClock(), lambda: rung.append(True))
    inspector.work()
    wait_until(lambda: rung)
    with pytest.raises(DamagedError):
        inspector.work()


@pytest.mark.parametrize("name", ["engine.bell", "engine.lock"])
def test_a_bell_or_a_lock_that_is_taken_away_is_made_anew_and_told(bench: MakeBench, name: str) -> None:
    engine = bench(make_job("a", interval_seconds=60))
    engine.engine.work()
    path = engine.directory / name
    path.unlink()
    if name == "engine.bell":
        path.write_bytes(b"")
    engine.engine.work()
    engine.engine.work()
    [alert] = engine.alerts("warning")
    assert f"{name} was removed or replaced while this engine served: it is made anew" in alert.message
    assert engine.place.bell.is_in_place()
    assert engine.place.lock.is_in_place()
    assert not EngineLock(str(engine.directory)).acquire()


def test_a_newcomer_that_has_the_new_lock_for_a_moment_drives_no_engine_away(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = bench(make_job(interval_seconds=60))
    engine.engine.work()
    (engine.directory / "engine.lock").unlink()
    other = EngineLock(str(engine.directory))
    assert other.acquire()
    looks = iter([None, other.release])
    sleep = engine.clock.sleep

    def pass_time(seconds: float) -> None:
        if release := next(looks, None):
            release()
        sleep(seconds)

    monkeypatch.setattr(engine.clock, "sleep", pass_time)
    engine.engine.work()
    assert engine.place.lock.is_in_place()
