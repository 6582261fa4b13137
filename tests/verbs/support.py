"""A registry filled as an engine fills it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from peak_console.model.records import Alert, Claim, Level, Outcome

if TYPE_CHECKING:
    from peak_console.model.records import Run
    from peak_console.store.store import Store

NOW = datetime(2026, 11, 23, 13, 55, tzinfo=UTC)
"""A Monday; 14:55 in Berlin."""
HOUR = timedelta(hours=1)
SUPERVISOR = "4711 boot/1"
"""An engine that no longer lives, as the registry names it."""


def record_run(
    store: Store,
    job: str = "risk_check",
    *,
    outcome: str | None = Outcome.SUCCEEDED,
    return_code: int | None = 0,
    started_at: datetime = NOW - HOUR,
    late: float = 0.5,
    seconds: float = 2,
    supervisor: str = SUPERVISOR,
    **claimed: Any,
) -> Run:
    """A run from its slot, ``late`` seconds before its start, to its end; without an outcome it still runs."""
    claim = Claim(job, started_at - timedelta(seconds=late), **{"command": ("python", f"{job}.py"), **claimed})
    [run] = store.claim([claim], started_at, supervisor)
    store.started(run.id, started_at, reference="4711 test")
    if outcome is not None:
        store.finish(run.id, outcome, return_code, started_at + timedelta(seconds=seconds))
    found = store.run(run.id)
    assert found is not None
    return found


def record_slot(store: Store, job: str, outcome: str, reason: str, slot: datetime = NOW - HOUR) -> None:
    """A slot that never got a process."""
    store.claim([Claim(job, slot, outcome=Outcome(outcome), reason=reason)], NOW, SUPERVISOR)


def record_alert(store: Store, message: str, job: str | None = "risk_check", level: str = "critical") -> Alert:
    return store.add_alert(Alert(Level(level), message, NOW - HOUR, job=job, context={"attempt": 1}), [], NOW)
