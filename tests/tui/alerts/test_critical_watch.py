"""When the bell rings, log by log."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from peak_console.model.records import Level
from peak_console.tui.alerts.critical_watch import CriticalWatch
from tests.tui.harness import fixed_now, make_alert

ALERTS = [make_alert(f"failure {number}", id=number) for number in range(60, 0, -1)]
"""Critical ones, newest first."""


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_alerts_are_news_when_they_are_newer_than_all_before_and_not_when_older_ones_are_read_later(
    known: int, read_first: int, new: int
) -> None:
    watch, log = CriticalWatch(), [alert for alert in ALERTS if alert.id <= known]
    assert not watch.has_news(log[:read_first])
    if read_first:  # a log that begins empty has no older alerts
        assert not watch.has_news(list(log))
        newer = [alert for alert in ALERTS if alert.id <= known + new]
        assert watch.has_news(newer) is (len(newer) > len(log))
        assert not watch.has_news(list(newer))


def test_what_is_acknowledged_resolved_or_less_than_critical_is_no_news() -> None:
    critical, now = make_alert(id=1), fixed_now()
    for change in ({"acknowledged_at": now}, {"resolved_at": now}, {"level": Level.WARNING}):
        quiet = replace(critical, **change)
        watch = CriticalWatch()
        assert not watch.has_news([])
        assert not watch.has_news([quiet])
        assert watch.has_news([replace(critical, told_at=now)]), "now it is told again, open and critical"


def test_all_of_another_registry_is_new_though_its_ids_begin_again() -> None:
    watch = CriticalWatch()
    watch.has_news(ALERTS)
    watch.start_over()
    assert watch.has_news([make_alert(id=1)])
