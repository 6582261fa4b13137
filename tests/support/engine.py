"""An engine on a bench: a real registry, scripted processes, and a clock that moves when told to."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from peak_console.engine.control import Control
from peak_console.engine.one_shot import OneShotEngine
from peak_console.engine.open_directory import OpenDirectory
from peak_console.engine.resident import ResidentEngine
from peak_console.engine.setup import EngineOptions, EngineSetup
from peak_console.errors import StartError
from peak_console.jobs.model import JobDefinition, JobSet, SchedulerSettings
from peak_console.model.records import RESIDENT_MODES
from peak_console.runs.interface import Ended
from tests.support.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from peak_console.engine.context import EngineContext
    from peak_console.engine.events import EngineEvent
    from peak_console.jobs.model import AlertChannel
    from peak_console.model.records import Alert, Run
    from peak_console.runs.interface import RunHandle, RunSpec
    from peak_console.store.store import Store


@dataclass
class ScriptedProcess:
    """A process that ends when the test says so."""

    spec: RunSpec
    pid: int
    pid_started: str = "scripted"
    started_at: datetime | None = None
    ended: Ended | None = None
    signals: list[str] = field(default_factory=list)
    dies_of: str = "kill"
    """The signal that ends it: ``terminate`` or ``kill``."""
    leaves: bool = False
    """Whether its end leaves other processes alive, until they are killed."""
    unkillable: bool = False
    """Whether what it leaves is alive even then."""
    closed: bool = False
    pause: float = 0.05
    late: str | None = None
    """Why its end is not known although it is gone."""

    def overdue(self) -> str | None:
        return self.late

    def fileno(self) -> int | None:
        return None

    def poll(self) -> Ended | None:
        return self.ended

    def terminate(self) -> None:
        self._signalled("terminate", 143)

    def kill(self) -> None:
        self._signalled("kill", 137)

    def close(self) -> None:
        self.closed = True

    def _signalled(self, name: str, code: int) -> None:
        self.signals.append(name)
        if name == "kill":
            self.leaves = self.leaves and self.unkillable
        if name == self.dies_of:
            self.ended = Ended(code, None)


class ScriptedExecutor:
    """Starts nothing and remembers everything."""

    def __init__(self) -> None:
        self.processes: dict[int, ScriptedProcess] = {}
        self.refuse: str | None = None
        self.started_marks: set[str] = set()
        self.adoptable: dict[int, RunHandle | Ended] = {}
        self.is_ready = False
        self.befallen: list[str] = []

    def prepare(self) -> None:
        self.is_ready = True

    def rest(self) -> None:
        self.is_ready = False

    def mishaps(self) -> list[str]:
        befallen, self.befallen = self.befallen, []
        return befallen

    def close(self) -> None:
        pass

    def start_many(self, specs: Iterable[RunSpec]) -> list[RunHandle | StartError]:
        return [StartError(self.refuse) if self.refuse is not None else self.start(spec) for spec in specs]

    def start(self, spec: RunSpec) -> RunHandle:
        os.makedirs(spec.directory, exist_ok=True)
        process = ScriptedProcess(spec, pid=10_000 + spec.run_id)
        self.processes[spec.run_id] = process
        self.started_marks.add(spec.directory)
        return process

    def adopt(self, run_id: int, directory: str, pid: int | None, pid_started: str | None) -> RunHandle | Ended:
        return self.adoptable.get(run_id, Ended(None, None))

    def remains(self, directory: str, pid: int, pid_started: str) -> RunHandle:
        return next(process for process in self.processes.values() if process.pid == pid)

    def lingering(self, handles: Sequence[RunHandle]) -> list[RunHandle]:
        return [handle for handle in handles if isinstance(handle, ScriptedProcess) and handle.leaves]

    def is_started(self, directory: str) -> bool:
        return directory in self.started_marks

    def seize(self, directory: str) -> bool:
        if directory in self.started_marks:
            return False
        self.started_marks.add(directory)
        return True


class Bench:
    """An engine at work on some jobs. ``turn`` lets it do whatever is to be done at the clock's moment."""

    def __init__(
        self,
        directory: Path,
        *jobs: JobDefinition,
        settings: SchedulerSettings | None = None,
        options: EngineOptions | None = None,
        clock: FakeClock | None = None,
        executor: ScriptedExecutor | None = None,
        channels: Sequence[AlertChannel] = (),
    ) -> None:
        self.directory = directory
        self.settings = settings or SchedulerSettings(timezone="UTC")
        self.clock = clock or FakeClock()
        self.executor = executor or ScriptedExecutor()
        self.events: list[EngineEvent] = []
        self.beats = 0
        """Signs of life so far."""
        self.options = options or EngineOptions(mode="headless")
        self.jobs = jobs
        self.channels = channels
        self.channels_of: Callable[[JobSet], Sequence[AlertChannel]] = lambda _jobset: self.channels
        self.emergencies: list[Alert] = []
        """What was sent past the outbox."""
        self.any_engine = self._begin()

    @property
    def engine(self) -> ResidentEngine:
        """The one that stays; ``any_engine`` may also be a one-shot engine, as ``options.mode`` has it."""
        assert isinstance(self.any_engine, ResidentEngine)
        return self.any_engine

    @property
    def context(self) -> EngineContext:
        return self.any_engine.context

    @property
    def store(self) -> Store:
        return self.place.store

    def _begin(self) -> ResidentEngine | OneShotEngine:
        self.control = Control()
        setup = EngineSetup(
            jobset=self.jobset(*self.jobs),
            directory=str(self.directory),
            options=self.options,
            clock=self.clock,
            executor=self.executor,
            environ={"PATH": os.environ["PATH"]},
            channels_of=self._channels_now,
            emit=self.events.append,
            beat=self._on_beat,
            on_emergency=self.emergencies.append,
        )
        self.place = OpenDirectory(setup, self.control)
        assert self.place.take_over()
        kind = ResidentEngine if self.options.mode in RESIDENT_MODES else OneShotEngine
        return kind(setup, self.place, self.control)

    def _channels_now(self, jobset: JobSet) -> Sequence[AlertChannel]:
        return self.channels_of(jobset)

    def _on_beat(self) -> None:
        self.beats += 1

    def jobset(self, *jobs: JobDefinition) -> JobSet:
        return JobSet("/etc/peak/jobs.toml", {job.name: job for job in jobs}, self.settings)

    def restart(self, *jobs: JobDefinition, crash: bool = False) -> None:
        """End the engine, in order or by a crash, and begin another on the same directory."""
        self.close(crash=crash)
        self.jobs = jobs or self.jobs
        self.any_engine = self._begin()

    def close(self, *, crash: bool = False) -> None:
        """End the engine, in order or by a crash; its processes live on and its pid is gone."""
        if not crash:
            self.any_engine.end()
        with self.store as store:
            store._write("UPDATE runs SET supervisor = '999999999 gone' WHERE supervisor IS NOT NULL")
        self.place.close()
        for run_id, process in self.executor.processes.items():
            self.executor.adoptable.setdefault(run_id, process)

    def begin(self) -> None:
        """Begin another engine on the same directory."""
        self.any_engine = self._begin()

    def turn(self) -> None:
        if isinstance(self.any_engine, ResidentEngine):
            self.any_engine.duties.turn()
        else:
            self.any_engine.work()

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.turn()

    def reload(self, *jobs: JobDefinition) -> None:
        self.control.offer(self.jobset(*jobs))
        self.turn()

    def command(self, verb: str, job: str | None = None, *, run_id: int | None = None, **arguments: object) -> str:
        """Issue a command as a front end does; the answer and its sentence."""
        number = self.store.issue(verb, "alice", self.clock.now(), job, run_id, arguments)
        self.turn()
        command = self.store.command(number)
        assert command is not None
        return f"{command.answer}: {command.message}"

    def end(self, run_id: int, code: int | None = 0) -> None:
        """A run's process ends."""
        self.executor.processes[run_id].ended = Ended(code, None)
        self.turn()

    @property
    def live(self) -> list[int]:
        """Ids of the runs whose processes live."""
        return [run_id for run_id, process in self.executor.processes.items() if process.ended is None]

    def runs(self, job: str | None = None) -> list[Run]:
        """The registry, oldest first."""
        return self.store.runs(jobs=[job] if job else None)[::-1]

    def outcomes(self, job: str | None = None) -> list[str | None]:
        return [run.outcome for run in self.runs(job)]

    def slots(self, job: str | None = None) -> list[datetime | None]:
        return [run.scheduled_for for run in self.runs(job)]

    def alerts(self, level: str | None = None) -> Sequence[Alert]:
        """The alert log, oldest first."""
        return [alert for alert in self.store.alerts()[::-1] if level in (None, alert.level)]
