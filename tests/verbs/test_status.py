from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.alerts.results import judge_undelivered, undelivered_cause
from peak_console.model.records import EngineInfo, Hold
from peak_console.store.locks import EngineLock, is_held
from tests.verbs.support import HOUR, NOW, record_alert, record_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peak_console.store.store import Store
    from tests.verbs.conftest import CommandLine

KEYS = [
    "engine", "engines", "not_served", "no_success", "live", "closed_gates", "blackouts", "places", "hold", "holds",
    "counts", "next_slot", "unacknowledged_alerts", "undelivered", "config_error", "trouble", "state_dir",
]  # fmt: skip
STANDINGS = [
    "failed", "retrying", "claimed", "submitted", "running", "queued", "awaiting", "ok", "stopped", "waiting", "done",
    "disabled",
]  # fmt: skip


@pytest.fixture
def engine(peak: CommandLine, store: Store) -> Iterator[EngineLock]:
    """An engine serves the directory, as far as the directory can tell."""
    lock = EngineLock(str(peak.directory))
    assert lock.acquire()
    info = EngineInfo(
        pid=os.getpid(), host="desk-1", mode="headless", version="1.0", jobs_file=str(peak.config),
        started_at=NOW - 3 * HOUR,
    )  # fmt: skip
    store.engine_started(info)
    yield lock
    lock.release()


def test_json_without_an_engine_or_a_registry(peak: CommandLine) -> None:
    answer = peak("status", "--json")
    status = answer.json
    assert answer.code == 0
    assert list(status) == KEYS
    assert status["engine"] is None
    assert status["hold"] is None
    assert status["counts"] == {**dict.fromkeys(STANDINGS, 0), "waiting": 3, "disabled": 1}
    assert status["next_slot"] == {"job": "risk_check", "slot": "2026-11-23T14:55:00+01:00"}
    assert status["unacknowledged_alerts"] == 0
    assert status["config_error"] is None
    assert status["state_dir"] == str(peak.directory)
    assert not peak.directory.exists()


@pytest.mark.usefixtures("engine")
def test_json_with_an_engine(peak: CommandLine) -> None:
    assert peak("status", "--json").json["engine"] == {
        "pid": os.getpid(),
        "host": "desk-1",
        "mode": "headless",
        "version": "1.0",
        "jobs_file": str(peak.config),
        "since": "2026-11-23T11:55:00+01:00",
        "include_tags": [],
        "exclude_tags": [],
        "jobs": None,
    }


def test_an_engine_that_crashed_is_none(peak: CommandLine, engine: EngineLock) -> None:
    """Its pid is still in the registry and in the lock file; the kernel has dropped the lock."""
    assert engine._fd is not None
    os.close(engine._fd)
    engine._fd = None
    assert (peak.directory / "engine.lock").read_text().strip() == str(os.getpid())
    assert peak("status", "--json").json["engine"] is None


def test_looking_for_an_engine_takes_the_lock_from_nobody(peak: CommandLine, engine: EngineLock) -> None:
    directory = str(peak.directory)
    assert is_held(directory)
    engine.release()
    assert not is_held(directory)
    other = EngineLock(directory)
    assert other.acquire()
    other.release()


def test_hold_and_alerts_are_told(peak: CommandLine, store: Store) -> None:
    store.set_hold(Hold(NOW - HOUR, "ada", "exchange closed"))
    record_alert(store, "risk_check failed")
    status = peak("status", "--json").json
    assert status["hold"] == {"since": "2026-11-23T13:55:00+01:00", "by": "ada", "reason": "exchange closed"}
    assert status["unacknowledged_alerts"] == 1
    text = peak("status").out
    assert "by ada since 2026-11-23 13:55:00: exchange closed" in text
    assert "1 open" in text


@pytest.mark.usefixtures("engine")
def test_the_text_says_what_an_operator_asks_first(peak: CommandLine, store: Store) -> None:
    record_run(store, "forward_signals", outcome="failed", return_code=1)
    assert peak("status").out.splitlines()[:5] == [
        f"engine    headless, pid {os.getpid()} on desk-1, since 2026-11-23 11:55:00 (3h ago)",
        "hold      none",
        "jobs      4 jobs: 1 failed, 2 waiting, 1 disabled",
        "next      risk_check, Mon 2026-11-23 14:55:00 CET, due",
        "alerts    none open",
    ]


@pytest.mark.usefixtures("engine")
def test_the_line_for_a_status_bar(peak: CommandLine, store: Store) -> None:
    record_run(store, "risk_check", outcome=None)
    record_run(store, "forward_signals", outcome="failed", return_code=1)
    store.decided("risk_check", "interval 3600000000us", NOW - HOUR + 252 * (HOUR / 3600), None)
    assert peak("status", "--line").out == "▶1 ✖1 next risk_check 04:12\n"


def test_the_line_names_what_is_wrong(peak: CommandLine, store: Store) -> None:
    store.set_hold(Hold(NOW, "ada"))
    assert peak("status", "--line").out == "no engine on hold next risk_check due\n"


def test_the_line_is_never_longer_than_80_cells(peak: CommandLine) -> None:
    peak.jobs(f'[[job]]\nname = "{"日本" * 60}"\nargs = {{ script = "a.py" }}\n')
    line = peak("status", "--line").out.rstrip("\n")
    assert "…" in line
    assert line.endswith(" due")
    assert sum(2 if character in "日本" else 1 for character in line) <= 80


def test_a_broken_jobs_file_hides_neither_engine_nor_alerts(peak: CommandLine, store: Store) -> None:
    record_alert(store, "risk_check failed")
    peak.jobs("[[job]\n")
    answer = peak("status", "--json")
    assert answer.code == 1
    assert "jobs.toml:1:" in answer.json["config_error"]
    assert answer.json["unacknowledged_alerts"] == 1
    assert "problem   " in peak("status").out
    assert peak("status", "--line").out.startswith("✖ jobs file no engine")


@pytest.mark.usefixtures("engine")
def test_a_file_that_the_engine_has_rejected_is_told(peak: CommandLine, store: Store) -> None:
    store.rejected("jobs.toml:3:1: broken")
    answer = peak("status", "--json")
    assert (answer.code, answer.json["config_error"]) == (0, "jobs.toml:3:1: broken")


def test_tags_select_what_is_counted_and_what_comes_next(peak: CommandLine) -> None:
    status = peak("status", "--json", "--include-tags", "scan").json
    assert sum(status["counts"].values()) == 1
    assert status["next_slot"]["job"] == "tokyo_scan"


def test_a_channel_that_takes_nothing_is_told_with_its_answer(peak: CommandLine, store: Store) -> None:
    for seconds in (0, 60):
        alert = judge_undelivered(
            "desk", "the service answered HTTP 404", lasting=True, now=NOW + timedelta(seconds=seconds)
        )
        store.open_incident(alert, [], NOW, 0)
    assert 'problem   alerts do not get out through channel "desk" since 2026-11-23 14:55:00: the service answered' in (
        peak("status").out
    )
    assert "alerts do not get out" in peak("status", "--line").out
    assert peak("status", "--json").json["undelivered"] == [
        {"channel": "desk", "since": "2026-11-23T14:55:00+01:00", "answer": "the service answered HTTP 404"}
    ]
    store.resolve([undelivered_cause("desk")], NOW)
    assert "do not get out" not in peak("status").out
