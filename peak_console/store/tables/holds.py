"""Changes of the holds on some of the jobs, which a start needs only where there are any."""

from __future__ import annotations

from peak_console.store.rows import as_json, stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from peak_console.model.state import Hold
    from peak_console.store.database import Database
    from peak_console.store.store import Store


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


def restore_holds(store: Store, holds: Iterable[Hold]) -> None:
    """Record the holds that the registry has lost."""
    there = [(hold.since, hold.tags, hold.words) for hold in store.holds()]
    for hold in holds:
        if (hold.since, hold.tags, hold.words) not in there:
            add_hold(store, hold)
