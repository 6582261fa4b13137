"""A job does not start on yesterday's data: it waits, is skipped or fails, as it says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from peak_console.engine.dispatch import freshness
from peak_console.jobs.model import Requirement
from tests.support.factories import make_job

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from peak_console.jobs.model import JobDefinition
    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench

OLD = 3600.0


def orders(folder: Path, **changes: object) -> JobDefinition:
    requires = (Requirement("quotes.csv", "slot-1h"),)
    return make_job("orders", interval_seconds=7200, requires=requires, cwd=str(folder), **changes)


def put(folder: Path, engine: Bench, age: float) -> None:
    """A file of that age, by the engine's clock."""
    (folder / "quotes.csv").touch()
    at = engine.clock.now().timestamp() - age
    os.utime(folder / "quotes.csv", (at, at))


def test_a_slot_waits_for_its_file_and_starts_once_that_is_new_enough(tmp_path: Path, bench: MakeBench) -> None:
    engine = bench(orders(tmp_path))
    engine.turn()
    [run] = engine.runs()
    assert (run.state, run.awaits) == ("queued", "requires quotes.csv, which is not there (No such file or directory)")
    put(tmp_path, engine, OLD + 5)
    engine.advance(1)
    assert (engine.runs()[0].awaits or "").startswith("requires quotes.csv newer than slot-1h: ")
    assert engine.engine.seconds_to_sleep() <= 1
    put(tmp_path, engine, 10)
    engine.advance(1)
    [run] = engine.runs()
    assert (run.awaits, run.outcome) == (None, None)
    assert engine.live == [1]


def test_a_slot_that_has_waited_long_enough_is_missed(tmp_path: Path, bench: MakeBench) -> None:
    engine = bench(orders(tmp_path, wait_at_most=60))
    engine.turn()
    engine.advance(59)
    assert engine.outcomes() == [None]
    engine.advance(2)
    assert engine.outcomes() == ["missed"]
    assert (engine.runs()[0].reason or "").startswith("waited 1m00s, the most it may: requires quotes.csv")


def test_a_slot_is_skipped_where_the_job_says_so(tmp_path: Path, bench: MakeBench) -> None:
    engine = bench(orders(tmp_path, if_stale="skip"))
    engine.turn()
    assert engine.outcomes() == ["skipped"]
    assert (engine.runs()[0].reason or "").startswith("requires quotes.csv")
    engine.clock.advance(7200)
    put(tmp_path, engine, 0)
    engine.turn()
    assert engine.outcomes() == ["skipped", None]


def test_a_file_system_that_does_not_answer_keeps_the_slot_waiting_and_nobody_else(
    tmp_path: Path, bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate_r, gate_w = os.pipe()
    monkeypatch.setattr(freshness, "first_stale", lambda *_, **__: os.read(gate_r, 1) and None)
    engine = bench(orders(tmp_path), make_job("backup", interval_seconds=7200))
    try:
        engine.turn()
        assert {run.job: run.awaits for run in engine.runs()} == {"orders": freshness.UNANSWERED, "backup": None}
    finally:
        os.write(gate_w, b"xxxx")
    put(tmp_path, engine, 0)
    engine.advance(1)
    engine.advance(1)
    assert len(engine.live) == 2
