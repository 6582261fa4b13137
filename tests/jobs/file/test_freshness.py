"""Bounds of files that jobs require, and each way to write them wrong."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.jobs.freshness import bound_of, fault_of, first_stale
from peak_console.jobs.model import Requirement
from tests.support.factories import make_job

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from peak_console.jobs.model import JobSet

SLOT = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
NOW = SLOT + timedelta(minutes=5)
JOB = make_job("orders", daily_time="07:30", timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("newer_than", "bound"),
    [
        (None, None),
        ("slot", SLOT),
        ("slot-1h", SLOT - timedelta(hours=1)),
        ("slot - 1h30m", SLOT - timedelta(hours=1, minutes=30)),
        ("slot+5m", SLOT + timedelta(minutes=5)),
        ("15m", NOW - timedelta(minutes=15)),
        ("today", datetime(2026, 11, 22, 23, 0, tzinfo=UTC)),
    ],
)
def test_a_bound_is_reckoned_from_slot_now_or_the_day_of_the_job(newer_than: str | None, bound: datetime) -> None:
    assert bound_of(Requirement("a", newer_than), JOB, SLOT, NOW) == bound


@pytest.mark.parametrize("newer_than", ["slot-", "slot*2", "slots", "tomorrow", "", "-1h", "slot-1y"])
def test_any_other_bound_is_a_fault(newer_than: str) -> None:
    assert (fault_of(newer_than) or "").startswith(
        "must be slot, slot-1h, today, last close of XNYS, or an age such as 15m, not "
    )


def test_the_first_file_that_is_missing_or_too_old_is_told(tmp_path: Path) -> None:
    job = make_job("orders", daily_time="07:30", timezone="Europe/Berlin", cwd=str(tmp_path))
    requires = [Requirement("{job}-{date}.csv"), Requirement("quotes.csv", "slot-1h")]

    def stale() -> str | None:
        return first_stale(job, requires, slot=SLOT, now=NOW, run_id=3, base=None)

    assert stale() == "requires orders-2026-11-23.csv, which is not there (No such file or directory)"
    (tmp_path / "orders-2026-11-23.csv").touch()
    (tmp_path / "quotes.csv").touch()
    old = SLOT - timedelta(hours=1, seconds=1)
    os.utime(tmp_path / "quotes.csv", (old.timestamp(),) * 2)
    assert stale() == "requires quotes.csv newer than slot-1h: it is of 2026-11-23 06:29:59, 1h05m old"
    os.utime(tmp_path / "quotes.csv", (old.timestamp() + 1,) * 2)
    assert stale() is None


def test_requirements_come_as_they_are_written_and_each_mistake_with_its_place(
    loads: Callable[[str], JobSet], problems: Callable[[str], Sequence[str]]
) -> None:
    head = '[[job]]\nname = "a"\n'
    [job] = loads(head + 'requires = [{ file = "q.csv", newer_than = "slot-1h" }, { file = "b" }]\n').jobs.values()
    assert job.requires == (Requirement("q.csv", "slot-1h"), Requirement("b"))
    for written, message in (
        ("{ file = 'a' }", "requires must be a list of requirements, not a table; write"),
        ("['a']", "requires must hold tables such as"),
        ("[{ newer_than = 'slot' }]", "requires must name a file"),
        ("[{ file = '' }]", "requires must hold a text as file"),
        ("[{ file = 'a', newer = 'slot' }]", 'requires must hold file and newer_than, not "newer"'),
        ("[{ file = 'a', newer_than = 'soon' }]", "requires newer_than must be slot, slot-1h, today"),
    ):
        [told] = problems(f"{head}requires = {written}\n")
        assert told.startswith("3:")
        assert message in told


DESK = """
[calendars.desk]
weekdays = ["mon", "tue", "wed", "thu", "fri"]
timezone = "America/New_York"
open = "09:30"
close = "16:00"
closed = ["2026-11-26"]
early_close = { "2026-11-27" = "13:00" }
until = "2027-01-15"

