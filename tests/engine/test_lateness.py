"""Why a slot was late is recorded with its run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.jobs.model import SchedulerSettings
from tests.support.factories import make_job

if TYPE_CHECKING:
    from tests.engine.conftest import MakeBench


def test_what_is_on_time_has_no_reason(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60))
    engine.turn()
    assert [run.late_because for run in engine.runs()] == [None]


def test_a_hold_a_full_house_and_an_own_run_are_named(bench: MakeBench) -> None:
    engine = bench(
        make_job("a", interval_seconds=60, overlap="queue"),
        make_job("b", interval_seconds=60),
        settings=SchedulerSettings(timezone="UTC", max_concurrent_runs=1),
    )
    engine.turn()
    assert [run.late_because for run in engine.runs("b")] == ["waited for a place behind a"]
    engine.advance(60)
    assert engine.runs("a")[-1].late_because == "waited for an earlier run of its own"
    engine.command("hold")
    engine.advance(150)
    engine.command("release")
    engine.advance(1)
    assert any((run.late_because or "").startswith("held; waited for") for run in engine.runs())
