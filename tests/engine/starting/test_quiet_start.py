"""A one-shot start with nothing to do: recorded as an engine records it, and left to an engine in any doubt."""

from __future__ import annotations

import os
import shutil
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.engine.control import Control
from peak_console.engine.one_shot import OneShotEngine
from peak_console.engine.open_directory import OpenDirectory
from peak_console.engine.quiet_start import sign_on_and_off
from peak_console.engine.setup import EngineOptions, EngineSetup
from peak_console.errors import StateError
from peak_console.jobs.beside import Gate
from peak_console.jobs.model import JobDefinition, JobSet, SchedulerSettings, Upstream
from peak_console.model.records import Alert, Claim, Hold, Level, Override
from peak_console.model.terms import LOCAL
from peak_console.runs.executors import Executors
from peak_console.runs.simulated import SimulatedExecutor
from peak_console.store.directory import run_directory
from peak_console.store.store import Store
from peak_console.store.tables.holds import add_hold
from peak_console.values import replace
from tests.support.clock import MONDAY_MORNING, FakeClock
from tests.support.factories import make_job

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from peak_console.engine.events import EngineEvent

JOBS = (
    make_job("nightly", daily_time="04:00"),
    make_job("often", interval_seconds=3600),
    make_job("off", cron="* * * * *", enabled=False),
)


class Start:
    """One start of ``--once`` at a moment on a state directory."""

    def __init__(self, directory: Path, now: datetime, *jobs: JobDefinition, **options: Any) -> None:
        self.events: list[EngineEvent] = []
        self.clock = FakeClock(now)
        path, known = options.pop("path", "/etc/jobs.toml"), {job.name: job for job in jobs or JOBS}
        self.setup = EngineSetup(
            jobset=JobSet(path, known, SchedulerSettings(timezone="UTC")),
            directory=str(directory),
            options=EngineOptions(mode="once", **options),
            clock=self.clock,
            executors=Executors({LOCAL: lambda: SimulatedExecutor(self.clock)}),
            environ={"PATH": os.environ["PATH"]},
            emit=self.events.append,
        )  # fmt: skip

    def quietly(self) -> bool:
        with OpenDirectory(self.setup, control := Control()) as place:
            assert place.take_over()
            return sign_on_and_off(self.setup, place, control)

    def by_engine(self) -> None:
        with OpenDirectory(self.setup, control := Control()) as place:
            assert place.take_over()
            engine = OneShotEngine(self.setup, place, control)
            engine.dispatch_once()
            engine.finish_own()
            engine.end()


