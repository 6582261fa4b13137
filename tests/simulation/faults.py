"""What goes wrong, and exactly when: each call of the registry and of the executor is a point at which it may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.errors import DiskError, StateError
from peak_console.model.terms import LOCAL
from peak_console.store.schema.memory import MemoryStore

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Any, Self

    from peak_console.model.records import Claim, EngineInfo, Run


class Crash(BaseException):
    """The engine's process is gone, at this very point."""


class Faults:
    """Counts the points that are passed; at chosen ones the engine crashes, or a write is refused."""

    def __init__(self) -> None:
        self.crash_in: int | None = None
        """After how many points the engine crashes."""
        self.refuse_in: int | None = None
        self.refusals = 0
        """How many writes are refused once the first of them is."""
        self.is_disk = False
        self.points = 0

    def clear(self) -> None:
        """Nothing more goes wrong."""
        self.crash_in = self.refuse_in = None
        self.refusals = 0

    def point(self, *, writes: bool = False) -> None:
        """A point at which something may go wrong."""
        self.points += 1
        if self.crash_in is not None:
            self.crash_in -= 1
            if self.crash_in < 0:
                self.crash_in = None
                raise Crash
        if writes:
            self._may_refuse()

    def _may_refuse(self) -> None:
        if self.refuse_in is None:
            return
        if self.refuse_in > 0:
            self.refuse_in -= 1
            return
        self.refusals -= 1
        if self.refusals <= 0:
            self.refuse_in = None
        if self.is_disk:
            raise DiskError("registry: the disk is full; free some space")
        raise StateError("registry: another program keeps the registry locked")


class FaultyStore(MemoryStore):
    """A registry whose every call is a point at which something may go wrong; what is committed outlives a crash."""

    def __init__(self, faults: Faults, holds_lock: Callable[[EngineInfo], bool]) -> None:
        self.faults = Faults()
        super().__init__(holds_lock=holds_lock)
        self.faults = faults
        self.on_record: Callable[[Sequence[Run]], None] = lambda _runs: None
        self.on_take: Callable[[int], None] = lambda _run_id: None

    def claim(self, claims: Sequence[Claim], now: datetime, supervisor: str) -> list[Run]:
        runs = super().claim(claims, now, supervisor)
        self.on_record(runs)
        return runs

    def take_from_queue(
        self, run_id: int, supervisor: str, late_because: str | None = None, executor: str = LOCAL
    ) -> bool:
        is_taken = super().take_from_queue(run_id, supervisor, late_because, executor)
        if is_taken:
            self.on_take(run_id)
        return is_taken

    def __enter__(self) -> Self:
        if self._depth == 0:
            self.faults.point(writes=True)
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._depth > 1 or kind is not None:
            super().__exit__(kind, error, trace)
            return
        try:
            self.faults.point(writes=True)  # before the commit: it has not happened
        except BaseException as fault:
            super().__exit__(type(fault), fault, None)
            raise
        super().__exit__(None, None, None)
        self.faults.point()  # after the commit, of which the engine never hears

    def _write(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Cursor:
        if self._depth:
            self.faults.point()
        return super()._write(sql, values)

    def _write_all(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        if self._depth:
            self.faults.point()
        super()._write_all(sql, rows)

    def after_crash(self) -> None:
        """What was not committed is undone."""
        self._depth = 0
        self._roll_back()

    def close(self) -> None:
        """The world goes on with the same registry."""

    def peek(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows as they are, seen from outside of the engine: nothing goes wrong here."""
        return self._connection.execute(sql, values).fetchall()

    @property
    def changes(self) -> int:
        """How many rows were ever written."""
        return self._connection.total_changes

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction
