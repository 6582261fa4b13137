"""What is to be done about a due slot, policy by policy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from peak_console.decisions.capacity import Capacity
from peak_console.decisions.grace import grace_seconds
from peak_console.decisions.policy import (
    QUEUE_LIMIT,
    Action,
    Verdict,
    decide,
    decide_by_hand,
    is_counted,
    retry_at,
)
from peak_console.decisions.selection import is_enabled
from peak_console.jobs.model import JobDefinition
from peak_console.model.records import JobState, Override
from peak_console.schedule.model import JobSchedule
from peak_console.schedule.slots import Pending
from tests.support.factories import make_job, make_queued, make_situation

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def pending(late: float = 0, count: int = 1, step: float = 60) -> Pending:
    latest = NOW - timedelta(seconds=late)
    return Pending(latest=latest, oldest=latest - timedelta(seconds=step * (count - 1)), count=count)


def decided(job: JobDefinition, due: Pending, **known: Any) -> list[Verdict]:
    return decide(make_situation(job, due.latest, NOW, **known), due)


@pytest.mark.parametrize(
    ("changes", "grace"),
    [
        ({"daily_time": "07:30"}, 3600),
        ({"cron": "0 7 * * *"}, 3600),
        ({"run_at": NOW}, 3600),
        ({"interval_seconds": 60}, None),
        ({}, None),
        ({"interval_seconds": 60, "catch_up": "skip"}, 60),
        ({"daily_time": "07:30", "catch_up": "skip", "misfire_grace_seconds": 900}, 900),
        ({"interval_seconds": 60, "misfire_grace_seconds": 0}, 0),
    ],
)
def test_grace_is_the_jobs_own_word_else_what_suits_its_schedule(changes: dict[str, Any], grace: float | None) -> None:
    assert grace_seconds(make_job(**changes)) == grace


@pytest.mark.parametrize(("late", "action"), [(0, Action.START), (3600, Action.START), (3601, Action.MISS)])
def test_a_daily_slot_runs_within_its_grace_and_is_missed_beyond(late: float, action: Action) -> None:
    (verdict,) = decided(make_job(daily_time="07:00"), pending(late))
    assert verdict.action == action


def test_missed_slots_fold_into_the_latest_and_say_since_when() -> None:
    (verdict,) = decided(make_job(interval_seconds=60), pending(late=10, count=5))
    assert (verdict.action, verdict.folded, verdict.triggered_by) == (Action.START, 4, "catch_up")
    assert verdict.since == NOW - timedelta(seconds=10 + 240)


@pytest.mark.parametrize(("late", "triggered_by"), [(0, "schedule"), (299, "schedule"), (301, "catch_up")])
def test_a_start_within_cron_s_five_minutes_is_on_time(late: float, triggered_by: str) -> None:
    (verdict,) = decided(make_job(daily_time="07:00"), pending(late))
    assert verdict.triggered_by == triggered_by


@pytest.mark.parametrize(
    ("overlap", "action", "reason"),
    [
        ("skip", Action.SKIP, "#12 is still running"),
        ("queue", Action.QUEUE, None),
        ("allow", Action.START, None),
        ("kill_previous", Action.REPLACE, None),
    ],
)
def test_overlap_policies(overlap: str, action: Action, reason: str | None) -> None:
    (verdict,) = decided(make_job(interval_seconds=60, overlap=overlap), pending(), active=[12])
    assert (verdict.action, verdict.reason) == (action, reason)


def test_a_queue_that_only_grows_is_cut_off() -> None:
    job = make_job(interval_seconds=60, overlap="queue")
    (verdict,) = decided(job, pending(), active=[12], waiting=QUEUE_LIMIT)
    assert (verdict.action, verdict.reason) == (Action.SKIP, f"{QUEUE_LIMIT} earlier slots still wait")


RETRIES = [make_queued(7, NOW - timedelta(seconds=60), attempt=2, not_before=NOW + timedelta(seconds=5))]


@pytest.mark.parametrize(
    ("overlap", "action", "reason", "replaces"),
    [
        ("skip", Action.SKIP, "#7 still waits: attempt 2 of an earlier slot", False),
        ("queue", Action.QUEUE, None, False),
        ("allow", Action.START, None, False),
        ("kill_previous", Action.START, None, True),
    ],
)
def test_overlap_policies_beside_a_retry_that_waits(
    overlap: str, action: Action, reason: str | None, replaces: bool
) -> None:
    (verdict,) = decided(make_job(interval_seconds=60, overlap=overlap), pending(), retries=RETRIES)
    assert (verdict.action, verdict.reason, verdict.replaces) == (action, reason, replaces)


@pytest.mark.parametrize(
    ("overlap", "known", "action"),
    [
        ("skip", {}, Action.START),
        ("skip", {"active": [1]}, Action.SKIP),
        ("skip", {"retries": RETRIES}, Action.SKIP),
        ("queue", {"active": [1]}, Action.QUEUE),
        ("queue", {"waiting": 1}, Action.QUEUE),
        ("queue", {"retries": RETRIES}, Action.START),
        ("kill_previous", {"active": [1]}, Action.REPLACE),
        ("kill_previous", {"retries": RETRIES}, Action.START),
        ("allow", {"active": [1], "waiting": 1}, Action.START),
    ],
)
def test_a_run_by_hand_follows_the_overlap_policy_unless_forced(
    overlap: str, known: dict[str, Any], action: Action
) -> None:
    asked = make_situation(make_job(overlap=overlap), NOW, NOW, **known)
    assert decide_by_hand(asked, NOW, force=False).action == action
    assert decide_by_hand(asked, NOW, force=True).action == Action.START


def test_without_a_free_place_what_would_start_waits() -> None:
    job, capacity = make_job(interval_seconds=60), Capacity(2, 1)
    actions = [decided(job, pending(), capacity=capacity)[0].action for _ in range(3)]
    assert actions == [Action.START, Action.WAIT, Action.WAIT]
    by_hand = decide_by_hand(make_situation(job, NOW, NOW, capacity=capacity), NOW, force=True)
    assert by_hand.action == Action.WAIT
    assert capacity.taken == 2, "what waits takes no place"


def test_catching_up_on_all_runs_them_one_after_the_other_and_misses_what_is_too_late() -> None:
    job = make_job(interval_seconds=60, catch_up="all", misfire_grace_seconds=149)
    verdicts = decided(job, pending(late=30, count=5))
    assert [verdict.action for verdict in verdicts] == [Action.MISS, Action.START, Action.QUEUE]
    assert (verdicts[0].folded, verdicts[0].since) == (2, NOW - timedelta(seconds=270))
    assert verdicts[0].reason == "2m30s late, more than the grace of 2m29s"
    assert [int((NOW - verdict.slot).total_seconds()) for verdict in verdicts[1:]] == [90, 30]


@pytest.mark.parametrize(("overlap", "action"), [("skip", "skip"), ("queue", "queue"), ("kill_previous", "replace")])
def test_a_single_slot_of_a_job_that_catches_up_on_all_is_treated_as_any_other(overlap: str, action: str) -> None:
    job = make_job(interval_seconds=60, catch_up="all", overlap=overlap)
    (verdict,) = decided(job, pending(late=1), active=[1])
    assert (verdict.action, verdict.triggered_by) == (action, "schedule")
    (alone,) = decided(job, pending(late=1), active=[])
    assert (alone.action, alone.triggered_by) == ("start", "schedule")


def test_catching_up_on_all_starts_them_together_where_overlap_is_allowed() -> None:
    job = make_job(interval_seconds=60, catch_up="all", overlap="allow")
    verdicts = decided(job, pending(late=30, count=3), active=[1])
    assert [verdict.action for verdict in verdicts] == [Action.START] * 3


@pytest.mark.parametrize(
    ("override", "in_file", "enabled"),
    [
        (None, True, True),
        (None, False, False),
        (Override(False, "alice", NOW), True, False),
        (Override(True, "alice", NOW), False, True),
        (Override(False, "alice", NOW, until=NOW + timedelta(seconds=1)), True, False),
        (Override(False, "alice", NOW, until=NOW), True, True),
    ],
)
def test_an_override_outranks_the_file_until_it_lapses(override: Override | None, in_file: bool, enabled: bool) -> None:
    state = JobState("backup", "x", override=override)
    assert is_enabled(make_job(enabled=in_file), state, NOW) is enabled


def test_retries_back_off_and_end() -> None:
    job = make_job(retries=3, retry_delay_seconds=10, retry_backoff=3)
    waits = [retry_at(job, attempt, NOW) for attempt in (1, 2, 3, 4)]
    assert [wait and (wait - NOW).total_seconds() for wait in waits] == [10, 30, 90, None]


def test_a_backoff_beyond_the_calendar_is_no_retry() -> None:
    assert retry_at(make_job(retries=5000, retry_backoff=10), 4999, NOW) is None


@pytest.mark.parametrize(
    ("schedule", "count", "counted"),
    [
        (JobSchedule("cron", cron="* * * * *"), 998, True),
        (JobSchedule("cron", cron="* * * * *"), 999, False),
        (JobSchedule("interval", interval_seconds=1), 525_600, True),
    ],
)
def test_slots_that_nobody_counted_further_are_at_least_so_many(
    schedule: JobSchedule, count: int, counted: bool
) -> None:
    assert is_counted(JobDefinition("a", schedule=schedule), count) is counted
