"""supervisord, on one program that it starts with itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks.peers.install import python_packages, version_of
from tests.benchmarks.peers.resident import Resident

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.benchmarks.peers.resident import Task

CONFIGURATION = """
[supervisord]
nodaemon = true
logfile = {directory}/supervisord.log
pidfile = {directory}/supervisord.pid

[program:producer]
command = {command}
autorestart = false
startsecs = 0
stdout_logfile = {directory}/output
stdout_logfile_maxbytes = 0
"""


class Supervisord:
    """No server, no rotation: only what keeps the output."""

    seconds_per_job = 0.0

    def __init__(self, home: Path) -> None:
        self._bin = python_packages(home / "supervisor", "supervisor")
        self.name = f"supervisord {version_of(home / 'supervisor', 'supervisor')}"

    def resident(self, directory: Path, tasks: Sequence[Task]) -> Resident:
        file = directory / "supervisord.conf"
        file.write_text(CONFIGURATION.format(directory=directory, command=" ".join(tasks[0].argv)), encoding="utf-8")
        argv = [str(self._bin / "supervisord"), "-c", str(file)]
        return Resident(
            argv, directory, ready=b"supervisord started", ended=b"exited: producer", output=directory / "output"
        )
