"""mprocs, in a terminal that somebody reads, with its log files on."""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING

from tests.benchmarks.peers.install import PeerError, node_package
from tests.benchmarks.peers.resident import Resident

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.benchmarks.peers.resident import Task


class Mprocs:
    """Says that a process has ended on its screen only."""

    seconds_per_job = 0.0

    def __init__(self, home: Path) -> None:
        package = node_package(home / "mprocs", "mprocs") / "mprocs"
        version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
        self.name = f"mprocs {version}"
        found = sorted(package.glob(f"mprocs-*-linux-{platform.machine()}-*/mprocs"))
        if not found:
            raise PeerError(f"it comes without a program for {platform.machine()}")
        self._program = found[0]

    def resident(self, directory: Path, tasks: Sequence[Task]) -> Resident:
        argv = [
            str(self._program), "--log-file", str(directory / "output"), "--names", "producer",
            " ".join(tasks[0].argv),
        ]  # fmt: skip
        return Resident(
            argv, directory, ready=b"producer", ended=b"DOWN (0)", output=directory / "output", terminal=True
        )
