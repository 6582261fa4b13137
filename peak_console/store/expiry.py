"""Finds and removes what is kept no longer. Each method takes milliseconds in a registry of any size."""

from __future__ import annotations

from peak_console.store.history import History
from peak_console.store.rows import stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

LARGEST_NUMBER = 2**63 - 1
"""The largest that SQLite can be given."""
WINDOW = 200
"""How many of the oldest rows are looked at for one that has expired."""


class ExpiryRecords(History):
    """Finds and removes what has expired, a little at a time."""

    def next_job(self, after: str) -> str | None:
        """The next name, in the order of text, under which there are runs; ``None`` when there is none."""
        rows = self._rows("SELECT job FROM runs WHERE job > ? ORDER BY job LIMIT 1", (after,))
        return rows[0][0] if rows else None

    def some_job(self, lot: float) -> str:
        """A name under which there are runs, the likelier the more there are; ``lot`` is a number from 0 to 1."""
        first, last = self.bounds()
        rows = self._rows(
            "SELECT job FROM runs WHERE id >= ? ORDER BY id LIMIT 1", (first + int(lot * (last - first)),)
        )
        return rows[0][0] if rows else ""

    def expired_runs(self, job: str, keep_runs: int, before: datetime | None, limit: int = WINDOW) -> list[int]:
        """Ids of a job's finished runs beyond its newest ``keep_runs``, or finished before ``before``; oldest first.

        ``keep_runs`` 0 and ``before`` ``None`` expire nothing. Its newest run stays, and so does the newest that had a
        process: they say how things stand. Only the oldest of its runs are looked at; ask again once these are gone.
        The runs of an array are not among them: they leave with it.
        """
        kept = self._rows(
            "SELECT (SELECT max(id) FROM runs WHERE job = :job), (SELECT id FROM runs INDEXED BY runs_of_job"
            " WHERE job = :job AND state = 'finished' AND outcome NOT IN ('missed', 'skipped')"
            " AND run_type = 'scheduler_job' ORDER BY id DESC LIMIT 1)",
            {"job": job},
        )[0]
        sql = (
            "SELECT id FROM (SELECT id, state, finished_at FROM runs WHERE job = ? AND array_of IS NULL"
            " ORDER BY id LIMIT ?)"
            " WHERE state = 'finished' AND (id <= ? OR finished_at < ?) AND id NOT IN (?, ?) ORDER BY id LIMIT ?"
        )
        beyond = self._newest_beyond(job, keep_runs) if keep_runs else 0
        return [row[0] for row in self._rows(sql, (job, WINDOW, beyond, stamp(before), kept[0], kept[1] or 0, limit))]

    def _newest_beyond(self, job: str, keep_runs: int) -> int:
        """The newest run of a job beyond the number to keep; 0 when the job has no more runs than that."""
        sql = "SELECT count(*) FROM runs INDEXED BY runs_unfinished WHERE job = ? AND state <> 'finished'"
        unfinished = self._rows(sql, (job,))[0][0]
        sql = "SELECT id FROM runs WHERE job = ? ORDER BY id DESC LIMIT 1 OFFSET ?"
        rows = self._rows(sql, (job, min(keep_runs + unfinished, LARGEST_NUMBER)))
        return rows[0][0] if rows else 0

    def finished_among(self, ids: Sequence[int]) -> list[int]:
        """Of these ids, those of runs that have finished or are not recorded."""
        marks = ", ".join("?" * len(ids))
        open_ids = {
            row[0] for row in self._rows(f"SELECT id FROM runs WHERE id IN ({marks}) AND state <> 'finished'", ids)
        }
        return [run_id for run_id in ids if run_id not in open_ids]

    def unknown_runs(self, ids: Sequence[int]) -> list[int]:
        """Of these ids, those that are not recorded."""
        marks = ", ".join("?" * len(ids))
        known = {row[0] for row in self._rows(f"SELECT id FROM runs WHERE id IN ({marks})", ids)}
        return [run_id for run_id in ids if run_id not in known]

    def expire_alerts(self, after: int, before: datetime | None) -> int | None:
        """Remove those of the alerts after an id that need not be kept; the id to go on from, ``None`` at the end.

        That is what is older than ``before``, and what is settled (acknowledged, resolved, or good news) about a run
        that is no longer kept. What is still to be delivered stays, and so does an incident whose cause is not gone.
        """
        ids = self._rows("SELECT id FROM alerts WHERE id > ? ORDER BY id LIMIT ?", (after, WINDOW))
        if not ids:
            return None
        self._write(
            "DELETE FROM alerts WHERE id BETWEEN ? AND ? AND (timestamp < ? OR (run_id IS NOT NULL AND"
            " (acknowledged_at IS NOT NULL OR resolved_at IS NOT NULL OR level = 'info')"
            " AND NOT EXISTS (SELECT 1 FROM runs WHERE id = run_id)))"
            " AND (cause IS NULL OR resolved_at IS NOT NULL)"
            " AND NOT EXISTS (SELECT 1 FROM deliveries WHERE alert_id = alerts.id AND next_attempt_at IS NOT NULL)",
            (ids[0][0], ids[-1][0], stamp(before)),
        )
        return int(ids[-1][0])

    def expire_commands(self, before: datetime) -> int:
        """Remove the oldest commands that were answered before ``before``; return how many."""
        oldest = "SELECT id FROM commands ORDER BY id LIMIT ?"
        return self._write(
            f"DELETE FROM commands WHERE id IN ({oldest}) AND answered_at < ?", (WINDOW, stamp(before))
        ).rowcount

    def expire_actions(self, before: datetime) -> int:
        """Remove the oldest entries of the shift log that are from before ``before``; return how many."""
        oldest = "SELECT id FROM actions ORDER BY id LIMIT ?"
        return self._write(f"DELETE FROM actions WHERE id IN ({oldest}) AND at < ?", (WINDOW, stamp(before))).rowcount
