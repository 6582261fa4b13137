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


CHAIN = """\
[scheduler]
timezone = "UTC"

[[job]]
name = "quotes"
command = "quotes"
schedule_type = "daily"
daily_time = "15:00"
retries = 1
retry_delay_seconds = 600

[[job]]
name = "report"
command = "report"
schedule_type = "after"
after = ["quotes"]
finish_by = "15:10"
"""


def test_what_is_ahead_is_foreseen_with_chains_retries_and_deadlines(peak: CommandLine, store: Store) -> None:
    peak.jobs(CHAIN)
    for hours in (50, 26):
        record_run(store, "quotes", started_at=NOW - HOUR * hours, seconds=300)
        record_run(store, "report", started_at=NOW - HOUR * hours, seconds=240)
    items = {item["job"]: item for item in peak("timeline", "--json").json}
    assert items["quotes"]["start"] == "2026-11-23T15:00:00+00:00"
    assert items["quotes"]["end"] == "2026-11-23T15:05:00+00:00"
    assert items["report"]["start"] == items["quotes"]["end"], "at the end of its upstream"
    assert items["report"]["end"] == "2026-11-23T15:09:00+00:00"
    assert (items["report"]["slack_seconds"], items["report"]["risk"]) == (60, "good")

    for hours in (4, 3, 2):
        record_run(store, "quotes", started_at=NOW - HOUR * hours, outcome=Outcome.FAILED, seconds=250)
    coming = [item for item in peak("timeline", "--json").json if item["what"] == "coming"]
    attempts = [(item["attempt"], item["foreseen"]) for item in coming if item["job"] == "quotes"]
    assert attempts == [(1, "failed"), (2, "failed")]
    drawn = peak("timeline", "--to", "2h").out.splitlines()
    assert "↻" in drawn[1]
    assert "↻" not in drawn[2]


def test_where_nothing_can_be_foreseen_the_slots_stand(
    peak: CommandLine, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_run(store, "risk_check")
    monkeypatch.delattr("peak_console.forecast.forecast.Question")
    answer = peak("timeline", "risk", "--json")
    assert "peak-console: the forecast fails (ImportError: " in answer.err
    assert "what is ahead are slots alone" in answer.err
    assert {item["foreseen"] for item in answer.json} == {None}
    assert answer.json[-1]["what"] == "coming"


def test_a_forecast_with_too_much_to_do_says_how_far_it_goes(
    peak: CommandLine, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_run(store, "risk_check")
    monkeypatch.setattr("peak_console.verbs.past.timeline.FORECAST_SECONDS", 0.0)
    answer = peak("timeline", "risk", "--json")
    assert "the forecast goes up to Mon 2026-11-23 14:55:00 CET, as there are too many runs to come" in answer.err
    assert {item["foreseen"] for item in answer.json} == {None}
