"""The engine at work in memory, from a moment on: the classes that serve a real directory, on a virtual clock."""

from __future__ import annotations

from datetime import timedelta

from peak_console.engine.control import Control
from peak_console.engine.open_directory import OpenDirectory
from peak_console.engine.resident import ResidentEngine
from peak_console.engine.setup import EngineOptions, EngineSetup
from peak_console.errors import StateError
from peak_console.forecast.clock import VirtualClock
from peak_console.forecast.surroundings import alone
from peak_console.jobs.model import JobDefinition
from peak_console.model.terms import LOCAL, RunState
from peak_console.runs.executors import Executors
from peak_console.runs.interface import RunSpec
from peak_console.runs.simulated import SimulatedExecutor, SimulatedProcess
from peak_console.store.schema.memory import NOWHERE, MemoryStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from peak_console.jobs.beside import ExecutorDefinition
    from peak_console.jobs.model import JobSet
    from peak_console.model.records import Run
    from peak_console.runs.interface import Executor
    from peak_console.runs.simulated import Script
    from peak_console.store.store import Store

    ScriptOf = Callable[[JobDefinition, "datetime | None", int, float], Script]
    """What becomes of a run, by its job, slot and attempt, and by how many seconds it has gone on already."""

IDENTITY = "1 forecast"
RECENT = timedelta(days=2)
"""Runs that ended longer ago say nothing about what will start."""
LONGEST_SLEEP = 1e9
LEAST_SECONDS = 1e-6
STANDSTILL = 1000
"""An engine that has worked so often at one moment has to be waiting for the time to pass."""
LEAST_LEFT_SECONDS = 1.0
"""How long a run that has gone on for longer than expected is expected to go on, at least."""
LEFT_SHARE = 0.1
"""That many times what it has taken so far, where that is more."""


class _OneExecutor(Executors):
    """The simulated executor stands for all that jobs name: no cluster is asked."""

    def __init__(self, executor: SimulatedExecutor) -> None:
        super().__init__({LOCAL: lambda: executor})

    def define(self, definitions: Iterable[ExecutorDefinition]) -> None:
        pass

    def of(self, name: str) -> Executor:  # noqa: ARG002 - whatever its name
        return super().of(LOCAL)


class Simulation:
    """One engine that serves every job of a set, alone, in memory. Nothing is written and nothing is started."""

    def __init__(self, jobset: JobSet, source: Store | None, now: datetime, script_of: ScriptOf) -> None:
        """``source`` is the registry as it is; it is only read. Raises ``StateError``."""
        self.clock = VirtualClock(now)
        self._jobset = jobset
        self._script_of = script_of
        self._store = MemoryStore()
        self._scripts: dict[int, Script] = {}
        """What becomes of the runs that are about to start."""
        self._executor = SimulatedExecutor(self.clock, lambda spec: self._scripts.pop(spec.run_id))
        self._unfinished: set[int] = set()
        self.first_id = 1
        """The lowest id that a run of the simulation can have."""
        if source is not None:
            self._store.copy_present(source, now - RECENT)
            self.first_id = self._store.last_run_id() + 1
            self._take_over(now)
        self._control = Control()
        setup = EngineSetup(
            jobset=jobset,
            directory=NOWHERE,
            options=EngineOptions(poll_interval=LONGEST_SLEEP, send_alerts=False, keeps_house=False, judges=False),
            clock=self.clock,
            executors=_OneExecutor(self._executor),
            environ={},
            channels_of=lambda _jobset: (),
            open_store=lambda _directory: self._store,
            surroundings=alone(IDENTITY, self._spec),
            checks_registry=False,
        )
        self._place = OpenDirectory(setup, self._control)
        self._place.lock.acquire()
        self.engine = ResidentEngine(setup, self._place, self._control)

    def close(self) -> None:
        """Let go of the registry in memory."""
        self._place.close()

    def run_until(self, end: datetime, goes_on: Callable[[], bool] = lambda: True) -> datetime:
        """Let the engine work until a moment, and tell how far it came. Raises ``StateError`` where it cannot.

        It ends sooner once ``goes_on`` says no, which is asked each time before the clock moves on.
        """
        clock, turns = self.clock, 0
        while goes_on():
            self.engine.work()
            if self._control.trouble is not None:
                raise StateError(f"the forecast cannot go on: {self._control.trouble[0]}")
            seconds = self.engine.seconds_to_sleep()
            turns = turns + 1 if seconds <= 0 else 0
            if turns > STANDSTILL:
                raise StateError(f"the forecast does not get beyond {clock.now():%Y-%m-%d %H:%M:%S}")
            if seconds > 0:
                left = (end - clock.now()).total_seconds()
                if seconds >= left:
                    clock.go_to(end)
                    self.engine.work()
                    return end
                clock.sleep(max(seconds, LEAST_SECONDS))
        return clock.now()

    def runs(self) -> list[Run]:
        """The registry as it is now: what was unfinished at the beginning, and what has come since; oldest first."""
        return [run for run in reversed(self._store.runs()) if run.id >= self.first_id or run.id in self._unfinished]

    def process(self, run_id: int) -> SimulatedProcess | None:
        """What stands for a run's process."""
        return self._executor.processes.get(run_id)

    def _spec(self, job: JobDefinition, run: Run, age: float = 0.0) -> RunSpec:
        """A run's specification as far as a simulated executor needs one; what becomes of the run is decided here."""
        self._scripts[run.id] = self._script_of(job, run.scheduled_for, run.attempt, age)
        return RunSpec(run.id, (job.command,), {}, None, 0, job=job.name)

    def _take_over(self, now: datetime) -> None:
        """Make processes for the runs that are under way."""
        for run in self._store.unfinished():
            self._unfinished.add(run.id)
            if run.state != RunState.RUNNING or run.started_at is None:
                continue
            job = self._jobset.jobs.get(run.job, JobDefinition(run.job))
            age = max(0.0, (now - run.started_at).total_seconds())
            spec = self._spec(job, run, age)
            script = self._scripts.pop(run.id)
            if script.seconds is not None and script.seconds <= age:
                script.seconds = age + max(LEAST_LEFT_SECONDS, LEFT_SHARE * age)
            process = SimulatedProcess(spec, clock=self.clock, script=script, dies_of=script.dies_of)
            process.begin(run.started_at)
            self._executor.processes[run.id] = process
            self._executor.started_marks.add(run.id)
