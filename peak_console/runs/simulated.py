"""Runs without processes, as a script says: how long each takes and how it ends, on any clock.

For tests and forecasts. Simulated processes live on when an executor is closed, as
real ones do: another executor on the same ``processes`` and ``started_marks`` adopts them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import timedelta

from peak_console.errors import StartError
from peak_console.runs.interface import AlreadyStartedError, Ended, Stop
from peak_console.runs.local.run_directory import lay_out
from peak_console.runs.output.of_run import RunOutput, output_of
from peak_console.store.directory import run_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from peak_console.clock import Clock
    from peak_console.runs.interface import RunHandle, RunSpec, Usage

LOOK_SECONDS = 0.05


@dataclass(slots=True)
class Script:
    """What becomes of a run."""

    waits_seconds: float | None = 0
    """How long it is submitted before it starts; ``None``: until ``begin`` is called."""
    waits_for: str = "places"
    """What it waits for until then."""
    seconds: float | None = None
    """How long it takes from its start; ``None``: until it is told to end, or stopped."""
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
    started_at: datetime | None = None
    clock: Clock | None = None
    submitted_at: datetime | None = None
    has_begun: bool = False
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

    node: str | None = None

    @property
    def run_id(self) -> int:
        return self.spec.run_id

    @property
    def reference(self) -> str:
        return f"simulated {self.spec.run_id}"

    @property
    def waits_for(self) -> str | None:
        self._begin_by_script()
        return None if self.has_begun else self.script.waits_for

    @property
    def pause(self) -> float:
        moment = self._ends_at() if self.waits_for is None else self._begins_at()
        if moment is None or self.clock is None:
            return LOOK_SECONDS
        return max(0.0, (moment - self.clock.now()).total_seconds())

    def begin(self, at: datetime | None = None) -> None:
        """It starts."""
        self.has_begun = True
        self.started_at = at or (self.clock.now() if self.clock is not None else None)

    def overdue(self) -> str | None:
        return self.late

    def fileno(self) -> int | None:
        return None

    def poll(self) -> Ended | None:
        if self.fault is not None:
            raise self.fault
        self._begin_by_script()
        self._end_by_script()
        return self.ended

    def stop(self, how: Stop) -> None:
        """A run that has not begun never does."""
        if self.waits_for is not None and self.ended is None:
            self.ended = Ended(None, self.clock.now() if self.clock is not None else None)
        self._signalled("kill", 137) if how is Stop.KILL else self._signalled("terminate", 143)

    def close(self) -> None:
        self.closed = True

    def _ends_at(self) -> datetime | None:
        if self.script.seconds is None or self.started_at is None:
            return None
        return self.started_at + timedelta(seconds=self.script.seconds)

    def _begins_at(self) -> datetime | None:
        if self.script.waits_seconds is None or self.submitted_at is None:
            return None
        return self.submitted_at + timedelta(seconds=self.script.waits_seconds)

    def _begin_by_script(self) -> None:
        begins_at = self._begins_at()
        if not self.has_begun and begins_at is not None and self.clock is not None and self.clock.now() >= begins_at:
            self.begin(begins_at)

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
        started_marks: set[int] | None = None,
        directory: str | None = None,
    ) -> None:
        """``processes`` and ``started_marks``, both by run id, are those of an executor before this one.

        Each run gets its directory, which stays empty, in the state ``directory`` if there is one.
        """
        self.directory = directory
        self._clock = clock
        self._script_of = script_of
        self.processes: dict[int, SimulatedProcess] = {} if processes is None else processes
        self.started_marks: set[int] = set() if started_marks is None else started_marks
        self._prevented: set[int] = set()
        self.refuse: str | None = None
        """Why nothing can be started."""
        self.adoptable: dict[int, RunHandle | Ended] = {}
        """What an adoption finds in place of what is true."""
        self.is_ready = False
        self.befallen: list[str] = []
        """What ``mishaps`` tells of next."""
        self.suffered: dict[str, str] = {}
        """What ``troubles`` tells of."""

    def prepare(self, run_ids: Sequence[int] = ()) -> None:
        if self.directory is not None and run_ids:
            for run_id in run_ids:
                lay_out(run_directory(self.directory, run_id))
        self.is_ready = self.is_ready or not run_ids

    def outputs(self, run_id: int) -> RunOutput:
        if self.directory is None:
            return RunOutput(os.devnull, is_kept=False)
        return output_of(self.directory, run_id)

    def fileno(self) -> int | None:
        return None

    def drain(self) -> None:
        pass

    def rest(self) -> None:
        self.is_ready = False

    def troubles(self) -> Mapping[str, str]:
        return self.suffered

    def mishaps(self) -> list[str]:
        befallen, self.befallen = self.befallen, []
        return befallen

    def close(self) -> None:
        pass

    def submit(self, specs: Iterable[RunSpec]) -> list[SimulatedProcess | StartError]:
        results: list[SimulatedProcess | StartError] = []
        for spec in specs:
            try:
                results.append(self.start(spec))
            except StartError as error:
                results.append(error)
        return results

    def start(self, spec: RunSpec) -> SimulatedProcess:
        """Submit one run. Raises ``StartError``."""
        if spec.run_id in self.started_marks:
            raise AlreadyStartedError(f"run #{spec.run_id}: somebody else has started it already")
        script = self._script_of(spec)
        refusal = self.refuse if self.refuse is not None else script.refusal
        if refusal is not None:
            raise StartError(refusal)
        if self.directory is not None:
            os.makedirs(run_directory(self.directory, spec.run_id), 0o700, exist_ok=True)
        now = self._clock.now() if self._clock is not None else None
        process = SimulatedProcess(
            spec, clock=self._clock, script=script, dies_of=script.dies_of, submitted_at=now,
        )  # fmt: skip
        if script.waits_seconds == 0:
            process.begin(now)
        self.processes[spec.run_id] = process
        self.started_marks.add(spec.run_id)
        return process

    def adopt(self, run_id: int, reference: str | None) -> RunHandle | Ended:
        if run_id in self.adoptable:
            return self.adoptable[run_id]
        process = self.processes.get(run_id)
        if process is None or run_id not in self.started_marks:
            return Ended(None, None)
        ended = process.poll()
        if ended is None or reference is not None:
            return process if ended is None else ended
        return Ended(ended.return_code, ended.at, process.reference, process.started_at)

    def remains(self, run_id: int, reference: str) -> SimulatedProcess:  # noqa: ARG002 - the id tells
        return self.processes[run_id]

    def lingering(self, handles: Sequence[RunHandle]) -> list[RunHandle]:
        return [handle for handle in handles if isinstance(handle, SimulatedProcess) and handle.leaves]

    def usage(self, _run_id: int) -> Usage | None:
        return None

    def is_started(self, run_id: int) -> bool:
        return run_id in self.started_marks and run_id not in self._prevented

    def fence(self, run_id: int) -> bool:
        if run_id in self.started_marks:
            return run_id in self._prevented
        self.started_marks.add(run_id)
        self._prevented.add(run_id)
        return True
