"""How things stand with each job: what every front end shows. Pure: (definitions, registry, now) in, views out."""

from __future__ import annotations

from enum import StrEnum

from peak_console.decisions.ahead.expected_success import missing_since
from peak_console.decisions.ahead.upcoming import starts_ahead
from peak_console.decisions.capacity import Capacity
from peak_console.decisions.conditions import (
    BLACKOUT,
    ENABLED,
    FRESHNESS,
    HOLD,
    KNOWN_AHEAD,
    OVERRIDE,
    SERVED,
    UPSTREAMS,
    Answer,
    Situation,
    answers,
    first_unmet,
)
from peak_console.decisions.gates import recorded_gating
from peak_console.decisions.holding.holds import holding
from peak_console.decisions.selection import override_in_force
from peak_console.decisions.serving import Coverage
from peak_console.model.records import Outcome, RunState, Trigger
from peak_console.model.state import JobState
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo
    from typing import Protocol

    from peak_console.decisions.holding.blackouts import Blackouts, Window
    from peak_console.jobs.beside import Gate
    from peak_console.jobs.blackouts import Blackout
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.progress import Progress
    from peak_console.model.records import EngineInfo, Override, Run
    from peak_console.model.state import GateState, Hold

    class JobRecords(Protocol):
        """What a registry can tell about jobs and their runs."""

        def job_states(self) -> Mapping[str, JobState]:
            """By job: what is remembered of its slots."""

        def last_runs(self, jobs: Iterable[str]) -> Mapping[str, Run]:
            """By job: its latest run that has ended or runs."""

        def last_successes(self, jobs: Iterable[str]) -> Mapping[str, Run]:
            """By job: its latest run that has succeeded."""

        def unfinished(self) -> Sequence[Run]:
            """Every run that is queued or under way, oldest first."""

        def gate_states(self) -> Mapping[str, GateState]:
            """By name, how each gate stands."""

        def progress_of(self, arrays: Sequence[int]) -> Mapping[int, Progress]:
            """How far arrays have come, by their ids."""

        def holds(self) -> Sequence[Hold]:
            """Every hold that is not on all jobs."""

        def blackouts(self) -> Sequence[Blackout]:
            """Every blackout that a person has added."""

        def engines(self) -> Sequence[EngineInfo]:
            """Of each selection of tags the engine that last served it."""


NO_LIMIT = Capacity(0, 0)
_NO_ARRAYS: Mapping[int, Progress] = {}


class Standing(StrEnum):
    """The standing of a job in one word; the worst come first."""

    FAILED = "failed"
    RETRYING = "retrying"
    CLAIMED = "claimed"
    """Its run is claimed and has no process, and no engine serves: the next engine starts it."""
    RUNNING = "running"
    SUBMITTED = "submitted"
    """Its run was handed to an executor that starts it when it has room."""
    QUEUED = "queued"
    AWAITING = "awaiting"
    """Its slot waits for other jobs."""
    OK = "ok"
    STOPPED = "stopped"
    WAITING = "waiting"
    """It has never run."""
    DONE = "done"
    """A ``once`` that has run and never will again."""
    DISABLED = "disabled"


CLAIMED_MEANS = "no engine serves; the next engine starts the run"
"""What ``Standing.CLAIMED`` means for the operator."""


class DisabledBy(StrEnum):
    FILE = "file"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class JobView:
    """One job as it stands at one moment."""

    job: JobDefinition
    standing: str
    disabled_by: str | None
    override: Override | None
    """The operator's enable or disable, while it is in force."""
    next_slot: datetime | None
    """When the next slot starts, in the past while it is due; ``None`` when there is none.

    Of a job that an operator has disabled for a while the first slot after that."""
    last_run: Run | None
    active: Sequence[Run]
    """Its runs under way, oldest first."""
    queued: Sequence[Run]
    not_served: str | None = None
    """Why no engine is going to start it, while engines serve other jobs."""
    gate: str | None = None
    """The gate that keeps it from starting, with its reason."""
    hold: Hold | None = None
    """The hold on it that is not on all jobs."""
    progress: Progress | None = None
    """How far its array is, while one is under way."""
    blackout: Window | None = None
    """The blackout in which nothing of it starts now."""
    blackouts: Blackouts | None = None
    """Every blackout that there is; ``None`` where there is none."""
    last_success: Run | None = None
    missing_since: datetime | None = None
    """Its last slot that has passed, where no run has succeeded for it or since: one should have."""

    @property
    def enabled(self) -> bool:
        return self.disabled_by is None


