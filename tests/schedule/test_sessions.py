"""Slots on sessions against what is slow and obvious: the library's own rows, walked one by one."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.calendars.own import Definition, build
from peak_console.schedule.model import WEEKDAYS, JobSchedule, SessionRule
from peak_console.schedule.slots import pending, slots_between, validate
from peak_console.schedule.wallclock import ScheduleError
from tests.support.exchanges import NAMES, Oracle, Row, exchange, oracle
from tests.support.properties import examples

if TYPE_CHECKING:
    from peak_console.schedule.sessions.table import Calendar

EXCHANGES = st.sampled_from(NAMES)
OFFSETS = st.integers(-400, 400).map(lambda minutes: timedelta(minutes=minutes))
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
MACHINES = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney", "UTC"])
RELAXED = examples(15)


@cache
def ten_years(name: str) -> tuple[Row, ...]:
    return tuple(row for row in oracle(name).rows if row.day.year >= 2017)


@st.composite
def windows(draw: st.DrawFn, name: str, days: int = 20) -> tuple[datetime, datetime]:
    """A stretch of time that an exchange knows, within ten years."""
    rows = ten_years(name)
    row = rows[draw(st.integers(5, len(rows) - 40))]
    start = row.open + timedelta(minutes=draw(st.integers(-1500, 1500)), seconds=draw(st.sampled_from([0, 1, 59])))
    return start, start + timedelta(days=draw(st.integers(1, days)))


def written(name: str, offset: timedelta) -> str:
    minutes = int(offset.total_seconds() // 60)
    return name if not minutes else f"{name}{minutes:+d}m"


def moment_of(row: Row, name: str) -> datetime | None:
    found: datetime | None = getattr(row, name)
    return found


class NeverError(Exception):
    """A schedule without any slot."""


def check(schedule: JobSchedule, expected: list[datetime], start: datetime, end: datetime) -> None:
    """All slots of a window, forwards, and backwards from its end."""
    try:
        validate(schedule)
    except ScheduleError as error:
        raise (NeverError if "never happens" in str(error) else error) from None
    assert list(slots_between(schedule, start, end)) == expected
    due = pending(schedule, start, end, 10_000)
    if not expected:
        assert due is None
    else:
        assert due is not None
        assert (due.oldest, due.latest) == (expected[0], expected[-1])
        assert due.count == len(expected)


@given(st.data())
@RELAXED
def test_one_moment_of_each_session(data: st.DataObject) -> None:
    name = data.draw(EXCHANGES)
    breaks = any(row.break_start for row in oracle(name).rows)
    anchor = data.draw(st.sampled_from(["open", "close", *(("break_start", "break_end") if breaks else ())]))
    offset = data.draw(OFFSETS)
    start, end = data.draw(windows(name))
    schedule = JobSchedule("session", sessions=SessionRule(exchange(name), at=written(anchor, offset)))
    moments = [moment_of(row, anchor) for row in oracle(name).rows]
    expected = [at + offset for at in moments if at is not None and start < at + offset <= end]
    check(schedule, expected, start, end)


def paced(rows: tuple[Row, ...], step: timedelta, first: timedelta, last: timedelta) -> list[datetime]:
    found: list[datetime] = []
    for row, after in zip(rows, [*rows[1:], None], strict=True):
        slot = row.open + first
        while slot <= row.close + last and (after is None or slot < after.open + first):
            if row.break_start is None or row.break_end is None or not row.break_start < slot < row.break_end:
                found.append(slot)
            slot += step
    return found


@given(st.data())
@RELAXED
def test_a_pace_within_each_session(data: st.DataObject) -> None:
    name = data.draw(EXCHANGES)
    first, last = data.draw(OFFSETS), data.draw(OFFSETS)
    minutes = data.draw(st.integers(1, 700))
    start, end = data.draw(windows(name, 9))
    rule = SessionRule(exchange(name), every=f"{minutes}m", begin=written("open", first), end=written("close", last))
    near = tuple(row for row in oracle(name).rows if start - timedelta(9) < row.open < end + timedelta(9))
    slots = paced(near, timedelta(minutes=minutes), first, last)
    with suppress(NeverError):
        check(JobSchedule("session", sessions=rule), [slot for slot in slots if start < slot <= end], start, end)
        return
    assert not slots


def is_open(found: Oracle, at: datetime) -> bool:
    """Whether it is a session's day where the exchange is."""
    return at.astimezone(ZoneInfo(found.zone)).date() in days_of(found)


