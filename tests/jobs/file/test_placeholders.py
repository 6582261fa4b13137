"""What placeholders in arguments stand for, and what is none."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.jobs.placeholders import NAMES, Moment, doubts, filled
from tests.support.factories import make_job

SLOT = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)


def moment(zone: str = "Europe/Berlin") -> Moment:
    return Moment(make_job("forward btc", daily_time="00:30", timezone=zone), run_id=42, attempt=2, slot=SLOT)


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("{slot:%Y%m%d}", "20261124"),
        ("--out=reports/{job}/{slot:%Y-%m-%d_%H%M}.json", "--out=reports/forward btc/2026-11-24_0030.json"),
        ("{slot}", "2026-11-24T00:30:00+01:00"),
        ("{slot:}", "2026-11-24T00:30:00+01:00"),
        ("{date}", "2026-11-24"),
        ("{date:%d.%m.%Y}", "24.11.2026"),
        ("{run_id}-{attempt}", "42-2"),
        ("{{slot}} {{run_id}}", "{slot} {run_id}"),
        ("{run_id:04d}", "{run_id:04d}"),
        ("{slots} {Slot} {} {slot", "{slots} {Slot} {} {slot"),
        ("{{slot}", "{{slot}"),
        ('{"a": {"slot": 1}}', '{"a": {"slot": 1}}'),
    ],
)
def test_each_stands_for_what_it_says_in_the_zone_of_the_job(text: str, becomes: str) -> None:
    assert moment().fill(text) == becomes


def test_the_day_is_that_of_the_zone_of_the_job() -> None:
    assert moment("UTC").fill("{date}") == "2026-11-23"


def test_the_program_itself_is_no_place_for_them() -> None:
    assert filled(["/opt/{job}/run", "{job}"], moment()) == ["/opt/{job}/run", "forward btc"]


@given(st.text() | st.dictionaries(st.text(), st.integers() | st.text()).map(json.dumps))
def test_text_without_one_passes_through_as_it_is(text: str) -> None:
    if not any("{" + name in text for name in NAMES):
        assert moment().fill(text) == text


def test_what_looks_like_one_is_told() -> None:
    texts = ["{slto:%Y}", "{slot:%Y}", "{runid}", "{run_id:04d}", "{amount}", "{slto:%Y}"]
    assert list(doubts(texts)) == [
        "{slto:%Y} is no placeholder and stays as it is; did you mean {slot}?",
        "{runid} is no placeholder and stays as it is; did you mean {run_id}?",
        "{run_id:04d} stays as it is: {run_id} takes no format",
    ]
