"""Who serves the state directory, and what keeps jobs from starting: holds and gates."""

from __future__ import annotations

from peak_console.model.terms import DRAINING, LOCK
from peak_console.store import cells
from peak_console.store.cells import UNKNOWN_MOMENT, or_none, read_row
from peak_console.store.database import Database
from peak_console.store.locks import holds_removed, is_held
from peak_console.store.rows import (
    DAMAGED,
    ENGINE_COLUMNS,
    HOLD_COLUMNS,
    SHARE_COLUMNS,
    as_json,
    engine_from,
    hold_from,
    share_from,
    stamp,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from peak_console.jobs.blackouts import Blackout
    from peak_console.model.records import EngineInfo
    from peak_console.model.state import GateState, Hold
    from peak_console.store.cells import Cell

NO_ROW = (b"",) * 9 + (None,) * 3
"""Stands for the row about the engine when it is gone: nothing in it makes sense, and nothing is held."""
ENGINES_SINCE = 4
"""The version of the registry that has brought the table of engines."""
HOLDS_SINCE = 5
"""The version of the registry that has brought holds on some of the jobs."""
JOB_HOLD_CELLS: tuple[Cell, ...] = (
    ("id", cells.whole, 0),
    ("since", cells.moment, UNKNOWN_MOMENT),
    ("by", cells.text, DAMAGED),
    ("reason", or_none(cells.text), DAMAGED),
    # What cannot be read keeps jobs from starting rather than starting them.
    ("until", or_none(cells.moment), None),
    ("tags", cells.words, []),
    ("words", cells.text, ""),
)
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


class EngineRecords(Database):
    """Who serves the directory, and whether anything may start."""

    def engine_info(self, *, strict: bool = False) -> EngineInfo:
        """The engine that last served. ``strict``: raises ``DamagedRowError`` where what is recorded makes no sense."""
        rows = self._rows(f"SELECT {ENGINE_COLUMNS} FROM engine")
        return engine_from(rows[0] if rows else NO_ROW, strict=strict)

    def engines(self) -> list[EngineInfo]:
        """The engine that last served each selection of tags. An engine that does not hold its lock does not serve."""
        if self.version_read < ENGINES_SINCE:  # who only looks may find an older registry
            return []
        from peak_console.values import replace

        found = [share_from(row) for row in self._rows(f"SELECT {SHARE_COLUMNS} FROM engines ORDER BY started_at")]
        return [replace(each, serves=each.stopped_at is None and self._holds_lock(each)) for each in found]

    def _holds_lock(self, engine: EngineInfo) -> bool:
        return is_held(self.directory, engine.lock) or holds_removed(self.directory, engine.lock, engine.pid)

    def engine_started(self, info: EngineInfo) -> None:
        """Record that an engine serves the directory, or the part of it that its tags select."""
        who = (info.pid, info.host, info.mode, info.version, info.jobs_file, stamp(info.started_at))
        with self:
            self._write(
                "UPDATE engine SET pid = ?, host = ?, mode = ?, version = ?, jobs_file = ?, started_at = ?,"
                " stopped_at = NULL, loaded_at = ?, config_error = NULL",
                (*who, stamp(info.loaded_at)),
            )
            self._write(
                "INSERT OR REPLACE INTO engines (pid, host, mode, version, jobs_file, started_at, lock, include_tags,"
                " exclude_tags, jobs) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *who, info.lock, as_json(list(info.include_tags)), as_json(list(info.exclude_tags)),
                    None if info.jobs is None else as_json(list(info.jobs)),
                ),
            )  # fmt: skip

    def engine_serves(self, lock: str, jobs: Sequence[str] | None) -> None:
        """Record which jobs an engine serves from now on."""
        self._write("UPDATE engines SET jobs = ? WHERE lock = ?", (None if jobs is None else as_json(list(jobs)), lock))

    def engine_drains(self, lock: str = LOCK) -> None:
        """Record that an engine starts nothing more, and leaves with its last run."""
        with self:
            self._write("UPDATE engine SET mode = ?", (DRAINING,))
            self._write("UPDATE engines SET mode = ? WHERE lock = ?", (DRAINING, lock))

    def engine_stopped(self, now: datetime, lock: str = LOCK) -> None:
        """Record that an engine has left the directory in order."""
        with self:
            self._write("UPDATE engine SET pid = NULL, stopped_at = ?", (stamp(now),))
            self._write("UPDATE engines SET stopped_at = ? WHERE lock = ?", (stamp(now), lock))

    def loaded(self, now: datetime) -> None:
        """Record that the engine has loaded the jobs file as it stands."""
        self._write("UPDATE engine SET loaded_at = ?, config_error = NULL", (stamp(now),))

    def rejected(self, error: str | None) -> None:
        """Record why the jobs file as it stands is not used; the one before stays in force. ``None`` clears that."""
        self._write("UPDATE engine SET config_error = ?", (error,))

    def hold(self) -> Hold | None:
        """The hold in force, if there is one."""
        rows = self._rows(f"SELECT {HOLD_COLUMNS} FROM engine")
        return hold_from(rows[0]) if rows else None

    def holds(self) -> list[Hold]:
        """Every hold that is not on all jobs, oldest first; one that is over stays until an engine removes it."""
        if self.version_read < HOLDS_SINCE:
            return []
        rows = self._rows("SELECT id, since, held_by, reason, until, tags, words FROM holds ORDER BY id")
        return [_hold(row) for row in rows]

    def blackouts(self) -> list[Blackout]:
        """Every blackout that a person has added, those that are over included for some time."""
        if self.version_read < 5 or not self._rows("SELECT 1 FROM blackouts LIMIT 1"):  # a start loads no more then
            return []
        from peak_console.store.tables.blackouts import blackouts_of

        return blackouts_of(self)

    def set_hold(self, hold: Hold | None) -> None:
        """Set or, with ``None``, release the hold."""
        values = (stamp(hold.since), hold.by, hold.reason) if hold else (None, None, None)
        self._write("UPDATE engine SET hold_since = ?, hold_by = ?, hold_reason = ?", values)


def _hold(row: Sequence[Any]) -> Hold:
    from peak_console.model.state import Hold

    found, _ = read_row(row, JOB_HOLD_CELLS)
    return Hold(**{**found, "tags": tuple(found["tags"])})


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
        """Record that a person closes a gate."""
        self._write(
            "INSERT INTO gates (gate, closed_at, closed_by, closed_reason) VALUES (?, ?, ?, ?) ON CONFLICT (gate)"
            " DO UPDATE SET closed_at = excluded.closed_at, closed_by = excluded.closed_by,"
            " closed_reason = excluded.closed_reason",
            (gate, stamp(now), by, reason),
        )

    def open_gate(self, gate: str) -> None:
        """Record that no person keeps a gate closed any more; then its check decides."""
        self._write("UPDATE gates SET closed_at = NULL, closed_by = NULL, closed_reason = NULL WHERE gate = ?", (gate,))

    def gate_answered(self, gate: str, answer: str, words: str, since: datetime) -> None:
        """Record what a gate's check answers, and since when."""
        self._write(
            "INSERT INTO gates (gate, answer, words, answered_at) VALUES (?, ?, ?, ?) ON CONFLICT (gate)"
            " DO UPDATE SET answer = excluded.answer, words = excluded.words, answered_at = excluded.answered_at",
            (gate, answer, words, stamp(since)),
        )
