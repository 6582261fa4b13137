from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import tomli

from peak_console.errors import JobsFileNotFoundError
from peak_console.jobs.file.loader import filter_jobs_by_tags, load
from peak_console.jobs.model import JobDefinition, JobSet, SchedulerSettings
from peak_console.jobs.watching.standing import load_jobs_from_toml
from peak_console.schedule.model import JobSchedule

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Loads = Callable[[str], JobSet]


def job(body: str) -> str:
    return f'[[job]]\nname = "backup"\n{body}\n'


def test_documented_job_is_read_as_documented(loads: Loads) -> None:
    jobs = loads("""
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
    """)
    assert jobs.warnings == ()
    assert jobs.jobs == {
        "daily_forward_btc": JobDefinition(
            name="daily_forward_btc",
            description="Generiert Forward-Signal für BTC/EUR",
            args={"script": "scripts/run_forward_signals.py", "strategy": "ma_crossover", "symbol": "BTC/EUR"},
            schedule=JobSchedule(type="daily", daily_time="07:30"),
            tags=("forward", "daily", "prod"),
            timeout_seconds=120,
        )
    }


def test_job_with_a_name_alone_has_every_default(loads: Loads) -> None:
    assert loads(job("")).jobs["backup"] == JobDefinition(name="backup")


def test_every_key_arrives(loads: Loads) -> None:
    read = loads(
        job("""
            argv = ["-m", "desk"]
            enabled = false
            schedule_type = "cron"
            cron = "*/5 9-17 * * mon-fri"
            timezone = "America/New_York"
            kill_grace_seconds = 2.5
            retries = 3
            retry_delay_seconds = 5
            retry_backoff = 1.5
            overlap = "kill_previous"
            catch_up = "all"
            misfire_grace_seconds = 0
            success_codes = [0, 3]
            alert_on_success = false
            max_output_bytes = 0
            cwd = "desk"
            env = { MODE = "prod" }
            env_file = "desk.env"
        """)
    ).jobs["backup"]
    assert read == JobDefinition(
        name="backup",
        argv=("-m", "desk"),
        enabled=False,
        schedule=JobSchedule(type="cron", cron="*/5 9-17 * * mon-fri", timezone="America/New_York"),
        kill_grace_seconds=2.5,
        retries=3,
        retry_delay_seconds=5,
        retry_backoff=1.5,
        overlap="kill_previous",
        catch_up="all",
        misfire_grace_seconds=0,
        success_codes=(0, 3),
        alert_on_success=False,
        max_output_bytes=0,
        cwd="desk",
        env={"MODE": "prod"},
        env_file="desk.env",
    )


def test_args_table_and_inline_args_are_alike(loads: Loads) -> None:
    inline = loads(job('args = { script = "a.py", top_n = 10, dry = true }'))
    table = loads(job('[job.args]\nscript = "a.py"\ntop_n = 10\ndry = true'))
    assert inline.jobs == table.jobs
    assert list(table.jobs["backup"].args.items()) == [("script", "a.py"), ("top_n", 10), ("dry", True)]


def test_args_take_dates_as_text_and_lists(loads: Loads) -> None:
    read = loads(job("args = { since = 2026-01-02, at = [2026-01-02T03:04:05Z, 07:30:00], levels = [0.1, 2] }"))
    assert read.jobs["backup"].args == {
        "since": "2026-01-02",
        "at": ["2026-01-02T03:04:05+00:00", "07:30:00"],
        "levels": [0.1, 2],
    }


def test_numbers_and_booleans_in_env_are_their_toml_text(loads: Loads) -> None:
    read = loads(job('env = { A = 1, B = true, C = 0.1, D = "x", E = "" }'))
    assert read.jobs["backup"].env == {"A": "1", "B": "true", "C": "0.1", "D": "x", "E": ""}


def test_scheduler_gives_jobs_what_they_do_not_say(loads: Loads) -> None:
    read = loads("""
        [scheduler]
        timezone = "Europe/Berlin"
        retries = 2
        success_codes = [0, 75]
        env = { A = "all", B = "all" }
        [[job]]
        name = "plain"
        [[job]]
        name = "own"
        timezone = "UTC"
        retries = 0
        success_codes = [1]
        env = { B = "own" }
    """)
    plain, own = read.jobs["plain"], read.jobs["own"]
    assert (plain.retries, plain.success_codes, plain.schedule.timezone) == (2, (0, 75), "Europe/Berlin")
    assert (own.retries, own.success_codes, own.schedule.timezone) == (0, (1,), "UTC")
    assert plain.env == {"A": "all", "B": "all"}
    assert own.env == {"A": "all", "B": "own"}


def test_settings_of_the_scheduler(loads: Loads, jobs_file: Path) -> None:
    read = loads("""
        [scheduler]
        timezone = "Asia/Tokyo"
        state_dir = "state"
        max_concurrent_runs = 4
        python = ".venv/bin/python"
        keep_runs = 10
        keep_days = 0.5
    """)
    assert read.settings == SchedulerSettings(
        "Asia/Tokyo", str(jobs_file.parent / "state"), 4, ".venv/bin/python", 10, 0.5
    )


