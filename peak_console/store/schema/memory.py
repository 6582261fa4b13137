"""A registry that no file holds: empty, or a copy of what a real one says of the present."""

from __future__ import annotations

import sqlite3

from peak_console.store.database import FAILURES
from peak_console.store.rows import stamp
from peak_console.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from peak_console.model.records import EngineInfo

NOWHERE = "/dev/null/nowhere"
"""Stands for a state directory in which nothing is, and nothing can be made."""
PAST = ("alerts", "deliveries", "commands", "engines", "actions", "definitions")
"""The tables that say nothing about what will be started."""
GONE = "999999999 gone"
"""Names a supervisor that does not live: the engine that opens the copy takes its runs over."""


class MemoryStore(Store):
    """A registry in memory. What belongs into files beside it has no place: its directory is nowhere."""

    def __init__(
        self, directory: str = NOWHERE, *, holds_lock: Callable[[EngineInfo], bool] = lambda _engine: False
    ) -> None:
        """An empty registry; ``holds_lock`` tells which engines serve."""
        self._is_lock_held = holds_lock
        super().__init__(directory)

    def _connect(self, read_only: bool) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=512)
        self._file = ()
        self._bring_up_to_date(read_only)

    def _bring_up_to_date(self, read_only: bool) -> None:  # noqa: ARG002 - nobody else has it
        with self:
            self._create_tables()

    def _file_now(self) -> tuple[int, ...]:
        return ()

    def _holds_lock(self, engine: EngineInfo) -> bool:
        return self._is_lock_held(engine)

    def copy_present(self, source: Store, since: datetime) -> None:
        """Take over what a registry says of jobs, holds and unfinished runs, and its runs from ``since`` on.

        Runs under way have lost their supervisor then, so that another engine takes them over. Raises ``StateError``.
        """
        with self:
            for table in self._tables():
                if table in PAST or not (columns := self._shared_columns(source, table)):
                    continue
                where, values = "1", []
                if table == "runs":
                    where, values = "state <> 'finished' OR claimed_at >= ?", [stamp(since)]
                names = ", ".join(columns)
                rows = source._rows(f"SELECT {names} FROM {table} WHERE {where}", values)  # noqa: SLF001 - of our kind
                holes = ", ".join("?" * len(columns))
                try:
                    self._connection.execute(f"DELETE FROM {table}")
                    self._connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({holes})", rows)
                except FAILURES as error:
                    raise self._explained(error) from None
            self.pass_over(source.last_run_id())
            self._write("UPDATE runs SET supervisor = ? WHERE supervisor IS NOT NULL", (GONE,))

    def _tables(self) -> list[str]:
        rows = self._rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return [row[0] for row in rows]

    def _shared_columns(self, source: Store, table: str) -> list[str]:
        """The columns that both know: a registry that is only looked at may be older."""
        theirs = {row[1] for row in source._rows(f"PRAGMA table_info({table})")}  # noqa: SLF001
        return [row[1] for row in self._rows(f"PRAGMA table_info({table})") if row[1] in theirs]
