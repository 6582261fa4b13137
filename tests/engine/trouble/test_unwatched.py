"""One run's trouble is that run's: it cannot be looked at, signalled or adopted, and all others go on."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from tests.support.factories import make_job

if TYPE_CHECKING:
    from peak_console.runs.interface import Ended
    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench

ERRORS = [
    OSError(errno.EMFILE, os.strerror(errno.EMFILE), "/run/exit_status"),
    OSError(errno.EIO, os.strerror(errno.EIO)),
    OverflowError("int too large"),
    MemoryError(),
]


def break_looks(engine: Bench, run_id: int, error: Exception, *, signals: bool = False) -> None:
    """From now on a run's process cannot be looked at; nor signalled, if ``signals``."""
    process = engine.executor.processes[run_id]

    def broken(*_: object) -> Ended | None:
        raise error

    process.poll = broken  # type: ignore[method-assign]
    if signals:
        process.stop = broken  # type: ignore[method-assign, assignment]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_run_that_cannot_be_looked_at_counts_as_running_and_is_told_of(bench: MakeBench, error: Exception) -> None:
    engine = bench(make_job("evil", interval_seconds=60, retries=2), make_job("good", interval_seconds=60))
    engine.turn()
    break_looks(engine, 1, error)
    engine.end(2)
    for _ in range(11):
        engine.advance(1)
    (alert,) = engine.alerts("critical")
    assert alert.message.startswith("evil #1 cannot be watched: ")
    assert alert.job == "evil"
    engine.advance(60)
    assert engine.outcomes("good") == ["succeeded", None]
    assert engine.outcomes("evil") == [None, "skipped"], "it was never started a second time"
    assert len(engine.alerts("critical")) == 1


def test_a_run_that_can_be_looked_at_again_ends_as_it_ended(bench: MakeBench) -> None:
    engine = bench(make_job(retries=1))
    engine.turn()
    process = engine.executor.processes[1]
    whole = process.poll
    break_looks(engine, 1, ERRORS[0])
    engine.end(1, 0)
    assert engine.outcomes() == [None]
    process.poll = whole  # type: ignore[method-assign]
    engine.advance(1)
    assert engine.outcomes() == ["succeeded"]
    assert engine.alerts("critical") == []


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_timeout_is_kept_though_the_run_cannot_be_looked_at(bench: MakeBench, error: Exception) -> None:
    engine = bench(make_job(timeout_seconds=30, kill_grace_seconds=10))
    engine.turn()
    process = engine.executor.processes[1]
    break_looks(engine, 1, error)
    engine.advance(30)
    engine.advance(10)
    assert process.signals == ["terminate", "kill"]
    engine.advance(6)
    assert [(run.outcome, run.return_code) for run in engine.runs()] == [("timed_out", None)]


def test_a_signal_that_cannot_be_sent_is_sent_later(bench: MakeBench) -> None:
    engine = bench(make_job("evil"), make_job("good", interval_seconds=60))
    engine.turn()
    process = engine.executor.processes[1]
    whole = process.stop
    break_looks(engine, 1, ERRORS[0], signals=True)
    assert engine.command("stop", "evil").startswith("done")
    engine.end(2)
    process.stop = whole  # type: ignore[method-assign]
    engine.advance(1)
    assert process.signals == ["terminate"]
    assert engine.outcomes("good") == ["succeeded"]
