"""The numbers of runs' results: kept with a run, and removed with it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peak_console.store.database import Database

METRICS_SINCE = 5
"""The version of the registry that has brought them."""
FEW = 500
"""So many runs are asked for at a time: SQLite bounds the number of values of one statement."""


def keep_metrics(store: Database, run_id: int, numbers: Mapping[str, float]) -> None:
    """Record the numbers of a run's result."""
    with store:
        for name, value in numbers.items():
            store._write("INSERT OR REPLACE INTO metrics (run_id, name, value) VALUES (?, ?, ?)", (run_id, name, value))  # noqa: SLF001 - a part of the store


def metrics_of(store: Database, run_ids: Sequence[int]) -> dict[int, dict[str, float]]:
    """By run, the numbers of its result; runs without any are left out."""
    found: dict[int, dict[str, float]] = {}
    if store.version_read < METRICS_SINCE:  # who only looks may find an older registry
        return found
    for first in range(0, len(run_ids), FEW):
        some = run_ids[first : first + FEW]
        sql = f"SELECT run_id, name, value FROM metrics WHERE run_id IN ({', '.join('?' * len(some))})"
        for run_id, name, value in store._rows(sql, some):  # noqa: SLF001 - a part of the store
            if isinstance(value, float) and isinstance(name, str):
                found.setdefault(run_id, {})[name] = value
    return found
