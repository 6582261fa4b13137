"""The ends of runs that a command is still owed: recorded with the end, removed once the command has run."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.store.database import Database


class OwedCommands:
    """A part of the registry that only engines of jobs with ``on_finish`` need. Each method is one transaction."""

    def __init__(self, store: Database) -> None:
        self._store = store

    def owe(self, run_id: int, supervisor: str) -> None:
        """A command is owed for a run; ``supervisor`` names the engine that is going to run it."""
        sql = "INSERT OR REPLACE INTO on_finish_owed (run_id, supervisor) VALUES (?, ?)"
        self._store._write(sql, (run_id, supervisor))  # noqa: SLF001 - a part of the registry

    def settle(self, run_ids: Sequence[int]) -> None:
        """The commands of some runs are owed no more."""
        with self._store:
            for run_id in run_ids:
                self._store._write("DELETE FROM on_finish_owed WHERE run_id = ?", (run_id,))  # noqa: SLF001

    def owed(self) -> list[tuple[int, str | None]]:
        """The runs whose commands are owed, oldest first, each with the engine that was going to run it."""
        rows = self._store._rows("SELECT run_id, supervisor FROM on_finish_owed ORDER BY run_id")  # noqa: SLF001
        return [(int(run_id), supervisor if isinstance(supervisor, str) else None) for run_id, supervisor in rows]
