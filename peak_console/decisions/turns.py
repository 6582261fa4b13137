"""The runs that wait: which of them start now, and which are given up. Pure."""

from __future__ import annotations

from datetime import timedelta

from peak_console.jobs.model import Overlap
from peak_console.model.terms import LOCAL, Trigger
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo

    from peak_console.decisions.capacity import Capacity
    from peak_console.decisions.conditions import Situation
    from peak_console.decisions.holding.blackouts import Window
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run

_NO_ARRAYS: Mapping[int, int] = {}
PRIORITY_STEP = timedelta(minutes=10)
REPLACED = "replaced by a later run"
"""Why a run of a job whose later slots replace it is stopped, or given up while it waits."""


def turn(run: Run) -> tuple[datetime, int]:
    """By what queued runs are ordered: they start in this order.

    A step of priority counts as so much waiting: who waits long enough comes before any priority, so nobody starves.
    """
    return ahead(run.not_before or run.scheduled_for or run.claimed_at, run.priority), run.id


def ahead(moment: datetime, priority: int) -> datetime:
    """The moment that a slot is ordered by: its own, earlier by its priority."""
    try:
        return moment - PRIORITY_STEP * priority if priority else moment
    except OverflowError:  # at the ends of the calendar
        return moment


class Turns:
    """Which of the runs that wait start at one moment. Whoever starts one says so with ``take``."""

    def __init__(
        self,
        queue: Iterable[Run],
        active: Callable[[str], Sequence[object]],
        capacity: Capacity,
        now: datetime,
        held: frozenset[str] = frozenset(),
        in_arrays: Mapping[int, int] = _NO_ARRAYS,
    ) -> None:
        """``queue`` is in order of ``turn``; ``active`` gives a job's runs that are claimed or running.

        No run of a job that is ``held`` has a turn. ``in_arrays`` says how many runs of an array are claimed or
        running, by the id of the array.
        """
        self._queue = queue
        self._active = active
        self._capacity = capacity
        self._now = now
        self._held = held
        self._in_arrays = dict(in_arrays)
        self._singles: dict[str, JobDefinition] = {}
        """By its job, what one run of an array counts as."""
        self._idle: set[str] = set()
        """Jobs of which no run was under way: of a long queue nobody asks again."""
        self._shut: set[str] = set()
        """Jobs of which no further run starts now, whichever it is."""
        self._all_here: bool | None = None
        self._retried: dict[str, datetime] | None = None
        """By job, the oldest slot that waits for another attempt."""

    def ready(self, jobs: Mapping[str, JobDefinition]) -> Iterator[tuple[Run, JobDefinition]]:
        """The runs whose turn has come, in order, up to the places free; each that starts has to be ``take``\\ n."""
        for run in list(self._queue):
            if run.job in self._shut:
                continue
            if self._capacity.yields or (self._capacity.is_full and self._are_all_here(jobs)):
                return
            job = jobs.get(run.defined_by)
            if job is None:
                continue
            if run.array_of is None:
                if self._may_start(run, job):
                    yield run, job
            elif self._may_start_in_array(run, run.array_of, job):
                yield run, self._single(job)

    def _are_all_here(self, jobs: Mapping[str, JobDefinition]) -> bool:
        """Whether every job needs one of the places, so that none is worth a look while they are full."""
        if self._all_here is None:
            self._all_here = all(job.executor == LOCAL and job.array is None for job in jobs.values())
        return self._all_here

    def _single(self, job: JobDefinition) -> JobDefinition:
        """A job of one run: an array takes no place, each of its runs does."""
        if job.array is None:
            return job
        if job.name not in self._singles:
            self._singles[job.name] = replace(job, array=None)
        return self._singles[job.name]

    def _may_start_in_array(self, run: Run, array: int, job: JobDefinition) -> bool:
        """Whether one run of an array may start: no overlap is in its way, only what its array says."""
        if job.name in self._held or (run.not_before is not None and self._now < run.not_before):
            return False
        at_once = job.array.at_once if job.array is not None else 0
        if at_once and self._in_arrays.get(array, 0) >= at_once:
            return False
        single = self._single(job)
        return not (self._capacity.is_full_for(single) or self._capacity.is_group_full(single))

    def take(self, run: Run, job: JobDefinition) -> None:
        """A run that was ``ready`` starts: it takes its job's turn, and a place."""
        if job.overlap != Overlap.ALLOW:
            self._shut.add(run.job)
        if run.array_of is not None:
            self._in_arrays[run.array_of] = self._in_arrays.get(run.array_of, 0) + 1
        self._capacity.take(job)

    def _may_start(self, run: Run, job: JobDefinition) -> bool:
        if run.awaits is not None or (run.not_before is not None and self._now < run.not_before):
            return False
        if self._is_shut(job):
            self._shut.add(run.job)
            return False
        if job.overlap == Overlap.ALLOW:
            return True
        return not self._waits_for_attempt(run)

    def _is_shut(self, job: JobDefinition) -> bool:
        """Whether none of a job's runs has a turn: what takes places and turns only takes more of them."""
        if job.name in self._held or self._capacity.is_full_for(job) or self._capacity.is_group_full(job):
            return True
        if job.overlap == Overlap.ALLOW or job.name in self._idle:
            return False
        if self._active(job.name):
            return True
        self._idle.add(job.name)
        return False

    def _waits_for_attempt(self, run: Run) -> bool:
        """Whether an earlier slot is to be tried again first. A run by hand waits for no attempt, nor does a retry."""
        if run.scheduled_for is None or run.triggered_by in (Trigger.RETRY, Trigger.MANUAL):
            return False
        if self._retried is None:
            self._retried = {}
            for each in self._queue:
                slot = each.scheduled_for
                if each.triggered_by == Trigger.RETRY and slot is not None:
                    self._retried[each.job] = min(slot, self._retried.get(each.job, slot))
        slot = self._retried.get(run.job)
        return slot is not None and slot < run.scheduled_for


def why_shut(run: Run, window: Window | None, zone: tzinfo | None) -> str | None:
    """That a run whose turn has come is skipped, as its job is in a blackout; ``None`` where it may start.

    A run by hand that was asked for since the blackout began has overridden it.
    """
    if window is None or (run.triggered_by == Trigger.MANUAL and run.claimed_at >= window.start):
        return None
    from peak_console.decisions.holding.blackouts import window_in_words

    return window_in_words(window, zone)


def why_given_up(run: Run, asked: Situation, is_by_hand: Callable[[Run], bool]) -> str:
    """Why a run that waits will never start: empty while it may. What was asked for by hand outlasts a disabling."""
    if run.stop_reason:
        return run.stop_reason
    if not asked.is_off or is_by_hand(run):
        return ""
    return "its job was disabled while it waited"
