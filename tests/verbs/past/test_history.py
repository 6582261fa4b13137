"""``history``: what was late, failed, skipped, by hand, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Outcome, Trigger
from tests.verbs.support import HOUR, NOW, record_run, record_slot

if TYPE_CHECKING:
    from peak_console.store.store import Store
    from tests.verbs.conftest import CommandLine


@pytest.fixture
def _day(store: Store) -> None:
    """Runs #1 to #6: yesterday's of a job that has left the file, late, failed, well, by hand, skipped."""
    record_run(store, "gone", started_at=NOW - timedelta(days=1))
    record_run(store, "forward_signals", started_at=NOW - HOUR * 3, late=140, late_because="held")
    record_run(store, "sweep", outcome=Outcome.FAILED, return_code=2, started_at=NOW - HOUR * 2)
    record_run(store, "risk_check", tags=("risk",))
    record_run(store, "sweep", triggered_by=Trigger.MANUAL, requested_by="ada", started_at=NOW - HOUR / 2)
    record_slot(store, "risk_check", Outcome.SKIPPED, "#1 is still running")


@pytest.mark.usefixtures("_day")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], [6, 5, 4, 3, 2, 1]),
        (["failed"], [3]),
        (["--outcome", "failed,skipped"], [6, 3]),
        (["--outcome", "bad"], [6, 3]),
        (["late"], [2]),
        (["--late"], [2]),
        (["--late", "2m"], [2]),
        (["--late", "1h"], []),
        (["--trigger", "manual"], [5]),
        (["--by", "ada"], [5]),
        (["by:bob"], []),
        (["--job", "sweep"], [5, 3]),
        (["--job", "sweep", "--job", "gone"], [5, 3, 1]),
        (["--since", "13:00", "risk"], [6, 4]),
        (["yesterday"], [1]),
        (["--until", "today"], [1]),
        (["#risk"], [6, 4]),
        (["--limit", "2"], [6, 5]),
        (["--include-tags", "heavy"], [5, 3]),
        (["--include-tags", "heavy", "gone"], []),
    ],
)
def test_runs_are_found_by_words_and_by_flags(peak: CommandLine, words: list[str], found: list[int]) -> None:
    assert [run["id"] for run in peak("history", "--json", *words).json] == found


@pytest.mark.usefixtures("_day")
def test_the_table_says_how_late_by_whom_and_why(peak: CommandLine) -> None:
    rows = {row.split()[0]: row for row in peak("history").rows}
    assert "2m20s" in rows["#2"]
    assert rows["#2"].endswith("held")
    assert "failed (2)" in rows["#3"]
    assert "manual ada" in rows["#5"]
    assert rows["#6"].split()[-5:] == ["skipped", "#1", "is", "still", "running"]


def test_a_full_table_says_that_there_may_be_more(peak: CommandLine, store: Store) -> None:
    record_run(store)
    record_run(store, started_at=NOW - HOUR * 2)
    assert "the newest 2; there may be more, see --limit" in peak("history", "--limit", "2").err


def test_nothing_is_said_in_a_sentence(peak: CommandLine) -> None:
    assert "no run is recorded" in peak("history").err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--outcome", "suceeded"], 'did you mean "succeeded"?'),
        (["--trigger", "zzz"], "--trigger:"),
        (["--job", "risk_chek"], 'did you mean "risk_check"?'),
        (["--limit", "-1"], "--limit: -1 is negative"),
        (["since:zzz"], "is neither a time nor a duration"),
    ],
)
def test_what_makes_no_sense_is_refused(peak: CommandLine, words: list[str], why: str) -> None:
    answer = peak("history", *words)
    assert answer.code != 0
    assert why in answer.err


def test_the_shift_log_says_who_did_what_and_why(peak: CommandLine) -> None:
    peak("disable", "risk_check", "--reason", "audit")
    peak("hold", "--tags", "prod", "--until", "18:00")
    newest, older = peak("history", "--actions", "--json").json
    assert (older["verb"], older["job"], older["message"], older["reason"]) == (
        "disable", "risk_check", "risk_check is disabled", "audit",
    )  # fmt: skip
    assert newest["verb"] == "hold_jobs"
    assert newest["person"] == older["person"] != ""
    assert [each["job"] for each in peak("history", "--actions", "--job", "risk_check", "--json").json] == [
        "risk_check"
    ]
    assert peak("history", "--actions", "by:nobody", "--json").json == []
    row = peak("history", "--actions", "--limit", "1").rows[0]
    assert "hold jobs" in row
    assert "jobs tagged prod are held until" in row


def test_the_shift_log_has_no_outcomes(peak: CommandLine) -> None:
    assert "--actions: outcomes, triggers and lateness are of runs" in peak("history", "--actions", "failed").err
