"""Compiled tables against the library that they come from."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from peak_console.schedule.sessions.table import NO_BREAK, Calendar, from_bytes
from tests.support.exchanges import NAMES, Oracle, exchange, oracle

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEARS = 10


def at(seconds: int) -> datetime | None:
    return None if seconds == NO_BREAK else EPOCH + timedelta(seconds=seconds)


def as_rows(calendar: Calendar) -> list[tuple[object, ...]]:
    days = [date.fromordinal(day + EPOCH.toordinal()) for day in calendar.days]
    hours = [
        map(at, column) for column in (calendar.opens, calendar.break_starts, calendar.break_ends, calendar.closes)
    ]
    return list(zip(days, *hours, strict=True))


def library_rows(found: Oracle) -> list[tuple[object, ...]]:
    return [(row.day, row.open, row.break_start, row.break_end, row.close) for row in found.rows]


@pytest.mark.parametrize("name", NAMES)
def test_every_session_is_the_librarys_own(name: str) -> None:
    calendar, library = exchange(name), oracle(name)
    assert as_rows(calendar) == library_rows(library)
    assert calendar.zone == library.zone
    assert {date.fromordinal(day + EPOCH.toordinal()) for day in calendar.early} == library.early


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("XTAE", "XSAU")])
def test_a_table_reaches_ten_years_back_and_a_year_ahead(name: str) -> None:
    days = exchange(name).days
    assert days[-1] - days[0] > YEARS * 365


@pytest.mark.parametrize("name", NAMES)
def test_days_begin_and_end_where_the_exchange_is(name: str) -> None:
    calendar = exchange(name)
    zone = ZoneInfo(calendar.zone)
    for day, start, end in zip(calendar.days, calendar.starts, calendar.ends, strict=True):
        wall = datetime.fromordinal(day + EPOCH.toordinal())
        for instant, midnight in ((start, wall), (end, wall + timedelta(1))):
            shown = datetime.fromtimestamp(instant, zone)
            assert (shown.replace(tzinfo=None) - midnight) in (timedelta(0), timedelta(hours=1)), name
        assert 0 < end - start <= 90_000


@pytest.mark.parametrize("name", ["XHKG", "24/7"])
def test_a_table_is_the_same_after_it_was_kept(name: str) -> None:
    calendar = exchange(name)
    read = from_bytes(calendar.name, calendar.to_bytes())
    assert read == calendar
    assert read.key == calendar.key
    assert read is not calendar


def test_damage_is_noticed() -> None:
    content = bytearray(exchange("XHKG").to_bytes())
    content[len(content) // 2] ^= 1
    with pytest.raises(ValueError, match="damaged"):
        from_bytes("XHKG", bytes(content))
    with pytest.raises(ValueError, match="no compiled calendar"):
        from_bytes("XHKG", b"something else")
    with pytest.raises(ValueError, match="damaged"):
        from_bytes("XHKG", bytes(content[:60]))
