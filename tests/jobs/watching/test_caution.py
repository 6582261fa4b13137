"""Which saves have to stand for a while: all that might start something at once, and those that drop many jobs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.decisions.planner import Planner
from peak_console.errors import JobsFileError
from peak_console.jobs.file.loader import load
from peak_console.jobs.model import JobSet, SchedulerSettings
from peak_console.jobs.watching.caution import LOSS_SECONDS, START_SECONDS, caution, has_become_once, may_start_at_once
from peak_console.model.state import JobState
from peak_console.schedule.slots import fingerprint
from tests.support.factories import make_job

if TYPE_CHECKING:
    from peak_console.jobs.model import JobDefinition

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SCHEDULES: list[dict[str, Any]] = [
    {}, {"interval_seconds": 60}, {"interval_seconds": 5}, {"daily_time": "11:59"}, {"daily_time": "22:00"},
    {"cron": "* * * * *"}, {"run_at": NOW - timedelta(hours=1)}, {"run_at": NOW + timedelta(hours=1)},
]  # fmt: skip

some_jobs = st.dictionaries(
    st.sampled_from("abc"),
    st.builds(
        lambda fields, enabled, tags: {**fields, "enabled": enabled, "tags": tags},
        st.sampled_from(SCHEDULES), st.booleans(), st.sampled_from([(), ("x",)]),
    ),
)  # fmt: skip


def jobset(*jobs: JobDefinition, zone: str | None = "UTC") -> JobSet:
    return JobSet("/jobs.toml", {job.name: job for job in jobs}, SchedulerSettings(timezone=zone))


def due(jobs: JobSet, states: dict[str, JobState], now: datetime) -> set[str]:
    """What an engine that takes these jobs up would decide at once."""
    planner = Planner(jobs.jobs.values(), states, now)
    states.update(planner.states)
    found = set()
    for job, slots in planner.due(now):
        found.add(job.name)
        states[job.name] = planner.decided(job, slots.latest)
    return found


@given(some_jobs, some_jobs, st.integers(0, 30))
def test_no_save_starts_a_job_at_once_without_having_stood(
    before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]], seconds: int
) -> None:
    old = jobset(*(make_job(name, **fields) for name, fields in before.items()))
    new = jobset(*(make_job(name, **fields) for name, fields in after.items()))
    states: dict[str, JobState] = {}
    due(old, states, NOW)
    later = NOW + timedelta(seconds=seconds)
    not_due = due(old, dict(states), later)
    started = due(new, states, later) - not_due
    assert started <= set(may_start_at_once(old, new))
    if started:
        assert caution(old, new).seconds >= START_SECONDS


WHOLE = """\
[scheduler]
timezone = "UTC"

[[job]]
name = "nightly"
command = "orders"
schedule_type = "daily"
daily_time = "22:00"

[[job]]
name = "each"
command = "orders"
schedule_type = "interval"
interval_seconds = 3600
enabled = false

[[job]]
name = "hand"
command = "orders"
tags = ["dark"]
enabled = false
"""


def test_no_part_of_a_file_starts_what_the_whole_does_not() -> None:
    whole = load("/jobs.toml", WHOLE.encode(), {})
    checked = 0
    for end in range(len(WHOLE)):
        try:
            part = load("/jobs.toml", WHOLE[:end].encode(), {})
        except JobsFileError:
            continue
        states: dict[str, JobState] = {}
        due(whole, states, NOW)
        if due(part, states, NOW):
            checked += 1
            assert caution(whole, part).seconds >= START_SECONDS
    assert checked > 10


@pytest.mark.parametrize(
    ("before", "after", "seconds"),
    [
        (4, 2, 0.0), (4, 1, LOSS_SECONDS), (5, 3, 0.0), (5, 2, LOSS_SECONDS), (3, 1, 0.0), (1, 0, LOSS_SECONDS),
        (0, 0, 0.0), (2, 0, LOSS_SECONDS),
    ],
)  # fmt: skip
def test_a_save_that_drops_many_jobs_has_to_stand_longer(before: int, after: int, seconds: float) -> None:
    jobs = [make_job(f"job{number}", daily_time="22:00") for number in range(before)]
    care = caution(jobset(*jobs), jobset(*jobs[:after]))
    assert (care.seconds, care.needs_consent) == (seconds, seconds > 0)
    assert all(job.name in care.reason for job in jobs[after:] if seconds)


def test_a_job_of_another_schedule_that_is_once_by_now_is_found() -> None:
    daily, once = make_job("a", daily_time="22:00"), make_job("a")
    known = {"a": JobState("a", fingerprint(daily.schedule))}
    assert has_become_once(jobset(once), known)
    assert not has_become_once(jobset(daily), known)
    assert not has_become_once(jobset(once), {"a": JobState("a", fingerprint(once.schedule))})
    assert not has_become_once(jobset(once), {"a": JobState("a", "")})
    assert not has_become_once(jobset(once), {})
