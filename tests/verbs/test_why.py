"""``why``: each condition with what it saw, one sentence, what would change it; the future by forecast."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.decisions.conditions import CONDITIONS
from peak_console.decisions.why import _VALUES, _WAYS_OUT
from peak_console.model.records import Claim, Hold, Override, Trigger
from tests.verbs.support import HOUR, NOW, SUPERVISOR, record_run, record_slot

if TYPE_CHECKING:
    from peak_console.store.store import Store
    from tests.verbs.conftest import CommandLine


def test_every_condition_has_words_for_what_it_saw_and_for_what_would_change_it() -> None:
    names = {condition.name for condition in CONDITIONS}
    assert names <= _VALUES.keys()
    assert names <= _WAYS_OUT.keys()


def test_now_it_lists_each_condition_and_says_what_the_forecast_expects(peak: CommandLine, store: Store) -> None:
    record_run(store, "forward_signals", seconds=90)
    told = peak("why", "forward_signals", "--json").json
    assert [each["condition"] for each in told["conditions"]] == [condition.name for condition in CONDITIONS]
    unmet = [each for each in told["conditions"] if not each["holds"]]
    assert [each["condition"] for each in unmet] == ["schedule"]
    assert told["sentence"] == "forward_signals does not start now: not due before 2026-11-24T07:30:00+01:00"
    assert told["change"] == "its slot; sooner: peak-console run forward_signals"
    assert "by forecast forward_signals starts at 2026-11-24 07:30:00, until 07:31:30, succeeded" in told["more"]


def test_a_hold_is_the_answer_with_who_since_when_and_why(peak: CommandLine, store: Store) -> None:
    store.set_hold(Hold(NOW - HOUR, "root", "maintenance"))
    answer = peak("why", "risk_check")
    assert "risk_check does not start now: held by root since 2026-11-23 13:55:00 (maintenance)" in answer.out
    assert "what would change it: peak-console release" in answer.out
    assert "by forecast risk_check does not start before" in answer.out


def test_an_override_names_the_operator_and_when_it_lapses(peak: CommandLine, store: Store) -> None:
    store.set_override("risk_check", Override(False, "ada", NOW - HOUR, NOW + HOUR, "exchange closed"))
    told = peak("why", "risk_check", "--json").json
    assert "disabled by operator ada until 2026-11-23 15:55:00: exchange closed" in told["sentence"]
    assert told["change"] == "peak-console enable risk_check"


def test_why_nothing_at_nine(peak: CommandLine, store: Store) -> None:
    answer = peak("why", "forward_signals", "--at", "09:00")
    assert "forward_signals has no slot at 2026-11-23 09:00:00" in answer.out
    assert "the next slot is 2026-11-24 07:30:00" in answer.out
    slot = NOW - 5 * HOUR
    record_slot(store, "risk_check", "skipped", "#3 is still running", slot)
    answer = peak("why", "risk_check", "--at", "09:55")
    assert "was due at 2026-11-23 09:55:00, was skipped (#3 is still running)" in answer.out


def test_why_did_it_run_twice(peak: CommandLine, store: Store) -> None:
    record_run(store, "risk_check", started_at=NOW - 2 * HOUR)
    record_run(store, "risk_check", started_at=NOW - HOUR, triggered_by=Trigger.MANUAL, requested_by="ada")
    answer = peak("why", "risk_check")
    assert "risk_check #1 was due at 2026-11-23 12:54:59" in answer.out
    assert "risk_check #2 was asked for by ada" in answer.out


def test_why_is_it_late(peak: CommandLine, store: Store) -> None:
    run = record_run(store, "risk_check", late=600, late_because="waited for a place behind sweep #4")
    answer = peak("why", "risk_check", "--run", f"#{run.id}")
    assert "10m00s late, as it waited for a place behind sweep #4" in answer.out


def test_what_was_under_way_and_what_a_run_stands_for(peak: CommandLine, store: Store) -> None:
    record_run(store, "risk_check", started_at=NOW - HOUR, seconds=600)
    assert "risk_check #1" in peak("why", "risk_check", "--at", "14:00").out
    slot = NOW - timedelta(hours=3)
    store.claim([Claim("sweep", slot, outcome=None, stands_since=slot - 2 * HOUR)], slot, SUPERVISOR)
    assert "is part of #2" in peak("why", "sweep", "--slot", "2026-11-23T10:55:00").out


def test_the_future_is_told_by_forecast(peak: CommandLine) -> None:
    assert "by forecast forward_signals starts at 2026-11-24 07:30:00, about until 07:30:30, succeeded" in (
        peak("why", "forward_signals", "--slot", "2026-11-24T07:30").out
    )
    assert "by forecast forward_signals starts at 2026-11-24 07:30:00" in (
        peak("why", "forward_signals", "--at", "2026-11-24T06:00").out
    )
    assert "has no slot at" in peak("why", "forward_signals", "--slot", "2026-11-24T09:00").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nobody"], 'no job is called "nobody"'),
        (["risk_check", "--run", "99"], "--run: 99 is no run of risk_check"),
        (["risk_check", "--run", "x"], "--run: x is no run of risk_check"),
        (["risk_check", "--at", "whenever"], "--at"),
    ],
)
def test_what_makes_no_sense_gets_a_sentence(peak: CommandLine, words: list[str], said: str) -> None:
    answer = peak("why", *words)
    assert answer.code in (1, 2)
    assert said in answer.err
