"""Old runs, alerts and commands leave the state directory, as the jobs file says, a little at a time.

Of a run the row goes first and the files right after it, so that whoever is told of a run finds what it wrote. What a
crash leaves between the two is files that nobody is told of; they go once they are as old as a run may get.
"""

from __future__ import annotations

import os
from datetime import timedelta

from peak_console.errors import StateError
from peak_console.runs.local.run_directory import bears_marks
from peak_console.runs.output.removal import disk_bytes, remove
from peak_console.store.directory import is_run_number, run_directories, run_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from peak_console.engine.context import EngineContext

EVERY_SECONDS = 3600.0
BATCH_SECONDS = 0.01
"""How long nobody is dispatched to, watched or answered. The last step of a batch may take as long again."""
CAP_EVERY_SECONDS = 300.0
"""How often the output is added up where it has a bound: what is written within an hour may fill a disk."""
CAP_SHARE = 1 / 12
CAP_SECONDS = 1.0
"""An engine that passes adds the output up at one start in so many, for so long: enough for some 30,000 runs."""
PAUSE_SECONDS = 0.1
RUNS_A_STEP = 20
LEFTOVERS_A_STEP = 100


class Retention:
    """Prunes one state directory: at once, and then every hour; output beyond its bound every few minutes."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._pass: Iterator[None] | None = None
        self._next_at = 0.0
        self._whole_at = 0.0
        self._swept = False

    def seconds_left(self) -> float:
        """Until there is work; not negative."""
        return max(0.0, self._next_at - self._context.clock.monotonic())

    def work(self, now: datetime) -> None:
        """One batch, if it is time for one. Raises ``StateError``; then tries again later."""
        clock = self._context.clock
        began = clock.monotonic()
        if began < self._next_at:
            return
        has_bound = bool(self._context.jobset.settings.max_state_bytes)
        self._next_at = began + (CAP_EVERY_SECONDS if has_bound else EVERY_SECONDS)
        steps = self._pass or self._steps(now)
        self._pass = None
        for _ in steps:
            if clock.monotonic() - began >= BATCH_SECONDS:
                self._pass = steps
                self._next_at = clock.monotonic() + PAUSE_SECONDS
                return

    def _steps(self, now: datetime) -> Iterator[None]:
        if self._context.clock.monotonic() < self._whole_at:
            yield from cap_output(self._context)
            return
        self._whole_at = self._context.clock.monotonic() + EVERY_SECONDS
        before = _kept_since(self._context, now)
        yield from expire_runs(self._context, before)
        yield from _expire_messages(self._context, before)
        yield from cap_output(self._context)
        if not self._swept and before is not None:
            yield from _sweep(self._context, before)
            self._swept = True


def prune_a_little(context: EngineContext, now: datetime, lot: float, seconds: float) -> None:
    """What an engine that passes does for as long as ``seconds``, from a job on that ``lot`` (from 0 to 1) chooses.

    Does nothing when the registry refuses: this start has done its work.
    """
    until = context.clock.monotonic() + seconds
    before = _kept_since(context, now)
    try:
        for _ in expire_runs(context, before, context.store.some_job(lot)):
            if context.clock.monotonic() >= until:
                return
        for _ in _expire_messages(context, before):
            if context.clock.monotonic() >= until:
                return
        if lot < CAP_SHARE:
            until = context.clock.monotonic() + CAP_SECONDS
            for _ in cap_output(context):
                if context.clock.monotonic() >= until:
                    return
    except StateError:
        return


def _kept_since(context: EngineContext, now: datetime) -> datetime | None:
    """When what is kept began; ``None`` if all is kept.

    Where no engine was seen for longer than that, the clock may be wrong, as it is at many a boot until the network
    is there: then nothing is too old for an hour.
    """
    days = context.jobset.settings.keep_days
    try:
        since = now - timedelta(days=days) if days else None
    except OverflowError:
        return None
    doubtful = since is not None and context.seen_before is not None and context.seen_before < since
    return None if doubtful and context.clock.monotonic() - context.began_at < EVERY_SECONDS else since


def expire_runs(context: EngineContext, before: datetime | None, start: str = "") -> Iterator[None]:
    """Prune every job's runs, from ``start`` on, in steps of a few milliseconds."""
    if before is None and not context.jobset.settings.keep_runs:
        return
    job, wrapped = start, not start
    if start:
        yield from _expire_runs_of(context, start, before)
    while True:
        following = context.store.next_job(job)
        if following is None and not wrapped:
            job, wrapped = "", True
            continue
        if following is None or (start and wrapped and following >= start):
            return
        job = following
        yield from _expire_runs_of(context, job, before)


