"""The past of one job for the day view: runs that are shorter than a cell are counted by SQLite, a cell at a time."""

from __future__ import annotations

from datetime import timedelta

from peak_console.model.lane import LaneItem
from peak_console.model.terms import Outcome
from peak_console.store import cells
from peak_console.store.cells import FIRST_MOMENT
from peak_console.store.history import LONGEST_WAIT
from peak_console.store.rows import stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.store.store import Store

WORST_FIRST = (
    *(each for each in Outcome if each not in (Outcome.SUCCEEDED, Outcome.SKIPPED, Outcome.STOPPED, Outcome.MISSED)),
    Outcome.MISSED, Outcome.STOPPED, Outcome.SUCCEEDED, Outcome.SKIPPED,
)  # fmt: skip
MOST_LONG_RUNS = 500
_RANK = "CASE outcome " + " ".join(f"WHEN '{each}' THEN {n}" for n, each in enumerate(WORST_FIRST)) + " ELSE 0 END"
_AT = "coalesce(started_at, scheduled_for, claimed_at)"
_SECONDS = f"(julianday({_AT}) - julianday(:start)) * 86400"
_LATE = "iif(late_because IS NULL, 0, (julianday(started_at) - julianday(scheduled_for)) * 86400)"
_TOOK = "(julianday(finished_at) - julianday(started_at)) * 86400"
_WHERE = "job = :job AND id >= :first AND id < :last AND state = 'finished' AND run_type = 'scheduler_job'"


def past_of(store: Store, job: str, start: datetime, end: datetime, cell_seconds: float) -> list[LaneItem]:
    """A job's finished runs between two moments, oldest first; those of one cell are one item."""
    first = store.first_since(max(start, FIRST_MOMENT) - LONGEST_WAIT)
    last = store.first_since(end)
    values = {
        "start": stamp(start), "job": job, "first": first, "last": last, "cell": cell_seconds,
        "span": (end - start).total_seconds(),
    }  # fmt: skip
    short = (
        f"SELECT CAST({_SECONDS} / :cell AS INTEGER) AS cell, min({_RANK}), count(*), sum(outcome <> 'succeeded'),"
        f" max({_LATE}), max(id * 16 + 15 - {_RANK}) FROM runs INDEXED BY runs_of_job WHERE {_WHERE}"
        f" AND {_SECONDS} BETWEEN 0 AND :span AND coalesce({_TOOK}, 0) <= :cell GROUP BY cell ORDER BY cell"
    )
    long = (
        f"SELECT {_AT}, finished_at, outcome, id, {_LATE} FROM runs INDEXED BY runs_of_job WHERE {_WHERE}"
        f" AND {_TOOK} > :cell AND {_SECONDS} <= :span AND (julianday(finished_at) - julianday(:start)) >= 0"
        f" ORDER BY id DESC LIMIT {MOST_LONG_RUNS}"
    )
    found = []
    for cell, rank, count, bad, late, _ in store._rows(short, values):  # noqa: SLF001 - a part of the store
        at = start + timedelta(seconds=cell * cell_seconds)
        found.append(
            LaneItem(
                job, at, at + timedelta(seconds=cell_seconds), WORST_FIRST[min(rank, len(WORST_FIRST) - 1)], None,
                count, bad or 0, max(0.0, late or 0.0),
            )
        )  # fmt: skip
    for at, finished, outcome, run_id, late in store._rows(long, values):  # noqa: SLF001
        try:
            item = LaneItem(
                job, cells.moment(at), cells.moment(finished), str(outcome), run_id, 1,
                int(outcome != Outcome.SUCCEEDED), max(0.0, late or 0.0),
            )  # fmt: skip
        except cells.NONSENSE:
            continue
        found.append(item)
    return sorted(found, key=lambda item: item.start)


def worst_run(store: Store, job: str, start: datetime, end: datetime) -> int | None:
    """The run that an item of several stands for: the newest of the worst ones between two moments."""
    first = store.first_since(max(start, FIRST_MOMENT) - LONGEST_WAIT)
    sql = (
        f"SELECT id FROM runs INDEXED BY runs_of_job WHERE job = ? AND id >= ? AND {_AT} >= ? AND {_AT} < ?"
        f" AND run_type = 'scheduler_job' ORDER BY {_RANK}, id DESC LIMIT 1"
    )
    rows = store._rows(sql, (job, first, stamp(start), stamp(end)))  # noqa: SLF001
    return rows[0][0] if rows else None
