"""When a market is open, against a slow and obvious look at every session."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.schedule.offsets import EPOCH
from peak_console.schedule.sessions.hours import market_at, open_between
from peak_console.schedule.sessions.table import NO_BREAK, Calendar

HOUR = 3600
DAY = 24 * HOUR


def calendar(
    *sessions: tuple[int, int], breaks: tuple[int, int] | None = None, early: tuple[int, ...] = ()
) -> Calendar:
    """Sessions of the days 1, 2, … by the hours at which they open and close, counted from the first midnight."""
    count = len(sessions)
    pause, resumes = breaks or (NO_BREAK, NO_BREAK)
    first = [sessions[n][0] // 24 * DAY for n in range(count)]
    return Calendar(
        "XTST", "UTC", (0, 40), days=range(1, count + 1), starts=[DAY * n for n in range(1, count + 1)],
        ends=[DAY * (n + 1) for n in range(1, count + 1)],
        opens=[opens * HOUR for opens, _ in sessions], closes=[closes * HOUR for _, closes in sessions],
        break_starts=[day + pause * HOUR if breaks else NO_BREAK for day in first],
        break_ends=[day + resumes * HOUR if breaks else NO_BREAK for day in first], early=early,
    )  # fmt: skip


def at(hours: float) -> datetime:
    return EPOCH + timedelta(hours=hours)


TWO_DAYS = calendar((33, 41), (57, 65), early=(2,))
WITH_BREAK = calendar((33, 41), (57, 65), breaks=(12, 13))
ROUND_THE_CLOCK = calendar((24, 48), (48, 72), (72, 96))


@pytest.mark.parametrize(
    ("market", "hours", "is_open", "turns", "early", "in_break"),
    [
        (TWO_DAYS, 20, False, 33, None, False),
        (TWO_DAYS, 33, True, 41, None, False),
        (TWO_DAYS, 40.99, True, 41, None, False),
        (TWO_DAYS, 41, False, 57, 65, False),
        (TWO_DAYS, 60, True, 65, 65, False),
        (TWO_DAYS, 65, False, None, None, False),
        (WITH_BREAK, 35, True, 36, None, False),
        (WITH_BREAK, 36, False, 37, None, True),
        (WITH_BREAK, 37, True, 41, None, False),
        (ROUND_THE_CLOCK, 30, True, 96, None, False),
    ],
)
def test_how_a_market_stands(
    market: Calendar, hours: float, is_open: bool, turns: float | None, early: float | None, in_break: bool
) -> None:
    found = market_at(market, at(hours))
    assert found is not None
    assert (found.is_open, found.is_break) == (is_open, in_break)
    assert found.turns_at == (at(turns) if turns is not None else None)
    assert found.early_close == (at(early) if early is not None else None)


def test_a_plain_calendar_is_no_market() -> None:
    assert market_at(Calendar("bank", "UTC", (0, 9), days=[1], starts=[DAY], ends=[2 * DAY]), at(1)) is None


@given(st.floats(0, 120), st.floats(0.1, 60), st.sampled_from([TWO_DAYS, WITH_BREAK, ROUND_THE_CLOCK]))
def test_what_is_open_within_a_span_is_what_is_open_at_each_moment(
    start: float, length: float, market: Calendar
) -> None:
    spans = list(open_between(market, at(start), at(start + length)))
    assert spans == sorted(spans)
    for step in range(50):
        moment = at(start + length * step / 50)
        found = market_at(market, moment)
        assert found is not None
        assert found.is_open == any(begins <= moment < ends for begins, ends in spans)
