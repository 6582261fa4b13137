"""What is known of all jobs at one moment, from which each job's situation is made."""

from __future__ import annotations

from functools import partial

from peak_console.decisions.capacity import Capacity, capacity_of
from peak_console.decisions.conditions import Situation
from peak_console.decisions.holding.holds import held_names, holding
from peak_console.decisions.turns import turn
from peak_console.jobs.model import IfStale
from peak_console.model.terms import RunState, Trigger

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from peak_console.decisions.holding.blackouts import Blackouts
    from peak_console.decisions.upstreams.chains import AsksUpstreams
    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.model.records import Run
    from peak_console.model.state import Hold, JobState


def _is_served(_job: str) -> str | None:
    return None


def is_open(_job: JobDefinition) -> str | None:
    """No gate keeps any job: stands for the question where the jobs file has no gates."""
    return None


def _is_known(_job: JobDefinition) -> bool:
    return False


def asks(job: JobDefinition) -> bool:
    """Whether a job's required files are a condition of its start; otherwise its run fails as it starts."""
    return job.if_stale != IfStale.FAIL


class Facts:
    """The hold, the places, and the runs of every job at one moment."""

    def __init__(
        self,
        now: datetime,
        capacity: Capacity,
        active: Callable[[str], Sequence[Run]],
        queue: Iterable[Run],
        *,
        hold: Hold | None = None,
        holds: Sequence[Hold] = (),
        blackouts: Blackouts | None = None,
        why_not_served: Callable[[str], str | None] = _is_served,
        why_gated: Callable[[JobDefinition], str | None] = is_open,
        awaits_gate: Callable[[JobDefinition], bool] = _is_known,
        upstreams: AsksUpstreams | None = None,
        stale: Callable[[JobDefinition, datetime], str | None] | None = None,
        zone: tzinfo | None = None,
        in_arrays: Mapping[int, int] | None = None,
    ) -> None:
        """Take what is known of all jobs.

        ``active`` gives a job's claimed and running runs, oldest first; ``queue`` is in order of ``turn``;
        ``upstreams`` says what a job's upstreams make of its slot of a round.
        """
        self.now = now
        self.capacity = capacity
        self.active = active
        self.queue = queue
        self.hold = hold
        """The hold on all jobs."""
        self.holds = holds
        """The holds on some of them."""
        self.blackouts = blackouts
        """Every blackout that there is; ``None`` where there is none."""
        self._why_not_served = why_not_served
        self.why_gated = why_gated
        self.awaits_gate = awaits_gate
        self.upstreams = upstreams
        self.stale = stale
        self.zone = zone
        self.in_arrays = in_arrays or {}
        """How many runs of an array are claimed or running, by the id of the array."""
        self._queued: dict[str, list[Run]] | None = None

    def queued(self, job: str) -> Sequence[Run]:
        """A job's runs that wait, in order of their turns, as the queue was when this was first asked."""
        if self._queued is None:
            self._queued = {}
            for run in self.queue:
                self._queued.setdefault(run.job, []).append(run)
        return self._queued.get(job, ())

    def holding(self, job: JobDefinition) -> Hold | None:
        """The hold on a job that is not on all of them."""
        return holding(job, self.holds, self.now) if self.holds else None

    def waiting_names(self, jobs: Mapping[str, JobDefinition]) -> frozenset[str]:
        """The jobs whose slots wait, however long they have been due: those that are held or deferred."""
        held = held_names(jobs, self.holds, self.now) if self.holds else frozenset()
        return held | self.blackouts.deferred(jobs, self.now) if self.blackouts is not None else held

    def situation(
        self, job: JobDefinition, state: JobState | None, slot: datetime | None, *, by_hand: bool = False
    ) -> Situation:
        """One job's situation; ``slot`` is the one that is asked about, ``by_hand`` as part of a chain run so."""
        queued = self.queued(job.name)
        retries = [run for run in queued if run.triggered_by == Trigger.RETRY]
        awaiting = [run.round_at or run.scheduled_for or run.claimed_at for run in queued if run.awaits is not None]
        upstreams = self.upstreams if job.after else None
        return Situation(
            job,
            self.now,
            self.capacity,
            state=state,
            slot=slot,
            active=[run.id for run in self.active(job.name)],
            retries=retries,
            waiting=len(queued) - len(retries) - len(awaiting),
            hold=self.hold or self.holding(job),
            blackouts=self.blackouts,
            gate=self.why_gated(job),
            awaits_gate=self.awaits_gate(job),
            not_served=self._why_not_served(job.name),
            upstreams=partial(upstreams, job, by_hand=by_hand) if upstreams is not None else None,
            stale=partial(self.stale, job) if self.stale is not None and job.requires and asks(job) else None,
            awaiting=awaiting,
            zone=self.zone,
        )


def recorded_facts(
    unfinished: Iterable[Run],
    max_runs: int,
    now: datetime,
    *,
    jobset: JobSet | None = None,
    hold: Hold | None = None,
    holds: Sequence[Hold] = (),
    blackouts: Blackouts | None = None,
    why_not_served: Callable[[str], str | None] = _is_served,
    why_gated: Callable[[JobDefinition], str | None] = is_open,
    upstreams: AsksUpstreams | None = None,
    zone: tzinfo | None = None,
) -> Facts:
    """The facts as a registry has them; ``unfinished`` are its runs that are queued, claimed or running.

    ``jobset`` says all limits instead of ``max_runs``.
    """
    active: dict[str, list[Run]] = {}
    queue: list[Run] = []
    with_place: list[str] = []
    in_arrays: dict[int, int] = {}
    for run in unfinished:
        if run.state == RunState.QUEUED:
            queue.append(run)
            continue
        active.setdefault(run.job, []).append(run)
        if not run.is_array:
            with_place.append(run.defined_by)
        if run.array_of is not None:
            in_arrays[run.array_of] = in_arrays.get(run.array_of, 0) + 1
    queue.sort(key=turn)
    capacity = Capacity(max_runs, len(with_place))
    if jobset is not None:
        capacity = capacity_of(jobset, with_place)
    return Facts(
        now,
        capacity,
        lambda job: active.get(job, ()),
        queue,
        hold=hold,
        holds=holds,
        blackouts=blackouts,
        why_not_served=why_not_served,
        why_gated=why_gated,
        upstreams=upstreams,
        zone=zone,
        in_arrays=in_arrays,
    )