def _expire_runs_of(context: EngineContext, job: str, before: datetime | None) -> Iterator[None]:
    store, keep_runs = context.store, context.jobset.settings.keep_runs
    while expired := store.expired_runs(job, keep_runs, before, RUNS_A_STEP):
        store.forget(expired)
        for run_id in expired:
            remove(run_directory(context.directory, run_id))
        yield
    yield


def cap_output(context: EngineContext) -> Iterator[None]:
    """Remove the oldest finished runs, rows and files together, until what is left of the output is small enough."""
    limit = context.jobset.settings.max_state_bytes
    if not limit:
        return
    ids = _own_folders(context)
    yield
    sizes: dict[int, int] = {}
    for count, run_id in enumerate(ids):
        sizes[run_id] = disk_bytes(run_directory(context.directory, run_id))
        if count % RUNS_A_STEP == 0:
            yield
    total = sum(sizes.values())
    for start in range(0, len(ids), RUNS_A_STEP):
        if total <= limit:
            return
        for run_id in context.store.finished_among(ids[start : start + RUNS_A_STEP]):
            if total <= limit:
                return
            context.store.forget([run_id])
            remove(run_directory(context.directory, run_id))
            total -= sizes[run_id]
        yield


def _own_folders(context: EngineContext) -> list[int]:
    """The numbers of the folders that are runs', oldest first."""
    numbers = sorted(run_directories(context.directory))
    strange: set[int] = set()
    for start in range(0, len(numbers), LEFTOVERS_A_STEP):
        unknown = context.store.unknown_runs(numbers[start : start + LEFTOVERS_A_STEP])
        strange |= {number for number in unknown if not _is_ours(context, number)}
    return [number for number in numbers if number not in strange]


def _is_ours(context: EngineContext, run_id: int) -> bool:
    """Whether a folder bears the marks of a run. A state directory may hold what others have put there."""
    return bears_marks(run_directory(context.directory, run_id))


def _expire_messages(context: EngineContext, before: datetime | None) -> Iterator[None]:
    after: int | None = 0
    while after is not None:
        after = context.store.expire_alerts(after, before)
        yield
    while before is not None and context.store.expire_commands(before):
        yield


def _sweep(context: EngineContext, before: datetime) -> Iterator[None]:
    """Remove the files of runs that no row knows, once they are old."""
    try:
        entries = os.scandir(os.path.join(context.directory, "runs"))
    except OSError:  # nothing has run yet
        return
    with entries:
        ids: list[int] = []
        for entry in entries:
            if is_run_number(entry.name):
                ids.append(int(entry.name))
            if len(ids) == LEFTOVERS_A_STEP:
                _remove_leftovers(context, ids, before)
                ids = []
                yield
        _remove_leftovers(context, ids, before)
        yield


def _remove_leftovers(context: EngineContext, ids: list[int], before: datetime) -> None:
    for run_id in context.store.unknown_runs(ids):
        if not _is_ours(context, run_id):
            continue
        directory = run_directory(context.directory, run_id)
        try:
            changed = os.stat(directory, follow_symlinks=False).st_mtime
        except OSError:  # somebody else removes it at this very moment
            continue
        if changed < before.timestamp():
            remove(directory)
