"""A day of cron: a cold start every five minutes, on a clock that jumps, with real processes."""

from __future__ import annotations

import random
import signal
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from peak_console import cli
from peak_console.clock import SystemClock
from tests.headless.support import shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.headless.support import Program

BERLIN = ZoneInfo("Europe/Berlin")
FIVE_MINUTES = timedelta(minutes=5)
NOTE = 'echo "$PEAK_JOB_NAME $PEAK_RUN_ID $PEAK_SCHEDULED_FOR $PEAK_ATTEMPT" >> {log}'
JOBS = "".join(
    shell(name, NOTE, schedule)
    for name, schedule in [
        ("morning", 'schedule_type = "daily"\ndaily_time = "07:30"'),
        ("night", 'schedule_type = "daily"\ndaily_time = "02:30"'),
        ("midnight", 'schedule_type = "daily"\ndaily_time = "00:00"'),
        ("tokyo", 'schedule_type = "daily"\ndaily_time = "09:00"\ntimezone = "Asia/Tokyo"'),
        ("hourly", 'schedule_type = "interval"\ninterval_seconds = 3600'),
        ("weekly", 'schedule_type = "interval"\ninterval_seconds = 604800'),
        ("setup", 'schedule_type = "once"'),
        ("off", 'schedule_type = "once"\nenabled = false'),
    ]
)


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    """Each start in this process installs its own handlers."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def cron_starts(day: datetime, until: datetime) -> list[datetime]:
    """When cron starts something every five minutes, up to seconds late, and the start before midnight."""
    late = random.Random(day.isoformat())
    first = day.astimezone(UTC)
    count = (until.astimezone(UTC) - first) // FIVE_MINUTES
    return [first + index * FIVE_MINUTES + timedelta(seconds=late.uniform(0.1, 20)) for index in range(-1, count)]


@pytest.mark.parametrize(
    ("day", "until", "hours"),
    [
        pytest.param(datetime(2026, 11, 23, tzinfo=BERLIN), 24, 24, id="plain day"),
        pytest.param(datetime(2026, 3, 29, tzinfo=BERLIN), 8, 7, id="clocks go forward"),
        pytest.param(datetime(2026, 10, 25, tzinfo=BERLIN), 8, 9, id="clocks go back"),
    ],
)
def test_a_day_of_cold_starts_runs_every_slot_once(
    program: Program, monkeypatch: pytest.MonkeyPatch, day: datetime, until: int, hours: int
) -> None:
    """``hours`` pass in ``until`` hours of the wall clock."""
    program.jobs(JOBS, 'timezone = "Europe/Berlin"')
    monkeypatch.delenv("PEAK_CONSOLE_STATE_DIR", raising=False)
    starts = cron_starts(day, day + timedelta(hours=until))
    assert len(starts) == hours * 12 + 1
    for now in starts:
        monkeypatch.setattr(SystemClock, "now", lambda _self, now=now: now)
        assert cli.main(["--once", "--config", str(program.config)]) == 0

    slots: dict[str, list[datetime]] = {}
    for line in program.log:
        job, _, slot, attempt = line.split()
        assert attempt == "1"
        slots.setdefault(job, []).append(datetime.fromisoformat(slot))
    ran = [int(line.split()[1]) for line in program.log]
    assert len(set(ran)) == len(ran)
    assert sorted(ran) == [run.id for run in program.runs()], "the registry knows every run, and no other"
    assert {run.outcome for run in program.runs()} == {"succeeded"}

    def at(hour: int, minute: int) -> list[datetime]:
        return [day.replace(hour=hour, minute=minute).astimezone(UTC)]

    assert slots["midnight"] == at(0, 0)
    assert slots["morning"] == at(7, 30)
    # What the clocks leave out comes at the first moment after the gap; what they show twice comes the first time.
    assert slots["night"] == (at(2, 30) if hours != 7 else [datetime(2026, 3, 29, 1, 0, tzinfo=UTC)])
    assert slots["tokyo"] == [datetime(day.year, day.month, day.day, tzinfo=UTC)]
    assert slots["setup"] == slots["weekly"] == [starts[0]]
    expected = (starts[-1] - starts[0]) // timedelta(hours=1) + 1
    assert slots["hourly"] == [starts[0] + index * timedelta(hours=1) for index in range(expected)]
    assert abs(expected - hours) <= 1
    assert "off" not in slots


def test_cold_starts_of_the_real_program_run_a_once_and_a_weekly_job_once(program: Program) -> None:
    program.jobs(JOBS)
    answers = [program.once() for _ in range(4)]
    assert [answer.code for answer in answers] == [0] * 4
    assert sorted(line.split()[0] for line in program.log) == ["hourly", "setup", "weekly"]
