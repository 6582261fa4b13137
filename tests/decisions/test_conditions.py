"""The list of what has to hold for a job to start, in its order and in its words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.decisions.capacity import Capacity
from peak_console.decisions.conditions import CONDITIONS, Answer, answers, first_unmet
from peak_console.decisions.holding.blackouts import Blackouts
from peak_console.decisions.upstreams.chains import Outlook, Way
from peak_console.jobs.blackouts import Blackout
from peak_console.model.records import Hold, JobState, Override
from peak_console.schedule.blackouts.windows import Listed
from tests.support.factories import make_job, make_queued, make_situation

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
RETRY = make_queued(7, NOW - HOUR, attempt=2, not_before=NOW + HOUR)
WAITS = Outlook(Way.WAIT, sentence="waiting for fetch (#3 running)")
NIGHT = Blackout("night", Listed([(NOW - HOUR, NOW + HOUR)]))
DISABLED = Override(False, "alice", NOW - HOUR, NOW + HOUR, "holiday")


def disabled(override: Override = DISABLED) -> JobState:
    return JobState("backup", "x", override=override)


UNMET: dict[str, list[tuple[dict[str, Any], dict[str, Any], str, datetime | None]]] = {
    "served": [({}, {"not_served": "no engine selects it (pid 3)"}, "not served: no engine selects it (pid 3)", None)],
    "enabled": [({"enabled": False}, {}, "disabled in the jobs file", None)],
    "override": [
        (
            {},
            {"state": disabled()},
            "disabled by operator alice until 2026-11-23 09:00:00: holiday",
            NOW + HOUR,
        ),
        ({}, {"state": disabled(Override(False, "bob", NOW))}, "disabled by operator bob", None),
    ],
    "hold": [
        ({}, {"hold": Hold(NOW - HOUR, "ada", "month end")}, "held by ada since 2026-11-23 07:00:00 (month end)", None),
        ({}, {"hold": Hold(NOW, "ada")}, "held by ada since 2026-11-23 08:00:00", None),
    ],
    "blackout": [
        (
            {},
            {"blackouts": Blackouts([NIGHT])},
            "blackout night until 2026-11-23 09:00:00",
            NOW + HOUR,
        ),
        (
            {},
            {"blackouts": Blackouts([Blackout("live", Listed([(NOW, None)]), by="ada", reason="fed day")])},
            "blackout live by ada (fed day)",
            None,
        ),
    ],
    "gate": [({}, {"gate": "gate venue is closed: holiday"}, "gate venue is closed: holiday", None)],
    "schedule": [
        ({}, {"slot": None}, "it has run and never will again", None),
        ({}, {"slot": NOW + HOUR}, "not due before 2026-11-23T09:00:00+00:00", NOW + HOUR),
        (
            {"misfire_grace_seconds": 60},
            {"slot": NOW - timedelta(seconds=61)},
            "1m01s late, more than the grace of 1m00s",
            None,
        ),
    ],
    "after": [
        ({}, {"upstreams": lambda _slot: WAITS}, "waiting for fetch (#3 running)", None),
        ({}, {"upstreams": lambda _slot: Outlook(Way.SKIP, sentence="fetch failed, #3")}, "fetch failed, #3", None),
    ],
    "requires": [({}, {"stale": lambda _slot: "requires q.csv"}, "requires q.csv", None)],
    "overlap": [
        ({}, {"active": [3, 4]}, "#4 is still running", None),
        ({}, {"waiting": 1}, "an earlier slot still waits", None),
        ({}, {"waiting": 2}, "2 earlier slots still wait", None),
        ({"overlap": "allow"}, {"active": range(99), "retries": [RETRY]}, "100 of its runs are under way", None),
    ],
    "retry": [({}, {"retries": [RETRY]}, "#7 still waits: attempt 2 of an earlier slot", NOW + HOUR)],
    "group": [
        (
            {"group": "api"},
            {"capacity": Capacity(0, 1, {"api": 1}, {"api": 1})},
            "group api is full (1 at once)",
            None,
        ),
    ],
    "places": [({}, {"capacity": Capacity(2, 2)}, "no place is free (max_concurrent_runs = 2)", None)],
}


def asked(changes: dict[str, Any], known: dict[str, Any]) -> list[Answer]:
    known = {"zone": UTC, "slot": NOW, **known}
    return answers(make_situation(make_job(**changes), known.pop("slot"), NOW, **known))


def test_the_list_has_one_order() -> None:
    assert [condition.name for condition in CONDITIONS] == list(UNMET)


def test_a_job_that_is_due_and_free_may_start() -> None:
    assert all(answer.holds and answer.sentence == "" and answer.until is None for answer in asked({}, {}))


@pytest.mark.parametrize(
    ("name", "changes", "known", "sentence", "until"),
    [(name, *case) for name, cases in UNMET.items() for case in cases],
)
def test_what_does_not_hold_says_why_and_until_when(
    name: str, changes: dict[str, Any], known: dict[str, Any], sentence: str, until: datetime | None
) -> None:
    unmet = [answer for answer in asked(changes, known) if not answer.holds]
    assert unmet == [Answer(name, False, sentence, until)]


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({"enabled": False}, {"state": disabled(Override(True, "alice", NOW))}),
        ({}, {"state": disabled(Override(False, "alice", NOW, NOW))}),
        ({"misfire_grace_seconds": 60}, {"slot": NOW - timedelta(seconds=60)}),
        ({"overlap": "allow"}, {"active": range(98), "waiting": 5, "retries": [RETRY]}),
        ({}, {"capacity": Capacity(2, 1)}),
        ({}, {"capacity": Capacity(0, 1000)}),
    ],
)
def test_what_is_just_so_holds(changes: dict[str, Any], known: dict[str, Any]) -> None:
    assert [answer for answer in asked(changes, known) if not answer.holds] == []


@given(st.sets(st.sampled_from(sorted(UNMET))))
def test_the_first_that_does_not_hold_is_the_answer(names: set[str]) -> None:
    changes: dict[str, Any] = {}
    known: dict[str, Any] = {"zone": UTC, "slot": NOW}
    for name in names:
        changes |= UNMET[name][0][0]
        known |= UNMET[name][0][1]
    if "override" in names:  # a word of an operator's outranks the file, whichever way it goes
        names = names - {"enabled"}
    if "schedule" in names:  # without a slot there is no round to be waited for
        names = names - {"after", "requires"}
    if names >= {"group", "places"}:
        known["capacity"] = Capacity(2, 2, {"api": 1}, {"api": 1})
    situation = make_situation(make_job(**changes), known.pop("slot"), NOW, **known)
    unmet = first_unmet(situation)
    assert (unmet and unmet.name) == next((name for name in UNMET if name in names), None)
    assert {answer.name for answer in answers(situation) if not answer.holds} == names
