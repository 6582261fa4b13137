"""A day of the resident engine in seconds: one thread, a clock that only waiting moves, and a registry in memory."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from peak_console.engine import resident
from peak_console.engine.control import Control
from peak_console.engine.open_directory import OpenDirectory
from peak_console.engine.setup import EngineOptions, EngineSetup
from peak_console.engine.supervision.preparation import Mounts
from peak_console.jobs.model import JobSet, Overlap, SchedulerSettings
from peak_console.model.terms import LOCAL
from peak_console.runs.executors import Executors
from peak_console.runs.simulated import Script, SimulatedExecutor
from peak_console.schedule.slots import next_slot
from peak_console.store.store import Store
from tests.support.clock import FakeClock
from tests.support.factories import make_job

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from peak_console.engine.events import EngineEvent
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.runs.interface import RunSpec

BEGIN = datetime(2026, 11, 23, 0, 0, 30, tzinfo=UTC)
END = BEGIN + timedelta(days=1)
SLACK = timedelta(seconds=1)


class MemoryStore(Store):
    """A registry that no file holds."""

    def _connect(self, read_only: bool) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        self._file = ()
        self._bring_up_to_date(read_only=False)

    def _file_now(self) -> tuple[int, ...]:
        return ()


JOBS = [
    make_job("hourly", cron="0 * * * *"),
    make_job("night", daily_time="02:30", timezone="Europe/Berlin"),
    make_job("twice", cron="0,4 9-10 * * *", overlap=Overlap.SKIP),
    make_job("long", cron="30 */6 * * *", timeout_seconds=900),
    make_job("flaky", cron="15 */4 * * *", retries=1, retry_delay_seconds=60),
]
SECONDS = {"hourly": 20.0, "night": 40.0, "twice": 270.0, "long": 3600.0, "flaky": 5.0}


def slots(job: JobDefinition) -> Iterator[datetime]:
    slot = next_slot(job.schedule, BEGIN, BEGIN)
    while slot is not None and slot <= END:
        yield slot
        slot = next_slot(job.schedule, slot, BEGIN)


def script_of(spec: RunSpec) -> Script:
    name = spec.env["PEAK_JOB_NAME"]
    code = int(name == "flaky" and spec.env["PEAK_ATTEMPT"] == "1")
    return Script(seconds=SECONDS[name], return_code=code, dies_of="terminate")


def test_a_day_passes_in_one_thread_on_a_virtual_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mounts, "may_hang", lambda _self: False)
    monkeypatch.setattr(threading.Thread, "start", lambda _self: 1 / 0)
    monkeypatch.setattr(resident, "GUARD_SECONDS", 60.0)  # nobody takes the lock away
    clock, control = FakeClock(BEGIN), Control()
    events: list[EngineEvent] = []

    def beat() -> None:
        if clock.now() >= END:
            control.drain()

    setup = EngineSetup(
        jobset=JobSet("/etc/peak/jobs.toml", {job.name: job for job in JOBS}, SchedulerSettings(timezone="UTC")),
        directory=str(tmp_path / "state"), options=EngineOptions(), clock=clock,
        executors=Executors({LOCAL: lambda: SimulatedExecutor(clock, script_of)}),
        environ={"PATH": os.environ["PATH"]}, emit=events.append, beat=beat, checks_registry=False,
        open_store=lambda directory: MemoryStore(_made(directory)),
    )  # fmt: skip
    with OpenDirectory(setup, control) as place:
        assert place.take_over()
        engine = resident.ResidentEngine(setup, place, control)
        engine.serve()
        engine.end()
        runs = place.store.runs(limit=10_000)[::-1]
    assert clock.now() >= END
    assert not list((tmp_path / "state").glob("registry*")), "nothing of the registry is on disk"
    _check(runs)


def _made(directory: str) -> str:
    os.makedirs(directory, mode=0o700)
    return directory


def _check(runs: list[Run]) -> None:
    by_job = {job.name: [run for run in runs if run.job == job.name] for job in JOBS}
    for job in JOBS:
        firsts = [run.scheduled_for for run in by_job[job.name] if run.attempt == 1]
        assert firsts == list(slots(job)), job.name
    for run in runs:
        assert run.lateness_seconds is None or run.attempt > 1 or run.lateness_seconds < SLACK.total_seconds()
    outcomes = {name: Counter(run.outcome for run in of_job) for name, of_job in by_job.items()}
    assert outcomes["hourly"] == {"succeeded": 24}
    assert outcomes["night"] == {"succeeded": 1}
    assert outcomes["long"] == {"timed_out": 4}
    assert outcomes["flaky"] == {"failed": 6, "succeeded": 6}
    assert [run.outcome for run in by_job["twice"]] == ["succeeded", "skipped"] * 2
    for run in by_job["long"]:
        assert run.duration_seconds is not None
        assert abs(run.duration_seconds - 900) <= 1
