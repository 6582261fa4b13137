"""pm2, whose daemon has a home of its own, asks nobody for news and reports to nobody."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.benchmarks.measuring.program import environment
from tests.benchmarks.peers.install import PeerError, node_package
from tests.benchmarks.peers.resident import Resident

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.benchmarks.peers.resident import Task


class Pm2:
    """One application, not started again."""

    seconds_per_job = 0.0

    def __init__(self, home: Path) -> None:
        modules = node_package(home / "pm2", "pm2")
        self._program = modules / ".bin" / "pm2"
        self.name = f"pm2 {json.loads((modules / 'pm2' / 'package.json').read_text('utf-8'))['version']}"

    def resident(self, directory: Path, tasks: Sequence[Task]) -> Resident:
        command, *arguments = tasks[0].argv
        output = directory / "output"
        argv = [
            str(self._program), "start", command, "--name", "producer", "--interpreter", "none", "--no-autorestart",
            "--no-vizion", "--no-pmx", "--output", str(output), "--error", str(directory / "errors"), "--", *arguments,
        ]  # fmt: skip
        extra = {"PM2_HOME": str(directory / "home"), "PM2_DISABLE_VERSION_CHECK": "true"}
        return _Daemon(argv, directory, ready=b"", ended=b"exited with code", output=output, extra=extra)


@dataclass(slots=True)
class _Daemon(Resident):
    """Started by a command that ends; it is known by the file that names its process."""

    @property
    def log(self) -> Path:
        return self.directory / "home" / "pm2.log"

    @property
    def pid(self) -> int:
        return int((self.directory / "home" / "pm2.pid").read_text(encoding="ascii"))

    def _start(self) -> None:
        done = subprocess.run(self.argv, env=environment() | self.extra, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PeerError(f"did not start: {done.stderr.strip() or done.stdout.strip()}")

    def _stop(self) -> None:
        with suppress(OSError):
            os.kill(self.pid, signal.SIGTERM)
