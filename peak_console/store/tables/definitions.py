"""The definition that each run was claimed with: each text is kept once, whatever number of runs has it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.store.store import Store

DEFINITIONS_SINCE = 5
"""The version of the registry that has brought them."""


def definition_of(store: Store, run_id: int) -> str | None:
    """The definition of a run, a line for each field; ``None`` where it was not kept."""
    if store.version_read < DEFINITIONS_SINCE:
        return None
    sql = "SELECT text FROM definitions WHERE id = (SELECT definition FROM runs WHERE id = ?)"
    rows = store._rows(sql, (run_id,))  # noqa: SLF001 - a part of the store
    return rows[0][0] if rows and isinstance(rows[0][0], str) else None


def digest(text: str) -> str:
    """What stands for a definition in a word."""
    from hashlib import sha256

    return sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
