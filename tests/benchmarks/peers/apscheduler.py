"""APScheduler 3, the library, in the smallest program that runs commands with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.peers.install import python_packages, version_of
from tests.benchmarks.peers.resident import Resident

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.peers.resident import Task


class APScheduler:
    """With its jobs in memory, or in SQLite by way of SQLAlchemy."""

    def __init__(self, home: Path, *, durable: bool = False) -> None:
        self._python = python_packages(home / "apscheduler", "apscheduler<4", "sqlalchemy") / "python"
        self._durable = durable
        version = version_of(home / "apscheduler", "apscheduler")
        self.name = f"APScheduler {version}, {'SQLite' if durable else 'memory'}"
        self.seconds_per_job = 0.02 if durable else 0.002

    def resident(self, directory: Path, tasks: Sequence[Task]) -> Resident:
        specification = directory / "jobs.json"
        specification.write_text(
            json.dumps(
                {
                    "store": str(directory / "jobs.sqlite") if self._durable else None,
                    "jobs": [[list(task.argv), task.at] for task in tasks],
                }
            ),
            encoding="utf-8",
        )
        program = Path(__file__).with_name("apscheduler_program.py")
        return Resident(
            [str(self._python), "-P", str(program), str(specification)], directory, ready=b"ready\n", ended=b"ended "
        )
