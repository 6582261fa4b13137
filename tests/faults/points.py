"""Where an engine can be made to die: a counter in front of, and behind, each step from claim to finish.

Installed in an engine's own process (see ``engine_main``); the program itself knows nothing of them. A point is a
label; a *pass* is one arrival there. Nothing is changed but that the process dies at the chosen pass.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import signal
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS: dict[str, tuple[str, ...]] = {
    "peak_console.engine.open_directory:OpenDirectory": ("__init__", "take_over", "give_way", "close"),
    "peak_console.engine.startup:Startup": ("begin", "_sign_on"),
    "peak_console.engine.core:EngineCore": ("watch", "dispatch", "sleep", "end"),
    "peak_console.engine.duties:Duties": ("turn", "_reload_if_offered"),
    "peak_console.engine.one_shot:OneShotEngine": ("dispatch_once", "_dispatch_own"),
    "peak_console.engine.dispatch.dispatcher:Dispatcher": ("_from_queue", "start_by_hand", "_give_up"),
    "peak_console.engine.dispatch.claims_ahead:ClaimsAhead": ("_claim", "_prepare", "give_back"),
    "peak_console.engine.dispatch.due_slots:DueSlots": ("claim", "_record"),
    "peak_console.engine.dispatch.replacer:Replacer": ("carry_out",),
    "peak_console.engine.dispatch.starter:Starter": ("start", "record"),
    "peak_console.engine.supervision.supervisor:Supervisor": ("start", "adopt", "stop", "kill", "tick", "_leave"),
    "peak_console.engine.supervision.bookkeeping:Bookkeeper": ("_record_together",),
    "peak_console.engine.supervision.recovery:Recovery": ("look", "_take_over", "_start_anew"),
    "peak_console.engine.commands.commander:Commander": ("obey", "_run", "_override", "_hold", "_release"),
    "peak_console.engine.commands.stopping:Stopping": ("stop",),
    "peak_console.engine.alerting.alert_log:AlertLog": ("raise_alert", "open_incident", "resolve"),
    "peak_console.engine.state.served_jobs:ServedJobs": ("remember_changes",),
    "peak_console.engine.upkeep.retention:Retention": ("work",),
    "peak_console.runs.local.executor:LocalExecutor": (
        "_ask", "_result", "_start_apart", "adopt", "is_started", "fence",
    ),
    "peak_console.runs.local.keeper_client:KeeperLink": ("__init__", "send", "receive", "close"),
    "peak_console.runs.output.removal": ("remove",),
    "peak_console.store.records:RunRecords": (
        "claim", "take_from_queue", "take_over", "submitted", "started", "stopping", "finish", "forget",
    ),
    "peak_console.store.records:JobRecords": ("remember", "count_failures", "set_override"),
    "peak_console.store.commands:CommandRecords": ("answer",),
    "peak_console.store.engines:EngineRecords": (
        "engine_started", "engine_stopped", "loaded", "rejected", "set_hold",
    ),
    "peak_console.store.database:Database": ("_create_tables",),
    "peak_console.jobs.watching.watcher:Watcher": ("_load",),
}  # fmt: skip
"""The functions around which there are points, by module and class."""
TARGETS = ("engine", "keeper", "both")
"""Whom a point kills: the engine, the keeper that starts its runs, or the one right after the other."""


@dataclass
class Plan:
    """At which pass of which point who dies; without a label nobody does, and passes are counted."""

    report: str
    """The file that says what came of it: the death, or the counts of an engine that left in order."""
    label: str | None = None
    number: int = 0
    target: str = "engine"
    seen: dict[str, int] = field(default_factory=dict)
    witnesses: list[int] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def passes(self, label: str) -> None:
        """Count an arrival; die if it is the chosen one."""
        with self._lock:
            number = self.seen[label] = self.seen.get(label, 0) + 1
        if label == self.label and number == self.number:
            self._strike()

    def _strike(self) -> None:
        self._write({"died_at": self.label, "pass": self.number})
        if self.target != "engine":
            for witness in self.witnesses:
                for pid in keepers_under(witness):
                    kill(pid)
        if self.target != "keeper":
            os.kill(os.getpid(), signal.SIGKILL)

    def leave(self) -> None:
        """Say how often each point was passed."""
        if self.label is None:
            self._write({"passes": self.seen})

    def _write(self, report: dict[str, Any]) -> None:
        with open(self.report, "w", encoding="utf-8") as file:
            json.dump(report, file)


def keepers_under(parent: int) -> list[int]:
    """The children of a process that are keepers, or a keeper's witness."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                words = file.read().rpartition(b")")[2].split()
            with open(f"/proc/{name}/cmdline", "rb") as file:
                line = file.read()
        except OSError:
            continue
        if int(words[1]) == parent and b"runs.local.keeper" in line:
            found.append(int(name))
    return found


def kill(pid: int) -> None:
    """SIGKILL, unless it is gone."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def load() -> None:
    """Import everything that gets points."""
    for place in STEPS:
        importlib.import_module(place.partition(":")[0])


def install(plan: Plan) -> None:
    """Put the points into this process."""
    for place, names in STEPS.items():
        module, _, owner_name = place.partition(":")
        owner = importlib.import_module(module)
        if owner_name:
            owner = getattr(owner, owner_name)
        for name in names:
            label = f"{owner_name or module.rpartition('.')[2]}.{name}"
            setattr(owner, name, _between(plan, label, getattr(owner, name)))
    _install_commit(plan)
    _remember_witnesses(plan)


def _between(plan: Plan, label: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def step(*args: Any, **kwargs: Any) -> Any:
        plan.passes(f"before {label}")
        result = function(*args, **kwargs)
        plan.passes(f"after {label}")
        return result

    return step


def _install_commit(plan: Plan) -> None:
    """Points around every transaction's end: with nothing of it durable, and with all of it."""
    from peak_console.store.database import Database

    leave = Database.__exit__

    def commit(self: Database, kind: Any, error: Any, trace: Any) -> None:
        outermost = self._depth == 1 and kind is None
        if outermost:
            plan.passes("before commit")
        leave(self, kind, error, trace)
        if outermost:
            plan.passes("after commit")

    Database.__exit__ = commit  # type: ignore[method-assign]


def _remember_witnesses(plan: Plan) -> None:
    from peak_console.runs.local.keeper_client import KeeperLink

    begin = KeeperLink.__init__

    def __init__(self: KeeperLink, system: str, ends: dict[str, tuple[int, float]]) -> None:  # noqa: N807 - it takes the constructor's place
        begin(self, system, ends)
        plan.witnesses.append(self.pid)

    KeeperLink.__init__ = __init__  # type: ignore[method-assign]
