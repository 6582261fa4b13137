"""What people and checks have said of each gate."""

from __future__ import annotations

from peak_console.store import cells
from peak_console.store.cells import UNKNOWN_MOMENT, or_none, read_row
from peak_console.store.database import Database
from peak_console.store.rows import DAMAGED, stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.model.state import GateState
    from peak_console.store.cells import Cell

GATES_SINCE = 5
"""The version of the registry that has brought gates."""
# Whatever cannot be read keeps a gate closed.
GATE_CELLS: tuple[Cell, ...] = (
    ("gate", cells.text, DAMAGED),
    ("closed_at", or_none(cells.moment), UNKNOWN_MOMENT),
    ("closed_by", or_none(cells.text), DAMAGED),
    ("closed_reason", or_none(cells.text), DAMAGED),
    ("answer", or_none(cells.one_of("open", "closed")), "closed"),
    ("words", or_none(cells.text), DAMAGED),
    ("answered_at", or_none(cells.moment), UNKNOWN_MOMENT),
)
GATE_COLUMNS = ", ".join(name for name, _, _ in GATE_CELLS)


class GateRecords(Database):
    """The gates that a person has closed or an engine has asked."""

    def gate_states(self) -> dict[str, GateState]:
        """By name, how each gate stands."""
        from peak_console.model.state import GateState

        if self.version_read < GATES_SINCE:  # who only looks may find an older registry
            return {}
        found = {}
        for row in self._rows(f"SELECT {GATE_COLUMNS} FROM gates"):
            values, _ = read_row(row, GATE_CELLS)
            state = GateState(**{**values, "closed_by": values["closed_by"] or "", "words": values["words"] or ""})
            found[state.gate] = state
        return found

    def close_gate(self, gate: str, by: str, now: datetime, reason: str | None) -> None:
        """A person keeps a gate closed from now on."""
        self._write(
            "INSERT INTO gates (gate, closed_at, closed_by, closed_reason) VALUES (?, ?, ?, ?) ON CONFLICT (gate)"
            " DO UPDATE SET closed_at = excluded.closed_at, closed_by = excluded.closed_by,"
            " closed_reason = excluded.closed_reason",
            (gate, stamp(now), by, reason),
        )

    def open_gate(self, gate: str) -> None:
        """Nobody keeps a gate closed any more; what its check says holds."""
        self._write("UPDATE gates SET closed_at = NULL, closed_by = NULL, closed_reason = NULL WHERE gate = ?", (gate,))

    def gate_answered(self, gate: str, answer: str, words: str, since: datetime) -> None:
        """What a gate's check says, and since when."""
        self._write(
            "INSERT INTO gates (gate, answer, words, answered_at) VALUES (?, ?, ?, ?) ON CONFLICT (gate)"
            " DO UPDATE SET answer = excluded.answer, words = excluded.words, answered_at = excluded.answered_at",
            (gate, answer, words, stamp(since)),
        )
