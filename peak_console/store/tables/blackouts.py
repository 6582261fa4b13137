"""The blackouts that people have added. A part of its own, which a start needs only where there are any."""

from __future__ import annotations

from datetime import timedelta

from peak_console.store import cells
from peak_console.store.cells import UNKNOWN_MOMENT, or_none, read_row
from peak_console.store.rows import DAMAGED, as_json, stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from typing import Any

    from peak_console.jobs.blackouts import Blackout
    from peak_console.store.cells import Cell
    from peak_console.store.database import Database

BLACKOUTS_SINCE = 5
"""The version of the registry that has brought blackouts."""
KEPT = timedelta(days=30)
"""How long one that is over is kept: an engine that was down still decides on slots that lay in it."""
CELLS: tuple[Cell, ...] = (
    ("name", cells.text, DAMAGED),
    ("since", cells.moment, UNKNOWN_MOMENT),
    ("begins", cells.moment, UNKNOWN_MOMENT),
    # What cannot be read keeps jobs from starting rather than starting them.
    ("ends", or_none(cells.moment), None),
    ("policy", cells.one_of("skip", "defer"), "skip"),
    ("added_by", cells.text, DAMAGED),
    ("reason", or_none(cells.text), DAMAGED),
    ("tags", cells.words, []),
    ("words", cells.text, ""),
)
COLUMNS = ", ".join(name for name, _, _ in CELLS)


def blackouts_of(store: Database) -> list[Blackout]:
    """Every blackout that a person has added, oldest first, those that are over included for some time."""
    if store.version_read < BLACKOUTS_SINCE:  # who only looks may find an older registry
        return []
    return [_blackout(row) for row in store._rows(f"SELECT {COLUMNS} FROM blackouts ORDER BY since, name")]  # noqa: SLF001 - a part of the store


def add_blackout(store: Database, blackout: Blackout, begins: datetime, ends: datetime | None) -> None:
    """Record a blackout of one window; one of its name that is over gives way."""
    values = (
        blackout.name, stamp(blackout.since), stamp(begins), stamp(ends), blackout.policy, blackout.by,
        blackout.reason or None, as_json(list(blackout.tags)), blackout.words,
    )  # fmt: skip
    store._write(f"INSERT OR REPLACE INTO blackouts ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)  # noqa: SLF001


def end_blackout(store: Database, name: str, at: datetime) -> None:
    """Let a blackout end at a moment. One that has not begun never does."""
    store._write("DELETE FROM blackouts WHERE name = ? AND begins >= ?", (name, stamp(at)))  # noqa: SLF001
    store._write("UPDATE blackouts SET ends = ? WHERE name = ?", (stamp(at), name))  # noqa: SLF001


def forget_blackouts(store: Database, before: datetime) -> None:
    """Forget the blackouts that have ended before a moment."""
    store._write("DELETE FROM blackouts WHERE ends < ?", (stamp(before),))  # noqa: SLF001


def restore_blackouts(store: Database, blackouts: Iterable[Blackout]) -> None:
    """Record the blackouts that the registry has lost."""
    there = {blackout.name for blackout in blackouts_of(store)}
    for blackout in blackouts:
        start, end = span_of(blackout)
        if blackout.name not in there and start is not None:
            add_blackout(store, blackout, start, end)


def span_of(blackout: Blackout) -> tuple[datetime | None, datetime | None]:
    """When the one window of an added blackout begins and ends."""
    begin = blackout.windows.next_start(UNKNOWN_MOMENT)
    span = blackout.windows.at(begin) if begin is not None else None
    return begin, span.end if span is not None else None


def _blackout(row: Sequence[Any]) -> Blackout:
    from peak_console.jobs.blackouts import Blackout
    from peak_console.schedule.blackouts.windows import Listed

    found, _ = read_row(row, CELLS)
    return Blackout(
        name=found["name"],
        windows=Listed([(found["begins"], found["ends"])]),
        policy=found["policy"],
        tags=tuple(found["tags"]),
        by=found["added_by"],
        since=found["since"],
        reason=found["reason"] or "",
        words=found["words"],
    )
