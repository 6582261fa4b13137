"""Which alerts are listed, and in which order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.model.records import Alert, Level
from peak_console.tui.alerts.choosing import Scope, chosen, is_success, left_out
from tests.tui.harness import fixed_now, make_alert

if TYPE_CHECKING:
    from collections.abc import Sequence

CRITICAL = make_alert("risk_check failed", job="risk_check", id=1, run_id=3)
WARNING = make_alert("backup is late", Level.WARNING, job="backup", id=2, run_id=4)
RESOLVED = make_alert("sweep failed", job="sweep", id=3, resolved_at=fixed_now())
RELOADED = make_alert("jobs.toml was read again", Level.INFO, id=4, acknowledged_at=fixed_now())
READ = make_alert("scan failed", job="scan", id=5, acknowledged_at=fixed_now(), acknowledged_by="anna")
SUCCESS = make_alert("backup succeeded in 2.0s", Level.INFO, job="backup", id=6, run_id=5, acknowledged_at=fixed_now())
LOG = [SUCCESS, READ, RELOADED, RESOLVED, WARNING, CRITICAL]


def ids(alerts: Sequence[Alert]) -> list[int]:
    return [alert.id for alert in alerts]


@pytest.mark.parametrize(
    ("scope", "listed", "hidden"),
    [
        (Scope.NEWS, [1, 2, 5, 4], "1 resolved, 1 successes"),
        (Scope.RESOLVED, [1, 2, 5, 4, 3], "1 successes"),
        (Scope.ALL, [1, 2, 6, 5, 4, 3], ""),
    ],
)
def test_open_ones_come_first_and_successes_only_when_asked(scope: Scope, listed: list[int], hidden: str) -> None:
    found = chosen(LOG, scope)
    assert ids(found.alerts) == listed
    assert left_out(found) == hidden


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("level:critical", [1, 5, 3]),
        ("level:crit,warn", [1, 2, 5, 3]),
        ("unread", [1, 2]),
        ("job:backup", [2, 6]),
        ("backup !late", [6]),
        ("FAILED risk", [1]),
        ("level:", []),
    ],
)
def test_a_filter(text: str, listed: list[int]) -> None:
    assert ids(chosen(LOG, Scope.ALL, text).alerts) == listed


@given(st.lists(st.sampled_from(LOG)), st.sampled_from([*Scope]))
def test_nothing_is_lost_and_no_critical_one_stands_below_another(log: list[Alert], scope: Scope) -> None:
    log = [replace(alert, id=place) for place, alert in enumerate(reversed(log))][::-1]
    found = chosen(log, scope)
    assert len(found.alerts) + found.resolved + found.successes + found.other == len(log)
    assert {alert.id for alert in log if alert.is_open} <= set(ids(found.alerts))
    urgent = [alert.is_open and alert.level == Level.CRITICAL for alert in found.alerts]
    assert urgent == sorted(urgent, reverse=True)
    assert all(is_success(alert) for alert in log if alert.level == Level.INFO and alert.run_id)