def view(
    job: JobDefinition,
    state: JobState | None,
    last_run: Run | None,
    unfinished: Sequence[Run],
    now: datetime,
    not_served: str | None = None,
    *,
    no_engine: bool = False,
    gate: str | None = None,
    holds: Sequence[Hold] = (),
    progress: Mapping[int, Progress] = _NO_ARRAYS,
    blackouts: Blackouts | None = None,
    last_success: Run | None = None,
) -> JobView:
    """How things stand with one job; ``unfinished`` are its runs that are queued or under way.

    ``holds`` are those that are not on all jobs; ``progress`` is that of arrays, by their ids; ``blackouts``
    are all that there are. ``last_success`` need not be given where ``last_run`` is it.

    ``no_engine`` says that no engine serves any job, so that nothing starts what is claimed.
    """
    asked = Situation(job, now, NO_LIMIT, state=state)
    override = override_in_force(state, now)
    unmet = first_unmet(asked, (ENABLED, OVERRIDE))
    enabled = unmet is None
    disabled_by = None if unmet is None else DisabledBy.FILE if unmet is ENABLED else DisabledBy.OPERATOR
    slot = next(starts_ahead(job, state, now, blackouts), None)
    active = [run for run in unfinished if run.state != RunState.QUEUED]
    queued = [run for run in unfinished if run.state == RunState.QUEUED]
    if last_run is not None and last_run.outcome == Outcome.SUCCEEDED:
        last_success = last_run
    missing = missing_since(job, state, slot, unfinished, last_success, now) if enabled else None
    if missing is not None and blackouts is not None and blackouts.over(job, missing) is not None:
        missing = None  # nothing was to start then
    return JobView(
        job=job,
        standing=_standing(
            enabled, slot, last_run, active, queued, no_engine=no_engine, follows_runs=job.round == "run"
        ),
        disabled_by=disabled_by,
        override=override,
        next_slot=slot,
        last_run=last_run,
        active=active,
        queued=queued,
        not_served=not_served if enabled else None,
        gate=gate if enabled else None,
        hold=holding(job, holds, now) if holds else None,
        progress=next((progress[run.id] for run in active if run.id in progress), None) if progress else None,
        blackout=blackouts.over(job, now) if blackouts is not None else None,
        blackouts=blackouts,
        last_success=last_success,
        missing_since=missing,
    )


def unmet_of(
    view: JobView, now: datetime, capacity: Capacity, *, hold: Hold | None = None, zone: tzinfo | None = None
) -> Answer | None:
    """The first condition that keeps a job's next slot from starting now; ``None`` when nothing does."""
    asked = _situation(view, now, capacity, hold, zone)
    unmet = first_unmet(asked)
    awaiting = [run for run in view.queued if run.awaits is not None]
    if awaiting and (unmet is None or unmet not in (SERVED, ENABLED, OVERRIDE, HOLD, BLACKOUT)):
        name = UPSTREAMS.name if view.job.after else FRESHNESS.name
        return Answer(name, False, awaiting[0].awaits or "", None)
    return unmet.answer(asked) if unmet is not None else None


def answers_of(
    view: JobView, now: datetime, capacity: Capacity, *, hold: Hold | None = None, zone: tzinfo | None = None
) -> tuple[list[Answer], Situation]:
    """What each condition says of a job's next slot, in their order, and the situation that they looked at."""
    asked = _situation(view, now, capacity, hold, zone)
    found = answers(asked)
    awaiting = next((run for run in view.queued if run.awaits is not None), None)
    if awaiting is not None:
        name = UPSTREAMS.name if view.job.after else FRESHNESS.name
        found = [Answer(name, False, awaiting.awaits or "", None) if each.name == name else each for each in found]
    return found, asked


def unmet_ahead(
    view: JobView, slot: datetime, *, hold: Hold | None = None, zone: tzinfo | None = None
) -> Answer | None:
    """The first condition that keeps a slot ahead from starting, as far as that can be told before; ``None`` if none.

    Conditions that depend on how runs go are not asked: by that slot they may have ended.
    """
    asked = _situation(view, slot, NO_LIMIT, hold, zone)
    unmet = first_unmet(asked, KNOWN_AHEAD)
    return unmet.answer(asked) if unmet is not None else None


