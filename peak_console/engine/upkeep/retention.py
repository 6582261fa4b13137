"""Old runs, alerts and commands leave the state directory, as the jobs file says, a little at a time.

Of a run the row goes first and the files right after it, so that a reader who is told of a run finds its output. A
crash between the two leaves files without a row; they are removed once they are as old as a run may get.
"""

from __future__ import annotations

import os
from datetime import timedelta

from peak_console.errors import StateError
from peak_console.runs.output.of_run import output_of
from peak_console.store.directory import is_run_number, run_directories
from peak_console.store.tables.arrays import Arrays
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from peak_console.clock import Clock
    from peak_console.engine.context import EngineContext
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.store.store import Store

EVERY_SECONDS = 3600.0
BATCH_SECONDS = 0.01
"""How many seconds a batch keeps the engine from its other work. The last step may take as long again."""
CAP_EVERY_SECONDS = 300.0
"""How often the output is added up where it has a bound: what is written within an hour may fill a disk."""
CAP_SHARE = 1 / 12
CAP_SECONDS = 1.0
"""One one-shot start in 12 adds up output sizes, for at most 1 s: enough for some 30,000 runs."""
PAUSE_SECONDS = 0.1
RUNS_A_STEP = 20
LEFTOVERS_A_STEP = 100


@dataclass(frozen=True, slots=True)
class Pruning:
    """What is pruned, and by which settings."""

    store: Store
    served: ServedJobs
    """Its jobs file says how much is kept."""
    directory: str
    clock: Clock
    began_at: float
    """When the engine began, in seconds on the monotonic clock."""
    seen_before: datetime | None
    """The last sign of an engine before this one."""


def pruning_of(context: EngineContext) -> Pruning:
    """The part of an engine's context that pruning needs."""
    return Pruning(
        context.store, context.served, context.directory, context.clock, context.began_at, context.seen_before
    )


class Retention:
    """Prunes one state directory: at once, and then every hour; output beyond its bound every few minutes."""

    def __init__(self, pruning: Pruning) -> None:
        self._pruning = pruning
        self._pass: Iterator[None] | None = None
        self._next_at = 0.0
        self._whole_at = 0.0
        self._swept = False

    def seconds_left(self) -> float:
        """Until there is work; not negative."""
        return max(0.0, self._next_at - self._pruning.clock.monotonic())

    def work(self, now: datetime) -> None:
        """One batch, if it is time for one. Raises ``StateError``; then tries again later."""
        clock = self._pruning.clock
        began = clock.monotonic()
        if began < self._next_at:
            return
        has_bound = bool(self._pruning.served.jobset.settings.max_state_bytes)
        self._next_at = began + (CAP_EVERY_SECONDS if has_bound else EVERY_SECONDS)
        steps = self._pass or self._steps(now)
        self._pass = None
        for _ in steps:
            if clock.monotonic() - began >= BATCH_SECONDS:
                self._pass = steps
                self._next_at = clock.monotonic() + PAUSE_SECONDS
                return

    def _steps(self, now: datetime) -> Iterator[None]:
        if self._pruning.clock.monotonic() < self._whole_at:
            yield from cap_output(self._pruning)
            return
        self._whole_at = self._pruning.clock.monotonic() + EVERY_SECONDS
        before = _kept_since(self._pruning, now)
        yield from expire_runs(self._pruning, before)
        yield from _expire_messages(self._pruning, before)
        yield from cap_output(self._pruning)
        if not self._swept and before is not None:
            yield from _sweep(self._pruning, before)
            self._swept = True


def prune_a_little(pruning: Pruning, now: datetime, lot: float, seconds: float) -> None:
    """What an engine that passes does for as long as ``seconds``, from a job on that ``lot`` (from 0 to 1) chooses.

    Does nothing when the registry refuses: this start has done its work.
    """
    until = pruning.clock.monotonic() + seconds
    before = _kept_since(pruning, now)
    try:
        for _ in expire_runs(pruning, before, pruning.store.some_job(lot)):
            if pruning.clock.monotonic() >= until:
                return
        for _ in _expire_messages(pruning, before):
            if pruning.clock.monotonic() >= until:
                return
        if lot < CAP_SHARE:
            until = pruning.clock.monotonic() + CAP_SECONDS
            for _ in cap_output(pruning):
                if pruning.clock.monotonic() >= until:
                    return
    except StateError:
        return


