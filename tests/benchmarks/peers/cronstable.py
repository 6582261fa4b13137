"""cronstable, and yacron from which it comes: both read the same YAML."""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.benchmarks.peers.install import python_packages, version_of
from tests.benchmarks.peers.resident import Resident, Task
from tests.benchmarks.screens.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

JOB = """
  - name: job{number}
    command:
{argv}
    schedule: "{schedule}"
    captureStdout: {captured}
    captureStderr: false
"""
STATE = """
state:
  path: {path}
"""
WEB = """
web:
  listen:
    - {url}
"""
YEARLY = "0 0 1 1 *"


class Cronstable:
    """``durable``: with the state store that keeps each run's record. ``listen``: the URL that it serves."""

    def __init__(
        self, home: Path, *, durable: bool = False, package: str = "cronstable", listen: str | None = None
    ) -> None:
        self._listen = listen
        self._bin = python_packages(home / package, package)
        self._package = package
        self._durable = durable
        self.name = f"{package} {version_of(home / package, package)}" + (", state" if durable else "")
        self.seconds_per_job = 0.012

    def validation(self, file: Path) -> list[str]:
        """The command that validates a file."""
        return [str(self._bin / self._package), "--validate-config", "--config", str(file)]

    def loading(self, file: Path) -> list[str]:
        """A command that prints how many seconds the load of a file takes, without the program's own start."""
        program = (
            "import sys, time, importlib; parse = importlib.import_module(sys.argv[1]).parse_config; "
            "began = time.perf_counter(); parse(sys.argv[2]); print(time.perf_counter() - began)"
        )
        return [str(self._bin / "python"), "-c", program, f"{self._package}.config", str(file)]

    def resident(self, directory: Path, tasks: Sequence[Task]) -> Resident:
        file = directory / "jobs.yaml"
        state = STATE.format(path=directory / "state") if self._durable else ""
        web = WEB.format(url=self._listen) if self._listen else ""
        file.write_text(jobs_file(tasks) + state + web, encoding="utf-8")
        argv = [str(self._bin / self._package), "--config", str(file)]
        return Resident(argv, directory, ended=b" exit code 0")


class Dashboard:
    """cronstable's dashboard in the terminal, which asks a daemon on this machine."""

    def __init__(self, home: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._url = f"http://127.0.0.1:{free.getsockname()[1]}"
        self._daemon = Cronstable(home, listen=self._url)
        self._program = home / "cronstable" / "bin" / "cronstable"
        self.name = f"{self._daemon.name}, its dashboard"

    @contextmanager
    def painting(self, directory: Path) -> Iterator[Callable[[], float]]:
        """What gives the seconds from the dashboard's start until its jobs are seen, while the daemon runs."""
        own = directory / "dashboard"
        own.mkdir()
        argv = [str(self._program), "tui", "--url", self._url, "--no-boot"]

        def painted() -> float:
            with Terminal(argv, {"XDG_CONFIG_HOME": str(own), "XDG_STATE_HOME": str(own)}) as terminal:
                seconds = terminal.seconds_until("job11")
                terminal.settle(0.2)
                return seconds

        with self._daemon.resident(own, [Task(["/bin/true"])] * 12):
            yield painted


def jobs_file(tasks: Sequence[Task]) -> str:
    """In YAML. The output of a single job is captured."""
    captured = "true" if len(tasks) == 1 else "false"
    jobs = (
        JOB.format(
            number=number,
            argv="\n".join(f"      - {word}" for word in task.argv),
            schedule=_schedule(task.at),
            captured=captured,
        )
        for number, task in enumerate(tasks)
    )
    return "jobs:" + "".join(jobs)


def _schedule(at: int | None) -> str:
    """Second, minute, hour, day, month, weekday, year: this moment and no other."""
    return YEARLY if at is None else time.strftime("%-S %-M %-H %-d %-m * %Y", time.gmtime(at))
