"""Which flavour an engine is killed in at which step: each step from claim to finish once, for the tests of each day.

Within a flavour the order counts: one death leaves a run that is claimed and not started, and the next life finds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults.points import STEPS

if TYPE_CHECKING:
    from collections.abc import Iterator

KILLS: dict[str, tuple[str, ...]] = {
    "retries": (
        "after Database._create_tables", "before LocalExecutor._ask", "before Recovery._start_anew",
        "after LocalExecutor.is_started", "before commit", "before Startup.begin", "before Starter.start",
        "after RunRecords.claim", "after KeeperLink.send", "before Starter.record", "before RunRecords.started",
        "after JobRecords.count_failures", "after ClaimsAhead._claim", "before ClaimsAhead._prepare",
    ),
    "overlaps": (
        "before OpenDirectory.__init__", "after commit", "after DueSlots.claim", "before DueSlots._record",
        "before Replacer.carry_out", "after Supervisor.stop", "after Supervisor.kill", "before RunRecords.stopping",
        "after Dispatcher._give_up", "after Supervisor.start", "after JobRecords.remember",
        "before EngineCore.dispatch", "after EngineCore.watch", "before EngineCore.sleep",
    ),
    "commands": (
        "before Dispatcher.start_by_hand", "before Commander.obey", "after Commander._run", "before Stopping.stop",
        "after Commander._override", "after Commander._hold", "before Commander._release",
        "before CommandRecords.answer", "after JobRecords.set_override", "after EngineRecords.set_hold",
        "before ClaimsAhead.give_back",
    ),
    "reloads": (
        "after Watcher._load", "before EngineRecords.loaded", "before Duties._reload_if_offered", "before Duties.turn",
        "after Dispatcher._from_queue", "before RunRecords.take_from_queue",
    ),
    "retention": (
        "after ServedJobs.remember_changes", "before Retention.work", "after RunRecords.forget",
        "before removal.remove", "before RunRecords.finish", "after Bookkeeper._record_together",
        "before Supervisor._leave", "after Supervisor.tick", "before KeeperLink.close", "before EngineCore.end",
        "after EngineRecords.engine_started", "before EngineRecords.engine_stopped",
    ),
    "together": (
        "before OpenDirectory.take_over", "after Startup._sign_on", "before OpenDirectory.close",
    ),
    "passing": (
        "before OpenDirectory.give_way", "before OneShotEngine.dispatch_once", "before OneShotEngine._dispatch_own",
    ),
    "keepers": (
        "before KeeperLink.__init__", "before KeeperLink.receive", "before LocalExecutor._result",
        "before Recovery.look", "before Recovery._take_over", "before LocalExecutor.adopt", "after Supervisor.adopt",
        "after RunRecords.take_over", "after AlertLog.raise_alert", "before AlertLog.open_incident",
        "before AlertLog.resolve",
    ),
}  # fmt: skip
ELSEWHERE = {
    "RunRecords.submitted": "only runs of a cluster are submitted",
    "EngineRecords.rejected": "a broken jobs file is complained of when it has stood for longer than a life here",
    "LocalExecutor._start_apart": "the keeper has to die first, and then the engine",
    "LocalExecutor.fence": "a run has to be claimed and not started, its job gone, and then the engine dies",
}
"""Steps that a single death does not reach, and why."""


def steps() -> Iterator[str]:
    """The name of each step that has points around it."""
    yield "commit"
    for place, names in STEPS.items():
        module, _, owner = place.partition(":")
        yield from (f"{owner or module.rpartition('.')[2]}.{name}" for name in names)
