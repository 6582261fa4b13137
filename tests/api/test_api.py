"""The documented Python API, as its users write it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

import peak_console
from peak_console import (
    JobDefinition,
    JobResult,
    JobSchedule,
    build_command_args,
    compute_next_run_at,
    filter_jobs_by_tags,
    get_due_jobs,
    is_job_due,
    load_jobs_from_toml,
    log_scheduler_job_run,
    run_job,
    validate_job_config,
)
from peak_console.errors import PeakConsoleError
from peak_console.store.store import Store
from tests.support.processes import is_alive, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

BERLIN = "Europe/Berlin"
NEVER = datetime.max


def shell(script: str, **changes: Any) -> JobDefinition:
    return JobDefinition("job", command="/bin/sh", argv=["-c", script], **changes)


def test_the_documented_examples_work_as_written() -> None:
    schedule = JobSchedule(
        type="daily",
        daily_time="07:30",
    )
    job = JobDefinition(
        name="my_job",
        args={"script": "scripts/my_script.py", "flag": True},
        schedule=schedule,
        tags=["prod"],
    )
    result = JobResult(
        job_name="my_job",
        started_at=datetime(2026, 1, 1, 7, 30),
        finished_at=datetime(2026, 1, 1, 7, 31),
        return_code=0,
        success=True,
    )
    assert (job.command, job.enabled, job.timeout_seconds, job.schedule.daily_time) == ("python", True, 300, "07:30")
    assert build_command_args(job) == ["scripts/my_script.py", "--flag"]
    assert (result.duration_seconds, result.stdout, result.stderr, result.exception) == (60, "", "", None)


def test_jobs_are_loaded_from_the_documented_file(tmp_path: Path) -> None:
    path = tmp_path / "jobs.toml"
    path.write_text(
        """\
[[job]]
name = "daily_forward_btc"
description = "Generiert Forward-Signal für BTC/EUR"
command = "python"
args = { script = "scripts/run_forward_signals.py", strategy = "ma_crossover", symbol = "BTC/EUR" }
schedule_type = "daily"
daily_time = "07:30"
enabled = true
tags = ["forward", "daily", "prod"]
timeout_seconds = 120

