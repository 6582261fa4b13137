"""The past, newest first. What is asked for is found by look-ups in indexes, however much the registry holds."""

from __future__ import annotations

from datetime import timedelta
from heapq import nlargest

from peak_console.store import cells
from peak_console.store.cells import FIRST_MOMENT
from peak_console.store.database import Database
from peak_console.store.rows import ALERT_COLUMNS, RUN_COLUMNS, alert_from, run_from, stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from typing import Any

    from peak_console.model.progress import Progress
    from peak_console.model.records import Alert, Run

RUN_TYPE = "scheduler_job"
FEW_JOBS = 100
"""So many jobs are looked up one by one; what happened to any of more is found sooner by walking back from now."""
LONGEST_WAIT = timedelta(days=1)
"""A run that has waited longer for its turn, or for another attempt, is not found by when it started."""


class History(Database):
    """Finds runs and alerts."""

    def runs(
        self,
        *,
        jobs: Sequence[str] | None = None,
        outcome: str | None = None,
        run_type: str | None = None,
        tag: str | None = None,
        since: datetime | None = None,
        with_process: bool = False,
        array: int | None = None,
        with_members: bool = True,
        limit: int = -1,
    ) -> list[Run]:
        """The registry, newest first. ``with_process`` leaves out slots that never got one; -1 is no limit.

        ``array`` asks for the runs of one array; without ``with_members`` an array is one row, the whole.
        ``tag`` is one of the job's at that time, or what a script has logged the run under.
        """
        where: list[str] = []
        values: list[Any] = []
        if outcome is not None:
            where.append("outcome = ?")
            values.append(outcome)
        if run_type is not None:
            # Nearly all runs are of the first type, so no index has those: it is not to be chosen for any of them.
            where.append("+run_type = ?" if run_type == RUN_TYPE else f"run_type = ? AND run_type <> '{RUN_TYPE}'")
            values.append(run_type)
        if tag is not None:
            where.append("(tag = ? OR EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?))")
            values += [tag, tag]
        if since is not None:
            where += ["id >= ?", "coalesce(started_at, claimed_at) >= ?"]
            values += [self.first_since(max(since, FIRST_MOMENT) - LONGEST_WAIT), stamp(since)]
        if array is not None:
            where.append("array_of = ?")
            values.append(array)
        elif not with_members:
            where.append("array_of IS NULL")
        if with_process:
            where.append("(outcome IS NULL OR outcome NOT IN ('missed', 'skipped'))")
        return [run_from(row) for row in self._newest("runs", RUN_COLUMNS, jobs, where, values, limit)]

    def progress_of(self, arrays: Sequence[int]) -> dict[int, Progress]:
        """By the id of an array: how far its runs have come."""
        from peak_console.store.tables.arrays import Arrays

        return Arrays(self).progress(arrays)

    def alerts(
        self,
        *,
        limit: int = -1,
        open_only: bool = False,
        jobs: Sequence[str | None] | None = None,
        after: int = 0,
        before: int | None = None,
        levels: Sequence[str] | None = None,
    ) -> list[Alert]:
        """The alert log, newest first, between two ids; -1 is no limit. ``None`` among ``jobs`` stands for no job."""
        values: list[Any]
        where, values = ["id > ?", *(["acknowledged_at IS NULL", "resolved_at IS NULL"] if open_only else [])], [after]
        if before is not None:
            where, values = [*where, "id < ?"], [after, before]
        if levels is not None:
            where, values = [*where, f"level IN ({', '.join('?' * len(levels))})"], [*values, *levels]
        return [alert_from(row) for row in self._newest("alerts", ALERT_COLUMNS, jobs, where, values, limit)]

    def _newest(
        self,
        table: str,
        columns: str,
        jobs: Sequence[str | None] | None,
        where: Sequence[str],
        values: Sequence[Any],
        limit: int,
    ) -> list[tuple[Any, ...]]:
        """Rows, those with the highest ids first."""
        if jobs is not None and len(jobs) == 1:
            where, values, jobs = ["job IS ?", *where], [*jobs, *values], None
        if jobs is None:
            sql = f"SELECT {columns} FROM {table} WHERE {' AND '.join(where or '1')} ORDER BY id DESC LIMIT ?"
            return self._rows(sql, (*values, limit))
        if limit >= 0 and len(jobs) <= FEW_JOBS:
            sql = f"SELECT id FROM {table} WHERE {' AND '.join(('job IS ?', *where))} ORDER BY id DESC LIMIT ?"
            found = (row[0] for job in jobs for row in self._rows(sql, (job, *values, limit)))
            ids = nlargest(limit, found)
            sql = f"SELECT {columns} FROM {table} WHERE id IN ({', '.join('?' * len(ids))}) ORDER BY id DESC"
            return self._rows(sql, ids)
        named = [job for job in jobs if job is not None]
        wanted = f"(+job IN ({', '.join('?' * len(named))})" + (" OR job IS NULL)" if None in jobs else ")")
        sql = f"SELECT {columns} FROM {table} WHERE {' AND '.join((wanted, *where))} ORDER BY id DESC LIMIT ?"
        return self._rows(sql, (*named, *values, limit))

    def first_since(self, since: datetime) -> int:
        """The id that the first run recorded at that moment or later has; runs get their ids in that order."""
        at = stamp(since) or ""
        low, last = self.bounds()
        high = last + 1
        # What a script has executed is recorded at its end.
        sql = "SELECT iif(triggered_by = 'script', finished_at, claimed_at) FROM runs WHERE id >= ? ORDER BY id LIMIT 1"
        while low < high:
            middle = (low + high) // 2
            rows = self._rows(sql, (middle,))
            if rows and rows[0][0] < at:
                low = middle + 1
            else:
                high = middle
        return low

    def bounds(self) -> tuple[int, int]:
        """The lowest and the highest id of a run, both 0 when there is none."""
        # Asked for both at once, SQLite walks from one end to the other.
        row = self._rows("SELECT (SELECT min(id) FROM runs), (SELECT max(id) FROM runs)")[0]
        return row[0] or 0, row[1] or 0

    def last_attempts(self, job: str, limit: int) -> list[tuple[float, str, int | None]]:
        """Of a job's last runs that a process has ended: how many seconds each took, its outcome and return code."""
        sql = (
            "SELECT started_at, finished_at, outcome, return_code FROM runs INDEXED BY runs_of_job WHERE job = ?"
            " AND outcome IN ('succeeded', 'failed', 'timed_out') AND run_type = ? AND started_at IS NOT NULL"
            " ORDER BY id DESC LIMIT ?"
        )
        found = []
        for started, finished, outcome, code in self._rows(sql, (job, RUN_TYPE, limit)):
            try:
                seconds = (cells.moment(finished) - cells.moment(started)).total_seconds()
            except cells.NONSENSE:  # a row that is damaged tells nothing
                continue
            found.append((max(0.0, seconds), str(outcome), code if isinstance(code, int) else None))
        return found

    def last_successes(self, jobs: Iterable[str]) -> dict[str, Run]:
        """Of each of a few jobs the newest run that has succeeded."""
        sql = (
            f"SELECT {RUN_COLUMNS} FROM runs WHERE id = (SELECT id FROM runs INDEXED BY runs_of_job WHERE job = ?"
            " AND outcome = ? AND run_type = ? ORDER BY id DESC LIMIT 1)"
        )
        found = [row for job in jobs for row in self._rows(sql, (job, "succeeded", RUN_TYPE))]
        return {run.job: run for run in map(run_from, found)}

    def last_runs(self, jobs: Iterable[str]) -> dict[str, Run]:
        """Of each job the newest run that has, or had, a process or should have had one."""
        wanted = set(jobs)
        # One look-up in that index per job: any other, or a GROUP BY, would walk the whole registry.
        newest = (
            "SELECT id FROM runs INDEXED BY runs_of_job WHERE job = {} AND run_type = ? AND state <> 'queued'"
            " AND (outcome IS NULL OR outcome NOT IN ('missed', 'skipped')) ORDER BY id DESC LIMIT 1"
        )
        if len(wanted) <= FEW_JOBS:
            sql = f"SELECT {RUN_COLUMNS} FROM runs WHERE id = ({newest.format('?')})"
            found = [row for job in wanted for row in self._rows(sql, (job, RUN_TYPE))]
        else:  # one statement for all jobs that have runs, as thousands of them would take longer than their answers
            sql = (
                "WITH RECURSIVE recorded (name) AS (SELECT min(job) FROM runs UNION ALL"
                " SELECT (SELECT min(job) FROM runs WHERE job > name) FROM recorded WHERE name IS NOT NULL)"
                f" SELECT {RUN_COLUMNS} FROM runs WHERE id IN (SELECT ({newest.format('name')}) FROM recorded)"
            )
            found = self._rows(sql, (RUN_TYPE,))
        return {run.job: run for run in map(run_from, found) if run.job in wanted}
