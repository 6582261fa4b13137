"""Rows that make no sense although SQLite can read them are mended where they are, and what was done is told.

Whatever an engine knows itself is put back. Of the rest, nothing starts by what cannot be read: a run that had not
begun never does, slots count as decided, and a hold or a disabling stays.
"""

from __future__ import annotations

from datetime import datetime

from peak_console.model.state import Hold
from peak_console.model.terms import Outcome, RunState
from peak_console.store import cells
from peak_console.store.directory import newest_run_directory
from peak_console.store.engines import NO_ROW
from peak_console.store.records import NEVER, counter_faults
from peak_console.store.rows import (
    DAMAGED,
    ENGINE_CELLS,
    ENGINE_COLUMNS,
    HOLD_CELLS,
    RUN_CELLS,
    RUN_COLUMNS,
    STATE_COLUMNS,
    as_json,
    run_and_faults,
    stamp,
    state_and_faults,
)
from peak_console.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from peak_console.model.records import Run
    from peak_console.store.repair.restore import EngineMemory
    from peak_console.store.store import Store


@dataclass(frozen=True, slots=True)
class Mender:
    """What is needed to mend a registry's rows."""

    store: Store
    known: EngineMemory
    """What the engine has in mind; of one that begins, nothing."""
    schedules: Mapping[str, str]
    """By job: the fingerprint of the schedule that it has now."""
    is_started: Callable[[int], bool]
    """Whether a run has begun, as its files tell."""
    now: datetime

    def mend(self) -> list[str]:
        """Mend every row by which an engine acts, in one transaction; a line on each. Raises ``StateError``."""
        with self.store:
            return [*self._counters(), *self._engine(), *self._states(), *self._runs()]

    def _write(self, sql: str, values: Sequence[Any]) -> None:
        self.store._write(sql, values)  # noqa: SLF001

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.store._rows(sql)  # noqa: SLF001

    def _counters(self) -> Iterator[str]:
        for table in counter_faults(self.store):
            if table == "outbox":
                sql = "UPDATE deliveries SET next_attempt_at = ? WHERE next_attempt_at > ?"
                self._write(sql, (stamp(self.now), NEVER))
                yield "the outbox: what was due at no moment is due now"
                continue
            self._write(f"DELETE FROM {table} WHERE id > ?", (cells.MOST_RUN_ID,))
            last = self._rows(f"SELECT coalesce(max(id), 0) FROM {table}")[0][0]
            if table == "runs":
                last = max(last, self.known.last_run_id, newest_run_directory(self.store.directory))
            self._write("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            self._write("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))
            yield f"the counter of {table}: goes on after {last}"

    def _engine(self) -> Iterator[str]:
        rows = self._rows(f"SELECT {ENGINE_COLUMNS} FROM engine")
        found, faults = cells.read_row(rows[0] if rows else NO_ROW, ENGINE_CELLS)
        if not faults and len(rows) == 1:
            return
        hold = self.known.hold
        if hold is None and found["hold_since"] is not None:
            since = self.now if "hold_since" in faults else found["hold_since"]
            hold = Hold(since, found["hold_by"] or DAMAGED, found["hold_reason"])
        found |= {name: None for name, _, _ in HOLD_CELLS}
        self._write("DELETE FROM engine", ())
        self._write("INSERT INTO engine (id) VALUES (1)", ())
        self._set("engine", found, "1")
        self.store.set_hold(hold)
        yield "what it says of the engine" + (f": the hold by {hold.by} stays" if hold else "")

    def _set(self, table: str, fields: Mapping[str, Any], where: str, *values: Any) -> None:
        columns = ", ".join(f"{name} = ?" for name in fields)
        stored = [_stored(value) for value in fields.values()]
        self._write(f"UPDATE {table} SET {columns} WHERE {where}", (*stored, *values))

    def _states(self) -> Iterator[str]:
        remembered = {state.job: state for state in self.known.states}
        for rowid, *row in self._rows(f"SELECT rowid, {STATE_COLUMNS} FROM job_state"):
            state, faults = state_and_faults(row)
            if not faults:
                continue
            self._write("DELETE FROM job_state WHERE rowid = ?", (rowid,))
            if "job" in faults:
                yield "what is remembered of a job whose name cannot be read: removed"
                continue
            if state.job in remembered:
                state = replace(remembered[state.job], failures=self.known.failures.get(state.job, 0))
                yield f"{state.job} ({', '.join(faults)}): the engine knew it"
            else:
                state = replace(
                    state,
                    schedule=self.schedules.get(state.job, "") if "schedule" in faults else state.schedule,
                    decided_until=self.now if {"decided_until", "schedule"} & {*faults} else state.decided_until,
                    off_since=self.now if "off_since" in faults else state.off_since,
                )
                decided = f": every slot up to {self.now:%Y-%m-%d %H:%M:%S} UTC counts as decided"
                decided = decided if state.decided_until == self.now else ""
                off = ""
                if any(fault.startswith("override") for fault in faults):
                    off = "; it stays disabled until somebody enables it"
                yield f"{state.job} ({', '.join(faults)}){decided}{off}"
            self.store.remember([state])
            self.store.count_failures(state.job, state.failures)
            if state.override is not None:
                self.store.set_override(state.job, state.override)

    def _runs(self) -> Iterator[str]:
        own = {run.id: run for run in self.known.runs}
        for row in self._rows(f"SELECT {RUN_COLUMNS} FROM runs WHERE state <> 'finished' ORDER BY id"):
            run, faults = run_and_faults(row)
            if not faults:
                continue
            if "id" in faults:
                self._write("DELETE FROM runs WHERE id = ?", (row[0],))
                yield f"a run of {run.job} with the number {row[0]}: removed"
                continue
            mended, what = self._mended_run(run, faults, own.get(run.id))
            fields = {name: getattr(mended, name) for name, _, _ in RUN_CELLS if name != "id"}
            self._set("runs", fields, "id = ?", run.id)
            yield f"{run.job} #{run.id} ({', '.join(faults)}): {what}"

    def _mended_run(self, run: Run, faults: Sequence[str], own: Run | None) -> tuple[Run, str]:
        if own is not None:
            return own, "the engine knew it"
        if {"job", "attempt"} & {*faults}:
            run = replace(run, scheduled_for=None)  # another run may have that slot now
        if not self.is_started(run.id):
            mended = replace(
                run, state=RunState.FINISHED, outcome=Outcome.NOT_STARTED, finished_at=self.now, not_before=None
            )
            return mended, "it had not begun, and will not; run it by hand if it has to be"
        state = RunState.RUNNING if run.reference is not None and run.started_at is not None else RunState.CLAIMED
        mended = replace(run, state=state, outcome=None, finished_at=None, return_code=None)
        return mended, "it is looked after; should it fail, it is not repeated"


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, (list, tuple, dict)):
        return as_json(value)
    return value
