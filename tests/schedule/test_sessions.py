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
from peak_console.schedule.slots import fingerprint, kind_of, next_slot, pending, slots_between, validate
from peak_console.schedule.wallclock import ScheduleError
from peak_console.schedule.wording.words import in_words
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


# --- jitter ---------------------------------------------------------------------------------------------------------


@given(st.data())
@RELAXED
def test_jitter_is_the_same_each_time_and_never_reaches_the_next_slot(data: st.DataObject) -> None:
    seconds = data.draw(st.integers(1, 7200))
    cron = data.draw(st.sampled_from(["*/10 * * * *", "0 */3 * * *", "0 7 * * mon-fri", "0 2,3 * * *"]))
    zone = data.draw(MACHINES)
    start = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=data.draw(st.integers(0, 60 * 24 * 300)))
    plain = JobSchedule("cron", cron=cron, timezone=zone)
    schedule = JobSchedule("cron", cron=cron, timezone=zone, jitter_seconds=seconds, jitter_seed="job")
    validate(schedule)
    end = start + timedelta(3)
    usual = list(slots_between(plain, start - timedelta(4), end + timedelta(4)))
    jittered = list(slots_between(schedule, usual[0] - timedelta(seconds=1), end))
    for slot, at, coming in zip(jittered, usual, usual[1:], strict=False):
        assert at <= slot <= at + timedelta(seconds=seconds)
        assert slot < coming
    inside = [slot for slot in jittered if start < slot <= end]
    check(schedule, inside, start, end)
    for slot in inside:
        assert next_slot(schedule, slot - timedelta(seconds=1), start) == slot


def test_jobs_with_the_same_rule_are_spread() -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    slots = [
        next_slot(JobSchedule("daily", daily_time="07:00", jitter_seconds=600, jitter_seed=f"job {n}"), now, now)
        for n in range(600)
    ]
    minutes = [slot.minute for slot in slots if slot is not None]
    assert {minutes.count(minute) > 30 for minute in range(10)} == {True}


# --- the ends of what is known --------------------------------------------------------------------------------------


def test_nothing_is_said_of_a_period_that_is_known_by_half() -> None:
    until = date(2026, 3, 20).toordinal() - EPOCH_ORDINAL
    calendar = build(Definition("bank", weekdays=(0, 1, 2, 3, 4), timezone="UTC", until=until), (), (), FIRST)
    last = JobSchedule("daily", daily_time="12:00", timezone="UTC", sessions=SessionRule(calendar, session_of_month=-1))
    third = JobSchedule("daily", daily_time="12:00", timezone="UTC", sessions=SessionRule(calendar, session_of_month=3))
    year = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    assert [slot.date() for slot in slots_between(last, *year)] == [date(2026, 1, 30), date(2026, 2, 27)]
    assert [slot.date() for slot in slots_between(third, *year)][-1] == date(2026, 3, 4)
    assert kind_of(last).known_until == datetime(2026, 3, 21, tzinfo=UTC)


def test_a_calendar_that_is_known_further_is_the_same_schedule() -> None:
    short = build(Definition("bank", weekdays=(0, 1), timezone="UTC", until=LAST - 100), (), (), FIRST)
    longer = build(Definition("bank", weekdays=(0, 1), timezone="UTC", until=LAST), (), (), FIRST)
    assert short != longer
    schedules = [JobSchedule("daily", daily_time="7:00", sessions=SessionRule(each)) for each in (short, longer)]
    assert fingerprint(schedules[0]) == fingerprint(schedules[1])


# --- words and mistakes ---------------------------------------------------------------------------------------------


