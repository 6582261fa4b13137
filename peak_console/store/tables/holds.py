"""The registry's holds on some of the jobs. A part of its own, which a start needs only where there are any."""

from __future__ import annotations

from peak_console.store import cells
from peak_console.store.cells import UNKNOWN_MOMENT, or_none, read_row
from peak_console.store.rows import DAMAGED, as_json, stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from peak_console.model.state import Hold
    from peak_console.store.cells import Cell
    from peak_console.store.database import Database

HOLDS_SINCE = 5
"""The version of the registry that has brought holds on some of the jobs."""
CELLS: tuple[Cell, ...] = (
    ("id", cells.whole, 0),
    ("since", cells.moment, UNKNOWN_MOMENT),
    ("by", cells.text, DAMAGED),
    ("reason", or_none(cells.text), DAMAGED),
    # What cannot be read keeps jobs from starting rather than starting them.
    ("until", or_none(cells.moment), None),
    ("tags", cells.words, []),
    ("words", cells.text, ""),
)
COLUMNS = "id, since, held_by, reason, until, tags, words"


def holds_of(store: Database) -> list[Hold]:
    """Every hold on some of the jobs, oldest first, those that are over included until an engine removes them."""
    if store.version_read < HOLDS_SINCE:
        return []
    rows = store._rows(f"SELECT {COLUMNS} FROM holds ORDER BY id")  # noqa: SLF001 - a part of the store
    return [_hold(row) for row in rows]


def add_hold(store: Database, hold: Hold) -> None:
    """Record a hold; ``id`` is given by the registry."""
    values = (stamp(hold.since), hold.by, hold.reason, stamp(hold.until), as_json(list(hold.tags)), hold.words)
    store._write(  # noqa: SLF001
        "INSERT INTO holds (since, held_by, reason, until, tags, words) VALUES (?, ?, ?, ?, ?, ?)", values
    )


def remove_holds(store: Database, holds: Iterable[Hold]) -> None:
    """Remove holds by their ids."""
    with store:
        for hold in holds:
            store._write("DELETE FROM holds WHERE id = ?", (hold.id,))  # noqa: SLF001


def restore_holds(store: Database, holds: Iterable[Hold]) -> None:
    """Record the holds that the registry has lost."""
    there = [(hold.since, hold.tags, hold.words) for hold in holds_of(store)]
    for hold in holds:
        if (hold.since, hold.tags, hold.words) not in there:
            add_hold(store, hold)


def _hold(row: Sequence[Any]) -> Hold:
    from peak_console.model.state import Hold

    found, _ = read_row(row, CELLS)
    return Hold(**{**found, "tags": tuple(found["tags"])})
