"""Arrays: slots that are many runs. The whole is a run without a process; each of its runs names it."""

from __future__ import annotations

from peak_console.model.progress import Progress
from peak_console.model.terms import Outcome, RunState
from peak_console.store.rows import RUN_COLUMNS, run_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.model.records import Run
    from peak_console.store.database import Database


class Arrays:
    """Finds the runs of arrays in a registry."""

    def __init__(self, store: Database) -> None:
        self._rows = store._rows  # noqa: SLF001 - a part of the registry that few starts need

    def is_over(self, array: int) -> bool:
        """Whether every run of an array has ended, and none is to be tried again."""
        sql = (
            "SELECT 1 FROM runs INDEXED BY runs_of_array WHERE array_of = ?"
            " AND state IN ('queued', 'claimed', 'submitted', 'running') LIMIT 1"
        )
        return not self._rows(sql, (array,))

    def ends(self, array: int) -> list[tuple[int, str | None, int]]:
        """Of each run of an array its index, how its last attempt ended (``None``: it has not), and the id of that."""
        sql = (
            "SELECT array_index, outcome, id, max(attempt) FROM runs WHERE array_of = ? GROUP BY array_index"
            " ORDER BY array_index"
        )
        return [(row[0], row[1], row[2]) for row in self._rows(sql, (array,))]

    def members(self, array: int, limit: int = -1, *, finished: bool = False) -> list[Run]:
        """The runs of an array, every attempt, by index; ``finished``: only those that have ended."""
        also = " AND state = 'finished'" if finished else ""
        sql = f"SELECT {RUN_COLUMNS} FROM runs WHERE array_of = ?{also} ORDER BY array_index, attempt LIMIT ?"
        return [run_from(row) for row in self._rows(sql, (array, limit))]

    def unfinished_members(self, array: int) -> list[Run]:
        """The runs of an array that have not ended, by index."""
        sql = (
            f"SELECT {RUN_COLUMNS} FROM runs WHERE array_of = ?"
            " AND state IN ('queued', 'claimed', 'submitted', 'running') ORDER BY array_index"
        )
        return [run_from(row) for row in self._rows(sql, (array,))]

    def progress(self, arrays: Sequence[int]) -> dict[int, Progress]:
        """By the id of an array: how far its runs have come."""
        found: dict[int, Progress] = {}
        for array in arrays:
            sql = "SELECT state, outcome, max(attempt) FROM runs WHERE array_of = ? GROUP BY array_index"
            size = succeeded = failed = under_way = 0
            for state, outcome, _ in self._rows(sql, (array,)):
                size += 1
                succeeded += outcome == Outcome.SUCCEEDED
                failed += outcome not in (None, Outcome.SUCCEEDED)
                under_way += state not in (RunState.QUEUED, RunState.FINISHED)
            found[array] = Progress(size, succeeded, failed, under_way)
        return found

    def member_ids(self, array: int, limit: int) -> list[int]:
        """The ids of some runs of an array, oldest first."""
        sql = "SELECT id FROM runs WHERE array_of = ? ORDER BY id LIMIT ?"
        return [row[0] for row in self._rows(sql, (array, limit))]
