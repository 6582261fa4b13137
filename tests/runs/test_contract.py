"""What the engine relies on, whatever executes its runs: one suite, every executor."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.clock import SystemClock
from peak_console.errors import StartError
from peak_console.jobs.beside import ExecutorDefinition
from peak_console.runs.executors import Executors, make_executors
from peak_console.runs.interface import AlreadyStartedError, Ended, RunSpec, Stop
from peak_console.runs.local.executor import LocalExecutor
from peak_console.runs.local.system import LinuxSystem, PortableSystem, this_system
from peak_console.runs.simulated import Script, SimulatedExecutor
from peak_console.runs.slurm.executor import SlurmExecutor
from peak_console.values import replace
from tests.support.clock import FakeClock
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from peak_console.runs.interface import Executor, RunHandle

WAITING = """
import os, signal, sys, time
gate, stays = sys.argv[1:]
if stays == "kill":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(gate + ".ready", "w").close()
while not os.path.exists(gate):
    time.sleep(0.005)
sys.exit(int(open(gate).read()))
"""


class LocalStage:
    """Runs are processes that wait at a gate, and end with the code that they find there."""

    starts_at_once = True
    """Whether it is known at once that a run cannot start."""

    def __init__(self, folder: Path, system: str) -> None:
        self._folder = folder
        self._system = LinuxSystem() if system == "linux" else PortableSystem()
        self._made: list[tuple[LocalExecutor, list[RunHandle]]] = []
        self.executor: Executor = self.another()

    def another(self) -> Executor:
        """An executor of another engine, on the same runs."""
        executor = LocalExecutor(str(self._folder), self._system)
        self._made.append((executor, []))
        return executor

    def spec(self, run_id: int = 1, dies_of: str = "terminate") -> RunSpec:
        argv = [sys.executable, "-I", "-S", "-c", WAITING, self._gate(run_id), dies_of]
        return RunSpec(run_id, argv, {}, None, 0)

    def impossible(self, run_id: int) -> RunSpec:
        return RunSpec(run_id, ["/no/such/program"], {}, None, 0)

    def is_under_way(self, run_id: int) -> bool:
        return os.path.exists(f"{self._gate(run_id)}.ready")

    def end(self, run_id: int, code: int) -> None:
        with open(f"{self._gate(run_id)}.new", "w", encoding="ascii") as file:
            file.write(str(code))
        os.rename(f"{self._gate(run_id)}.new", self._gate(run_id))

    def _gate(self, run_id: int) -> str:
        return str(self._folder / f"gate-{run_id}")


class SimulatedStage:
    """Runs are values; they end when they are told to."""

    starts_at_once = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._first = self._made()
        self.executor: Executor = self._first
        self.processes = self._first.processes

    def _made(self, before: SimulatedExecutor | None = None) -> SimulatedExecutor:
        return SimulatedExecutor(
            SystemClock(),
            lambda spec: Script(refusal="there is no such program" if spec.argv == ["impossible"] else None),
            processes=before.processes if before else None,
            started_marks=before.started_marks if before else None,
            directory=str(self._folder),
        )

    def another(self) -> Executor:
        return self._made(self._first)

    def spec(self, run_id: int = 1, dies_of: str = "terminate") -> RunSpec:
        return RunSpec(run_id, [dies_of], {}, None, 0)

    def impossible(self, run_id: int) -> RunSpec:
        return RunSpec(run_id, ["impossible"], {}, None, 0)

    def is_under_way(self, run_id: int) -> bool:
        process = self._first.processes[run_id]
        process.dies_of = process.spec.argv[0]
        return True

    def end(self, run_id: int, code: int) -> None:
        self._first.processes[run_id].ended = Ended(code, datetime.now(UTC))


class SlurmStage(LocalStage):
    """The same processes, as jobs of a cluster whose nodes are this machine."""

    starts_at_once = False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "linux")

    def another(self) -> Executor:
        (self._folder / "state").mkdir(mode=0o700, exist_ok=True)
        definition = ExecutorDefinition("research", str(self._folder / "shared"), poll_seconds=0.5, settle_seconds=2)
        return SlurmExecutor(str(self._folder / "state"), definition)


class Theatre:
    """A stage, and the handles that were given out on it."""

    def __init__(self, stage: LocalStage | SimulatedStage) -> None:
        self.stage = stage
        self.executor = stage.executor
        self._handles: list[RunHandle] = []

    def submitted(self, spec: RunSpec, executor: Executor | None = None) -> RunHandle:
        """A run that may wait, or run. Raises ``StartError``."""
        (handle,) = (executor or self.executor).submit([spec])
        if isinstance(handle, StartError):
            raise handle
        self._handles.append(handle)
        return handle

    def started(self, spec: RunSpec) -> RunHandle:
        """A run that has got so far that signals do what they should."""
        handle = self.submitted(spec)
        wait_until(lambda: self.stage.is_under_way(spec.run_id), "the run")
        wait_until(lambda: handle.poll() is None and handle.waits_for is None, "the news of its start")
        return handle

    def adopted(self, executor: Executor, run_id: int, of: RunHandle | None) -> RunHandle | Ended:
        found = executor.adopt(run_id, of.reference if of else None)
        if not isinstance(found, Ended):
            self._handles.append(found)
        return found

    def close(self) -> None:
        for handle in self._handles:
            handle.stop(Stop.KILL)
            handle.close()
        self.executor.close()


def ended(handle: RunHandle) -> Ended:
    wait_until(lambda: handle.poll() is not None, "the end")
    end = handle.poll()
    assert end is not None
    return end


@pytest.fixture(params=["linux", "portable", "simulated", "slurm"])
def theatre(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Theatre]:
    if request.param == "linux" and not isinstance(this_system(), LinuxSystem):
        pytest.skip("needs Linux")
    if request.param == "slurm":
        request.getfixturevalue("slurm")
    makers: dict[str, Callable[[], LocalStage | SimulatedStage]] = {
        "simulated": lambda: SimulatedStage(tmp_path),
        "slurm": lambda: SlurmStage(tmp_path),
    }
    made = Theatre(makers.get(request.param, lambda: LocalStage(tmp_path, request.param))())
    yield made
    made.close()


@pytest.mark.parametrize("code", [0, 1, 77, 255])
def test_a_run_ends_with_its_code_and_stays_ended(theatre: Theatre, code: int) -> None:
    before = datetime.now(UTC)
    handle = theatre.started(theatre.stage.spec())
    assert handle.poll() is None
    assert handle.started_at is not None
    assert before - timedelta(seconds=1) <= handle.started_at <= datetime.now(UTC)
    theatre.stage.end(1, code)
    end = ended(handle)
    assert end.return_code == code
    assert end.at is not None
    assert handle.started_at - timedelta(seconds=1) <= end.at <= datetime.now(UTC) + timedelta(seconds=1)
    assert handle.poll() == end == handle.poll()


def test_a_run_starts_once_however_many_ask(theatre: Theatre) -> None:
    spec = theatre.stage.spec()
    theatre.started(spec)
    for executor in (theatre.executor, theatre.stage.another()):
        (again,) = executor.submit([spec])
        assert isinstance(again, AlreadyStartedError)
        executor.close()


def test_whether_a_run_was_started_is_known(theatre: Theatre) -> None:
    spec = theatre.stage.spec()
    assert not theatre.executor.is_started(spec.run_id)
    theatre.started(spec)
    assert theatre.executor.is_started(spec.run_id)
    theatre.stage.end(1, 0)
    other = theatre.stage.another()
    assert other.is_started(spec.run_id)
    assert not other.fence(spec.run_id), "it was started after all"
    other.close()


def test_a_run_that_was_fenced_never_starts(theatre: Theatre) -> None:
    spec = theatre.stage.spec()
    assert theatre.executor.fence(spec.run_id)
    assert theatre.executor.fence(spec.run_id), "and may be fenced again"
    assert not theatre.executor.is_started(spec.run_id)
    with pytest.raises(AlreadyStartedError):
        theatre.submitted(spec)
    never = theatre.adopted(theatre.executor, 1, None)
    assert isinstance(never, Ended)
    assert (never.return_code, never.at, never.started_at) == (None, None, None)


def test_what_cannot_be_started_holds_nobody_up_and_may_be_tried_again(theatre: Theatre) -> None:
    if not theatre.stage.starts_at_once:
        pytest.skip("only the node knows what it can start")
    first, second, third = theatre.executor.submit(
        [theatre.stage.spec(1), theatre.stage.impossible(2), theatre.stage.spec(3)]
    )
    assert not isinstance(first, StartError)
    assert not isinstance(third, StartError)
    assert isinstance(second, StartError)
    assert not isinstance(second, AlreadyStartedError)
    assert "no such program" in str(second)
    theatre._handles += [first, third]
    assert not theatre.executor.is_started(2)
    theatre.started(theatre.stage.spec(2))
    for run_id in (1, 2, 3):
        wait_until(lambda run_id=run_id: theatre.stage.is_under_way(run_id))  # type: ignore[misc]
        theatre.stage.end(run_id, run_id)
    assert [ended(handle).return_code for handle in (first, third)] == [1, 3]


def test_what_is_asked_to_end_ends(theatre: Theatre) -> None:
    handle = theatre.started(theatre.stage.spec())
    handle.stop(Stop.ASK)
    assert ended(handle).return_code == 143
    handle.stop(Stop.ASK)
    handle.stop(Stop.KILL)
    assert ended(handle).return_code == 143, "nothing happens to what is gone"


def test_what_does_not_hear_is_killed(theatre: Theatre) -> None:
    handle = theatre.started(theatre.stage.spec(dies_of="kill"))
    handle.stop(Stop.ASK)
    assert handle.poll() is None
    handle.stop(Stop.KILL)
    assert ended(handle).return_code == 137


def test_runs_outlive_their_executor_and_are_adopted(theatre: Theatre) -> None:
    handle = theatre.started(theatre.stage.spec())
    handle.close()
    theatre.executor.close()
    other = theatre.stage.another()
    adopted: list[RunHandle] = []
    for known in (handle, None):
        found = theatre.adopted(other, 1, known)
        assert not isinstance(found, Ended)
        assert found.reference == handle.reference
        assert found.poll() is None
        adopted.append(found)
    theatre.stage.end(1, 7)
    assert [ended(each).return_code for each in adopted] == [7, 7]
    for known in (handle, None):
        over = theatre.adopted(other, 1, known)
        assert isinstance(over, Ended)
        assert over.return_code == 7
    other.close()


def test_a_run_that_nobody_started_has_left_no_trace(theatre: Theatre) -> None:
    assert theatre.adopted(theatre.executor, 1, None) == Ended(None, None)


def test_a_run_that_has_left_nothing_does_not_linger(theatre: Theatre) -> None:
    handle = theatre.started(theatre.stage.spec())
    assert list(theatre.executor.lingering([handle])) == []
    theatre.stage.end(1, 0)
    ended(handle)
    remains = theatre.executor.remains(1, handle.reference)
    assert list(theatre.executor.lingering([handle, remains])) == []


def test_getting_ready_and_resting_change_nothing(theatre: Theatre) -> None:
    theatre.executor.rest()
    theatre.executor.prepare()
    theatre.executor.prepare()
    handle = theatre.started(theatre.stage.spec())
    theatre.executor.rest()
    theatre.stage.end(1, 5)
    assert ended(handle).return_code == 5
    assert list(theatre.executor.mishaps()) == []


def test_what_a_run_has_left_is_found_and_deleted(theatre: Theatre) -> None:
    handle = theatre.started(theatre.stage.spec())
    theatre.stage.end(1, 0)
    ended(handle)
    output = theatre.executor.outputs(1)
    assert output.changed_at() is not None
    assert output.reader().read_new() == []
    assert output.disk_bytes() >= 0
    assert output.remove()
    assert output.changed_at() is None


def test_room_is_made_ahead_and_is_no_start(theatre: Theatre) -> None:
    theatre.executor.prepare(range(1, 4))
    assert not any(theatre.executor.is_started(run_id) for run_id in range(1, 4))
    assert theatre.executor.outputs(3).changed_at() is not None
    handle = theatre.started(theatre.stage.spec(2))
    theatre.stage.end(2, 3)
    assert ended(handle).return_code == 3


def test_each_run_goes_to_its_executor_and_each_answer_to_its_run(tmp_path: Path) -> None:
    here, there = SimulatedStage(tmp_path / "here"), SimulatedStage(tmp_path / "there")
    both = Executors({"local": lambda: here.executor, "there": lambda: there.executor})
    specs = [
        replace(stage.impossible(run_id) if run_id == 3 else stage.spec(run_id), executor=name)
        for run_id, (stage, name) in enumerate(
            [(here, "local"), (there, "there"), (there, "there"), (here, "local"), (here, "nowhere")], 1
        )
    ]
    handles = both.submit(iter(specs))
    assert [None if isinstance(each, StartError) else each.run_id for each in handles] == [1, 2, None, 4, None]
    assert str(handles[4]) == "nowhere: no executor is called that; there is: local, there"
    assert (sorted(here.processes), sorted(there.processes)) == ([1, 4], [2])
    assert [both.is_started(run_id) for run_id in range(1, 6)] == [True, True, False, True, False]


def test_a_run_that_waits_says_so_and_may_be_stopped_before_it_starts(tmp_path: Path) -> None:
    clock = FakeClock()
    executor = SimulatedExecutor(clock, lambda spec: Script(waits_seconds=10 * spec.run_id, waits_for="Priority"))
    first, second = (each for each in executor.submit([RunSpec(n, ["true"], {}, None, 0) for n in (1, 2)]))
    assert not isinstance(first, StartError)
    assert not isinstance(second, StartError)
    assert (first.waits_for, first.started_at, first.poll()) == ("Priority", None, None)
    clock.advance(10)
    assert (first.waits_for, first.started_at, second.waits_for) == (None, clock.now(), "Priority")
    second.stop(Stop.ASK)
    assert second.poll() == Ended(None, clock.now())


def test_executors_are_made_by_name(tmp_path: Path) -> None:
    executors = make_executors(str(tmp_path))
    assert isinstance(executors.of("local"), LocalExecutor)
    with pytest.raises(StartError, match="clowd: no executor is called that; there is: local"):
        executors.of("clowd")
