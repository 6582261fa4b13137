"""From what each run was made: kept with the run, and removed with it."""

from __future__ import annotations

from peak_console.store import cells
from peak_console.store.rows import as_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from peak_console.store.database import Database

PROVENANCE_SINCE = 5
"""The version of the registry that has brought it."""
FEW = 500


def keep_provenance(store: Database, run_id: int, facts: Mapping[str, Any]) -> None:
    """Record from what a run was made."""
    store._write("INSERT OR REPLACE INTO provenance (run_id, facts) VALUES (?, ?)", (run_id, as_json(facts)))  # noqa: SLF001 - a part of the store


def last_provenance(store: Database, job: str, before: int) -> tuple[int | None, dict[str, Any]]:
    """The newest run of a job before one of which that is known, and what is known."""
    sql = (
        "SELECT run_id, facts FROM provenance JOIN runs ON runs.id = run_id"
        " WHERE job = ? AND run_id < ? ORDER BY run_id DESC LIMIT 1"
    )
    rows = store._rows(sql, (job, before))  # noqa: SLF001 - a part of the store
    return (rows[0][0], _read(rows[0][1])) if rows else (None, {})


def provenance_of(store: Database, run_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """By run, from what it was made; runs of which that is not known are left out."""
    found: dict[int, dict[str, Any]] = {}
    if store.version_read < PROVENANCE_SINCE:  # who only looks may find an older registry
        return found
    for first in range(0, len(run_ids), FEW):
        some = run_ids[first : first + FEW]
        sql = f"SELECT run_id, facts FROM provenance WHERE run_id IN ({', '.join('?' * len(some))})"
        found.update((row[0], _read(row[1])) for row in store._rows(sql, some))  # noqa: SLF001 - a part of the store
    return found


def _read(text: Any) -> dict[str, Any]:
    try:
        return cells.mapping(text)
    except cells.NONSENSE:
        return {}
