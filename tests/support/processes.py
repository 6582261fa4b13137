"""Real processes for tests: started through an executor, waited for by condition, and cleared away afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from peak_console.errors import StartError
from peak_console.runs.interface import RunSpec
from peak_console.runs.local.executor import LocalExecutor
from peak_console.runs.local.process import LocalRun
from peak_console.runs.local.run_directory import read_record
from peak_console.runs.output.files import stream_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from peak_console.model.records import Run
    from peak_console.runs.interface import Ended
    from peak_console.runs.local.system import System
    from peak_console.runs.output.files import Stream

DEADLINE_SECONDS = 45.0


def wait_until(condition: Callable[[], object], what: str = "the condition") -> None:
    """Look until ``condition`` holds. Fails after a generous while."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come about in {DEADLINE_SECONDS:g} s"
        time.sleep(0.005)


def pid_of(run: Run) -> int:
    """The first process of a run of this machine, by its reference; 0 before it has one."""
    return int((run.reference or "0").split()[0])


def is_alive(pid: int) -> bool:
    """Whether a process runs: a dead one that nobody has reaped does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


ENGINE = """
import os, signal, sys
from peak_console.runs.local import system
from peak_console.errors import StartError
from peak_console.runs.interface import RunSpec
from peak_console.runs.local.executor import LocalExecutor
from peak_console.runs.local.run_directory import read_record
kind, directory, script = sys.argv[1:]
executor = LocalExecutor(directory, system.LinuxSystem() if kind == "linux" else system.PortableSystem())
(handle,) = executor.submit([RunSpec(1, ["/bin/sh", "-c", script], {"PATH": os.environ["PATH"]}, None, 0)])
print(handle.reference, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def started_by_an_engine_that_died(system: System, directory: str, script: str) -> tuple[int, str]:
    """Pid and mark of a run whose engine was killed just after it had started it; its files are in ``directory``."""
    state = os.path.dirname(os.path.dirname(directory))
    engine = [sys.executable, "-c", ENGINE, system.name, state, script]
    done = subprocess.run(engine, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    pid, mark = done.stdout.split()
    return int(pid), mark


def keeper_of(handle: LocalRun) -> int:
    """The process that will record the run's end."""
    record = read_record(handle.directory)
    assert record is not None
    return record.keepers[0]


def witness_of(handle: LocalRun) -> int:
    """The process that takes over should the keeper be killed."""
    record = read_record(handle.directory)
    assert record is not None
    return record.keepers[1]


class Bench:
    """Starts runs in one directory and looks at them."""

    def __init__(self, system: System, root: Path) -> None:
        self.system = system
        self.executor = LocalExecutor(str(root), system)
        self.root = root
        self._handles: list[LocalRun] = []
        self._next_id = 1

    def spec(
        self,
        *argv: str,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        run_id: int | None = None,
    ) -> RunSpec:
        if run_id is None:
            run_id, self._next_id = self._next_id, self._next_id + 1
        environment = {"PATH": os.environ["PATH"]} if env is None else env
        return RunSpec(run_id, argv, environment, cwd, max_output_bytes=0)

    def place(self, spec: RunSpec) -> str:
        """The directory of a run."""
        return str(self.root / "runs" / str(spec.run_id))

    def start(self, *argv: str, env: Mapping[str, str] | None = None, cwd: str | None = None) -> LocalRun:
        return self.start_spec(self.spec(*argv, env=env, cwd=cwd))

    def start_spec(self, spec: RunSpec) -> LocalRun:
        (handle,) = self.executor.submit([spec])
        if isinstance(handle, StartError):
            raise handle
        self._handles.append(handle)
        return handle

    def shell(self, script: str, *args: str) -> LocalRun:
        return self.start("/bin/sh", "-c", script, "sh", *args)

    def python(self, code: str, *args: str) -> LocalRun:
        return self.start(sys.executable, "-I", "-S", "-c", code, *args)

    def adopt(self, directory: str, pid: int | None, pid_started: str | None) -> LocalRun | Ended:
        found = self.executor.adopt(int(os.path.basename(directory)), None if pid is None else f"{pid} {pid_started}")
        if isinstance(found, LocalRun):
            self._handles.append(found)
        return found

    def ended(self, handle: LocalRun) -> Ended:
        """Its end, waited for."""
        wait_until(lambda: handle.poll() is not None, f"the end of process {handle.pid}")
        end = handle.poll()
        assert end is not None
        return end

    def output(self, handle: LocalRun, stream: Stream = "out") -> bytes:
        """What it wrote until its end."""
        self.ended(handle)
        return self.written(handle, stream)

    def written(self, handle: LocalRun, stream: Stream = "out") -> bytes:
        """What it has written so far."""
        with open(stream_path(handle.directory, stream), "rb") as file:
            return file.read()

    def wait_for_output(self, handle: LocalRun, expected: bytes) -> None:
        wait_until(lambda: expected in self.written(handle), f"{expected!r} in the output")

    def close(self) -> None:
        for handle in self._handles:
            handle.kill()
            handle.close()
        self.executor.close()
