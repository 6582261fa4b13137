"""A jobs file, a registry beside it, a frozen clock, and the command line called in this process."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.cli import main
from peak_console.clock import SystemClock
from peak_console.store.store import Store
from tests.verbs.support import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

JOBS = """\
[scheduler]
timezone = "Europe/Berlin"

[[job]]
name = "forward_signals"
args = { script = "forward.py" }
schedule_type = "daily"
daily_time = "07:30"
tags = ["forward", "prod"]

[[job]]
name = "risk_check"
args = { script = "risk.py" }
schedule_type = "interval"
interval_seconds = 3600
tags = ["risk"]

[[job]]
name = "tokyo_scan"
args = { script = "scan.py" }
schedule_type = "daily"
daily_time = "09:00"
timezone = "Asia/Tokyo"
tags = ["scan"]

[[job]]
name = "sweep"
args = { script = "sweep.py" }
schedule_type = "interval"
interval_seconds = 604800
enabled = false
tags = ["heavy"]
"""


@dataclass
class Answer:
    """What one call of the command line gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[str]:
        """The lines of a table below its header."""
        return self.out.splitlines()[1:]


class CommandLine:
    """Calls verbs on one jobs file; time stands still at ``now``."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.config = folder / "jobs.toml"
        self.directory = folder / ".peak_console"
        self.now = NOW
        self._capture = capture

    def jobs(self, text: str) -> None:
        self.config.write_text(text, encoding="utf-8")

    def __call__(self, *words: str) -> Answer:
        self._capture.readouterr()
        code = main([*words, "--config", str(self.config)])
        captured = self._capture.readouterr()
        return Answer(code, captured.out, captured.err)

    @property
    def pipe(self) -> Path:
        """Where the stdout of ``into_pipe`` goes."""
        return self.folder / "pipe"

    def into_pipe(self, *words: str) -> Answer:
        """As a call, but stdout takes any bytes."""
        with self.pipe.open("w", encoding="utf-8") as pipe, pytest.MonkeyPatch.context() as patched:
            patched.setattr(sys, "stdout", pipe)
            return self(*words)


@pytest.fixture
def peak(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line on a file with four jobs of different tags."""
    line = CommandLine(tmp_path, capsys)
    line.jobs(JOBS)

    def frozen(_clock: SystemClock) -> datetime:
        return line.now

    monkeypatch.setattr(SystemClock, "now", frozen)
    monkeypatch.delenv("PEAK_CONSOLE_STATE_DIR", raising=False)
    return line


@pytest.fixture
def store(peak: CommandLine) -> Iterator[Store]:
    """The registry beside the jobs file, open for writing."""
    store = Store.open(str(peak.directory))
    yield store
    store.close()
