"""Sessions with jitter, at the ends of what is known, and what is said of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.calendars.own import Definition, build
from peak_console.schedule.model import JobSchedule, SessionRule
from peak_console.schedule.slots import fingerprint, kind_of, next_slot, slots_between, validate
from peak_console.schedule.wallclock import ScheduleError
from peak_console.schedule.wording.words import in_words
from tests.schedule.test_sessions import EPOCH_ORDINAL, FIRST, LAST, MACHINES, RELAXED, check
from tests.support.exchanges import exchange

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
