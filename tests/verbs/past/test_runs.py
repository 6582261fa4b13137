from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Claim
from tests.verbs.support import HOUR, NOW, record_run, record_slot

if TYPE_CHECKING:
    from peak_console.store.store import Store
    from tests.verbs.conftest import Answer, CommandLine

KEYS = [
    "id", "run_type", "job", "triggered_by", "scheduled_for", "attempt", "outcome", "return_code", "started_at",
    "finished_at", "duration_seconds", "lateness_seconds", "late_because", "command", "tags", "tag", "args",
    "mode", "reason", "requested_by", "state", "executor", "node", "submitted_at",
    "waited_there_seconds", "waits_for", "args_changed", "array_indexes", "array_of", "array_index", "array_values",
    "cpu_seconds", "peak_memory_bytes", "provenance",
]  # fmt: skip


def ids(answer: Answer) -> list[int]:
    return [run["id"] for run in answer.json]


def test_json_of_a_run_is_the_documented_object(peak: CommandLine, store: Store) -> None:
    record_run(store, command=("python", "risk check.py", "--top-n", "10"), tags=("risk",), tag="scheduler")
    [run] = peak("runs", "--json").json
    assert list(run) == KEYS
    assert run == {
        "id": 1,
        "run_type": "scheduler_job",
        "job": "risk_check",
        "triggered_by": "schedule",
        "scheduled_for": "2026-11-23T13:54:59.500000+01:00",
        "attempt": 1,
        "outcome": "succeeded",
        "return_code": 0,
        "started_at": "2026-11-23T13:55:00+01:00",
        "finished_at": "2026-11-23T13:55:02+01:00",
        "duration_seconds": 2.0,
        "lateness_seconds": 0.5,
        "late_because": None,
        "command": ["python", "risk check.py", "--top-n", "10"],
        "tags": ["risk"],
        "tag": "scheduler",
        "args": {},
        "mode": None,
        "reason": None,
        "requested_by": None,
        "provenance": None,
        "state": "finished",
        "executor": "local",
        "node": None,
        "submitted_at": None,
        "waited_there_seconds": None,
        "waits_for": None,
        "args_changed": [],
        "array_indexes": None,
        "array_of": None,
        "array_index": None,
        "array_values": {},
        "cpu_seconds": None,
        "peak_memory_bytes": None,
    }


def test_what_a_script_logged_comes_out_and_runs_are_found_by_their_tag(peak: CommandLine, store: Store) -> None:
    record_run(store, tags=("risk", "prod"))
    record_run(store, started_at=NOW - HOUR / 2, tags=("riskier",), tag="scheduler")
    logged = {"pair": "BTC/EUR", "trades": 3, "pnl": -1.5, "api_key": "***", "legs": [1, 2]}
    store.log_run("backtest", Claim("scan", NOW, args=logged, tag="nightly"), 0, NOW - HOUR, NOW)
    assert [run["args"] for run in peak("runs", "--json").json if run["id"] == 3] == [logged]
    for tag, expected in (
        ("risk", [1]),
        ("riskier", [2]),
        ("scheduler", [2]),
        ("nightly", [3]),
        ("ris", []),
        ("%", []),
    ):
        assert ids(peak("runs", "--json", "--tag", tag)) == expected
    assert ids(peak("runs", "--json", "--tag", "risk", "--job", "risk_check")) == [1]


def test_a_run_under_way_has_neither_outcome_nor_end(peak: CommandLine, store: Store) -> None:
    record_run(store, outcome=None)
    [run] = peak("runs", "--json").json
    assert (run["outcome"], run["return_code"], run["finished_at"], run["duration_seconds"]) == (None,) * 4
    assert "running" in peak("runs").rows[0]


def test_the_table_shows_the_newest_first_with_the_command_quoted(peak: CommandLine, store: Store) -> None:
    record_run(store)
    record_run(store, started_at=NOW - HOUR / 2, outcome="failed", return_code=2, command=("python", "a b.py"))
    newest, oldest = peak("runs").rows
    assert newest.startswith("#2 ")
    assert newest.endswith("failed     2     python 'a b.py'")
    assert oldest.startswith("#1 ")
    assert "2026-11-23 13:55:00  2.0s  0.5s" in oldest


def test_a_slot_without_a_process_says_why(peak: CommandLine, store: Store) -> None:
    record_slot(store, "risk_check", "skipped", "#1 is still running")
    row = peak("runs").rows[0]
    assert "skipped" in row
    assert "#1 is still running" in row
    assert "2026-11-23 13:55:00" in row  # the slot, as nothing started


