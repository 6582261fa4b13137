"""What engines are killed over: sets of jobs, and how engines are started on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.faults.world import NotingJob

if TYPE_CHECKING:
    from collections.abc import Mapping

QUICK_RETRIES = {"retries": 2, "retry_delay_seconds": 0.05, "retry_backoff": 1}


@dataclass(frozen=True)
class Flavour:
    """One kind of scenario."""

    name: str
    jobs: list[NotingJob]
    settings: Mapping[str, Any] = field(default_factory=dict)
    residents: int = 1
    """Engines that stay, started together; all but one stand by."""
    passing: int = 0
    """``--once`` starts, together with them."""
    commands: bool = False
    reloads: bool = False
    paused: frozenset[str] = frozenset()
    """Jobs that commands disable."""
    keepers: bool = False
    """Keepers die too."""

    def settled(self) -> list[NotingJob]:
        """The jobs that are in the file at the end: the last one is gone where files are reloaded."""
        return self.jobs[:-1] if self.reloads else self.jobs


_RETRIES = [
    NotingJob("plain", every=0.2),
    NotingJob("fails", every=0.3, fails=2, fields=QUICK_RETRIES),
    NotingJob("slow_fails", every=0.5, takes=0.15, fails=3, fields={**QUICK_RETRIES, "overlap": "queue"}),
    NotingJob("no_program", every=0.7, fields={"command": "/nonexistent/program", "argv": [], **QUICK_RETRIES}),
    NotingJob("no_folder", every=0.9, fields={"cwd": "/nonexistent"}),
    NotingJob("long", every=0.8, takes=5, fields={"timeout_seconds": 0.25, "kill_grace_seconds": 0.2, "retries": 0}),
    NotingJob(
        "deaf", every=1.1, takes=3, deaf=True, fields={"timeout_seconds": 0.3, "kill_grace_seconds": 0.2, "retries": 1,
                                                       "retry_delay_seconds": 0.05},
    ),
    NotingJob("first"),
]  # fmt: skip
_OVERLAPS = [
    NotingJob("skips", every=0.2, takes=0.3, fails=4),
    NotingJob("queues", every=0.3, takes=0.1, fails=5, fields={"overlap": "queue"}),
    NotingJob("kills", every=0.4, takes=0.6, fields={"overlap": "kill_previous", "kill_grace_seconds": 0.2}),
    NotingJob("kills_deaf", every=0.9, takes=3, deaf=True,
              fields={"overlap": "kill_previous", "kill_grace_seconds": 0.2}),
    NotingJob("beside", every=0.25, takes=0.3, fields={"overlap": "allow"}),
    NotingJob("catches_up", every=0.25, fields={"catch_up": "all"}),
    NotingJob("catches_up_beside", every=0.4, takes=0.1, fields={"catch_up": "all", "overlap": "allow"}),
    NotingJob("misses", every=0.2, fields={"misfire_grace_seconds": 0.15}),
]  # fmt: skip
_COMMANDS = [
    NotingJob("plain", every=0.25, fails=3, fields=QUICK_RETRIES),
    NotingJob("stoppable", every=0.5, takes=0.8, fields={"overlap": "queue", "kill_grace_seconds": 0.2}),
    NotingJob("deaf", every=0.9, takes=4, deaf=True, fields={"kill_grace_seconds": 0.2, "timeout_seconds": 2}),
    NotingJob("by_hand", every=3600, takes=0.05, fails=3, fields={"overlap": "allow", **QUICK_RETRIES}),
    NotingJob("paused", every=0.2, fails=2, fields=QUICK_RETRIES),
]
_RELOADS = [
    NotingJob("plain", every=0.2),
    NotingJob("fails", every=0.3, fails=2, fields=QUICK_RETRIES),
    NotingJob("queues", every=0.3, takes=0.2, fields={"overlap": "queue"}),
    NotingJob("gone", every=0.4, takes=0.3, fails=2, fields={"overlap": "queue", **QUICK_RETRIES}),
]
_TOGETHER = [
    NotingJob("plain", every=0.25),
    NotingJob("fails", every=0.4, fails=2, fields=QUICK_RETRIES),
    NotingJob("slow", every=0.6, takes=0.3, fields={"overlap": "queue"}),
    NotingJob("skips", every=0.3, takes=0.4),
]

FLAVOURS = {
    flavour.name: flavour
    for flavour in (
        Flavour("retries", _RETRIES),
        Flavour("overlaps", _OVERLAPS, settings={"max_concurrent_runs": 5}),
        Flavour("commands", _COMMANDS, commands=True, paused=frozenset({"paused"})),
        Flavour("reloads", _RELOADS, reloads=True),
        Flavour("retention", _RELOADS, settings={"keep_runs": 3}),
        Flavour("together", _TOGETHER, residents=2, passing=1),
        Flavour("passing", _TOGETHER, residents=0, passing=3),
        Flavour("keepers", [job for job in _RETRIES if not job.deaf], keepers=True),
    )
}
