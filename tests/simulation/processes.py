"""The processes of a simulated machine: they outlive the engine that has started them, and end when they end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from peak_console.errors import StartError
from peak_console.runs.interface import AlreadyStartedError, Ended
from peak_console.runs.simulated import Script, SimulatedExecutor, SimulatedProcess

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from peak_console.runs.interface import RunSpec
    from tests.simulation.clock import MachineClock
    from tests.simulation.faults import Faults


@dataclass
class Process(SimulatedProcess):
    """Ends by the monotonic clock, as a process that sleeps with its machine does."""

    machine: MachineClock | None = None
    ends_at: float = float("inf")
    """Monotonic seconds."""

    @property
    def pause(self) -> float:
        assert self.machine is not None
        return min(3600.0, max(0.0, self.ends_at - self.machine.monotonic()))

    def _end_by_script(self) -> None:
        assert self.machine is not None
        if self.ended is None and self.machine.monotonic() >= self.ends_at:
            self.ended = Ended(self.script.return_code, self.machine.now())

    @property
    def lives(self) -> bool:
        self._end_by_script()
        return self.ended is None


class Machine(SimulatedExecutor):
    """Where all engines of the world start their runs."""

    def __init__(
        self,
        clock: MachineClock,
        faults: Faults,
        script_of: Callable[[RunSpec], Script],
        on_start: Callable[[RunSpec], None],
    ) -> None:
        super().__init__(None, script_of)
        self.machine = clock
        self.faults = faults
        self.on_start = on_start
        self.starts = 0
        self.refused: set[int] = set()
        """Runs whose process could not be started."""
        self.living: dict[int, Process] = {}

    def start(self, spec: RunSpec) -> SimulatedProcess:
        self.faults.point()  # the engine crashes before the start
        if spec.run_id in self.started_marks:
            raise AlreadyStartedError(f"run #{spec.run_id}: somebody else has started it already")
        script = self._script_of(spec)
        if script.refusal is not None:
            self.refused.add(spec.run_id)
            raise StartError(script.refusal)
        self.on_start(spec)
        ends_at = self.machine.monotonic() + script.seconds if script.seconds is not None else float("inf")
        process = Process(spec, script=script, dies_of=script.dies_of, machine=self.machine, ends_at=ends_at)
        process.begin(self.machine.now())
        self.processes[spec.run_id] = self.living[spec.run_id] = process
        self.started_marks.add(spec.run_id)
        self.starts += 1
        self.faults.point()  # or after it, and nobody has recorded the start
        return process

    def now_living(self) -> list[Process]:
        """Those that have not ended."""
        for run_id in [run_id for run_id, process in self.living.items() if not process.lives]:
            del self.living[run_id]
        return list(self.living.values())

    def has_ended(self, run_id: int) -> bool:
        """Whether a run needs no place any more, recorded or not."""
        process = self.processes.get(run_id)
        return run_id in self.refused if process is None else not cast("Process", process).lives

    def lose(self, at: datetime) -> None:
        """The process that has lived longest is gone without a trace."""
        for process in self.now_living()[:1]:
            process.script.return_code = None
            process.ended = Ended(None, at)
