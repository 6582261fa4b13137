"""Reading a large jobs file: parsing is tomli's; checking, schedules and defaults are ours."""

from __future__ import annotations

import gc
import subprocess
import time
from functools import partial
from typing import TYPE_CHECKING

from tomli import loads

from peak_console.jobs.file.loader import load
from tests.benchmarks.measuring.figures import OURS, Figure
from tests.benchmarks.measuring.program import environment
from tests.benchmarks.measuring.rounds import interleaved
from tests.benchmarks.peers.cronstable import Cronstable
from tests.benchmarks.peers.cronstable import jobs_file as yaml_file
from tests.benchmarks.peers.install import PeerError
from tests.benchmarks.peers.invited import invited
from tests.benchmarks.peers.resident import Task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.benchmarks.measuring.figures import Report

LIMIT = "tomli.loads"
ALLOWED = 3.0
ROUNDS = {10: 48, 100: 48, 1_000: 48, 10_000: 8}
ALLOWED_AT = (1_000, 10_000)
PEERS_AT = 1_000
"""Peers need minutes for more."""
JOB = """
[[job]]
name = "forward_signals_{number}"
description = "Forward signals of market {number}"
command = "python"
enabled = true
schedule_type = "{kind}"
{schedule}
timeout_seconds = 600
tags = ["forward", "daily", "group{group}"]
retries = {retries}
args = {{ script = "scripts/run_forward_signals.py", symbol = "M{number}", top_n = 10, dry = false }}
env = {{ DATA_DIR = "data/{group}", LEVEL = "info" }}
"""
SCHEDULES = (
    ("daily", 'daily_time = "{hour:02}:{minute:02}"\ndays = ["mon", "tue", "wed", "thu", "fri"]'),
    ("interval", "interval_seconds = {seconds}"),
    ("cron", 'cron = "{minute} {hour} * * mon-fri"'),
    ("daily", 'daily_time = "{hour:02}:{minute:02}"\ntimezone = "Europe/Berlin"'),
)


def jobs_file(count: int) -> str:
    """A file of ``count`` jobs, as teams write them, of every repeating kind."""
    parts = []
    for number in range(count):
        kind, schedule = SCHEDULES[number % len(SCHEDULES)]
        times = {"hour": number // 60 % 24, "minute": number % 60, "seconds": 3600 + number % 1000}
        parts.append(
            JOB.format(
                number=number, kind=kind, schedule=schedule.format(**times), group=number % 20, retries=number % 3
            )
        )
    return "".join(parts)


def measure(report: Report, directory: Path, *, quick: bool) -> None:
    """Load and validate a file, beside tomli's parse of the same text, and peers' load of as many jobs."""
    peers = [] if quick else _peers(directory, report.missing)
    for count, most in ROUNDS.items():
        if quick and count not in ALLOWED_AT:
            continue
        path = directory / f"{count}.toml"
        text = jobs_file(count)
        path.write_text(text, encoding="utf-8")
        yaml = directory / f"{count}.yaml"
        yaml.write_text(yaml_file([Task(["/bin/true", str(number)]) for number in range(count)]), encoding="utf-8")
        guests = {peer.name: partial(_seconds_of_peer, peer.loading(yaml)) for peer in peers if count == PEERS_AT}
        contenders = {OURS: partial(_seconds, load, str(path)), LIMIT: partial(_seconds, loads, text)}
        rounds = most // 4 if quick else most
        results = interleaved(rounds, contenders, guests=guests, absent=report.missing)
        values = {name: [1000 * seconds for seconds in each] for name, each in results.items()}
        allowed = ALLOWED if count in ALLOWED_AT else None
        report.figures.append(
            Figure(f"load and validate {count:,} jobs", "wall", "ms", values, LIMIT, allowed, size=count)
        )


def _peers(directory: Path, absent: list[str]) -> list[Cronstable]:
    makers: dict[str, Callable[[Path], Cronstable]] = {
        "cronstable": Cronstable,
        "yacron": partial(Cronstable, package="yacron"),
    }
    return invited(directory.parent / "peers", makers, absent)


def _seconds_of_peer(argv: list[str]) -> float:
    done = subprocess.run(argv, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise PeerError(f"it could not load its file: {done.stderr.strip()[-200:]}")
    return float(done.stdout)


def _seconds(action: Callable[[str], object], argument: str) -> float:
    gc.collect()  # what was there before is none of the action's business
    began = time.perf_counter()
    result = action(argument)
    seconds = time.perf_counter() - began
    del result
    return seconds