def test_state_dir_may_be_absolute_or_below_home(loads: Loads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/desk")
    assert loads('[scheduler]\nstate_dir = "/var/lib/desk"').settings.state_dir == "/var/lib/desk"
    assert loads('[scheduler]\nstate_dir = "~/state"').settings.state_dir == "/home/desk/state"


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-03-01T07:30:00", datetime(2026, 3, 1, 7, 30)),
        ('"2026-03-01 07:30"', datetime(2026, 3, 1, 7, 30)),
        ("2026-03-01T07:30:00Z", datetime(2026, 3, 1, 7, 30, tzinfo=UTC)),
        ('"2026-03-01T08:30:00+01:00"', datetime(2026, 3, 1, 7, 30, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1)),
    ],
)
def test_run_at_is_a_toml_date_or_an_iso_string(loads: Loads, written: str, moment: datetime) -> None:
    run_at = loads(job(f"run_at = {written}")).jobs["backup"].schedule.run_at
    assert run_at is not None
    assert (run_at, run_at.tzinfo is None) == (moment, moment.tzinfo is None)


def test_daily_time_may_lack_its_quotes(loads: Loads) -> None:
    assert loads(job('schedule_type = "daily"\ndaily_time = 07:30:00')).jobs["backup"].schedule.daily_time == "07:30"


def test_weekdays_are_known_by_short_and_long_names(loads: Loads) -> None:
    read = loads(job('schedule_type = "daily"\ndaily_time = "7:30"\ndays = ["Mon", "TUESDAY", "sun"]'))
    assert read.jobs["backup"].schedule.days == ("mon", "tue", "sun")


def test_jobs_keep_the_order_of_the_file(loads: Loads) -> None:
    assert list(loads('job = [{name = "b"}, {name = "a"}, {name = "c"}]').jobs) == ["b", "a", "c"]


def test_path_of_the_set_is_absolute(jobs_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs_file.write_text("")
    monkeypatch.chdir(jobs_file.parent)
    assert load("jobs.toml").path == str(jobs_file)


def test_text_that_is_given_is_not_read_again() -> None:
    assert list(load("nowhere.toml", b'[[job]]\nname = "x"').jobs) == ["x"]


def test_byte_order_mark_is_tolerated(jobs_file: Path) -> None:
    jobs_file.write_bytes(b'\xef\xbb\xbf[[job]]\nname = "x"\n')
    assert list(load(str(jobs_file)).jobs) == ["x"]


def test_load_jobs_from_toml_takes_a_path(jobs_file: Path) -> None:
    jobs_file.write_text('[[job]]\nname = "a"\n[[job]]\nname = "b"\n')
    assert [one.name for one in load_jobs_from_toml(jobs_file)] == ["a", "b"]
    assert load_jobs_from_toml(str(jobs_file)) == load_jobs_from_toml(jobs_file)


def test_missing_file_is_a_file_not_found_error(jobs_file: Path) -> None:
    with pytest.raises(FileNotFoundError, match="does not exist; name another with --config") as caught:
        load_jobs_from_toml(jobs_file)
    assert isinstance(caught.value, JobsFileNotFoundError)
    assert str(jobs_file) in str(caught.value)


def test_tags_include_any_and_exclude_wins() -> None:
    jobs = [JobDefinition(name=tags, tags=tuple(tags)) for tags in ("", "a", "ab", "b", "c")]

    def named(**tags: list[str]) -> list[str]:
        return [one.name for one in filter_jobs_by_tags(jobs, **tags)]

    assert named() == ["", "a", "ab", "b", "c"]
    assert named(include_tags=[]) == ["", "a", "ab", "b", "c"]
    assert named(include_tags=["a", "c"]) == ["a", "ab", "c"]
    assert named(exclude_tags=["b"]) == ["", "a", "c"]
    assert named(include_tags=["a"], exclude_tags=["b"]) == ["a"]


def test_large_file_loads_within_three_times_its_parse() -> None:
    kinds = (
        'schedule_type = "interval"\ninterval_seconds = 3600',
        'schedule_type = "daily"\ndaily_time = "07:30"\ndays = ["mon", "fri"]',
        'schedule_type = "cron"\ncron = "*/5 9-17 * * mon-fri"\noverlap = "queue"',
    )
    text = "".join(
        f'[[job]]\nname = "job_{number}"\ndescription = "Signal number {number} for the desk"\n'
        f'args = {{ script = "scripts/run.py", strategy = "ma_crossover", symbol = "BTC/EUR", bars = {number} }}\n'
        f'{kinds[number % 3]}\ntags = ["forward", "prod"]\ntimeout_seconds = 120\n'
        for number in range(1500)
    )
    parses, loads = [], []  # processor time: other tests run beside this one
    for _ in range(5):
        start = time.process_time()
        tomli.loads(text)
        parsed = time.process_time()
        assert len(load("jobs.toml", text.encode(), os.environ).jobs) == 1500
        parses.append(parsed - start)
        loads.append(time.process_time() - parsed)
    assert min(loads) <= 3 * min(parses)


def test_a_zone_without_summer_time_is_a_warning_once(loads: Loads) -> None:
    jobs = "".join(f'[[job]]\nname = "{name}"\ncommand = "true"\ntimezone = "EST"\n' for name in "ab")
    jobs += '[[job]]\nname = "c"\ncommand = "true"\ntimezone = "America/New_York"\n'
    [warning] = loads(jobs).warnings
    assert (warning.line, warning.message[:46]) == (4, 'job "a": timezone "EST" is five hours behind U')
    assert '[scheduler]: timezone "MST"' in str(loads('[scheduler]\ntimezone = "MST"\n').warnings[0])
