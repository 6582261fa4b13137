"""``timeline``: lanes as text, and every run and slot as JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Outcome
from tests.verbs.support import HOUR, NOW, record_run

if TYPE_CHECKING:
    from peak_console.store.store import Store
    from tests.verbs.conftest import CommandLine


def test_past_present_and_future_come_in_order(peak: CommandLine, store: Store) -> None:
    record_run(store, "risk_check", started_at=NOW - HOUR * 2, seconds=30)
    record_run(store, "risk_check", started_at=NOW - HOUR, outcome=Outcome.FAILED, late=90, late_because="held")
    record_run(store, "risk_check", started_at=NOW - timedelta(minutes=5), outcome=None)
    items = peak("timeline", "risk", "--json").json
    assert [item["what"] for item in items[:3]] == ["succeeded", "failed", "running"]
    assert {item["what"] for item in items[3:]} == {"coming"}
    assert items[1]["late_seconds"] == 90
    assert items[0]["end"] == "2026-11-23T12:55:30+01:00"
    assert all(item["job"] == "risk_check" for item in items)


def test_lanes_are_drawn_below_an_axis(peak: CommandLine, store: Store) -> None:
    record_run(store, "sweep", started_at=NOW - HOUR, outcome=Outcome.FAILED, seconds=600)
    answer = peak("timeline", "--from", "6h", "--to", "6h")
    axis, *lanes = answer.out.splitlines()
    assert "12:00" in axis
    assert [lane.split()[0] for lane in lanes] == ["forward_signals", "risk_check", "tokyo_scan", "sweep"]
    assert "✖" in lanes[3]
    assert "◇" in lanes[1]
    assert "◇ due" in answer.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--from", "soon"], '--from: "soon" is neither'),
        (["--from", "2026-11-23", "--to", "2026-11-22"], "--to: 2026-11-22 lies before --from"),
        (["/(/"], "is no regular expression"),
    ],
)
def test_what_makes_no_sense_is_refused(peak: CommandLine, words: list[str], why: str) -> None:
    answer = peak("timeline", *words)
    assert answer.code == 2
    assert why in answer.err
