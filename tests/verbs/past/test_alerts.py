from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Alert, Level
from tests.verbs.support import NOW, record_alert

if TYPE_CHECKING:
    from peak_console.store.store import Store
    from tests.verbs.conftest import CommandLine


@pytest.fixture(autouse=True)
def _three_alerts(store: Store) -> None:
    """#1 of risk_check, acknowledged; #2 about no job; #3 of tokyo_scan."""
    first = record_alert(store, "risk_check failed\nlast lines of stderr")
    record_alert(store, "jobs.toml rejected", job=None, level="warning")
    record_alert(store, "tokyo_scan succeeded", job="tokyo_scan", level="info")
    store.acknowledge("ada", NOW, first.id)


def test_json_holds_every_field_and_the_whole_message(peak: CommandLine) -> None:
    assert peak("alerts", "--json").json[2] == {
        "id": 1,
        "level": "critical",
        "source": "scheduler",
        "message": "risk_check failed\nlast lines of stderr",
        "timestamp": "2026-11-23T13:55:00+01:00",
        "context": {"attempt": 1},
        "job": "risk_check",
        "run_id": None,
        "acknowledged_at": "2026-11-23T14:55:00+01:00",
        "acknowledged_by": "ada",
        "note": None,
        "cause": None,
        "count": 1,
        "last_at": "2026-11-23T13:55:00+01:00",
        "resolved_at": None,
    }


def test_the_table_shows_first_lines_and_who_has_acknowledged(peak: CommandLine) -> None:
    newest, _, oldest = peak("alerts").rows
    assert newest == "2026-11-23 13:55:00  info      tokyo_scan  tokyo_scan succeeded  –"
    assert oldest == ("2026-11-23 13:55:00  critical  risk_check  risk_check failed     by ada, 2026-11-23 14:55:00")


def test_an_incident_tells_its_count_and_when_it_was_resolved(peak: CommandLine, store: Store) -> None:
    for minutes in (5, 1):
        at = NOW - timedelta(minutes=minutes)
        store.open_incident(
            Alert(Level.CRITICAL, "risk_check failed", at, job="risk_check", cause="failed:x"), [], at, 60
        )
    newest = peak("alerts").rows[0]
    assert "risk_check failed (×2, last 2026-11-23 14:54:00)" in newest
    assert [alert["id"] for alert in peak("alerts", "--open", "--json").json] == [4, 2]
    store.resolve(["failed:x"], NOW)
    assert "resolved 2026-11-23 14:55:00" in peak("alerts").rows[0]
    assert [alert["id"] for alert in peak("alerts", "--open", "--json").json] == [2]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], [3, 2, 1]),
        (["--open"], [2]),
        (["--limit", "1"], [3]),
        (["--limit", "0"], [3, 2, 1]),
        (["--include-tags", "risk,heavy"], [1]),
        (["--include-tags", "risk,scan", "--limit", "1"], [3]),
        (["--exclude-tags", "scan"], [2, 1]),
    ],
)
def test_filters(peak: CommandLine, words: list[str], expected: list[int]) -> None:
    assert [alert["id"] for alert in peak("alerts", "--json", *words).json] == expected


def test_no_match_is_told(peak: CommandLine) -> None:
    answer = peak("alerts", "--open", "--include-tags", "heavy")
    assert (answer.code, answer.out) == (0, "")
    assert "no alert is open" in answer.err
