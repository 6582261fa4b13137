"""The console as the benchmarks start it: a directory with jobs, and a terminal on it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from tests.benchmarks.measuring.program import environment, peak_console
from tests.benchmarks.screens.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

QUIET = """
[[job]]
name = "job {number:04}"
command = "true"
schedule_type = "once"
run_at = {moment}
tags = ["group{group}"]
"""


class Desk:
    """A jobs file and a state directory, for any number of programs one after another."""

    def __init__(self, directory: Path, jobs: str) -> None:
        """In a new directory below ``directory``."""
        self.directory = Path(mkdtemp(dir=directory))
        self.state = self.directory / "state"
        self._jobs_file = self.directory / "config" / "jobs.toml"
        self._jobs_file.parent.mkdir()
        self._jobs_file.write_text(jobs, encoding="utf-8")

    def argv(self, *flags: str) -> list[str]:
        return [*peak_console(), *flags, "--config", str(self._jobs_file), "--state-dir", str(self.state)]

    def console(self, *flags: str) -> Terminal:
        # Its own memory of sort order, theme and so on, not that of whoever runs the benchmarks.
        own = {"XDG_CONFIG_HOME": str(self.directory), "XDG_STATE_HOME": str(self.directory)}
        return Terminal(self.argv(*flags), own)

    def run_what_is_due(self) -> None:
        """One pass without a screen, to its end."""
        subprocess.run(self.argv("--headless", "--once"), env=environment(), stdout=subprocess.DEVNULL, check=True)


def quiet_jobs(count: int, moments: Sequence[str] = ("2199-01-01T00:00:00Z",)) -> str:
    """So many jobs that are due at these moments in turn, far enough from now never to run."""
    return "".join(
        QUIET.format(number=number, moment=moments[number % len(moments)], group=number % 20) for number in range(count)
    )
