"""``plan``: what another jobs file would change, told before it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.verbs.conftest import JOBS
from tests.verbs.support import HOUR, NOW, record_run

if TYPE_CHECKING:
    from pathlib import Path

    from peak_console.store.store import Store
    from tests.verbs.conftest import Answer, CommandLine


@pytest.fixture
def other(peak: CommandLine) -> Path:
    return peak.folder / "other.toml"


def plan(peak: CommandLine, other: Path, text: str, *words: str) -> Answer:
    other.write_text(text, encoding="utf-8")
    return peak("plan", str(other), *words)


def test_the_same_file_changes_nothing(peak: CommandLine, other: Path) -> None:
    answer = plan(peak, other, "# another comment\n" + JOBS)
    assert (answer.code, answer.out) == (0, "")
    assert "nothing would change" in answer.err


def test_changes_are_told_by_field_with_the_slots_that_move(peak: CommandLine, other: Path) -> None:
    answer = plan(peak, other, JOBS.replace("07:30", "08:15").replace("[scheduler]", "[scheduler]\nkeep_runs = 7"))
    assert answer.code == 0
    assert answer.out.splitlines() == [
        "~ [scheduler] keep_runs: 1000 → 7",
        "~ forward_signals",
        '    daily_time: "07:30" → "08:15"',
        "    next slot: Tue 2026-11-24 07:30:00 CET → Tue 2026-11-24 08:15:00 CET",
    ]


def test_jobs_that_come_and_go_are_told_with_their_runs(peak: CommandLine, other: Path, store: Store) -> None:
    record_run(store, "tokyo_scan", outcome=None)
    text = JOBS.replace('name = "tokyo_scan"', 'name = "osaka_scan"')
    answer = plan(peak, other, text)
    assert "+ osaka_scan: daily 09:00; first slot Tue 2026-11-24 01:00:00 CET" in answer.out
    assert "- tokyo_scan: #1 under way; what waits is given up" in answer.out
    assert answer.code == 0


def test_what_would_start_at_once_is_told_and_fails_the_check(peak: CommandLine, other: Path, store: Store) -> None:
    record_run(store, "risk_check", started_at=NOW - HOUR / 4)
    added = '\n[[job]]\nname = "now"\nschedule_type = "interval"\ninterval_seconds = 600\n'
    answer = plan(peak, other, JOBS + added)
    assert answer.code == 3
    assert "! now would start at once" in answer.out
    assert "risk_check would start" not in answer.out, "it would start by the file at work too"
    shorter = plan(peak, other, JOBS.replace("enabled = false", "enabled = true"))
    assert shorter.code == 3
    assert "! sweep would start at once" in shorter.out


def test_a_deadline_that_would_break_is_told(peak: CommandLine, other: Path, store: Store) -> None:
    record_run(store, "forward_signals", seconds=600)
    base = JOBS.replace('daily_time = "07:30"', 'daily_time = "07:30"\nfinish_by = "07:45"\ntimeout_seconds = 3600')
    peak.jobs(base)
    answer = plan(peak, other, base.replace('"07:30"', '"07:40"'), "--json")
    assert answer.code == 0
    [broken] = answer.json["broken"]
    assert broken == {"job": "forward_signals", "deadline": "2026-11-24T07:45:00+01:00", "slack_seconds": -300.0}


def test_values_that_may_be_secrets_are_not_shown(peak: CommandLine, other: Path) -> None:
    answer = plan(peak, other, JOBS.replace('"risk.py"', '"risk.py", token = "hush-hush"'))
    assert "    args changed" in answer.out
    assert "hush" not in answer.out
    assert "hush" not in plan(peak, other, other.read_text(encoding="utf-8"), "--json").out


def test_a_file_that_cannot_be_used_is_told_as_by_validate(peak: CommandLine, other: Path) -> None:
    answer = plan(peak, other, '[[job]]\nname = "a"\nretries = "often"\n')
    assert answer.code == 1
    assert "other.toml:3:1" in answer.err
    assert "nowhere.toml" in peak("plan", str(other.parent / "nowhere.toml")).err
