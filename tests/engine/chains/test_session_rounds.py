"""Rounds that are sessions, and deadlines that are moments of sessions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.errors import JobsFileError
from peak_console.jobs.file.loader import load
from peak_console.schedule.deadline_times import moment_of
from peak_console.schedule.model import SessionRule
from peak_console.schedule.rounds import session_index, session_round
from peak_console.schedule.sessions.table import Calendar
from peak_console.schedule.slots import kind_of

DAY = 86400
MONDAY = (datetime(2026, 11, 23, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days


def calendar(opens: int = 9, closes: int = 17) -> Calendar:
    """Two weeks of sessions in UTC, from so many hours to so many; an open before midnight is of the day before."""
    days = [MONDAY + week * 7 + day for week in range(2) for day in range(5)]
    return Calendar(
        "XTST", "UTC", (MONDAY - 3, MONDAY + 17), days=days, starts=[day * DAY for day in days],
        ends=[(day + 1) * DAY for day in days], opens=[day * DAY + opens * 3600 for day in days],
        closes=[day * DAY + closes * 3600 for day in days],
    )  # fmt: skip


def at(day: int, hour: float) -> datetime:
    return datetime(2026, 11, 23, tzinfo=UTC) + timedelta(days=day, hours=hour)


@pytest.mark.parametrize(
    ("moment", "session"),
    [(at(0, 0), 0), (at(0, 23.9), 0), (at(1, 0), 1), (at(4, 23), 4), (at(5, 12), 5), (at(6, 23), 5), (at(7, 8), 5)],
)
def test_a_weekend_belongs_to_the_session_that_comes(moment: datetime, session: int) -> None:
    assert session_index(moment, calendar()) == session
    found = session_round(moment, calendar())
    assert found is not None
    assert found.holds(moment)


def test_sessions_that_open_on_the_evening_before_meet_halfway() -> None:
    overnight = calendar(opens=-6, closes=16)  # 18:00 of the day before, until 16:00
    assert session_index(at(0, 16.9), overnight) == 0
    assert session_index(at(0, 17.1), overnight) == 1
    assert session_index(at(0, 20), overnight) == 1


@given(st.floats(0, 24 * 11), st.sampled_from([(9, 17), (-6, 16), (0, 24)]))
def test_every_moment_belongs_to_one_session(hours: float, hours_open: tuple[int, int]) -> None:
    table, moment = calendar(*hours_open), at(0, hours)
    found = session_round(moment, table)
    assert found is not None
    assert found.holds(moment)
    assert sum(session_round(at(0, other), table) == found for other in (hours, hours)) == 2
    place = session_index(moment, table)
    assert place is not None
    opens = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=table.opens[place])
    assert found.start <= opens < found.end


def test_a_deadline_may_be_a_moment_of_the_session() -> None:
    rule = SessionRule(calendar())
    assert moment_of("open-5m", at(0, 7), UTC, rule) == at(0, 9) - timedelta(minutes=5)
    assert moment_of("close+1h", at(5, 7), UTC, rule) == at(7, 18)


JOBS = """\
[calendars.desk]
weekdays = ["mon", "tue", "wed", "thu", "fri"]
timezone = "UTC"
[[job]]
name = "fetch"
schedule_type = "daily"
daily_time = "07:00"
calendar = "desk"
[[job]]
name = "report"
schedule_type = "after"
after = ["fetch"]
round = "session"
"""


def test_a_round_of_sessions_needs_a_calendar() -> None:
    with pytest.raises(JobsFileError) as caught:
        load("jobs.toml", JOBS.encode(), {})
    told = 'jobs.toml:13:1: job "report": round = "session" needs a calendar; give the job one'
    assert [str(problem) for problem in caught.value.problems] == [told]
    jobs = load("jobs.toml", (JOBS + 'calendar = "desk"\n').encode(), {}).jobs
    kind = kind_of(jobs["report"].schedule)
    friday, monday = at(4, 7), at(7, 7)
    assert kind.next(at(3, 12), at(3, 12)) == friday
    assert kind.next(friday, friday) == monday


def test_a_deadline_of_a_session_needs_an_exchange() -> None:
    text = JOBS.replace('round = "session"', 'finish_by = "open-5m"')
    with pytest.raises(JobsFileError) as caught:
        load("jobs.toml", text.encode(), {})
    assert "finish_by is a moment of a session; give the job an exchange's calendar" in str(caught.value.problems[0])
