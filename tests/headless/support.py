"""The program as its users start it: real processes in a folder of their own, waited for by what they show."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from peak_console.errors import StateError
from peak_console.store.store import Store
from tests.support.processes import DEADLINE_SECONDS, pid_of, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from peak_console.model.records import Run


@dataclass(frozen=True)
class Answer:
    """What one start of the program gave."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Its lines with ``--log-format json``."""
        return [json.loads(line) for line in self.out.splitlines()]


class Resident:
    """A program that stays until it is told to go."""

    def __init__(self, process: subprocess.Popen[bytes], out: Path, err: Path) -> None:
        self._process = process
        self._out = out
        self._err = err
        self.pid = process.pid

    @property
    def out(self) -> str:
        return self._out.read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        return self._err.read_text(encoding="utf-8")

    def shows(self, text: str, times: int = 1) -> None:
        """Wait until it has printed a text so often."""

        def shown() -> bool:
            assert self._process.poll() is None or text in self.out, f"it left: {self.out}{self.err}"
            return self.out.count(text) >= times

        try:
            wait_until(shown, repr(text))
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.out}{self.err}") from None

    def send(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self, seconds: float = DEADLINE_SECONDS) -> int:
        """Its exit code, once it has left."""
        return self._process.wait(seconds)

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def leave(self) -> int:
        """Ask it to go; its exit code."""
        self.send(signal.SIGTERM)
        return self.wait()

    def cpu_seconds(self) -> float:
        """Processor time spent so far."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """Whatever it does, it is gone afterwards."""
        if self.is_alive:
            self._process.kill()
        self._process.wait()


class Program:
    """The program in a folder with a jobs file, a log that jobs write to, and gates that they wait at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "jobs.toml"
        self.state = folder / ".peak_console"
        self.log_file = folder / "log"
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("PEAK_")}
        self._residents: list[Resident] = []

    def jobs(self, text: str, settings: str = 'timezone = "UTC"') -> None:
        """Write the jobs file. ``{log}`` and ``{folder}`` in the text are paths."""
        text = text.replace("{log}", str(self.log_file)).replace("{folder}", str(self.folder))
        self.config.write_text(f"[scheduler]\n{settings}\n{text}", encoding="utf-8")

    def once(self, *flags: str, **changes: str) -> Answer:
        """One cold ``--once`` start, to its end."""
        return self.run("--once", *flags, **changes)

    def run(self, *words: str, **changes: str) -> Answer:
        """One start, to its end."""
        done = subprocess.run(
            self.command(*words), cwd=self.folder, env={**self.environ, **changes}, capture_output=True, text=True,
            timeout=60, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Answer(done.returncode, done.stdout, done.stderr)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "peak_console", "--config", str(self.config), *words]

    def start(self, *flags: str, under: str | None = None, mounts: str | None = None, **changes: str) -> Resident:
        """Start the program and do not wait for its end; ``under`` limits that a shell sets first.

        ``mounts``: what a shell mounts first, for the program alone.
        """
        number = len(self._residents)
        out, err = self.folder / f"out.{number}", self.folder / f"err.{number}"
        with out.open("wb") as out_file, err.open("wb") as err_file:
            process = subprocess.Popen(
                _apart(mounts, _limited(under, self.command(*flags))), cwd=self.folder, env={**self.environ, **changes},
                stdin=subprocess.DEVNULL,
                stdout=out_file, stderr=err_file, start_new_session=True,
            )  # fmt: skip
        resident = Resident(process, out, err)
        self._residents.append(resident)
        return resident

    def headless(self, *flags: str, **changes: str) -> Resident:
        """A resident engine at work."""
        resident = self.start("--headless", *flags, **changes)
        resident.shows("engine started")
        return resident

    @property
    def log(self) -> list[str]:
        """What jobs have written."""
        return self.log_file.read_text(encoding="utf-8").splitlines() if self.log_file.exists() else []

    def log_has(self, lines: int) -> list[str]:
        """The log once it has so many lines."""
        wait_until(lambda: len(self.log) >= lines, f"line {lines} of the log")
        return self.log

    def gate(self, name: str = "gate") -> str:
        """The command line of something that waits until ``open_gate``, as a shell script's line."""
        path = self.folder / name
        os.mkfifo(path)
        return f"cat {path} >/dev/null"

    def open_gate(self, name: str = "gate") -> None:
        """Let through whoever waits, and all who come later."""
        path = self.folder / name
        waiting = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        (self.folder / f"{name}.open").touch()
        os.replace(self.folder / f"{name}.open", path)
        os.close(waiting)

    def runs(self, job: str | None = None) -> list[Run]:
        """The registry, oldest first."""
        store = Store.look(str(self.state))
        if store is None:
            return []
        try:
            return store.runs(jobs=[job] if job else None)[::-1]
        finally:
            store.close()

    def output(self, run_id: int, stream: str = "stdout") -> str:
        path = self.state / "runs" / str(run_id) / f"{stream}.log"
        return path.read_text(encoding="utf-8", errors="replace")

    def finished(self, count: int = 1, job: str | None = None) -> list[Run]:
        """The registry's finished runs once there are so many."""

        def done() -> list[Run]:
            return [run for run in self.runs(job) if run.outcome]

        wait_until(lambda: len(done()) >= count, f"the end of run {count}")
        return done()

    def end(self) -> None:
        """Nothing that was started here lives on."""
        for resident in self._residents:
            resident.end()
        try:
            runs = self.runs()
        except StateError:  # a test has spoilt the registry
            return
        for run in runs:
            if run.outcome is None and run.reference is not None:
                try:
                    os.killpg(pid_of(run), signal.SIGKILL)
                except ProcessLookupError:
                    pass


def _limited(limits: str | None, command: list[str]) -> list[str]:
    return command if limits is None else ["/bin/bash", "-c", f'{limits}; exec "$@"', "bash", *command]


def _apart(mounts: str | None, command: list[str]) -> list[str]:
    return command if mounts is None else ["unshare", "-m", *_limited(mounts, command)]


def programs(folder: Path) -> Iterator[Program]:
    """For a fixture: a program that leaves nothing behind."""
    program = Program(folder)
    yield program
    program.end()


def shell(name: str, script: str, rest: str = 'schedule_type = "once"') -> str:
    """A job that runs a shell script."""
    return f"[[job]]\nname = \"{name}\"\ncommand = \"/bin/sh\"\nargv = [\"-c\", '''{script}''']\n{rest}\n"
