"""Deadlines: by when slots have to have run, whether they will, and what stands in the way. Pure."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from peak_console.decisions.ahead.durations import REMEMBERED
from peak_console.decisions.ahead.upcoming import slots_outside
from peak_console.model.terms import Outcome, RunState, Trigger
from peak_console.schedule.deadline_times import moment_of
from peak_console.schedule.rounds import round_of
from peak_console.schedule.zones import local_time, zone
from peak_console.text import duration
from peak_console.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo
    from typing import Protocol

    from peak_console.decisions.ahead.expectations import Expectation, Expectations
    from peak_console.decisions.holding.blackouts import Blackouts
    from peak_console.decisions.upstreams.chains import Window
    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.model.ahead import Due
    from peak_console.model.records import Run
    from peak_console.model.state import JobState

    class DeadlineRecords(Protocol):
        """What a registry can tell about the runs that deadlines depend on."""

        def last_attempts(self, job: str, limit: int) -> list[tuple[float, str, int | None]]: ...
        def runs_of_round(self, job: str, since: datetime | None, until: datetime | None) -> list[Run]: ...
        def last_runs(self, jobs: Iterable[str]) -> Mapping[str, Run]: ...
        def unfinished(self) -> Sequence[Run]: ...


HORIZON = timedelta(hours=24)
"""Slots that are further ahead are not looked at."""


class Risk(StrEnum):
    """How things stand with a deadline; worst first."""

    MISSED = "missed"
    LATE = "late"
    """It will probably be missed."""
    BLOCKED = "blocked"
    """Something has to be done, or the job will not run at all."""
    TIGHT = "tight"
    """It may be missed: in one of ten cases, or more."""
    UNKNOWN = "unknown"
    """Nobody can tell, without a history."""
    GOOD = "good"
    MET = "met"


@dataclass(frozen=True, slots=True)
class Prospect:
    """One deadline of one slot, and what is expected of it."""

    name: str
    """The job, or the set that it is part of."""
    job: str
    slot: datetime
    at: datetime
    starts: bool
    """Whether the start counts, and not the end."""
    expected: datetime | None
    late: datetime | None
    risk: Risk
    is_over: bool = False
    """Whether it has come to pass."""
    because: str = ""
    path: Sequence[str] = ()

    @property
    def slack_seconds(self) -> float | None:
        """How much is left between what is expected and the deadline; negative is too late."""
        return None if self.expected is None else (self.at - self.expected).total_seconds()


def has_deadlines(jobset: JobSet) -> bool:
    """Whether anything has to have run by some time."""
    return bool(jobset.deadlines) or any(job.finish_by or job.start_by for job in jobset.jobs.values())


def prospects(
    jobset: JobSet,
    jobs: Iterable[JobDefinition],
    expectations: Expectations,
    slots_of: Callable[[JobDefinition], Iterable[datetime]],
    now: datetime,
) -> list[Prospect]:
    """Every deadline of the slots under way and of the next one of each job, the tightest first."""
    found: list[Prospect] = []
    for job in jobs:
        rules = list(rules_of(jobset, job))
        if not rules:
            continue
        where = zone(job.schedule.timezone or jobset.settings.timezone)
        for slot in slots_of(job):
            expectation = expectations.of(job, slot, round_of(job.schedule, job.round, slot, where).end)
            for name, text, starts in rules:
                at = moment_of(text, slot, where, job.schedule.sessions)
                found.append(_prospect(name, job, slot, at, starts, expectation, now))
    return sorted(found, key=_tightness)


def sharpened(prospects: Iterable[Prospect], due_of: Mapping[tuple[str, datetime], Due]) -> list[Prospect]:
    """The same deadlines with what a forecast knows of them, where that is later, the tightest first.

    A forecast knows of places, groups, holds and everything else that keeps a slot from starting.
    """
    return sorted(
        (_sharpened(prospect, due_of.get((prospect.job, prospect.slot))) for prospect in prospects), key=_tightness
    )


def _sharpened(prospect: Prospect, due: Due | None) -> Prospect:
    if prospect.risk not in (Risk.LATE, Risk.TIGHT, Risk.GOOD) or due is None or due.starts != prospect.starts:
        return prospect
    if due.expected is None or prospect.expected is None or due.expected <= prospect.expected:
        return prospect
    slack = (prospect.at - due.expected).total_seconds()
    risk = Risk.LATE if slack < 0 else Risk.TIGHT if slack < due.spread_seconds else prospect.risk
    return replace(prospect, expected=due.expected, risk=risk)


def _tightness(prospect: Prospect) -> tuple[int, float]:
    order = (Risk.MISSED, Risk.BLOCKED, Risk.LATE, Risk.TIGHT, Risk.GOOD, Risk.UNKNOWN, Risk.MET)
    slack = prospect.slack_seconds
    return order.index(prospect.risk), slack if slack is not None else 0.0


def rules_of(jobset: JobSet, job: JobDefinition) -> Iterator[tuple[str, str, bool]]:
    """For each deadline of a job: whose it is, the time as it is written, and whether the start counts."""
    if job.finish_by:
        yield job.name, job.finish_by, False
    if job.start_by:
        yield job.name, job.start_by, True
    for deadline in jobset.deadlines:
        if deadline.covers(job):
            yield deadline.name, deadline.at, False


def _prospect(
    name: str, job: JobDefinition, slot: datetime, at: datetime, starts: bool, found: Expectation, now: datetime
) -> Prospect:
    wanted, late = (found.starts_at, found.starts_at) if starts else (found.ends_at, found.late_end)
    is_done = found.is_over or (starts and found.starts_at is not None and found.starts_at <= now)
    if is_done and wanted is not None:
        risk = Risk.MET if wanted <= at else Risk.MISSED
    elif now > at:
        risk = Risk.MISSED
    elif wanted is None or late is None:
        risk = Risk.BLOCKED if found.is_blocked else Risk.UNKNOWN
    elif wanted > at:
        risk = Risk.LATE
    else:
        risk = Risk.TIGHT if late > at else Risk.GOOD
    return Prospect(name, job.name, slot, at, starts, wanted, late, risk, is_done, found.because, found.path)


def slots_in_question(
    job: JobDefinition,
    state: JobState | None,
    unfinished: Iterable[Run],
    last: Run | None,
    now: datetime,
    blackouts: Blackouts | None = None,
) -> list[datetime]:
    """The slots of a job whose deadlines are looked at: those under way, the last one, and the next one."""
    slots = [run for run in unfinished if run.job == job.name and run.triggered_by != Trigger.MANUAL]
    found = {run.round_at or run.scheduled_for for run in slots}
    if last is not None and _counts(last) and now - last.claimed_at < HORIZON:
        found.add(last.round_at or last.scheduled_for)
    ahead = next(slots_outside(job, state, now, blackouts), None)
    if ahead is not None and ahead - now < HORIZON:
        found.add(ahead)
    return sorted(slot for slot in found if slot is not None)


def _counts(last: Run) -> bool:
    """Whether a job's last run was for a slot that had a deadline."""
    is_over = last.state == RunState.FINISHED and last.outcome != Outcome.SKIPPED
    return is_over and last.triggered_by != Trigger.MANUAL


