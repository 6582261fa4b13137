"""The shift log: who did what, newest first."""

from __future__ import annotations

from peak_console.model.action import Action
from peak_console.store import cells
from peak_console.store.cells import UNKNOWN_MOMENT, or_none, read_row
from peak_console.store.rows import DAMAGED, stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from peak_console.store.cells import Cell
    from peak_console.store.store import Store

ACTIONS_SINCE = 5
"""The version of the registry that has brought the shift log."""
CELLS: tuple[Cell, ...] = (
    ("id", cells.whole, 0),
    ("at", cells.moment, UNKNOWN_MOMENT),
    ("person", cells.text, DAMAGED),
    ("verb", cells.text, DAMAGED),
    ("job", or_none(cells.text), None),
    ("run_id", or_none(cells.whole), None),
    ("message", cells.text, DAMAGED),
    ("reason", or_none(cells.text), None),
)
COLUMNS = ", ".join(name for name, _, _ in CELLS)


def actions_of(
    store: Store,
    limit: int,
    *,
    person: str | None = None,
    jobs: Sequence[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
) -> list[Action]:
    """The newest entries; of some ``jobs`` only those that name one of them."""
    if store.version_read < ACTIONS_SINCE:
        return []
    where: list[str] = ["id < ?"]
    values: list[Any] = [2**63 - 1 if before is None else before]
    for condition, value in (("person = ?", person), ("at >= ?", stamp(since)), ("at < ?", stamp(until))):
        if value is not None:
            where.append(condition)
            values.append(value)
    if jobs is not None:
        where.append(f"job IN ({', '.join('?' * len(jobs))})")
        values += jobs
    sql = f"SELECT {COLUMNS} FROM actions WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?"
    return [Action(**read_row(row, CELLS)[0]) for row in store._rows(sql, (*values, limit))]  # noqa: SLF001
