"""Jobs on calendars: what a start, a file and a next slot cost with them, beside the same without."""

from __future__ import annotations

import subprocess
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from tomli import loads

from peak_console.calendars.library import EXCHANGES, INSTALL, version
from peak_console.jobs.file.loader import load
from peak_console.schedule.slots import next_slot
from tests.benchmarks.loading import _seconds
from tests.benchmarks.measuring.figures import OURS, Figure
from tests.benchmarks.measuring.program import environment, peak_console, run
from tests.benchmarks.measuring.rounds import interleaved

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from peak_console.schedule.model import JobSchedule
    from tests.benchmarks.measuring.figures import Report

WITHOUT = "the same jobs by cron"
PARSE = "tomli.loads"
ALLOWED_START = 1.15
ALLOWED_LOAD = 3.3
WANTED_MICROSECONDS = 10.0
"""A hundred thousand slots a second."""
SLOTS = 20_000
JOBS_OF_A_START = 100
JOBS_OF_A_FILE = 10_000
NOW = datetime(2026, 7, 1, 12, 3, 4, tzinfo=UTC)
JOB = """
[[job]]
name = "signals_{number}"
description = "Signals of market {number}"
args = {{ script = "scripts/signals.py", symbol = "M{number}", top_n = 10 }}
timeout_seconds = 600
tags = ["forward", "group{group}"]
{schedule}
"""
PLAIN = 'schedule_type = "daily"\ndaily_time = "{time}"\ntimezone = "America/New_York"\n'
ON_CALENDAR = (
    PLAIN + 'calendar = "XNYS"\n',
    'schedule_type = "session"\ncalendar = "XETR"\nat = "open-{minutes}m"\n',
    'schedule_type = "session"\ncalendar = "XNYS"\nevery = "{minutes}m"\nfrom = "open+5m"\nuntil = "close-30m"\n',
    PLAIN + 'calendar = "XLON"\nsession_of_month = -1\n',
)

BY_CRON = (
    PLAIN,
    'schedule_type = "cron"\ncron = "{minutes} 8 * * mon-fri"\ntimezone = "Europe/Berlin"\n',
    'schedule_type = "cron"\ncron = "*/{minutes} 9-15 * * mon-fri"\ntimezone = "America/New_York"\n',
    'schedule_type = "cron"\ncron = "{minutes} 9 L * *"\ntimezone = "Europe/London"\n',
)
"""What who has no calendars writes instead, job by job."""


def jobs_file(count: int, schedules: Sequence[str]) -> str:
    """A file of jobs with these schedules in turn."""
    parts = []
    for number in range(count):
        values = {"time": f"0{number % 4}:{number % 60:02}", "minutes": 5 + number % 50}
        schedule = schedules[number % len(schedules)].format(**values)
        parts.append(JOB.format(number=number, group=number % 20, schedule=schedule))
    return "".join(parts)


def measure(report: Report, directory: Path, *, quick: bool) -> None:
    """A start with nothing due, the load of a large file, and next slots of session schedules."""
    if not version(EXCHANGES):
        report.missing.append(f"calendars: {EXCHANGES} is not installed; run: {INSTALL}")
        return
    _starts(report, directory, rounds=20 if quick else 60)
    _loading(report, directory, rounds=4 if quick else 12)
    _slots(report, directory, rounds=5)


def _starts(report: Report, directory: Path, *, rounds: int) -> None:
    contenders = {}
    for name, schedules in ((OURS, ON_CALENDAR), (WITHOUT, BY_CRON)):
        jobs = directory / f"{'calendars' if name == OURS else 'plain'}.toml"
        jobs.write_text(jobs_file(JOBS_OF_A_START, schedules), encoding="utf-8")
        state = directory / f"state of {jobs.stem}"
        argv = [*peak_console(), "--headless", "--once", "--config", str(jobs), "--state-dir", str(state)]
        for _ in range(2):  # compiles what it uses, and learns what its calendars say
            subprocess.run(argv, env=environment(), stdout=subprocess.DEVNULL, check=True)
        contenders[name] = partial(run, argv)
    results = interleaved(rounds, contenders)
    for what in ("wall", "CPU"):
        values = {
            name: [1000 * (each.seconds if what == "wall" else each.cpu_seconds) for each in finished]
            for name, finished in results.items()
        }
        work = f"one-shot start, nothing due, {JOBS_OF_A_START} jobs on calendars"
        report.figures.append(Figure(work, what, "ms", values, WITHOUT, ALLOWED_START))


def _loading(report: Report, directory: Path, *, rounds: int) -> None:
    path = directory / "many.toml"
    text = jobs_file(JOBS_OF_A_FILE, ON_CALENDAR)
    path.write_text(text, encoding="utf-8")
    contenders = {OURS: partial(_seconds, load, str(path)), PARSE: partial(_seconds, loads, text)}
    results = interleaved(rounds, contenders)
    values = {name: [1000 * seconds for seconds in each] for name, each in results.items()}
    work = f"load and validate {JOBS_OF_A_FILE:,} jobs on calendars"
    report.figures.append(Figure(work, "wall", "ms", values, PARSE, ALLOWED_LOAD))


def _slots(report: Report, directory: Path, *, rounds: int) -> None:
    path = directory / "slots.toml"
    path.write_text(jobs_file(JOBS_OF_A_START, ON_CALENDAR[1:3]), encoding="utf-8")
    schedules = [job.schedule for job in load(str(path)).jobs.values()]
    results = interleaved(rounds, {OURS: partial(_seconds_a_slot, schedules)})
    values = {name: [1e6 * seconds for seconds in each] for name, each in results.items()}
    report.figures.append(
        Figure("next slots of session schedules", "time a slot", "µs", values, wanted=WANTED_MICROSECONDS)
    )


def _seconds_a_slot(schedules: Sequence[JobSchedule]) -> float:
    moments = [NOW] * len(schedules)
    began = time.perf_counter()
    for _ in range(SLOTS // len(schedules)):
        moments = [
            next_slot(schedule, moment, moment) or NOW for schedule, moment in zip(schedules, moments, strict=True)
        ]
    return (time.perf_counter() - began) / SLOTS
