"""An engine on a bench: a real registry, scripted processes, and a clock that moves when told to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from peak_console.engine.control import Control
from peak_console.engine.one_shot import OneShotEngine
from peak_console.engine.open_directory import OpenDirectory
from peak_console.engine.resident import ResidentEngine
from peak_console.engine.setup import EngineOptions, EngineSetup
from peak_console.jobs.model import JobDefinition, JobSet, SchedulerSettings
from peak_console.model.records import RESIDENT_MODES
from peak_console.model.terms import LOCAL
from peak_console.runs.executors import Executors
from peak_console.runs.interface import Ended
from peak_console.runs.simulated import SimulatedExecutor
from tests.support.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from peak_console.engine.context import EngineContext
    from peak_console.engine.events import EngineEvent
    from peak_console.jobs.beside import AlertChannel, Gate
    from peak_console.jobs.blackouts import Blackout
    from peak_console.model.records import Alert, Run
    from peak_console.store.store import Store


class Bench:
    """An engine at work on some jobs. ``turn`` lets it do whatever is to be done at the clock's moment."""

    def __init__(
        self,
        directory: Path,
        *jobs: JobDefinition,
        settings: SchedulerSettings | None = None,
        options: EngineOptions | None = None,
        clock: FakeClock | None = None,
        executor: SimulatedExecutor | None = None,
        channels: Sequence[AlertChannel] = (),
        gates: Sequence[Gate] = (),
        confirm_tags: Sequence[str] = (),
        blackouts: Sequence[Blackout] = (),
    ) -> None:
        self.directory = directory
        self.settings = settings or SchedulerSettings(timezone="UTC")
        self.clock = clock or FakeClock()
        self.executor = executor or SimulatedExecutor(self.clock)
        self.executor.directory = str(directory)
        self.events: list[EngineEvent] = []
        self.beats = 0
        """Signs of life so far."""
        self.options = options or EngineOptions(mode="headless")
        self.jobs = jobs
        self.channels = channels
        self.gates = gates
        self.confirm_tags = confirm_tags
        self.blackouts = blackouts
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
            executors=Executors({LOCAL: lambda: self.executor}),
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
        return JobSet("/etc/peak/jobs.toml", {job.name: job for job in jobs}, self.settings, gates=self.gates,
            confirm_tags=self.confirm_tags, blackouts=self.blackouts,
        )  # fmt: skip

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
