from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from peak_console.schedule.model import WEEKDAYS, JobSchedule
from peak_console.schedule.wording.words import foreign_zone, in_words

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "every 1s"),
        (0.5, "every 0.5s"),
        (60, "every 1m"),
        (90, "every 90s"),
        (90.5, "every 90.5s"),
        (3600, "every 1h"),
        (3600.0, "every 1h"),
        (5400, "every 90m"),
        (86400, "every 1d"),
        (604800, "every 7d"),
        (90000, "every 25h"),
        (1_000_001, "every 1000001s"),
    ],
)
def test_interval_is_told_in_the_largest_unit_that_leaves_no_rest(seconds: float, words: str) -> None:
    assert in_words(JobSchedule("interval", interval_seconds=seconds, timezone=BERLIN), with_zone=True) == words


@pytest.mark.parametrize(
    ("at", "days", "words"),
    [
        ("07:30", (), "daily 07:30"),
        ("7:30", WEEKDAYS, "daily 07:30"),
        ("07:30:15", (), "daily 07:30:15"),
        ("00:00", (), "daily 00:00"),
        ("07:00:00", (), "daily 07:00"),
        ("07:30", ("mon", "tue", "wed", "thu", "fri"), "mon–fri 07:30"),
        ("07:30", ("wed", "mon", "tue"), "mon–wed 07:30"),
        ("07:30", ("mon", "wed"), "mon, wed 07:30"),
        ("07:30", ("sat", "sun"), "sat, sun 07:30"),
        ("07:30", ("sun",), "sun 07:30"),
        ("07:30", ("mon", "tue", "sun"), "mon, tue, sun 07:30"),
    ],
)
def test_daily_names_its_days_and_time(at: str, days: tuple[str, ...], words: str) -> None:
    schedule = JobSchedule("daily", daily_time=at, days=days, timezone=BERLIN)
    assert in_words(schedule) == words
    assert in_words(schedule, with_zone=True) == f"{words} Europe/Berlin"


def test_cron_is_shown_as_written() -> None:
    schedule = JobSchedule("cron", cron=" */5 9-17  * * mon-fri", timezone=BERLIN)
    assert in_words(schedule) == "cron */5 9-17 * * mon-fri"
    assert in_words(schedule, with_zone=True) == "cron */5 9-17 * * mon-fri Europe/Berlin"


@pytest.mark.parametrize(
    ("run_at", "words"),
    [
        (datetime(2026, 12, 1, 9), "once, 2026-12-01 09:00"),
        (datetime(2026, 12, 1, 9, 0, 30), "once, 2026-12-01 09:00:30"),
        (datetime(2026, 12, 1, 8, tzinfo=UTC), "once, 2026-12-01 09:00"),
    ],
)
def test_once_tells_its_moment_on_the_wall_clock_of_its_zone(run_at: datetime, words: str) -> None:
    schedule = JobSchedule("once", run_at=run_at, timezone=BERLIN)
    assert in_words(schedule) == words
    assert in_words(schedule, with_zone=True) == f"{words} Europe/Berlin"


def test_once_without_a_moment_is_just_once() -> None:
    assert in_words(JobSchedule(timezone=BERLIN), with_zone=True) == "once"


@pytest.mark.parametrize(
    ("schedule", "foreign"),
    [
        (JobSchedule(type="daily", daily_time="08:00", timezone="Asia/Tokyo"), True),
        (JobSchedule(type="cron", cron="@daily", timezone="Asia/Tokyo"), True),
        (JobSchedule(run_at=datetime(2026, 3, 1), timezone="Asia/Tokyo"), True),
        (JobSchedule(type="daily", daily_time="08:00", timezone=BERLIN), False),
        (JobSchedule(type="interval", interval_seconds=1, timezone="Asia/Tokyo"), False),
        (JobSchedule(timezone="Asia/Tokyo"), False),
    ],
)
def test_a_zone_is_foreign_where_wall_clocks_of_it_show_another_time(schedule: JobSchedule, foreign: bool) -> None:
    assert foreign_zone(schedule, ZoneInfo(BERLIN)) == (ZoneInfo("Asia/Tokyo") if foreign else None)


def test_utc_under_any_name_is_one_zone() -> None:
    assert foreign_zone(JobSchedule(type="cron", cron="@daily", timezone="Etc/UTC"), UTC) is None
