"""What befalls the executor is an incident, which ends when nothing more befalls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.engine.supervision.executor_mishaps import CALM_SECONDS
from tests.support.engine import Bench

if TYPE_CHECKING:
    from pathlib import Path


def test_what_befalls_the_executor_is_one_incident_that_counts_on_and_is_resolved(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.executor.befallen = ["it was stopped"]
    bench.turn()
    bench.turn()
    assert [(each.message, each.count) for each in bench.alerts()] == [("it was stopped", 1)]
    bench.executor.befallen = ["it was stopped"]
    bench.advance(CALM_SECONDS - 1)
    bench.advance(CALM_SECONDS - 1)
    assert [(each.count, each.is_open) for each in bench.alerts()] == [(2, True)]
    bench.advance(1)
    assert [each.is_open for each in bench.alerts()] == [False]
    bench.close()


def test_an_incident_of_the_engine_before_is_resolved_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.executor.befallen = ["it was stopped"]
    bench.turn()
    bench.restart()
    assert [each.is_open for each in bench.alerts()] == [True]
    bench.advance(CALM_SECONDS)
    assert [each.is_open for each in bench.alerts()] == [False]
    bench.close()
