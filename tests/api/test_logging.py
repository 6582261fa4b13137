"""Runs that scripts log."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from peak_console import (
    JobDefinition,
    log_scheduler_job_run,
    run_job,
)
from peak_console.cli import main
from peak_console.errors import StateError

if TYPE_CHECKING:
    from typing import Any


# Logging runs.


def logged(**changes: Any) -> str:
    given: dict[str, Any] = {
        "job_name": "daily_forward_btc",
        "command": "python",
        "args": {"script": "scripts/run_forward_signals.py", "bars": 200},
        "return_code": 0,
        "started_at": datetime(2026, 11, 23, 7, 30),
        "finished_at": datetime(2026, 11, 23, 7, 31),
        "tag": "scheduler",
    }
    return log_scheduler_job_run(**{**given, **changes})


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    import json

    Path("config/scheduler").mkdir(parents=True, exist_ok=True)
    Path("config/scheduler/jobs.toml").write_text('[scheduler]\ntimezone = "UTC"\n', encoding="utf-8")
    capsys.readouterr()
    assert main(["runs", "--json", *words]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def test_a_logged_run_is_found_by_the_documented_query(capsys: pytest.CaptureFixture[str]) -> None:
    run_id = logged()
    logged(job_name="ma", run_type="backtest", return_code=1, tag=None)
    [run] = listed(capsys, "--run-type", "scheduler_job")
    assert (str(run["id"]), run["job"], run["outcome"], run["return_code"]) == (
        run_id,
        "daily_forward_btc",
        "succeeded",
        0,
    )
    assert (run["tag"], run["run_type"], run["duration_seconds"]) == ("scheduler", "scheduler_job", 60)
    assert run["command"] == ["python"]
    assert datetime.fromisoformat(run["started_at"]) == datetime(2026, 11, 23, 7, 30).astimezone(UTC)
    [other] = listed(capsys, "--run-type", "backtest")
    assert (other["job"], other["outcome"], other["tag"]) == ("ma", "failed", None)
    assert len(listed(capsys)) == 2


def test_a_logged_run_hides_secrets(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXCHANGE_API_KEY", "k3y-of-mine")
    logged(command=["trade", "--with", "k3y-of-mine"], args={"password": "pa55word-of-mine", "bars": 200})
    shown = str(listed(capsys))
    assert "k3y-of-mine" not in shown
    assert b"pa55word-of-mine" not in Path("config/scheduler/.peak_console/registry.db").read_bytes()


def test_the_registry_is_the_one_that_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logged(state_dir=tmp_path / "given")
    monkeypatch.setenv("PEAK_CONSOLE_STATE_DIR", str(tmp_path / "environment"))
    logged()
    found = sorted(path.parent.name for path in tmp_path.rglob("registry.db"))
    assert found == ["environment", "given"]


def test_a_script_that_run_job_runs_logs_where_its_caller_does(capsys: pytest.CaptureFixture[str]) -> None:
    script = (
        "from datetime import datetime; from peak_console import log_scheduler_job_run as log;"
        "log(job_name='inner', command='x', args={}, return_code=0,"
        " started_at=datetime.now(), finished_at=datetime.now())"
    )
    result = run_job(JobDefinition("outer", command=sys.executable, argv=["-c", script]))
    assert result.success, result.stderr
    assert [run["job"] for run in listed(capsys)] == ["inner"]


def test_a_run_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(StateError, match="finished_at lies before started_at"):
        logged(finished_at=datetime(2026, 11, 23, 7, 29))