def test_csv_has_the_documented_columns_and_lists_as_json(peak: CommandLine, store: Store) -> None:
    record_run(store, command=("python", 'say "hé", twice'), tags=("risk", "live"), late=-0.5)
    [row] = csv.DictReader(io.StringIO(peak("runs", "--csv").out))
    assert list(row) == KEYS
    assert json.loads(row["command"]) == ["python", 'say "hé", twice']
    assert json.loads(row["tags"]) == ["risk", "live"]
    assert row["lateness_seconds"] == "-0.5"
    assert row["tag"] == ""


def test_csv_gives_a_spreadsheet_no_formula(peak: CommandLine, store: Store) -> None:
    store.log_run("=cmd|' /C calc'!A0", Claim("+job\n\x1b[2J", NOW), 0, NOW - HOUR, NOW)
    [row] = csv.DictReader(io.StringIO(peak("runs", "--csv").out))
    assert row["run_type"] == "'=cmd|' /C calc'!A0"
    assert row["job"] == "'+job "


@pytest.fixture
def four_runs(store: Store) -> None:
    """#1 risk_check two days ago, #2 risk_check failed, #3 a job that has left the file, #4 by a script."""
    record_run(store, started_at=NOW - 48 * HOUR)
    record_run(store, outcome="timed_out", return_code=143)
    record_run(store, "gone_job", started_at=NOW - HOUR / 2)
    store.log_run("backtest", Claim("tokyo_scan", NOW), 0, NOW - HOUR / 4, NOW)


@pytest.mark.usefixtures("four_runs")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], [4, 3, 2, 1]),
        (["--job", "risk_check"], [2, 1]),
        (["--job", "gone_job"], [3]),
        (["--outcome", "timed_out"], [2]),
        (["--outcome", "Timed-Out"], [2]),
        (["--run-type", "scheduler_job"], [3, 2, 1]),
        (["--run-type", "backtest"], [4]),
        (["--since", "2h"], [4, 3, 2]),
        (["--since", "2026-11-23T14:00"], [4, 3]),
        (["--since", "2026-11-23T14:00Z"], []),
        (["--since", "2026-11-21"], [4, 3, 2, 1]),
        (["--limit", "2"], [4, 3]),
        (["--limit", "0"], [4, 3, 2, 1]),
        (["--include-tags", "risk,scan"], [4, 2, 1]),
        (["--exclude-tags", "risk"], [4]),
        (["--include-tags", "nothing"], []),
    ],
)
def test_filters(peak: CommandLine, words: list[str], expected: list[int]) -> None:
    assert ids(peak("runs", "--json", *words)) == expected


def test_fifty_unless_told_otherwise_and_a_note_that_there_may_be_more(peak: CommandLine, store: Store) -> None:
    for minute in range(51):
        record_run(store, started_at=NOW - timedelta(minutes=minute))
    answer = peak("runs")
    assert len(answer.rows) == 50
    assert "see --limit" in answer.err
    assert len(peak("runs", "--limit", "0").rows) == 51


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--outcome", "suceeded"], 'did you mean "succeeded"?'),
        (["--outcome", "exploded"], "use one of succeeded, failed, timed_out, stopped, lost, not_started"),
        (["--limit", "-1"], "--limit: -1 is negative"),
        (["--since", "whenever"], '--since: "whenever" is neither a time nor a duration'),
        (["--json", "--csv"], "choose one"),
    ],
)
def test_wrong_usage_is_refused(peak: CommandLine, words: list[str], message: str) -> None:
    answer = peak("runs", *words)
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err


def test_an_unknown_job_is_answered_with_the_nearest(peak: CommandLine) -> None:
    answer = peak("runs", "--job", "risk_chek")
    assert answer.code == 1
    assert 'did you mean "risk_check"?' in answer.err


@pytest.mark.usefixtures("four_runs")
def test_tags_leave_out_a_job_that_only_the_registry_knows(peak: CommandLine) -> None:
    assert peak("runs", "--job", "gone_job", "--include-tags", "risk").code == 1


def test_nothing_recorded_is_an_empty_answer(peak: CommandLine) -> None:
    assert peak("runs", "--json").json == []
    assert peak("runs", "--csv").out.split(",")[0] == "id"
    assert "no run is recorded" in peak("runs").err
    assert not peak.directory.exists()  # looking leaves no trace


@pytest.mark.usefixtures("four_runs")
def test_a_broken_jobs_file_hides_no_history(peak: CommandLine) -> None:
    peak.jobs("[[job]\n")
    answer = peak("runs", "--json")
    assert ids(answer) == [4, 3, 2, 1]
    assert "jobs.toml:1:" in answer.err
    assert peak("runs", "--include-tags", "risk").code == 1  # which the file alone knows


def test_a_broken_jobs_file_without_history_is_refused(peak: CommandLine) -> None:
    peak.jobs("[[job]\n")
    assert peak("runs").code == 1