_days: dict[int, frozenset[date]] = {}


def days_of(found: Oracle) -> frozenset[date]:
    return _days.setdefault(id(found), frozenset(row.day for row in found.rows))


CRONS = st.sampled_from(
    ["*/30 * * * *", "15 0,6,12,18 * * *", "0 9 * * mon-fri", "30 23 * * sun", "0 2 * * *", "5 1 1 * *"]
)


@given(st.data())
@RELAXED
def test_daily_and_cron_fire_on_days_that_are_sessions_at_the_exchange(data: st.DataObject) -> None:
    name = data.draw(EXCHANGES)
    zone = data.draw(MACHINES)
    start, end = data.draw(windows(name, 40))
    if data.draw(st.booleans()):
        at = f"{data.draw(st.integers(0, 23)):02}:{data.draw(st.sampled_from(['00', '30', '59']))}"
        plain = JobSchedule("daily", daily_time=at, timezone=zone)
        schedule = JobSchedule("daily", daily_time=at, timezone=zone, sessions=SessionRule(exchange(name)))
    else:
        cron = data.draw(CRONS)
        plain = JobSchedule("cron", cron=cron, timezone=zone)
        schedule = JobSchedule("cron", cron=cron, timezone=zone, sessions=SessionRule(exchange(name)))
    expected = [slot for slot in slots_between(plain, start, end) if is_open(oracle(name), slot)]
    with suppress(NeverError):
        check(schedule, expected, start, end)
        return
    assert not expected


@given(st.data())
@RELAXED
def test_a_daily_slot_on_a_closed_day_moves_to_the_session_before_or_after(data: st.DataObject) -> None:
    name, zone = data.draw(EXCHANGES), data.draw(MACHINES)
    days = tuple(data.draw(st.lists(st.sampled_from(WEEKDAYS), max_size=3, unique=True)))
    at, way = data.draw(st.sampled_from(["08:30", "23:15", "00:10"])), data.draw(st.sampled_from(["before", "after"]))
    start, end = data.draw(windows(name, 40))
    rule = SessionRule(exchange(name), if_closed=way)
    schedule = JobSchedule("daily", daily_time=at, days=days, timezone=zone, sessions=rule)
    plain = JobSchedule("daily", daily_time=at, days=days, timezone=zone)
    every_day = JobSchedule("daily", daily_time=at, timezone=zone)
    around = start - timedelta(40), end + timedelta(40)
    places = [slot for slot in slots_between(every_day, *around) if is_open(oracle(name), slot)]
    moved = set()
    for slot in slots_between(plain, *around):
        if slot in places:
            moved.add(slot)
        elif way == "before":
            moved |= set([place for place in places if place < slot][-1:])
        else:
            moved |= set([place for place in places if place > slot][:1])
    check(schedule, sorted(slot for slot in moved if start < slot <= end), start, end)


# --- which sessions -------------------------------------------------------------------------------------------------