def _kept_since(pruning: Pruning, now: datetime) -> datetime | None:
    """When what is kept began; ``None`` if all is kept.

    Where no engine was seen for longer than that, the clock may be wrong, as it is at many a boot until the network
    is there: then nothing is too old for an hour.
    """
    days = pruning.served.jobset.settings.keep_days
    try:
        since = now - timedelta(days=days) if days else None
    except OverflowError:
        return None
    doubtful = since is not None and pruning.seen_before is not None and pruning.seen_before < since
    return None if doubtful and pruning.clock.monotonic() - pruning.began_at < EVERY_SECONDS else since


def expire_runs(pruning: Pruning, before: datetime | None, start: str = "") -> Iterator[None]:
    """Prune every job's runs, from ``start`` on, in steps of a few milliseconds."""
    if before is None and not pruning.served.jobset.settings.keep_runs:
        return
    job, wrapped = start, not start
    if start:
        yield from _expire_runs_of(pruning, start, before)
    while True:
        following = pruning.store.next_job(job)
        if following is None and not wrapped:
            job, wrapped = "", True
            continue
        if following is None or (start and wrapped and following >= start):
            return
        job = following
        yield from _expire_runs_of(pruning, job, before)


def _expire_runs_of(pruning: Pruning, job: str, before: datetime | None) -> Iterator[None]:
    store, keep_runs = pruning.store, pruning.served.jobset.settings.keep_runs
    while expired := store.expired_runs(job, keep_runs, before, RUNS_A_STEP):
        for run_id in expired:
            while members := Arrays(store).member_ids(run_id, RUNS_A_STEP):  # an array leaves with its runs
                store.forget(members)
                for member in members:
                    output_of(pruning.directory, member).remove()
                yield
        store.forget(expired)
        for run_id in expired:
            output_of(pruning.directory, run_id).remove()
        yield
    yield


def cap_output(pruning: Pruning) -> Iterator[None]:
    """Remove the oldest finished runs, rows and files together, until what is left of the output is small enough."""
    limit = pruning.served.jobset.settings.max_state_bytes
    if not limit:
        return
    ids = _own_folders(pruning)
    yield
    sizes: dict[int, int] = {}
    for count, run_id in enumerate(ids):
        sizes[run_id] = output_of(pruning.directory, run_id).disk_bytes()
        if count % RUNS_A_STEP == 0:
            yield
    total = sum(sizes.values())
    for start in range(0, len(ids), RUNS_A_STEP):
        if total <= limit:
            return
        for run_id in pruning.store.finished_among(ids[start : start + RUNS_A_STEP]):
            if total <= limit:
                return
            pruning.store.forget([run_id])
            output_of(pruning.directory, run_id).remove()
            total -= sizes[run_id]
        yield


def _own_folders(pruning: Pruning) -> list[int]:
    """The numbers of the folders that are runs', oldest first."""
    numbers = sorted(run_directories(pruning.directory))
    strange: set[int] = set()
    for start in range(0, len(numbers), LEFTOVERS_A_STEP):
        unknown = pruning.store.unknown_runs(numbers[start : start + LEFTOVERS_A_STEP])
        strange |= {number for number in unknown if not _is_ours(pruning, number)}
    return [number for number in numbers if number not in strange]


def _is_ours(pruning: Pruning, run_id: int) -> bool:
    """Whether a folder bears the marks of a run. A state directory may hold what others have put there."""
    return output_of(pruning.directory, run_id).bears_marks()


def _expire_messages(pruning: Pruning, before: datetime | None) -> Iterator[None]:
    after: int | None = 0
    while after is not None:
        after = pruning.store.expire_alerts(after, before)
        yield
    while before is not None and pruning.store.expire_commands(before):
        yield
    while before is not None and pruning.store.expire_actions(before):
        yield


def _sweep(pruning: Pruning, before: datetime) -> Iterator[None]:
    """Remove the files of runs that no row knows, once they are old."""
    try:
        entries = os.scandir(os.path.join(pruning.directory, "runs"))
    except OSError:  # nothing has run yet
        return
    with entries:
        ids: list[int] = []
        for entry in entries:
            if is_run_number(entry.name):
                ids.append(int(entry.name))
            if len(ids) == LEFTOVERS_A_STEP:
                _remove_leftovers(pruning, ids, before)
                ids = []
                yield
        _remove_leftovers(pruning, ids, before)
        yield


def _remove_leftovers(pruning: Pruning, ids: list[int], before: datetime) -> None:
    for run_id in pruning.store.unknown_runs(ids):
        if not _is_ours(pruning, run_id):
            continue
        output = output_of(pruning.directory, run_id)
        changed = output.changed_at()  # ``None`` where another process removes it at this moment
        if changed is not None and changed < before.timestamp():
            output.remove()
