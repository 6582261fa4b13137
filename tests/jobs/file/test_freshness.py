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
    assert (fault_of(newer_than) or "").startswith("must be slot, slot-1h, today, or an age such as 15m, not ")


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