FIRST, LAST = date(2025, 1, 1).toordinal() - EPOCH_ORDINAL, date(2027, 12, 31).toordinal() - EPOCH_ORDINAL


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Business days of three years with holidays anywhere."""
    closed = frozenset(draw(st.lists(st.integers(FIRST, LAST), max_size=60)))
    weekdays = draw(st.sampled_from([(0, 1, 2, 3, 4), (6, 0, 1, 2, 3), (0, 2, 4), tuple(range(7)), (5, 6, 0, 1, 2)]))
    definition = Definition("bank", weekdays=weekdays, timezone="Europe/Zurich", closed=closed, until=LAST)
    return build(definition, (), (), FIRST)


def dates_of(calendar: Calendar) -> list[date]:
    return [date.fromordinal(day + EPOCH_ORDINAL) for day in calendar.days]


def period_of(day: date, unit: str, begins: int) -> object:
    if unit == "week":
        return (day - timedelta((day.weekday() - begins) % 7)).toordinal()
    return {"month": (day.year, day.month), "quarter": (day.year, (day.month - 1) // 3), "year": day.year}[unit]


BEGINS = {(0, 1, 2, 3, 4): 0, (6, 0, 1, 2, 3): 6, (0, 2, 4): 0, tuple(range(7)): 0, (5, 6, 0, 1, 2): 5}


@given(calendars(), st.sampled_from(["week", "month", "quarter", "year"]), st.integers(-8, 8).filter(bool))
@RELAXED
def test_the_nth_session_of_a_period(calendar: Calendar, unit: str, number: int) -> None:
    dates = dates_of(calendar)
    weekdays = {day.weekday() for day in dates}
    begins = next(value for key, value in BEGINS.items() if set(key) == weekdays)
    groups: dict[object, list[date]] = {}
    for day in dates:
        groups.setdefault(period_of(day, unit, begins), []).append(day)
    window = date(2025, 2, 3), date(2027, 10, 30)
    wanted = [group[number - 1 if number > 0 else number] for group in groups.values() if len(group) >= abs(number)]
    expected = [day for day in wanted if window[0] < day <= window[1]]
    rule = SessionRule(calendar, **{f"session_of_{unit}": number})  # type: ignore[arg-type]
    schedule = JobSchedule("daily", daily_time="12:00", timezone="Europe/Zurich", sessions=rule)
    if abs(number) > 7 and unit == "week":
        with pytest.raises(ScheduleError, match="must be 1 to 7"):
            validate(schedule)
        return
    if not wanted:
        with pytest.raises(ScheduleError, match="never happens"):
            validate(schedule)
        return
    validate(schedule)
    after, until = (datetime(day.year, day.month, day.day, 23, tzinfo=UTC) for day in window)
    assert [slot.date() for slot in slots_between(schedule, after, until)] == expected


@given(calendars(), st.sampled_from(["1", "2", "3", "4", "5", "last"]), st.sampled_from(WEEKDAYS),
       st.sampled_from(["skip", "before", "after", None]))  # fmt: skip
@RELAXED
def test_the_nth_weekday_of_a_month(calendar: Calendar, number: str, weekday: str, if_closed: str | None) -> None:
    dates = dates_of(calendar)
    expected = set()
    for month in range(36):
        first = date(2025 + month // 12, month % 12 + 1, 1)
        of_month = [first + timedelta(day) for day in range(31) if (first + timedelta(day)).month == first.month]
        matching = [day for day in of_month if day.weekday() == WEEKDAYS.index(weekday)]
        if number != "last" and len(matching) < int(number):
            continue
        nominal = matching[-1 if number == "last" else int(number) - 1]
        if nominal in dates:
            expected.add(nominal)
        elif if_closed == "before":
            expected |= set([day for day in dates if day < nominal][-1:])
        elif if_closed == "after":
            expected |= set([day for day in dates if day > nominal][:1])
    window = date(2025, 3, 1), date(2027, 10, 30)
    rule = SessionRule(calendar, nth_weekday=f"{number} {weekday}", if_closed=if_closed)
    schedule = JobSchedule("cron", cron="30 17 * * *", timezone="Europe/Zurich", sessions=rule)
    if not expected:
        with pytest.raises(ScheduleError, match="never happens"):
            validate(schedule)
        return
    after, until = (datetime(day.year, day.month, day.day, 23, tzinfo=UTC) for day in window)
    wanted = sorted(day for day in expected if window[0] < day <= window[1])
    assert [slot.date() for slot in slots_between(schedule, after, until)] == wanted
