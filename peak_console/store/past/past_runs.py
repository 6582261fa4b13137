"""The history across jobs: runs of all jobs by how they ended, how late, why and by whom, a page at a time.

Each page is found by look-ups in indexes, however much the registry holds: what is asked for is split into branches,
each of which one index has in the order of ids.
"""

from __future__ import annotations

from heapq import nlargest
from itertools import product

from peak_console.model.run_filter import UNDER_WAY
from peak_console.model.terms import Outcome, Trigger
from peak_console.store.cells import FIRST_MOMENT
from peak_console.store.history import FEW_JOBS, LONGEST_WAIT
from peak_console.store.rows import RUN_COLUMNS, run_from, stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from peak_console.model.records import Run
    from peak_console.model.run_filter import RunFilter
    from peak_console.store.store import Store

PEOPLE_SINCE = 5
"""The version of the registry that has brought who asked for a run, and the indexes of this module."""
STOPPED_BY = "stopped by {}"
"""The reason of a run that a person has stopped."""


class PastRuns:
    """Finds runs of all jobs in a registry."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = store._rows  # noqa: SLF001 - a part of the registry that few starts need

    def past(self, wanted: RunFilter, limit: int, *, before: int | None = None) -> list[Run]:
        """The newest runs that are wanted, newest first; with ``before``, of those with a lower id."""
        shared, values = self._shared(wanted, before)
        ids: list[int] = []
        for index, where, own in self._branches(wanted):
            sql = f"SELECT id FROM runs {index} WHERE {' AND '.join((*where, *shared))} ORDER BY id DESC LIMIT ?"
            ids += [row[0] for row in self._rows(sql, (*own, *values, limit))]
        newest = nlargest(limit, set(ids))
        marks = ", ".join("?" * len(newest))
        rows = self._rows(f"SELECT {RUN_COLUMNS} FROM runs WHERE id IN ({marks}) ORDER BY id DESC", newest)
        return [run_from(row) for row in rows]

    def people(self) -> list[str]:
        """Whoever has asked for a run, in the order of their names."""
        if self._store.version_read < PEOPLE_SINCE:
            return []
        found: list[str] = []
        sql = "SELECT requested_by FROM runs WHERE requested_by > ? ORDER BY requested_by LIMIT 1"
        while rows := self._rows(sql, (found[-1] if found else "",)):
            found.append(rows[0][0])
        return found

    def recorded_jobs(self) -> list[str]:
        """Every name under which there are runs, in the order of text."""
        found: list[str] = []
        sql = "SELECT job, array_of FROM runs WHERE job > ? ORDER BY job LIMIT 1"
        last = ""
        while rows := self._rows(sql, (last,)):
            last = rows[0][0]
            if rows[0][1] is None:  # else it is one run of an array, which is asked for as a whole
                found.append(last)
        return found

    def _shared(self, wanted: RunFilter, before: int | None) -> tuple[list[str], list[Any]]:
        """What holds for every branch."""
        where: list[str] = ["id < ?"]
        values: list[Any] = [2**63 - 1 if before is None else before]
        if wanted.since is not None:
            where += ["id >= ?", "coalesce(started_at, claimed_at) >= ?"]
            values += [self._store.first_since(max(wanted.since, FIRST_MOMENT) - LONGEST_WAIT), stamp(wanted.since)]
        if wanted.until is not None:
            where += ["id < ?", "coalesce(started_at, claimed_at) < ?"]
            values += [self._store.first_since(wanted.until), stamp(wanted.until)]
        if wanted.array is not None:
            where.append("array_of = ?")
            values.append(wanted.array)
        elif wanted.jobs is None or not any(job.endswith("]") for job in wanted.jobs):
            where.append("array_of IS NULL")
        if wanted.late_seconds is not None:
            where.append("late_because IS NOT NULL")
            if wanted.late_seconds > 0:
                where.append("(julianday(started_at) - julianday(scheduled_for)) * 86400 > ?")
                values.append(wanted.late_seconds)
        if wanted.jobs is not None and len(wanted.jobs) > FEW_JOBS:
            where.append(f"+job IN ({', '.join('?' * len(wanted.jobs))})")
            values += wanted.jobs
        return where, values

    def _branches(self, wanted: RunFilter) -> Iterator[tuple[str, list[str], list[Any]]]:
        """The index of each branch, its conditions, and their values."""
        few = wanted.jobs if wanted.jobs is not None and len(wanted.jobs) <= FEW_JOBS else (None,)
        for job, outcome, trigger in product(few, wanted.outcomes or (None,), wanted.triggers or (None,)):
            where: list[str] = []
            values: list[Any] = []
            if job is not None:
                where.append("job = ?")
                values.append(job)
            if outcome == UNDER_WAY:
                where.append("state <> 'finished'")
            elif outcome is not None:
                where += ["outcome = ?", "outcome IS NOT NULL"]
                values.append(outcome)
            if trigger is not None:
                where += ["triggered_by = ?", *(["triggered_by <> 'schedule'"] if trigger != Trigger.SCHEDULE else [])]
                values.append(trigger)
            if wanted.person is None:
                yield self._index(job, outcome, trigger, late=wanted.late_seconds is not None), where, values
                continue
            asked = [*where, "requested_by = ?", "requested_by IS NOT NULL"]
            yield self._hint("runs_of_person"), asked, [*values, wanted.person]
            if outcome in (None, Outcome.STOPPED):
                stopped = [*where, "outcome = 'stopped'", "outcome IS NOT NULL", "stop_reason = ?"]
                index = self._index(job, Outcome.STOPPED, trigger, late=False)
                yield index, stopped, [*values, STOPPED_BY.format(wanted.person)]

    def _index(self, job: str | None, outcome: str | None, trigger: str | None, *, late: bool) -> str:
        """The index that has the fewest runs beside those of a branch."""
        if job is not None:
            return "INDEXED BY runs_of_job"
        if outcome == UNDER_WAY:
            return "INDEXED BY runs_unfinished"
        if trigger not in (None, Trigger.SCHEDULE):
            return self._hint("runs_of_trigger")
        if outcome not in (None, Outcome.SUCCEEDED):
            return "INDEXED BY runs_of_outcome"
        if late:
            return self._hint("runs_late")
        return "INDEXED BY runs_of_outcome" if outcome is not None else "NOT INDEXED"

    def _hint(self, index: str) -> str:
        """The index, where the registry that is open has it: who only looks may find an older one."""
        return f"INDEXED BY {index}" if self._store.version_read >= PEOPLE_SINCE else ""
