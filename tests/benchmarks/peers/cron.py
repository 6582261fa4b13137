"""Debian's cron, from its package, with a table and a runtime directory of its own."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from tests.benchmarks.peers.install import PeerError, debian_package
from tests.benchmarks.peers.resident import Resident

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.benchmarks.peers.resident import Task

# In a mount namespace of its own: the places that cron looks at are built in, and the machine's are none of ours.
SETUP = """
mount -t tmpfs none /run && mount -t tmpfs none /var/spool && mkdir -p /var/spool/cron/crontabs &&
mount --bind "$2" /etc/cron.d && exec "$1" -f -L 0
"""


class Cron:
    """Needs root, for the namespace."""

    name = "Debian cron"
    seconds_per_job = 0.001

    def __init__(self, home: Path) -> None:
        if os.geteuid() != 0 or shutil.which("unshare") is None:
            raise PeerError("it needs root and unshare")
        if not os.path.isdir("/etc/cron.d"):
            raise PeerError("there is no /etc/cron.d over which its table could be mounted")
        self._program = debian_package(home / "cron", "cron") / "usr" / "sbin" / "cron"

    def resident(self, directory: Path, tasks: Sequence[Task]) -> Resident:
        table = directory / "cron.d" / "jobs"
        table.parent.mkdir()
        lines = (
            f"{number % 60} {number // 60 % 24} 1 1 * root {' '.join(task.argv)}\n" for number, task in enumerate(tasks)
        )
        table.write_text("".join(lines), encoding="ascii")
        table.chmod(0o644)
        argv = ["unshare", "--mount", "sh", "-c", SETUP, "sh", str(self._program), str(table.parent)]
        return Resident(argv, directory)
