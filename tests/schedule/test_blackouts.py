"""Windows of time: across midnight, over weekends, at changes of clocks, from sessions; beside an obvious oracle."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peak_console.schedule.blackouts.bounds import bound, calendar_of
from peak_console.schedule.blackouts.windows import Bounded, Lasting, Listed, Span
from peak_console.schedule.sessions.rule import end_of
from tests.support.exchanges import exchange

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo")
DAYS = ("", "fri", "mon-fri", "sat,sun", "sun-tue")
NUMBERS = {"": range(7), "fri": [4], "mon-fri": range(5), "sat,sun": [5, 6], "sun-tue": [6, 0, 1]}
DAY = timedelta(1)


def windows(begin: object, end: object, zone: str = "Europe/Berlin") -> Bounded:
    first, last = (bound(value, zone, exchange) for value in (begin, end))
    known = [each.known_until for each in (first, last) if each.known_until is not None]
    return Bounded(first.slots, last.slots, min(known, default=None))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def moments(days: str, clock: time, zone: str, around: datetime) -> list[datetime]:
    """The oracle: when clocks first show a time on certain days, three weeks around a moment."""
    today = around.astimezone(ZoneInfo(zone)).date()
    found = []
    for number in range(-12, 13):
        day = today + number * DAY
        if day.weekday() in NUMBERS[days]:
            found.append(datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC))
    return found


@settings(max_examples=80)
@given(
    days=st.sampled_from(DAYS),
    clocks=st.lists(st.integers(0, 95), min_size=2, max_size=2, unique=True),
    zone=st.sampled_from(ZONES),
    around=st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)),
)
def test_each_window_ends_at_the_first_end_after_its_beginning(
    days: str, clocks: list[int], zone: str, around: datetime
) -> None:
    instant = around.replace(tzinfo=UTC)
    first, last = (time(quarter // 4, quarter % 4 * 15) for quarter in clocks)
    begins, ends = moments(days, first, zone, instant), moments("", last, zone, instant)
    if any(each.astimezone(ZoneInfo(zone)).time() != first for each in begins) or first in (time(2), time(3)):
        return  # clocks are changed over it: the schedules' own rules say when it is, and are tested with them
    found = windows(f"{days} {first:%H:%M}".strip(), f"{last:%H:%M}", zone).at(instant)
    place = bisect_right(begins, instant) - 1
    start = begins[place] if place >= 0 else None
    end = ends[bisect_right(ends, start)] if start is not None else None
    expected = Span(start, end) if start is not None and end is not None and instant < end else None
    assert found == expected


def test_a_window_goes_across_midnight() -> None:
    night = windows("22:00", "02:00")
    assert night.at(utc("2026-12-01T21:00")) == Span(utc("2026-12-01T21:00"), utc("2026-12-02T01:00"))
    assert night.at(utc("2026-12-02T00:59:59.9")) is not None
    assert night.at(utc("2026-12-02T01:00")) is None
    assert night.at(utc("2026-12-01T20:59:59.9")) is None
    assert night.next_start(utc("2026-12-02T01:00")) == utc("2026-12-02T21:00")


def test_a_weekend_is_one_window() -> None:
    weekend = windows("fri 17:00", "sun 17:00", "America/New_York")
    assert weekend.at(utc("2026-12-05T12:00")) == Span(utc("2026-12-04T22:00"), utc("2026-12-06T22:00"))
    assert weekend.at(utc("2026-12-06T22:00")) is None


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-28", 4.5), ("2026-03-29", 5.5), ("2026-10-24", 6.5), ("2026-10-25", 5.5)]
)
def test_clocks_that_are_changed_inside_make_a_night_longer_or_shorter(day: str, hours: float) -> None:
    start = datetime.combine(date.fromisoformat(day), time(22), ZoneInfo("Europe/Berlin")).astimezone(UTC)
    assert windows("22:00", "03:30").at(start) == Span(start, start + timedelta(hours=hours))


def test_windows_around_sessions_are_those_of_the_exchange() -> None:
    shut, table = windows("XNYS close-5m", "XNYS open+10m"), exchange("XNYS")
    at = [datetime.fromtimestamp(each, UTC) for each in table.opens]
    closes = [datetime.fromtimestamp(each, UTC) for each in table.closes]
    place = bisect_left(table.days, (date(2026, 1, 2) - date(1970, 1, 1)).days)
    for number in range(place, place + 220):
        begin, end = closes[number] - timedelta(minutes=5), at[number + 1] + timedelta(minutes=10)
        middle = begin + (end - begin) / 2
        assert shut.at(middle) == Span(begin, end)
        assert shut.at(begin - timedelta(seconds=1)) is None
        assert shut.at(end) is None


def test_where_a_calendar_ends_nothing_starts_any_more() -> None:
    shut, table = windows("XNYS open-5m", "XNYS close"), exchange("XNYS")
    end = end_of(table)
    assert shut.at(end - timedelta(seconds=1)) is None
    assert shut.at(end) == Span(end, None)
    assert shut.at(end + 999 * DAY) == Span(end, None)
    assert shut.next_start(end - timedelta(hours=1)) == end


def test_single_moments_and_moments_of_toml() -> None:
    once = windows(datetime(2026, 12, 24, 18, 0), "02:00")
    assert once.at(utc("2026-12-24T17:00")) == Span(utc("2026-12-24T17:00"), utc("2026-12-25T01:00"))
    assert once.at(utc("2026-12-25T01:00")) is None
    assert bound(date(2026, 12, 24), "UTC", exchange).moment == utc("2026-12-24")
    assert bound("2026-12-24T18:00-05:00", "UTC", exchange).moment == utc("2026-12-24T23:00")
    assert bound(time(22), "UTC", exchange).slots.after(utc("2026-12-24")) == utc("2026-12-24T22:00")


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=6), st.integers(-1, 80))
def test_listed_windows_hold_what_one_of_them_holds(found: list[tuple[int, int]], minute: int) -> None:
    base = utc("2026-12-01")
    listed = Listed(
        (base + timedelta(minutes=start), base + timedelta(minutes=start + length)) for start, length in found
    )
    instant = base + timedelta(minutes=minute)
    assert (listed.at(instant) is not None) == any(start <= minute < start + length for start, length in found)


def test_windows_that_last() -> None:
    nightly = Lasting(bound("03:00", "UTC", exchange).slots, 1800)
    assert nightly.at(utc("2026-12-01T03:29:59")) == Span(utc("2026-12-01T03:00"), utc("2026-12-01T03:30"))
    assert nightly.at(utc("2026-12-01T03:30")) is None
    assert nightly == Lasting(bound("03:00", "UTC", exchange).slots, 1800)
    assert nightly != Lasting(bound("03:00", "UTC", exchange).slots, 1801)


@pytest.mark.parametrize(
    ("value", "name"),
    [("XNYS close-5m", "XNYS"), ("my bank open", "my bank"), ("fri 22:00", None), ("close", None), (7, None)],
)
def test_the_calendar_that_a_bound_names(value: object, name: str | None) -> None:
    assert calendar_of(value) == name


@pytest.mark.parametrize(
    "value", ["", "close", "22", "25:00", "frei 22:00", "fri", "22:00 fri", "2026-13-01", "2026-12-01T25:00", "24/7 x"]
)
def test_what_cannot_be_read_says_how_to_write_it(value: str) -> None:
    with pytest.raises(ValueError, match=r'write a time \("22:00"'):
        bound(value, "UTC", exchange)


def test_a_moment_that_its_exchange_does_not_have_is_told() -> None:
    with pytest.raises(ValueError, match="XNYS has no breaks"):
        bound("XNYS break_start", "UTC", exchange)
