"""Where a scenario happens: a folder of its own, the command line called in this process, what it printed."""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

from peak_console import cli
from peak_console.clock import SystemClock
from peak_console.engine.control import Control
from peak_console.engine.one_shot import OneShotEngine
from peak_console.engine.open_directory import OpenDirectory
from peak_console.errors import PeakConsoleError
from peak_console.jobs.file.loader import load
from peak_console.jobs.watching.standing import PATIENCE_SECONDS
from peak_console.store.directory import current_user
from peak_console.verbs.shared.asking import one_shot_setup, take_lock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

GOOD = '[scheduler]\ntimezone = "UTC"\n[[job]]\nname = "a"\ncommand = "true"\n'


class Stage:
    """Collects, line by line, what the user is told."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.patch = patch
        self.told: list[str] = []
        # Whether a start has to wait for the jobs file, and says so, depends on the file system and on the load of the
        # machine: tests/jobs/watching/test_standing.py.
        patch.setattr("peak_console.jobs.watching.standing.is_being_written", lambda _path: False)
        patch.setattr("peak_console.jobs.watching.standing.TELLING_SECONDS", PATIENCE_SECONDS)
        # Which mounts the machine has just now decides whether a start is prepared in a thread of its own.
        patch.setattr("peak_console.engine.supervision.preparation.Mounts.may_hang", lambda _mounts: False)
        self.jobs(GOOD)

    @property
    def state(self) -> Path:
        return self.folder / ".peak_console"

    def jobs(self, text: str) -> None:
        self.write("jobs.toml", text)

    def write(self, name: str, content: str | bytes, mode: int = 0o644) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return path

    def run(self, line: str) -> None:
        """A command line of ours, on the stage's jobs file unless it names one."""
        words = shlex.split(line)
        if "--config" not in words:
            words = ["--config", "jobs.toml", *words]
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        with open(os.devnull, encoding="utf-8") as nothing, redirect_stdout(out), redirect_stderr(err):
            self.patch.setattr(sys, "stdin", nothing)
            code = cli.main(words)
        said = [stream.buffer.getvalue().decode() for stream in (out, err) if isinstance(stream.buffer, io.BytesIO)]
        self.say(f"$ peak-console {line}", *said[0].splitlines(), *said[1].splitlines(), f"[{code}]")

    def ask(self, what: str, call: Callable[[], object]) -> None:
        """Something inside, which a user reaches by way of more than a command line."""
        try:
            answer = call()
        except (PeakConsoleError, ValueError) as error:
            answer = error
        lines = answer if isinstance(answer, (list, tuple)) else [answer]
        self.say(f"({what})", *(str(line) for line in lines if line is not None))

    def command(self, verb: str, job: str | None = None, run_id: int | None = None, **arguments: object) -> None:
        """What an engine at work answers."""
        setup, control = one_shot_setup(load("jobs.toml"), str(self.state)), Control()
        with OpenDirectory(setup, control) as place:
            take_lock(place)
            engine = OneShotEngine(setup, place, control)
            number = place.store.issue(verb, current_user(), SystemClock().now(), job, run_id, arguments)
            engine.obey_once()
            command = place.store.command(number)
        assert command is not None
        self.say(f"(engine: {verb} {job or run_id or ''})", f"{command.answer}: {command.message}")

    def say(self, *lines: str) -> None:
        whole = [
            "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line) for line in lines
        ]
        self.told += map(self._plain, whole)

    def _plain(self, line: str) -> str:
        """Without what differs from one machine, or moment, to the next."""
        line = line.replace(str(self.folder), "~").replace(f"{os.path.dirname(sys.executable)}/", "")
        line = re.sub(r"PATH /\S*?;", "PATH …;", line)
        line = re.sub(r"\b(pid|would have) \d+", r"\1 N", line)
        line = re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?(\+\d\d:\d\d)?", "TIME", line)
        line = re.sub(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) TIME", "TIME", re.sub(r"\d{4}-\d\d-\d\d", "DATE", line))
        line = re.sub(rf"\b(by|user|to) {re.escape(current_user())}\b", r"\1 ME", line)
        line = re.sub(r"\b\d+\.\ds\b", "N s", line)
        # What processes have held makes its column as wide as it wants.
        return re.sub(r"\bMEMORY +", "MEMORY  ", re.sub(r"(N s +)\d+\.\d MiB +", r"\1N MiB  ", line))