def in_words(prospect: Prospect, where: tzinfo | None) -> str:
    """What is expected of a deadline, in one line."""
    at = f"{local_time(prospect.at, where):%H:%M}"
    what = "start" if prospect.starts else "end"
    who = prospect.job if prospect.name == prospect.job else f"{prospect.name}: {prospect.job}"
    because = f": {prospect.because}" if prospect.because else ""
    slack = prospect.slack_seconds
    if prospect.risk == Risk.MISSED and prospect.is_over and slack is not None:
        return f"{who} {what}ed {duration(-slack)} after its deadline {at}{because}"
    if prospect.risk == Risk.MISSED:
        return f"{who} did not {what} by {at}{because}"
    if prospect.risk == Risk.BLOCKED:
        return f"{who} will not {what} by {at}{because}"
    if prospect.expected is None or slack is None:
        return f"{who} has to {what} by {at}{because}"
    moment = f"{local_time(prospect.expected, where):%H:%M}"
    if prospect.risk == Risk.MET:
        return f"{who} {what}ed {duration(slack)} before its deadline {at}"
    if prospect.risk == Risk.LATE:
        return f"{who} expected {moment}, {duration(-slack)} after its deadline {at}{because}"
    return f"{who} expected {moment}, {duration(slack)} before its deadline {at}{because}"


def recorded(
    jobset: JobSet,
    jobs: Iterable[JobDefinition],
    records: DeadlineRecords,
    state_of: Callable[[str], JobState | None],
    now: datetime,
    blackouts: Blackouts | None = None,
) -> list[Prospect]:
    """Every deadline of some jobs as a registry lets expect it, the tightest first."""
    from peak_console.decisions.ahead.expectations import Expectations
    from peak_console.decisions.upstreams.chains import counted

    durations: dict[str, list[float]] = {}

    def durations_of(name: str) -> list[float]:
        if name not in durations:
            attempts = records.last_attempts(name, REMEMBERED)
            durations[name] = [seconds for seconds, outcome, _ in attempts if outcome == Outcome.SUCCEEDED]
        return durations[name]

    def runs_of(name: str, window: Window) -> Sequence[Run]:
        return counted(records.runs_of_round(name, window.since, window.until), window)

    jobs = [job for job in jobs if next(rules_of(jobset, job), None) is not None]
    if not jobs:
        return []
    unfinished = records.unfinished()
    last = records.last_runs(job.name for job in jobs)
    expectations = Expectations(jobset.jobs, state_of, runs_of, durations_of, jobset.settings.timezone, now)
    return prospects(
        jobset,
        jobs,
        expectations,
        lambda job: slots_in_question(job, state_of(job.name), unfinished, last.get(job.name), now, blackouts),
        now,
    )
