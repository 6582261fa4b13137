"""The watch on expected runs: which slots have passed, and whether a run has succeeded for the last of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peak_console.decisions.ahead.expected_success import LEEWAY, missing_since
from peak_console.model.records import JobState, Run, RunState, Trigger
from peak_console.schedule.slots import fingerprint
from tests.support.factories import make_job
from tests.tui.harness import make_run

if TYPE_CHECKING:
    from peak_console.jobs.model import JobDefinition

DAILY = make_job("report", daily_time="08:00", timezone="UTC")
HOURLY = make_job("check", interval_seconds=3600)
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TODAY = NOW.replace(hour=8)
YESTERDAY = TODAY - timedelta(days=1)


def decided(job: JobDefinition, until: datetime | None) -> JobState:
    return JobState(job.name, fingerprint(job.schedule), until)


def success(slot: datetime, took: timedelta = timedelta(minutes=5)) -> Run:
    return make_run(1, scheduled_for=slot, claimed_at=slot, started_at=slot, finished_at=slot + took)


def waits(slot: datetime) -> Run:
    return make_run(
        2, ended_ago=None, scheduled_for=slot, started_at=None, state=RunState.QUEUED, triggered_by=Trigger.CATCH_UP
    )


@pytest.mark.parametrize(
    ("until", "due", "unfinished", "last", "expected"),
    [
        pytest.param(TODAY, None, (), success(TODAY), None, id="it has succeeded"),
        pytest.param(TODAY, None, (), success(YESTERDAY), TODAY, id="today's has failed, or was skipped"),
        pytest.param(TODAY, None, (), None, TODAY, id="it never has"),
        pytest.param(TODAY, None, (waits(TODAY),), None, None, id="it waits for its turn"),
        pytest.param(TODAY, None, (waits(YESTERDAY),), None, TODAY, id="only yesterday's still waits"),
        pytest.param(TODAY, None, (make_run(3, ended_ago=None, now=NOW),), None, None, id="a run is under way"),
        pytest.param(TODAY, None, (), success(TODAY + timedelta(hours=1)), None, id="rerun by hand since"),
        pytest.param(TODAY, None, (), success(YESTERDAY, timedelta(days=1)), None, id="the one before ended since"),
        pytest.param(YESTERDAY, TODAY, (), success(YESTERDAY), TODAY, id="nobody has decided on it"),
        pytest.param(YESTERDAY, NOW, (), success(YESTERDAY), None, id="it is due this moment"),
        pytest.param(TODAY + timedelta(hours=1), None, (), None, None, id="first seen, or enabled, after the slot"),
        pytest.param(None, None, (), None, None, id="nothing is known"),
    ],
)
def test_a_slot_that_has_passed_without_a_success(
    until: datetime | None, due: datetime | None, unfinished: tuple[Run, ...], last: Run | None, expected: object
) -> None:
    assert missing_since(DAILY, decided(DAILY, until), due, unfinished, last, NOW) == expected


def test_an_edited_schedule_has_no_slot_yet() -> None:
    other = make_job("report", daily_time="09:00", timezone="UTC")
    assert missing_since(other, decided(DAILY, TODAY), None, (), None, NOW) is None


@settings(max_examples=30)
@given(
    st.integers(0, 72), st.integers(0, 72), st.lists(st.sampled_from(("ok", "failed", "skipped")), max_size=72),
)  # fmt: skip
def test_an_hourly_job_is_missing_exactly_while_its_last_slot_has_no_success(
    begin: int, minutes: int, outcomes: list[str]
) -> None:
    slots = [NOW - timedelta(days=4) + timedelta(hours=begin + nth) for nth in range(len(outcomes))]
    good = [success(slot) for slot, each in zip(slots, outcomes, strict=True) if each == "ok"]
    now = (slots[-1] if slots else NOW) + timedelta(minutes=minutes % 60)
    found = missing_since(
        HOURLY, decided(HOURLY, slots[-1] if slots else None), None, (), good[-1] if good else None, now
    )
    assert found == (slots[-1] if slots and outcomes[-1] != "ok" else None)


def test_the_leeway_ends_when_it_says() -> None:
    due = NOW - LEEWAY
    assert missing_since(HOURLY, None, due, (), None, NOW) == due
    assert missing_since(HOURLY, None, due, (), None, NOW - timedelta(microseconds=1)) is None
