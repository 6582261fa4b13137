"""An engine sleeps although something has waited for long, where there is nothing for it to do about that."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from peak_console.engine.setup import EngineOptions
from peak_console.model.records import Claim
from tests.support.engine import Bench
from tests.support.factories import make_job

if TYPE_CHECKING:
    from pathlib import Path

REST_SECONDS = 1.0
"""An engine that wakes up more often than this has something to do."""


def queue_one(bench: Bench, job: str) -> None:
    slot = bench.clock.now() - timedelta(hours=1)
    bench.store.claim([Claim(job, slot, queued=True)], slot, "999999999 gone")


def test_slots_of_jobs_that_another_engine_serves_keep_nobody_awake(tmp_path: Path) -> None:
    ours, theirs = make_job("ours", interval_seconds=86400, tags=["a"]), make_job("theirs", tags=["b"])
    bench = Bench(tmp_path, ours, theirs, options=EngineOptions(include_tags=["a"]))
    queue_one(bench, "theirs")
    bench.turn()
    for run in bench.live:
        bench.end(run)
    bench.context.runs.queue.fill(bench.store.unfinished())
    bench.advance(120)
    assert bench.engine.seconds_to_sleep() >= REST_SECONDS
    bench.close()


def test_an_engine_that_leaves_sleeps_while_the_queue_waits_for_the_next_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_job("long", interval_seconds=86400), make_job("late", interval_seconds=86400))
    bench.turn()
    queue_one(bench, "late")
    bench.context.runs.queue.fill(run for run in bench.store.unfinished() if run.state == "queued")
    bench.control.drain()
    bench.turn()
    bench.executor.directory = None
    assert bench.live
    assert bench.engine.duties._waiting.seconds_left(bench.clock.now()) is None
    bench.close()