def rows(directory: Path) -> dict[str, list[Any]]:
    """Everything that the registry holds."""
    store = Store.open(str(directory))
    tables = [row[0] for row in store._rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    found = {table: store._rows(f"SELECT * FROM {table}") for table in tables}
    store.close()
    return found


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory whose interval job has just run."""
    directory = tmp_path / "state"
    Start(directory, MONDAY_MORNING).by_engine()
    return directory


LATER = MONDAY_MORNING + timedelta(minutes=30)


def test_it_records_what_an_engine_would(state: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(state, other)
    quiet, loud = Start(state, LATER), Start(other, LATER)
    assert quiet.quietly()
    loud.by_engine()
    assert rows(state) == rows(other)
    assert [type(event) for event in quiet.events] == [type(event) for event in loud.events]
    assert [str(event).replace(str(state), "") for event in quiet.events] == [
        str(event).replace(str(other), "") for event in loud.events
    ]


def test_it_lets_go_of_the_lock(state: Path) -> None:
    start = Start(state, LATER)
    with OpenDirectory(start.setup, control := Control()) as place:
        assert place.take_over()
        assert sign_on_and_off(start.setup, place, control)
        assert not place.lock.is_held


def claim(store: Store, job: str = "often") -> None:
    store.claim([Claim(job, LATER)], LATER, "1 x")


def incident(job: str | None, cause: str) -> Callable[[Store], None]:
    def make(store: Store) -> None:
        alert = Alert(Level.WARNING, "it is so", LATER, job=job, cause=cause)
        store.open_incident(alert, [], LATER, 60)

    return make


@pytest.mark.parametrize(
    "happen",
    [
        pytest.param(claim, id="a run that its engine has left"),
        pytest.param(
            lambda store: store.issue("alert", "ada", LATER, None, None, {}), id="an alert that a job has left"
        ),
        pytest.param(lambda store: store.claim([Claim("often", LATER, queued=True)], LATER, "1 x"), id="a queued run"),
        pytest.param(lambda store: store.set_hold(Hold(LATER, "ada")), id="a hold"),
        pytest.param(lambda store: add_hold(store, Hold(LATER, "ada", words="often")), id="a hold on a job"),
        pytest.param(incident(None, "jobs_file:/etc/jobs.toml"), id="a jobs file that was wrong"),
        pytest.param(incident("gone", "failed:gone"), id="an incident of a job that is gone"),
        pytest.param(lambda store: store.decided("nightly", "once", LATER, None), id="another schedule than before"),
        pytest.param(
            lambda store: store.set_override("off", Override(True, "ada", LATER)), id="a job that was enabled"
        ),
        pytest.param(
            lambda store: os.makedirs(run_directory(store.directory, store.last_run_id() + 3)), id="an unknown run"
        ),
    ],
)
def test_anything_to_do_is_left_to_an_engine(state: Path, happen: Callable[[Store], None]) -> None:
    store = Store.open(str(state))
    happen(store)
    store.close()
    before = rows(state)
    start = Start(state, LATER)
    assert not start.quietly()
    assert rows(state) == before
    assert start.events == []


@pytest.mark.parametrize(
    ("now", "options"),
    [
        (MONDAY_MORNING + timedelta(hours=1), {}),
        (MONDAY_MORNING + timedelta(hours=30), {}),
        (LATER, {"include_tags": ["a"]}),
        (LATER, {"path": "/etc/other.toml"}),
    ],
    ids=["a slot that is due", "slots that were missed", "tags", "another jobs file"],
)
def test_a_start_that_is_not_plain_is_left_to_an_engine(state: Path, now: datetime, options: dict[str, Any]) -> None:
    assert not Start(state, now, *JOBS, make_job("tagged", daily_time="04:00", tags=("a",)), **options).quietly()


def test_a_jobs_file_with_chains_gates_or_listeners_is_an_engines(state: Path) -> None:
    waits = make_job("waits", daily_time="04:00", after=(Upstream("nightly"),))
    assert not Start(state, LATER, *JOBS, waits).quietly()
    told = make_job("told", daily_time="04:00", on_finish=("true",))
    assert not Start(state, LATER, *JOBS, told).quietly()
    start = Start(state, LATER)
    gated = replace(start.setup.jobset, gates=(Gate("open"),))
    start.setup = replace(start.setup, jobset=gated)
    assert not start.quietly()


def test_an_incident_of_a_job_that_has_failed_needs_no_engine(state: Path) -> None:
    store = Store.open(str(state))
    incident("often", "failed:often")(store)
    store.close()
    assert Start(state, LATER).quietly()


def test_the_first_start_is_an_engines(tmp_path: Path) -> None:
    assert not Start(tmp_path / "new", LATER, make_job("off", enabled=False)).quietly()


def test_a_damaged_row_is_an_engines(state: Path) -> None:
    store = Store.open(str(state))
    store._write("UPDATE job_state SET decided_until = 'no time'")
    store.close()
    assert not Start(state, LATER).quietly()


def test_channels_that_cannot_be_used_are_an_error_here_too(state: Path) -> None:
    def refuse(_jobset: JobSet) -> Any:
        raise StateError("no such level")

    start = Start(state, LATER)
    start.setup = replace(start.setup, channels_of=refuse)
    with pytest.raises(StateError, match="no such level"):
        start.quietly()
