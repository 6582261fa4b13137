"""What a run and an alert of a live job say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.headless.reports import sentence
from tests.support.factories import make_job

if TYPE_CHECKING:
    from tests.engine.conftest import MakeBench


def test_a_run_and_its_retry_keep_the_mode_that_they_had(bench: MakeBench) -> None:
    engine = bench(make_job("orders", mode="live", interval_seconds=60, retries=1, retry_delay_seconds=1))
    engine.turn()
    engine.end(1, 1)
    engine.advance(1)
    assert [run.run_mode for run in engine.runs()] == ["live", "live"]
    engine.reload(make_job("orders", mode="paper", interval_seconds=60))
    assert [run.run_mode for run in engine.runs()][:2] == ["live", "live"]


def test_an_alert_and_a_line_of_a_live_job_begin_with_it(bench: MakeBench) -> None:
    engine = bench(make_job("orders", mode="live"), make_job("signals", mode="paper"), make_job("backup"))
    engine.turn()
    for run in engine.runs():
        engine.end(run.id, 1)
    headlines = {alert.job: (alert.message.splitlines()[0], alert.context.get("mode")) for alert in engine.alerts()}
    assert headlines == {
        "orders": ("LIVE orders failed with exit code 1", "live"),
        "signals": ("signals failed with exit code 1", "paper"),
        "backup": ("backup failed with exit code 1", None),
    }
    told = [sentence(event) for event in engine.events if type(event).__name__ == "RunFinished"]
    assert [line.startswith("LIVE ") for line in told] == ["orders" in line for line in told]
