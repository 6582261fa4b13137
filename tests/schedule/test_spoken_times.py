"""Moments as people say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.schedule.wording.spoken_times import NAMES, WEEKDAYS, moment_ahead, moment_back

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 13, 55, 48, tzinfo=UTC)
"""A Monday; 14:55:48 in Berlin."""
MOMENTS = st.datetimes(datetime(2001, 1, 1), datetime(2060, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "UTC"]).map(ZoneInfo)


def said(at: datetime) -> str:
    return f"{at.astimezone(BERLIN):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("18:00", "2026-11-23 18:00"),
        ("until 18:00", "2026-11-23 18:00"),
        ("8:00", "2026-11-24 08:00"),
        ("tomorrow 08:00", "2026-11-24 08:00"),
        ("until Tomorrow  at 08:00", "2026-11-24 08:00"),
        ("today 16:00", "2026-11-23 16:00"),
        ("mon 18:00", "2026-11-23 18:00"),
        ("mon 08:00", "2026-11-30 08:00"),
        ("friday 07:30", "2026-11-27 07:30"),
        ("for 2h", "2026-11-23 16:55"),
        ("in 90s", "2026-11-23 14:57"),
        ("2h", "2026-11-23 16:55"),
        ("2026-12-01 08:00", "2026-12-01 08:00"),
        ("2026-12-01T07:00Z", "2026-12-01 08:00"),
    ],
)
def test_of_the_future(text: str, meant: str) -> None:
    assert said(moment_ahead(text, BERLIN, NOW)) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("08:00", "2026-11-23 08:00"),
        ("18:00", "2026-11-22 18:00"),
        ("yesterday", "2026-11-22 00:00"),
        ("yesterday 18:00", "2026-11-22 18:00"),
        ("today", "2026-11-23 00:00"),
        ("mon 08:00", "2026-11-23 08:00"),
        ("mon 18:00", "2026-11-16 18:00"),
        ("2h", "2026-11-23 12:55"),
        ("2h ago", "2026-11-23 12:55"),
        ("2026-11-01", "2026-11-01 00:00"),
    ],
)
def test_of_the_past(text: str, meant: str) -> None:
    assert said(moment_back(text, BERLIN, NOW)) == meant


@pytest.mark.parametrize("text", ["", "25:00", "soon", "08:00 mon tue", "-2h", "18:", "08:00x", "١٨:00", "999999999w"])
def test_what_is_no_moment_is_told_with_an_example(text: str) -> None:
    for read in (moment_ahead, moment_back):
        with pytest.raises(ValueError, match=r"is neither a time nor a duration|is too far away"):
            read(text, BERLIN, NOW)


def test_a_clock_time_in_the_gap_of_spring_is_the_first_moment_after_it() -> None:
    before = datetime(2026, 3, 28, 20, tzinfo=UTC)
    assert said(moment_ahead("02:30", BERLIN, before)) == "2026-03-29 03:00"


@given(MOMENTS, ZONES, st.integers(0, 23), st.integers(0, 59), st.sampled_from(["", *WEEKDAYS, *NAMES]))
def test_a_clock_time_ahead_is_ahead_and_one_back_is_over_and_neither_is_far(
    now: datetime, zone: ZoneInfo, hour: int, minute: int, day: str
) -> None:
    text = f"{day} {hour:02}:{minute:02}"
    longest = timedelta(days=8 if day else 2, hours=2)
    assert now < moment_ahead(text, zone, now) <= now + longest
    assert now - longest <= moment_back(text, zone, now) <= now
