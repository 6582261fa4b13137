"""How each job last ended, for figures: a look-up in an index for each job, however many runs there are."""

from __future__ import annotations

from peak_console.store import cells
from peak_console.store.history import RUN_TYPE
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from peak_console.store.store import Store


@dataclass(frozen=True, slots=True)
class LastEnd:
    """The last run of a job that had a process, and the last one that succeeded."""

    ended_at: datetime | None
    duration_seconds: float | None
    succeeded_at: datetime | None
    cpu_seconds: float | None = None
    peak_memory_bytes: int | None = None


def last_ends(store: Store, jobs: Iterable[str]) -> dict[str, LastEnd]:
    """By job; jobs of which no run has ended are left out."""
    newest = (
        "SELECT started_at, finished_at, cpu_seconds, peak_memory_bytes FROM runs INDEXED BY runs_of_job WHERE job = ?"
        " AND outcome {} AND run_type = ? AND started_at IS NOT NULL ORDER BY id DESC LIMIT 1"
    )
    found = {}
    for job in jobs:
        ended = _row(store, newest.format("IS NOT NULL"), job)
        if ended is None:
            continue
        succeeded = _row(store, newest.format("= 'succeeded'"), job)
        started_at, ended_at = _moment(ended[0]), _moment(ended[1])
        took = max(0.0, (ended_at - started_at).total_seconds()) if started_at and ended_at else None
        cpu, peak = (value if isinstance(value, int | float) else None for value in ended[2:])
        found[job] = LastEnd(
            ended_at, took, _moment(succeeded[1]) if succeeded is not None else None, cpu,
            None if peak is None else int(peak),
        )  # fmt: skip
    return found


def _row(store: Store, sql: str, job: str) -> Sequence[object] | None:
    return next(iter(store._rows(sql, (job, RUN_TYPE))), None)  # noqa: SLF001


def _moment(value: object) -> datetime | None:
    try:
        return cells.moment(value)
    except cells.NONSENSE:  # a row that is damaged tells nothing
        return None
