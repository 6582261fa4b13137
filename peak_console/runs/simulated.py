"""Runs without processes, as a script says: how long each takes and how it ends, on any clock.

For tests, and for whatever wants to know what an engine would do. Processes live on when an executor is closed, as
real ones do: another executor on the same ``processes`` and ``started_marks`` adopts them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import timedelta

from peak_console.errors import StartError
from peak_console.runs.interface import AlreadyStartedError, Ended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from peak_console.clock import Clock
    from peak_console.runs.interface import RunHandle, RunSpec

FIRST_PID = 10_000
LOOK_SECONDS = 0.05


@dataclass(slots=True)
class Script:
    """What becomes of a run."""

    seconds: float | None = None
    """How long it takes; ``None``: until it is told to end, or stopped."""
    return_code: int | None = 0
    """``None``: it is gone without a trace."""
    refusal: str | None = None
    """Why it cannot be started."""
    dies_of: str = "kill"
    """The signal that ends it before its time: ``terminate`` or ``kill``."""


@dataclass
class SimulatedProcess:
    """A run's process: it ends when its script says so, by a signal, or when ``ended`` is set."""

    spec: RunSpec
    pid: int
    pid_started: str = "simulated"
    started_at: datetime | None = None
    clock: Clock | None = None
    script: Script = field(default_factory=Script)
    ended: Ended | None = None
    signals: list[str] = field(default_factory=list)
    dies_of: str = "kill"
    """The signal that ends it: ``terminate`` or ``kill``."""
    leaves: bool = False
    """Whether its end leaves other processes alive, until they are killed."""
    unkillable: bool = False
    """Whether what it leaves is alive even then."""
    fault: Exception | None = None
    """Why it cannot be looked at."""
    late: str | None = None
    """Why its end is not known although it is gone."""
    closed: bool = False

    @property
    def pause(self) -> float:
        ends_at = self._ends_at()
        if ends_at is None or self.clock is None:
            return LOOK_SECONDS
        return max(0.0, (ends_at - self.clock.now()).total_seconds())

    def overdue(self) -> str | None:
        return self.late

    def fileno(self) -> int | None:
        return None

    def poll(self) -> Ended | None:
        if self.fault is not None:
            raise self.fault
        self._end_by_script()
        return self.ended

    def terminate(self) -> None:
        self._signalled("terminate", 143)

    def kill(self) -> None:
        self._signalled("kill", 137)

    def close(self) -> None:
        self.closed = True

    def _ends_at(self) -> datetime | None:
        if self.script.seconds is None or self.started_at is None:
            return None
        return self.started_at + timedelta(seconds=self.script.seconds)

    def _end_by_script(self) -> None:
        ends_at = self._ends_at()
        if self.ended is None and ends_at is not None and self.clock is not None and self.clock.now() >= ends_at:
            self.ended = Ended(self.script.return_code, ends_at)

    def _signalled(self, name: str, code: int) -> None:
        self.signals.append(name)
        if name == "kill":
            self.leaves = self.leaves and self.unkillable
        self._end_by_script()
        if self.ended is None and name in (self.dies_of, "kill"):
            self.ended = Ended(code, self.clock.now() if self.clock is not None else None)


class SimulatedExecutor:
    """Starts nothing and remembers everything."""

    def __init__(
        self,
        clock: Clock | None = None,
        script_of: Callable[[RunSpec], Script] = lambda _spec: Script(),
        *,
        processes: dict[int, SimulatedProcess] | None = None,
        started_marks: set[str] | None = None,
        makes_directories: bool = True,
    ) -> None:
        """``processes``, by run id, and ``started_marks``, directories, are those of an executor before this one.

        Each run gets its directory, which stays empty, unless nothing is to be left on the disk.
        """
        self._makes_directories = makes_directories
        self._clock = clock
        self._script_of = script_of
        self.processes: dict[int, SimulatedProcess] = {} if processes is None else processes
        self.started_marks: set[str] = set() if started_marks is None else started_marks
        self._prevented: set[str] = set()
        self.refuse: str | None = None
        """Why nothing can be started."""
        self.adoptable: dict[int, RunHandle | Ended] = {}
        """What an adoption finds in place of what is true."""
        self.is_ready = False
        self.befallen: list[str] = []
        """What ``mishaps`` tells of next."""

    def prepare(self) -> None:
        self.is_ready = True

    def rest(self) -> None:
        self.is_ready = False

    def mishaps(self) -> list[str]:
        befallen, self.befallen = self.befallen, []
        return befallen

    def close(self) -> None:
        pass

    def start_many(self, specs: Iterable[RunSpec]) -> list[SimulatedProcess | StartError]:
        results: list[SimulatedProcess | StartError] = []
        for spec in specs:
            try:
                results.append(self.start(spec))
            except StartError as error:
                results.append(error)
        return results

    def start(self, spec: RunSpec) -> SimulatedProcess:
        if spec.directory in self.started_marks:
            raise AlreadyStartedError(f"run #{spec.run_id}: somebody else has started it already")
        script = self._script_of(spec)
        refusal = self.refuse if self.refuse is not None else script.refusal
        if refusal is not None:
            raise StartError(refusal)
        if self._makes_directories:
            os.makedirs(spec.directory, 0o700, exist_ok=True)
        began = self._clock.now() if self._clock is not None else None
        process = SimulatedProcess(
            spec, FIRST_PID + spec.run_id, started_at=began, clock=self._clock, script=script, dies_of=script.dies_of
        )
        self.processes[spec.run_id] = process
        self.started_marks.add(spec.directory)
        return process

    def adopt(
        self,
        run_id: int,
        directory: str,
        pid: int | None,
        pid_started: str | None,  # noqa: ARG002 - no process has the pid of another
    ) -> RunHandle | Ended:
        if run_id in self.adoptable:
            return self.adoptable[run_id]
        process = self.processes.get(run_id)
        if process is None or directory not in self.started_marks:
            return Ended(None, None)
        ended = process.poll()
        if ended is None or pid is not None:
            return process if ended is None else ended
        return Ended(ended.return_code, ended.at, process.pid, process.pid_started, process.started_at)

    def remains(self, directory: str, pid: int, pid_started: str) -> SimulatedProcess:  # noqa: ARG002 - as above
        return next(process for process in self.processes.values() if process.pid == pid)

    def lingering(self, handles: Sequence[RunHandle]) -> list[RunHandle]:
        return [handle for handle in handles if isinstance(handle, SimulatedProcess) and handle.leaves]

    def is_started(self, directory: str) -> bool:
        return directory in self.started_marks and directory not in self._prevented

    def seize(self, directory: str) -> bool:
        if directory in self.started_marks:
            return directory in self._prevented
        self.started_marks.add(directory)
        self._prevented.add(directory)
        return True