[[job]]
name = "initial_setup"
schedule_type = "once"
[job.args]
script = "scripts/setup.py"
""",
        encoding="utf-8",
    )
    jobs = load_jobs_from_toml(path)
    assert [f"{job.name}: {job.schedule.type}" for job in jobs] == ["daily_forward_btc: daily", "initial_setup: once"]
    assert jobs[0].args == {
        "script": "scripts/run_forward_signals.py", "strategy": "ma_crossover", "symbol": "BTC/EUR",
    }  # fmt: skip
    assert (list(jobs[0].tags), jobs[0].timeout_seconds) == (["forward", "daily", "prod"], 120)
    assert [job.name for job in filter_jobs_by_tags(jobs, include_tags=["prod"], exclude_tags=["heavy"])] == [
        "daily_forward_btc"
    ]
    assert [job.name for job in filter_jobs_by_tags(jobs, exclude_tags=["daily"])] == ["initial_setup"]
    assert load_jobs_from_toml(str(path)) == jobs


def test_a_file_that_cannot_be_used_raises_what_users_catch(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_jobs_from_toml(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("[[job]]\nschedule_type = 'interval'\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"(?s)name.*interval_seconds"):
        load_jobs_from_toml(tmp_path / "bad.toml")


def test_doubts_about_a_definition_are_a_list_of_sentences() -> None:
    assert validate_job_config(JobDefinition("fine", args={"script": "fine.py"})) == []
    found = validate_job_config(JobDefinition("doubtful", schedule=JobSchedule(type="interval")))
    assert found
    assert all(isinstance(sentence, str) for sentence in found)


# When a schedule is due.

EIGHT = datetime(2026, 11, 23, 8, 0)


@pytest.mark.parametrize(
    ("schedule", "now", "expected"),
    [
        (JobSchedule(), EIGHT, EIGHT),
        (JobSchedule(last_run_at=EIGHT), EIGHT, NEVER),
        (JobSchedule(type="interval", interval_seconds=3600), EIGHT, EIGHT),
        (JobSchedule(type="interval", interval_seconds=3600, last_run_at=EIGHT), EIGHT, EIGHT + timedelta(hours=1)),
        (
            JobSchedule(type="interval", interval_seconds=60, last_run_at=EIGHT - timedelta(hours=2)),
            EIGHT,
            EIGHT - timedelta(minutes=119),
        ),
        (JobSchedule(type="daily", daily_time="07:30"), EIGHT, datetime(2026, 11, 24, 7, 30)),
        (JobSchedule(type="daily", daily_time="09:30"), EIGHT, datetime(2026, 11, 23, 9, 30)),
        (JobSchedule(type="daily", daily_time="08:00"), EIGHT.replace(second=59), EIGHT),
        (
            JobSchedule(type="daily", daily_time="07:30", last_run_at=datetime(2026, 11, 22, 7, 31)),
            EIGHT,
            datetime(2026, 11, 23, 7, 30),
        ),
        (
            JobSchedule(type="daily", daily_time="07:30", last_run_at=datetime(2026, 11, 23, 7, 31)),
            EIGHT,
            datetime(2026, 11, 24, 7, 30),
        ),
        (JobSchedule(type="cron", cron="*/5 9-17 * * mon-fri"), EIGHT, datetime(2026, 11, 23, 9, 0)),
    ],
)
def test_naive_moments_are_wall_clock_and_answered_as_such(
    schedule: JobSchedule, now: datetime, expected: datetime
) -> None:
    found = compute_next_run_at(schedule, now=now)
    assert found == expected
    assert found.tzinfo is None
    assert is_job_due(JobDefinition("job", schedule=schedule), now=now) is (expected <= now)


def test_wall_clock_across_a_change_of_clocks() -> None:
    night = JobSchedule(type="daily", daily_time="02:30", timezone=BERLIN)
    assert compute_next_run_at(night, now=datetime(2026, 3, 29, 1, 0)) == datetime(2026, 3, 29, 3, 0), "in the gap"
    assert compute_next_run_at(night, now=datetime(2026, 3, 29, 3, 1)) == datetime(2026, 3, 30, 2, 30)
    assert compute_next_run_at(night, now=datetime(2026, 10, 25, 1, 0)) == datetime(2026, 10, 25, 2, 30)
    after = compute_next_run_at(night, now=datetime(2026, 10, 25, 4, 0), reference=datetime(2026, 10, 25, 2, 31))
    assert after == datetime(2026, 10, 26, 2, 30), "once, the first time"
    hourly = JobSchedule(type="interval", interval_seconds=3600, timezone=BERLIN)
    spring = compute_next_run_at(hourly, now=datetime(2026, 3, 29, 1, 30), reference=datetime(2026, 3, 29, 1, 15))
    assert spring == datetime(2026, 3, 29, 3, 15)


def test_aware_moments_are_instants_and_answered_in_their_zone() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    schedule = JobSchedule(type="daily", daily_time="07:30", timezone=BERLIN)
    found = compute_next_run_at(schedule, now=datetime(2026, 11, 23, 12, 0, tzinfo=tokyo))
    assert found == datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
    assert found.utcoffset() == timedelta(hours=9)
    assert not is_job_due(JobDefinition("job", schedule=schedule), now=datetime(2026, 11, 23, 6, 29, tzinfo=UTC))
    assert is_job_due(JobDefinition("job", schedule=schedule), now=datetime(2026, 11, 23, 6, 30, 59, tzinfo=UTC))


@pytest.mark.parametrize("zone", [None, ZoneInfo(BERLIN)])
@pytest.mark.parametrize(
    "schedule",
    [JobSchedule(last_run_at=EIGHT), JobSchedule(run_at=datetime(2020, 1, 1), last_run_at=datetime(2021, 1, 1))],
)
def test_never_again_is_the_end_of_time_as_now_was_given(schedule: JobSchedule, zone: ZoneInfo | None) -> None:
    found = compute_next_run_at(schedule, now=EIGHT.replace(tzinfo=zone))
    assert found == NEVER.replace(tzinfo=zone)
    assert not is_job_due(JobDefinition("job", schedule=schedule), now=EIGHT.replace(tzinfo=zone))


@pytest.mark.parametrize("zone", [None, "Asia/Tokyo", "America/New_York", "UTC"])
def test_the_present_is_the_present_in_every_zone(zone: str | None) -> None:
    wall = datetime.now(ZoneInfo(zone) if zone else None).replace(tzinfo=None)
    hourly = JobSchedule(type="interval", interval_seconds=3600, timezone=zone)
    just_now = JobDefinition("a", schedule=hourly.__class__(**{**vars_of(hourly), "last_run_at": wall}))
    long_ago = JobDefinition(
        "b", schedule=hourly.__class__(**{**vars_of(hourly), "last_run_at": wall - timedelta(minutes=61)})
    )
    assert not is_job_due(just_now)
    assert is_job_due(long_ago)
    assert [job.name for job in get_due_jobs([just_now, long_ago])] == ["b"]
    assert abs(compute_next_run_at(just_now.schedule) - wall - timedelta(hours=1)) < timedelta(seconds=5)


def vars_of(schedule: JobSchedule) -> dict[str, Any]:
    return {"type": schedule.type, "interval_seconds": schedule.interval_seconds, "timezone": schedule.timezone}


def test_a_disabled_job_is_never_due_and_next_run_at_is_taken_at_its_word() -> None:
    assert not is_job_due(JobDefinition("off", enabled=False))
    assert is_job_due(JobDefinition("on"))
    told = JobSchedule(type="daily", daily_time="23:59", next_run_at=EIGHT)
    assert is_job_due(JobDefinition("told", schedule=told), now=EIGHT)
    assert not is_job_due(JobDefinition("told", schedule=told), now=EIGHT - timedelta(seconds=1))
    assert not is_job_due(JobDefinition("never", schedule=JobSchedule(next_run_at=NEVER)), now=EIGHT)


def test_a_result_makes_the_last_run_of_its_schedule() -> None:
    schedule = JobSchedule(type="interval", interval_seconds=3600, timezone="Asia/Tokyo")
    job = JobDefinition("job", command="/bin/true", schedule=schedule)
    result = run_job(job)
    again = JobSchedule(**vars_of(schedule), last_run_at=result.started_at)
    assert not is_job_due(JobDefinition("job", schedule=again))


# Running a job.


def test_a_run_gives_code_output_and_times() -> None:
    before = datetime.now()
    result = run_job(shell("echo out; echo err >&2; exit 3"))
    assert (result.job_name, result.return_code, result.success) == ("job", 3, False)
    assert (result.stdout, result.stderr, result.exception) == ("out\n", "err\n", None)
    assert before <= result.started_at <= result.finished_at <= datetime.now()
    assert 0 < result.duration_seconds < 20
    assert run_job(shell("exit 3", success_codes=(0, 3)), dry_run=False).success


def test_a_dry_run_runs_nothing_and_shows_the_command(tmp_path: Path) -> None:
    result = run_job(shell(f"touch {tmp_path}/ran"), dry_run=True)
    assert (result.return_code, result.success) == (0, True)
    assert f"/bin/sh -c 'touch {tmp_path}/ran'" in result.stdout
    assert not (tmp_path / "ran").exists()


def test_a_run_gets_its_environment_and_directory(tmp_path: Path) -> None:
    tool = tmp_path / "sub" / "bin" / "tool"
    tool.parent.mkdir(parents=True)
    tool.write_text("#!/bin/sh\necho $WHO $PEAK_JOB_NAME $PEAK_TRIGGER; pwd\n", encoding="utf-8")
    tool.chmod(0o755)
    job = JobDefinition("job", command="tool", env={"WHO": "alice", "PATH": f"bin:{os.environ['PATH']}"}, cwd="sub")
    assert run_job(job).stdout == f"alice job manual\n{tmp_path}/sub\n"
    assert str(tool) in run_job(job, dry_run=True).stdout
    assert run_job(shell("pwd"), cwd=tmp_path / "sub").stdout == f"{tmp_path}/sub\n"


@pytest.mark.parametrize("dry_run", [False, True])
def test_what_cannot_be_started_says_why(dry_run: bool) -> None:
    result = run_job(JobDefinition("job", command="no-such-program"), dry_run=dry_run)
    assert (result.return_code, result.success) == (-1, False)
    assert result.exception is not None
    assert 'command "no-such-program" not found' in result.exception


def test_a_timeout_stops_the_whole_group(tmp_path: Path) -> None:
    script = f'trap "" TERM; sleep 600 & echo $! > {tmp_path}/child; echo on; wait; sleep 600'
    result = run_job(shell(script, timeout_seconds=0.3, kill_grace_seconds=0.2))
    assert (result.return_code, result.success, result.stdout) == (-1, False, "on\n")
    assert result.exception == "timed out after 0.3s"
    child = int((tmp_path / "child").read_text(encoding="utf-8"))
    wait_until(lambda: not is_alive(child), "the end of the run's child")


def test_a_run_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    run_job(shell("echo hello"))
    assert [path.name for path in tmp_path.rglob("*")] == ["tmp"]


# The package.


def test_every_documented_name_is_there_and_listed() -> None:
    for name in peak_console.__all__:
        assert getattr(peak_console, name) is not None
    assert set(peak_console.__all__) <= set(dir(peak_console))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        peak_console.nonsense  # noqa: B018


def test_importing_the_package_costs_nothing() -> None:
    code = "import sys; before = set(sys.modules); import peak_console; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"__future__", "peak_console", "peak_console.version"}


def _job(**changes: Any) -> JobDefinition:
    return JobDefinition(**{"name": "a", "command": "true", **changes})


WRONG: Sequence[tuple[str, Callable[..., Any]]] = (
    ("job must be a JobDefinition, not None", lambda: is_job_due(None)),  # type: ignore[arg-type]
    ("now must be a datetime, or None, not str", lambda: is_job_due(_job(), now="x")),  # type: ignore[arg-type]
    ("schedule must be a JobSchedule", lambda: compute_next_run_at(None)),  # type: ignore[arg-type]
    ("reference must be a datetime", lambda: compute_next_run_at(JobSchedule(), reference=3)),  # type: ignore[arg-type]
    ("job must be a JobDefinition, not str", lambda: run_job("x")),  # type: ignore[arg-type]
    ("cwd must be a path", lambda: run_job(_job(), cwd=3)),  # type: ignore[arg-type]
    ("job.cwd must be a path", lambda: run_job(_job(cwd=3))),
    ("job.args must be a dict", lambda: run_job(_job(args=None))),
    ("each key of job.args must be a string", lambda: run_job(_job(args={3: 4}))),
    ("job.argv must be a list, not str", lambda: build_command_args(_job(argv="-c x"))),
    ("job.command must be a string", lambda: run_job(_job(command=None))),
    ("job.env must be a dict", lambda: run_job(_job(env="x"))),
    ("job.timeout_seconds must be a number", lambda: run_job(_job(timeout_seconds="5"))),
    ("job.success_codes must be a list", lambda: run_job(_job(success_codes=0))),
    ("job.schedule must be a JobSchedule", lambda: run_job(_job(schedule={"type": "once"}))),
    ("job must be a JobDefinition", lambda: build_command_args(None)),  # type: ignore[arg-type]
    ("jobs must be a list of JobDefinitions", lambda: filter_jobs_by_tags(None)),  # type: ignore[arg-type]
    ("jobs[0] must be a JobDefinition", lambda: filter_jobs_by_tags([3], ["a"])),  # type: ignore[list-item]
    ("include_tags must be a list of strings", lambda: filter_jobs_by_tags([_job()], "prod")),
    ("jobs must be a list of JobDefinitions", lambda: get_due_jobs("abc")),  # type: ignore[arg-type]
    ("path must be a path, not NoneType", lambda: load_jobs_from_toml(None)),  # type: ignore[arg-type]
    ("job must be a JobDefinition", lambda: validate_job_config(None)),  # type: ignore[arg-type]
    ("interval_seconds must be a number", lambda: is_job_due(_job(schedule=JobSchedule("interval", "3")))),  # type: ignore[arg-type]
    ("schedule.days must be a list", lambda: is_job_due(_job(schedule=JobSchedule("daily", days="mon")))),  # type: ignore[arg-type]
    ("last_run_at must be a datetime", lambda: is_job_due(_job(schedule=JobSchedule(last_run_at="x")))),  # type: ignore[arg-type]
    ("return_code must be a whole number, not str", lambda: logged_here(return_code="0")),
    ("return_code must be a whole number, not None", lambda: logged_here(return_code=None)),
    ("return_code must be a whole number, not bool", lambda: logged_here(return_code=False)),
    ("started_at must be a datetime", lambda: logged_here(started_at="2026-03-01")),
    ("args must be a dict", lambda: logged_here(args=None)),
    ("job_name must be a string", lambda: logged_here(job_name=3)),
    ("tag must be a string, or None", lambda: logged_here(tag=["a"])),
    ("command must be a list of strings", lambda: logged_here(command=["a", 3])),
)


def logged_here(**changes: Any) -> str:
    now = datetime.now(UTC)
    values = {"job_name": "a", "command": "x", "args": {}, "return_code": 0, "started_at": now, "finished_at": now}
    return log_scheduler_job_run(state_dir="state", **{**values, **changes})


@pytest.mark.parametrize(("message", "call"), WRONG, ids=[message for message, _ in WRONG])
def test_a_value_of_the_wrong_type_is_named_and_nothing_is_recorded(message: str, call: Callable[[], Any]) -> None:
    with pytest.raises(PeakConsoleError, match=re.escape(message)):
        call()
    assert not Path("state").exists()


class CountsAsOne:
    def __index__(self) -> int:
        return 1


def test_whatever_counts_as_a_whole_number_is_a_return_code() -> None:
    assert logged_here(return_code=CountsAsOne()) == "1"
    store = Store.look("state")
    assert store is not None
    [run] = store.runs()
    store.close()
    assert (run.return_code, run.outcome) == (1, "failed")


@pytest.mark.parametrize(("zone", "hour"), [("UTC", 12), ("Asia/Tokyo", 3), (None, 3)])
def test_naive_times_are_utc_in_runs_of_a_scheduler_of_utc(
    monkeypatch: pytest.MonkeyPatch, zone: str | None, hour: int
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        if zone is not None:
            monkeypatch.setenv("PEAK_TIMEZONE", zone)
        noon = datetime(2026, 3, 1, 12)
        logged_here(started_at=noon, finished_at=noon)
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    store = Store.look("state")
    assert store is not None
    [run] = store.runs()
    store.close()
    assert run.started_at == datetime(2026, 3, 1, hour, tzinfo=UTC)


def test_a_definition_without_a_schedule_is_doubted() -> None:
    assert 'job "a": schedule must be a JobSchedule, not NoneType' in validate_job_config(_job(schedule=None))
