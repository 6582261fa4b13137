"""The next slot of each of many cron schedules: expressions are read beforehand, zones are known."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from peak_console.schedule.model import JobSchedule
from peak_console.schedule.slots import next_slot
from tests.benchmarks.measuring.figures import OURS, Figure
from tests.benchmarks.measuring.program import environment
from tests.benchmarks.measuring.rounds import interleaved

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.measuring.figures import Report

LIMIT = "integer operations"
ZONES = ("UTC", "America/New_York")
NOW = datetime(2026, 7, 1, 12, 3, 4, tzinfo=UTC)
LONG_BEFORE = NOW - timedelta(400)
"""Expressions are read by being asked for this moment's slot: what was found then is no help later."""
SIZES = (100, 1_000, 10_000, 100_000)
PEERS = ("cronstable", "cronsim", "APScheduler", "croniter")
PACKAGES = ("cronstable", "cronsim", "apscheduler<4", "croniter", "tzdata")
SLOW = {"APScheduler": 11, "croniter": 11}
"""Those that get only every so manieth schedule, to be quick. Shapes come in tens: 11 meets all."""
SHAPES = (
    "{m} {h} * * *", "{m} {h} * * mon-fri", "*/{s} * * * *", "{m} * * * *", "*/{s} 9-17 * * mon-fri",
    "{m} {h} {d} * *", "{m} {h} 1 */3 *", "{m} {h} * * {w}", "{m},{n} {h} * * 1-5", "0 {h}-{g}/2 * {o} *",
)  # fmt: skip


def expressions(count: int) -> list[str]:
    """Cron expressions as teams write them, the same each time."""
    pick = random.Random(1).randrange
    found = []
    for number in range(count):
        hour = pick(12)
        values = {"m": pick(60), "n": pick(60), "h": hour, "g": hour + 8, "s": (5, 10, 15, 20, 30)[pick(5)]}
        values |= {"d": 1 + pick(28), "w": 1 + pick(6), "o": 1 + pick(12)}
        found.append(SHAPES[number % len(SHAPES)].format(**values))
    return found


def measure(report: Report, directory: Path, *, quick: bool) -> None:
    """Microseconds a slot, beside forty operations on integers; and beside other libraries."""
    for zone in ZONES:
        for count in SIZES[-2:-1] if quick else SIZES:
            schedules = [JobSchedule("cron", cron=text, timezone=zone) for text in expressions(count)]
            contenders: dict[str, Callable[[], float]] = {
                OURS: partial(_ours, schedules),
                LIMIT: partial(_limit, count),
            }
            _add(report, f"next slot of {count:,} schedules, {zone}", interleaved(5, contenders))
    if quick:
        return
    python = _peers(report, directory)
    file = directory / "expressions.json"
    file.write_text(json.dumps(expressions(SIZES[-1])), encoding="utf-8")
    for zone in ZONES:
        # Each in a process of its own, ours too: what else is in the memory counts.
        contenders = {
            OURS: partial(_peer, sys.executable, OURS, zone, file), LIMIT: partial(_limit, SIZES[-1])
        }  # fmt: skip
        contenders |= {peer: partial(_peer, python[peer], peer, zone, file) for peer in PEERS if peer in python}
        _add(report, f"the same beside others, {zone}", interleaved(3, contenders, warm=False))


def _add(report: Report, work: str, values: dict[str, list[float]]) -> None:
    report.figures.append(Figure(work, "time a slot", "µs", values, LIMIT))


def _ours(schedules: list[JobSchedule]) -> float:
    for schedule in schedules:
        next_slot(schedule, None, LONG_BEFORE)
    began = time.perf_counter()
    for schedule in schedules:
        next_slot(schedule, None, NOW)
    return 1e6 * (time.perf_counter() - began) / len(schedules)


def _limit(count: int) -> float:
    """About what a slot needs: a division, four masks, five comparisons, a multiplication, additions."""
    day = second = found = 0
    began = time.perf_counter()
    for number in range(count):
        day, second = divmod(1_782_907_384 + number, 86_400)
        if day & 0xFFFF and day & 0xFFF0 and day & 0xFF00 and day & 0xF000 and second < 86_400:
            found = day * 86_400 + second + 60
        if found < day or found < second or found < number or found > 1 << 40:
            found = day
    return 1e6 * (time.perf_counter() - began) / count


def _peers(report: Report, directory: Path) -> dict[str, str]:
    """By peer, the interpreter that has it, in a virtual environment of their own."""
    own = directory / "peers"
    python = str(own / "bin" / "python")
    subprocess.run([sys.executable, "-m", "venv", str(own)], check=True)
    for package in PACKAGES:
        done = subprocess.run(
            [python, "-m", "pip", "install", "-q", package], capture_output=True, text=True, check=False
        )
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:] or ["pip says nothing"]
            report.missing.append(f"next slot: {package} cannot be installed ({last[0]})")
    program = Path(__file__).with_name("programs") / "next_slot_peers.py"
    asked = [(peer, [python, str(program), peer, "UTC", "-"]) for peer in PEERS]
    can = {peer for peer, argv in asked if subprocess.run(argv, capture_output=True, check=False).returncode == 0}
    report.missing += [f"next slot: {peer} does not run" for peer in PEERS if peer not in can]
    return dict.fromkeys(can, python)


def _peer(python: str, peer: str, zone: str, file: Path) -> float:
    program = Path(__file__).with_name("programs") / "next_slot_peers.py"
    argv = [python, str(program), peer, zone, str(file), str(SLOW.get(peer, 1))]
    return float(subprocess.run(argv, env=environment(), capture_output=True, text=True, check=True).stdout)