[calendars.days]
weekdays = ["mon"]
timezone = "UTC"
"""
ORDERS = '[[job]]\nname = "orders"\nargs = { script = "o.py" }\n'


@pytest.mark.parametrize(
    ("newer_than", "slot", "bound"),
    [
        ("last close of desk", "2026-11-23T12:00", "2026-11-20T21:00"),  # Monday morning: Friday's
        ("last close of desk", "2026-11-23T21:00", "2026-11-23T21:00"),  # at the very moment
        ("last close of desk", "2026-11-27T15:00", "2026-11-25T21:00"),  # the day before was Thanksgiving
        ("last close of desk", "2026-11-29T15:00", "2026-11-27T18:00"),  # an early close
        ("last open of desk", "2026-11-23T14:29", "2026-11-20T14:30"),
        ("last open of desk", "2026-11-23T14:30", "2026-11-23T14:30"),
        ("last close+20m of desk", "2026-11-23T21:10", "2026-11-20T21:20"),
        ("LAST  close - 30m  of desk", "2026-11-23T20:45", "2026-11-23T20:30"),
        ("last close of desk", "2026-07-07T12:00", "2026-07-06T20:00"),  # in summer
    ],
)
def test_a_moment_of_a_session_is_the_last_one_before_the_slot(
    newer_than: str, slot: str, bound: str, loads: Callable[[str], JobSet]
) -> None:
    text = f'{DESK}{ORDERS}requires = [{{ file = "q.csv", newer_than = "{newer_than}" }}]\n'
    jobset = loads(text)
    job = jobset.jobs["orders"]
    at = datetime.fromisoformat(slot).replace(tzinfo=UTC)
    later = at + timedelta(days=3)  # a slot that has waited for so long is still about the session before it
    assert bound_of(job.requires[0], job, at, later) == datetime.fromisoformat(bound).replace(tzinfo=UTC)
    assert list(jobset.calendars) == ["desk"], "its end is told of as that of any calendar in use"


def test_without_a_name_it_is_the_calendar_of_the_job(loads: Callable[[str], JobSet], tmp_path: Path) -> None:
    text = 'calendar = "desk"\nrequires = [{ file = "q.csv", newer_than = "last close" }]\n'
    job = loads(f'{DESK}{ORDERS}schedule_type = "session"\nat = "open-15m"\n{text}').jobs["orders"]
    (tmp_path / "q.csv").touch()
    os.utime(tmp_path / "q.csv", (datetime(2026, 11, 20, 20, 59, tzinfo=UTC).timestamp(),) * 2)
    from peak_console.values import replace

    def stale(slot: datetime) -> str | None:
        placed = replace(job, cwd=str(tmp_path))
        return first_stale(placed, job.requires, slot=slot, now=slot, run_id=1, base=None)

    told = stale(datetime(2026, 11, 23, 14, 15, tzinfo=UTC)) or ""
    assert told.startswith("requires q.csv newer than last close (2026-11-20 "), told
    assert "2d17h old" in told
    assert stale(datetime(2026, 11, 20, 14, 15, tzinfo=UTC)) is None, "newer than the close of the day before"
    unknown = stale(datetime(2027, 3, 1, 14, 15, tzinfo=UTC)) or ""
    assert "cannot be told: calendar desk is known up to 2027-01-15" in unknown


@pytest.mark.parametrize(
    ("newer_than", "told"),
    [
        ("last close of XNYZ", '17:31: job "orders": requires newer_than: there is no exchange called'),
        ("last close of days", "calendar days has days only: it neither opens nor closes"),
        ("last close", "the job has no calendar of its own; name one, as in last close of XNYS"),
        ("last lunch of desk", "is no moment of a session; write open, close, break_start or break_end"),
        ("last of desk", "is no moment of a session"),
        ("last close+x of desk", "has no distance after +"),
    ],
)
def test_each_mistake_in_a_moment_of_a_session_has_its_place(
    newer_than: str, told: str, problems: Callable[[str], Sequence[str]]
) -> None:
    found = problems(f'{DESK}{ORDERS}requires = [{{ file = "q.csv", newer_than = "{newer_than}" }}]\n')
    assert len(found) == 1, found
    assert told in found[0]
