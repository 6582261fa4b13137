"""Moments, and runs as an engine records them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from peak_console.model.records import Alert, Claim

if TYPE_CHECKING:
    from collections.abc import Callable

    from peak_console.model.records import Run
    from peak_console.store.store import Store

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
ME = "4711 boot/1"
SOMEBODY = "4712 boot/2"


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def claim(store: Store, job: str = "backup", at: datetime = NOW, by: str = ME, **changes: Any) -> Run:
    """One claim that nobody else holds."""
    [run] = store.claim([Claim(job, at, **changes)], at, by)
    return run


def finished(store: Store, job: str = "backup", at: datetime = NOW, outcome: str = "succeeded") -> int:
    """A run that began and ended at one moment; its id."""
    run = claim(store, job, at)
    store.started(run.id, at, "1 mark")
    assert store.finish(run.id, outcome, 0, at)
    return run.id


def steps(store: Store, act: Callable[[], object]) -> int:
    """How many thousand steps SQLite takes for something."""
    count = 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    store._connection.set_progress_handler(tick, 1000)
    act()
    store._connection.set_progress_handler(None, 0)
    return count


def alert(store: Store, at: datetime = NOW, channels: tuple[str, ...] = (), **changes: Any) -> Alert:
    return store.add_alert(Alert(**{"level": "warning", "message": "m", "timestamp": at, **changes}), channels, at)
