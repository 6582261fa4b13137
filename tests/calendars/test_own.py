"""Tables of one's own against days that are looked at one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.calendars.own import Definition, DefinitionError, build
from peak_console.schedule.sessions.table import NO_BREAK, Calendar
from tests.support.exchanges import Row, exchange, oracle
from tests.support.properties import examples

EPOCH = date(1970, 1, 1).toordinal()
TODAY = date(2026, 11, 30).toordinal() - EPOCH
RELAXED = examples(15)


def number(day: date | str) -> int:
    return (date.fromisoformat(day) if isinstance(day, str) else day).toordinal() - EPOCH


def days_of(calendar: Calendar) -> list[date]:
    return [date.fromordinal(day + EPOCH) for day in calendar.days]


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def hours(calendar: Calendar, day: str) -> tuple[str, str]:
    """When the session of a day opens and closes, on the clocks of the calendar."""
    place = calendar.index(number(day))
    assert place is not None
    zone = ZoneInfo(calendar.zone)
    return tuple(f"{at(each[place]).astimezone(zone):%a %H:%M}" for each in (calendar.opens, calendar.closes))  # type: ignore[return-value]


@given(
    st.sets(st.integers(0, 6), min_size=1),
    st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=30),
    st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=5),
    st.integers(0, 23),
    st.integers(0, 23),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
)
@RELAXED
def test_weekdays_with_days_taken_out_and_added(
    weekdays: set[int], closed: frozenset[date], extra: frozenset[date], opens: int, closes: int, zone: str
) -> None:
    definition = Definition(
        "own", weekdays=tuple(weekdays), timezone=zone, open=opens * 3600, close=closes * 3600 + 1800,
        closed=frozenset(map(number, closed)), extra=frozenset(map(number, extra)), until=number("2026-12-31"),
    )  # fmt: skip
    calendar = build(definition, (), (), TODAY)
    year = [date(2026, 1, 1) + timedelta(day) for day in range(365)]
    expected = [day for day in year if (day.weekday() in weekdays and day not in closed) or day in extra]
    assert [day for day in days_of(calendar) if day.year == 2026] == expected
    for day, opened, closed_at in zip(calendar.days[-200:], calendar.opens[-200:], calendar.closes[-200:], strict=True):
        begin = datetime.fromordinal(day + EPOCH)
        end = begin + timedelta(days=0 if (closes, 30) > (opens, 0) else 1)
        shown = at(opened).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert shown - begin.replace(hour=opens) in (timedelta(0), timedelta(hours=1), timedelta(minutes=30))
        shown = at(closed_at).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert shown - end.replace(hour=closes, minute=30) in (timedelta(0), timedelta(hours=1), timedelta(minutes=30))


def test_a_week_of_currencies_from_sunday_evening_to_friday() -> None:
    zone = "America/New_York"
    calendar = build(Definition("fx", weekdays=(6, 0, 1, 2, 3), timezone=zone, open=61200, close=61200), (), (), TODAY)
    assert calendar.is_endless
    assert hours(calendar, "2026-11-29") == ("Sun 17:00", "Mon 17:00")
    assert hours(calendar, "2026-12-03") == ("Thu 17:00", "Fri 17:00")
    assert calendar.index(number("2026-12-04")) is None
    assert hours(calendar, "2026-03-07" if calendar.index(number("2026-03-07")) else "2026-03-08")[0] == "Sun 17:00"


@pytest.mark.parametrize("name", ["XETR", "XHKG", "CMES", "XSAU"])
def test_an_exchange_with_days_of_ones_own(name: str) -> None:
    base = exchange(name)
    rows = [row for row in oracle(name).rows if row.day.year == 2025]
    out, short = rows[50].day, rows[100]
    close = short.close - timedelta(hours=2)
    local = close.astimezone(ZoneInfo(base.zone))
    definition = Definition(
        "desk", bases=(name,), how="based_on", closed=frozenset({number(out)}),
        early={number(short.day): local.hour * 3600 + local.minute * 60},
    )  # fmt: skip
    calendar = build(definition, [base], (), TODAY)
    found = dict(zip(days_of(calendar), calendar.closes, strict=True))
    expected = {row.day: row.close for row in oracle(name).rows if row.day != out}
    assert {day: at(end) for day, end in found.items()} == {**expected, short.day: close}
    assert number(short.day) in calendar.early
    assert calendar.zone == base.zone


def test_an_extra_session_has_the_usual_hours_also_after_a_short_one() -> None:
    definition = Definition("us", bases=("XNYS",), how="based_on", extra=frozenset({number("2026-11-28")}))
    calendar = build(definition, [exchange("XNYS")], (), TODAY)
    assert hours(calendar, "2026-11-27") == ("Fri 09:30", "Fri 13:00")
    assert hours(calendar, "2026-11-28") == ("Sat 09:30", "Sat 16:00")


def common(rows: list[dict[date, Row]], how: str) -> list[date]:
    first, second = rows[0].keys(), rows[1].keys()
    return sorted(first & second if how == "all_of" else first | second)


@pytest.mark.parametrize(("one", "other"), [("XNYS", "XLON"), ("XETR", "XLON"), ("XTKS", "XHKG"), ("XNYS", "XTKS")])
@pytest.mark.parametrize("how", ["all_of", "any_of"])
def test_two_exchanges_together(one: str, other: str, how: str) -> None:
    calendar = build(Definition("two", bases=(one, other), how=how), [exchange(one), exchange(other)], (), TODAY)
    rows = [{row.day: row for row in oracle(name).rows} for name in (one, other)]
    assert days_of(calendar) == [
        day for day in common(rows, how) if calendar.first_day <= number(day) <= calendar.last_day
    ]
    if how == "all_of" and {one, other} == {"XNYS", "XTKS"}:
        assert not calendar.has_hours  # they are never open at once
        return
    for day, opens, closes in zip(days_of(calendar), calendar.opens, calendar.closes, strict=True):
        found = [each[day] for each in rows if day in each]
        pick_open, pick_close = (max, min) if how == "all_of" else (min, max)
        expected = pick_open(row.open for row in found), pick_close(row.close for row in found)
        if expected[0] >= expected[1]:
            assert opens == closes == NO_BREAK
        else:
            assert (at(opens), at(closes)) == expected


def test_both_are_open_outside_of_the_breaks_of_each() -> None:
    calendar = build(
        Definition("asia", bases=("XTKS", "XHKG"), how="all_of"), [exchange("XTKS"), exchange("XHKG")], (), TODAY
    )
    place = calendar.index(number("2025-06-10"))
    assert place is not None
    start, end = (at(column[place]) for column in (calendar.break_starts, calendar.break_ends))
    assert (start, end) == (datetime(2025, 6, 10, 2, 30, tzinfo=UTC), datetime(2025, 6, 10, 5, tzinfo=UTC))


def test_a_list_of_holidays_says_nothing_about_the_years_after_its_last_one() -> None:
    listed = [number("2025-12-25"), number("2026-12-25")]
    calendar = build(Definition("bank", weekdays=(0, 1, 2, 3, 4), timezone="UTC"), (), listed, TODAY)
    assert (calendar.last_day, calendar.is_endless) == (number("2026-12-31"), False)
    plain = build(Definition("plain", weekdays=(0, 1, 2, 3, 4), timezone="UTC"), (), (), TODAY)
    assert plain.is_endless


@pytest.mark.parametrize(
    ("early", "message"),
    [({"2026-12-26": 43200}, "is no session"), ({"2026-12-22": 68400}, "usual close"), ({"2026-12-22": 0}, "its open")],
)
def test_an_early_close_has_to_lie_within_a_session(early: dict[str, int], message: str) -> None:
    definition = Definition("desk", bases=("XETR",), how="based_on", early={number(d): s for d, s in early.items()})
    with pytest.raises(DefinitionError, match=message) as error:
        build(definition, [exchange("XETR")], (), TODAY)
    assert error.value.key == "early_close"
    assert error.value.day == number(next(iter(early)))


def test_without_any_usual_session_an_extra_one_has_no_hours() -> None:
    base = build(Definition("none", weekdays=(0,), timezone="UTC", open=0, close=3600, until=TODAY), (), (), TODAY)
    closed = frozenset(base.days)
    definition = Definition("extra", bases=("none",), how="based_on", closed=closed, extra=frozenset({TODAY - 1}))
    with pytest.raises(DefinitionError, match="no session whose hours"):
        build(definition, [base], (), TODAY)
