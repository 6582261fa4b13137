"""A run that waits with its executor: shown as submitted, timed from its start, stopped before it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from peak_console.engine.events import RunStarted, RunSubmitted
from peak_console.model.terms import Outcome
from peak_console.runs.interface import Ended
from peak_console.runs.simulated import Script, SimulatedExecutor
from tests.support.clock import FakeClock
from tests.support.engine import Bench
from tests.support.factories import make_job

if TYPE_CHECKING:
    from pathlib import Path

    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run


def waiting(folder: Path, job: JobDefinition, seconds: float | None) -> Bench:
    """An engine whose executor starts a run only after a while."""
    clock = FakeClock()
    executor = SimulatedExecutor(clock, lambda _spec: Script(waits_seconds=seconds, waits_for="others come first"))
    bench = Bench(folder / "state", job, clock=clock, executor=executor)
    bench.turn()
    return bench


def only(bench: Bench) -> Run:
    (run,) = bench.runs()
    return run


def test_a_run_is_submitted_until_it_starts(tmp_path: Path) -> None:
    bench = waiting(tmp_path, make_job(), 90)
    run = only(bench)
    began = bench.clock.now()
    assert (run.state, run.waits_for, run.submitted_at, run.started_at) == (
        "submitted",
        "others come first",
        began,
        None,
    )
    bench.advance(60)
    assert only(bench).state == "submitted"
    bench.advance(40)
    run = only(bench)
    assert (run.state, run.waits_for, run.started_at) == ("running", None, began + timedelta(seconds=90))
    assert run.waited_there_seconds == 90
    kinds = [type(event) for event in bench.events if isinstance(event, RunSubmitted | RunStarted)]
    assert kinds == [RunSubmitted, RunStarted]
    bench.end(1, 3)
    assert (only(bench).outcome, only(bench).return_code) == ("failed", 3)
    bench.close()


def test_a_timeout_counts_from_the_start(tmp_path: Path) -> None:
    bench = waiting(tmp_path, make_job(timeout_seconds=100), 90)
    bench.advance(85)
    bench.advance(60)
    bench.advance(40)
    assert only(bench).stop_reason is None
    bench.advance(6)
    assert only(bench).stop_reason == "timeout"
    bench.close()


def test_a_run_that_waits_is_stopped_before_it_starts(tmp_path: Path) -> None:
    bench = waiting(tmp_path, make_job(), None)
    assert bench.command("stop", "backup").startswith("done")
    bench.turn()
    run = only(bench)
    assert (run.outcome, run.started_at, run.return_code) == ("stopped", None, None)
    bench.close()


def test_the_next_engine_adopts_a_run_that_waits(tmp_path: Path) -> None:
    bench = waiting(tmp_path, make_job(), 90)
    bench.restart(crash=True)
    assert only(bench).state == "submitted"
    bench.advance(100)
    assert only(bench).state == "running"
    bench.end(1, 0)
    assert only(bench).outcome == "succeeded"
    bench.close()


def test_what_was_recorded_as_submitted_and_never_was_is_submitted_by_the_next_engine(tmp_path: Path) -> None:
    bench = waiting(tmp_path, make_job(), 90)
    bench.close(crash=True)
    bench.executor.started_marks.clear()
    bench.executor.processes.clear()
    bench.executor.adoptable.clear()
    bench.begin()
    bench.advance(100)
    assert only(bench).state == "running"
    bench.close()


def test_a_run_lost_to_its_node_is_tried_again_if_its_job_says_so(tmp_path: Path) -> None:
    for again in (True, False):
        folder = tmp_path / str(again)
        bench = waiting(folder, make_job(rerun_on_node_failure=again), 0)
        for attempt in range(1, 6):
            if attempt in bench.live:
                bench.executor.processes[attempt].ended = Ended(
                    None, None, outcome=Outcome.LOST, reason="its node died"
                )
            bench.advance(1)
        assert bench.outcomes() == ["lost"] * (4 if again else 1)
        bench.close()


def test_a_trouble_of_an_executor_is_an_incident_for_as_long_as_it_lasts(tmp_path: Path) -> None:
    bench = waiting(tmp_path, make_job(), None)
    bench.executor.suffered = {"unreachable": "it does not answer"}
    for _ in range(3):
        bench.advance(1)
    (alert,) = bench.alerts("critical")
    assert (alert.message, alert.is_open) == ("local: it does not answer", True)
    bench.executor.suffered = {}
    bench.advance(1)
    (alert,) = bench.alerts("critical")
    assert not alert.is_open
    bench.close()