def rule(name: str = "XHKG", **values: object) -> SessionRule:
    return SessionRule(exchange(name), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (JobSchedule("session", sessions=rule(at="open-15m")), "15 min before the open of XHKG"),
        (
            JobSchedule("session", sessions=rule(at="open - 15m", session_of_month=-1)),
            "15 min before the open of XHKG, on the last session of the month",
        ),
        (JobSchedule("session", sessions=rule(at="close")), "at the close of XHKG"),
        (JobSchedule("session", sessions=rule(at="break_end+90s")), "1 min 30 s after the end of the break at XHKG"),
        (JobSchedule("session", sessions=rule(every="10m")), "every 10 min from the open to the close of XHKG"),
        (
            JobSchedule("session", sessions=rule(every="1h", begin="open+5m", end="break_start")),
            "every 1 h from 5 min after the open to the start of the break at XHKG",
        ),
        (
            JobSchedule("daily", daily_time="18:00", sessions=rule(session_of_quarter=-2)),
            "daily 18:00, on the second last session of the quarter of XHKG",
        ),
        (
            JobSchedule("daily", daily_time="18:00", days=("fri",), sessions=rule(if_closed="before")),
            "fri 18:00, on sessions of XHKG, else the session before",
        ),
        (
            JobSchedule("cron", cron="0 9 * * *", sessions=rule(nth_weekday="3 FRI", if_closed="after")),
            "cron 0 9 * * *, on the third Friday of the month, else the session after, of XHKG",
        ),
        (
            JobSchedule("cron", cron="0 9 * * *", sessions=rule(session_of_year=22)),
            "cron 0 9 * * *, on the 22nd session of the year of XHKG",
        ),
    ],
)
def test_a_rule_in_words(schedule: JobSchedule, words: str) -> None:
    validate(schedule)
    assert in_words(schedule) == words


@pytest.mark.parametrize(
    ("schedule", "field", "message"),
    [
        (JobSchedule("session"), "calendar", "calendar is missing"),
        (JobSchedule("session", sessions=SessionRule(at="open")), "calendar", "calendar is missing"),
        (JobSchedule("session", sessions=rule()), "at", "needs at, or every"),
        (JobSchedule("session", sessions=rule(at="open", every="5m")), "at", "both at and every"),
        (JobSchedule("session", sessions=rule(at="noon")), "at", "is no moment of a session"),
        (JobSchedule("session", sessions=rule(at="open-soon")), "at", "has no distance after -"),
        (JobSchedule("session", sessions=rule(at="open-0.5s")), "at", "whole seconds"),
        (JobSchedule("session", sessions=rule("XNYS", at="break_start")), "at", "XNYS has no breaks"),
        (JobSchedule("session", sessions=rule(every="0s")), "every", "1 or more"),
        (JobSchedule("session", sessions=rule(every="often")), "every", "not a duration"),
        (JobSchedule("session", sessions=rule(every="5m", begin="lunch")), "from", "no moment of a session"),
        (JobSchedule("session", sessions=rule(every="5m", end="lunch")), "until", "no moment of a session"),
        (JobSchedule("session", sessions=rule(every="1h", begin="close", end="open")), "every", "never happens"),
        (JobSchedule("session", sessions=rule(at="open", session_of_month=0)), "session_of_month", "1 to 31"),
        (JobSchedule("session", sessions=rule(at="open", session_of_month=29)), "session_of_month", "never happens"),
        (
            JobSchedule("session", sessions=rule(at="open", session_of_month=1, session_of_year=1)),
            "session_of_year",
            "exclude each other",
        ),
        (JobSchedule("session", sessions=rule(at="open", nth_weekday="third")), "nth_weekday", "cannot be read"),
        (JobSchedule("session", sessions=rule(at="open", nth_weekday="1 sun")), "nth_weekday", "never happens"),
        (
            JobSchedule("daily", daily_time="7:00", sessions=SessionRule(if_closed="skip")),
            "calendar",
            "if_closed needs",
        ),
        (JobSchedule("daily", daily_time="7:00", sessions=rule(if_closed="never")), "if_closed", "is unknown"),
        (
            JobSchedule("daily", daily_time="7:00", sessions=rule(if_closed="before", session_of_week=1)),
            "if_closed",
            "no effect with session_of_week",
        ),
        (
            JobSchedule("cron", cron="0 9 * * *", sessions=rule(if_closed="before")),
            "if_closed",
            "cron has no day to move",
        ),
        (
            JobSchedule("cron", cron="0 9 * * sun", timezone="Asia/Hong_Kong", sessions=rule()),
            "calendar",
            "never happens",
        ),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_of_its_field(schedule: JobSchedule, field: str, message: str) -> None:
    with pytest.raises(ScheduleError, match=message) as error:
        validate(schedule)
    assert error.value.field == field
