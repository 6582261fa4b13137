"""Incidents: alerts that stay open until their cause is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.jobs.model import AlertChannel
from peak_console.model.records import Alert, Level
from tests.support.factories import make_job

if TYPE_CHECKING:
    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench

DESK = AlertChannel("desk", "json://desk.example/", min_level="warning")
PHONE = AlertChannel("phone", "json://phone.example/", min_level="critical")


def sent(engine: Bench) -> list[tuple[str, str]]:
    """What stands in the outbox: channel and first line."""
    rows = engine.engine.store._rows(
        "SELECT channel, message FROM deliveries JOIN alerts ON alerts.id = alert_id ORDER BY deliveries.id"
    )
    return [(channel, message.splitlines()[0]) for channel, message in rows]


def test_an_incident_is_told_once_and_its_recovery_goes_where_it_went(bench: MakeBench) -> None:
    engine = bench(make_job(), channels=[DESK, PHONE])
    context = engine.engine.context
    for _ in range(3):
        with context:
            context.open_incident("waiting:backup", Alert(Level.WARNING, "backup waits", engine.clock.now()))
        engine.clock.advance(1)
    assert sent(engine) == [("desk", "backup waits")]
    with context:
        well = Alert(Level.INFO, "backup has started", engine.clock.now())
        assert [alert.count for alert in context.resolve("waiting:backup", recovery=well)] == [3]
        assert not context.resolve("waiting:backup", recovery=well), "it is good news once"
    assert sent(engine)[1:] == [("desk", "backup has started")]
    assert [alert.is_open for alert in engine.alerts()] == [False, False]