def _situation(view: JobView, now: datetime, capacity: Capacity, hold: Hold | None, zone: tzinfo | None) -> Situation:
    retries = [run for run in view.queued if run.triggered_by == Trigger.RETRY]
    waiting = sum(run.awaits is None for run in view.queued) - len(retries)
    return Situation(
        view.job, now, capacity, state=JobState(view.job.name, "", override=view.override), slot=view.next_slot,
        active=[run.id for run in view.active], retries=retries, waiting=waiting,
        hold=hold or view.hold, blackouts=view.blackouts, gate=view.gate, not_served=view.not_served, zone=zone,
    )  # fmt: skip


def _standing(
    enabled: bool,
    slot: datetime | None,
    last_run: Run | None,
    active: Sequence[Run],
    queued: Sequence[Run],
    *,
    no_engine: bool,
    follows_runs: bool,
) -> Standing:
    if no_engine and active and all(run.state == RunState.CLAIMED for run in active):
        return Standing.CLAIMED
    if active and all(run.state == RunState.SUBMITTED for run in active):
        return Standing.SUBMITTED
    if active:
        return Standing.RUNNING
    turns = [run for run in queued if run.awaits is None]
    if turns:
        return Standing.RETRYING if turns[0].attempt > 1 else Standing.QUEUED
    if queued:
        return Standing.AWAITING
    if not enabled:
        return Standing.DISABLED
    if last_run is None:
        return Standing.WAITING
    if last_run.outcome == Outcome.STOPPED:
        return Standing.STOPPED
    if last_run.outcome != Outcome.SUCCEEDED:
        return Standing.FAILED
    return Standing.OK if slot is not None or follows_runs else Standing.DONE


def views(
    jobs: Iterable[JobDefinition],
    store: JobRecords | None,
    now: datetime,
    *,
    gates: Sequence[Gate] = (),
    blackouts: Sequence[Blackout] = (),
    zone: tzinfo | None = None,
) -> list[JobView]:
    """Every job as the registry has it, in the given order; ``None`` is a registry where nothing ever happened.

    ``gates`` and ``blackouts`` are those of the jobs file.
    """
    jobs = list(jobs)
    every = all_blackouts(blackouts, store)
    if store is None:
        gating = recorded_gating(gates, {}, zone, is_served=False)
        return [view(job, None, None, (), now, gate=gating(job), blackouts=every) for job in jobs]
    states = store.job_states()
    last = store.last_runs(job.name for job in jobs)
    others = [name for name, run in last.items() if run.outcome != Outcome.SUCCEEDED]
    successes = store.last_successes(others) if others else {}
    unfinished: dict[str, list[Run]] = {}
    for run in store.unfinished():
        unfinished.setdefault(run.job, []).append(run)
    served = Coverage(store.engines(), now)
    holds = store.holds()
    states_of_gates = store.gate_states() if gates else {}
    gating = recorded_gating(gates, states_of_gates, zone, is_served=bool(served.engines))
    arrays = [run.id for job in jobs for run in unfinished.get(job.name, ()) if run.is_array]
    progress = store.progress_of(arrays) if arrays else _NO_ARRAYS
    return [
        view(
            job, states.get(job.name), last.get(job.name), unfinished.get(job.name, ()), now,
            served.why_not_served(job.name), no_engine=not served.engines, gate=gating(job), holds=holds,
            progress=progress, blackouts=every, last_success=successes.get(job.name),
        )
        for job in jobs
    ]  # fmt: skip


def all_blackouts(in_file: Sequence[Blackout], store: JobRecords | None) -> Blackouts | None:
    """Those of a jobs file and those that people have added; ``None`` where there is none."""
    rules = [*in_file, *(store.blackouts() if store is not None else ())]
    if not rules:
        return None
    from peak_console.decisions.holding.blackouts import Blackouts

    return Blackouts(rules)


def counts(views: Sequence[JobView]) -> Mapping[str, int]:
    """Count the jobs by their standing."""
    tally: dict[str, int] = {}
    for each in views:
        tally[each.standing] = tally.get(each.standing, 0) + 1
    return tally
