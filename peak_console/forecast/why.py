"""Why a job starts or does not: the conditions as they are now, what is recorded of then, what the forecast says."""

from __future__ import annotations

from datetime import timedelta

from peak_console.decisions.capacity import capacity_of
from peak_console.decisions.job_status import answers_of, views
from peak_console.decisions.why import about_now, about_run, about_slot, value_of
from peak_console.forecast.forecast import Question, forecast
from peak_console.model.terms import RunState
from peak_console.schedule.slots import next_slot
from peak_console.schedule.zones import local_time, zone
from peak_console.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from peak_console.decisions.conditions import Answer
    from peak_console.forecast.forecast import ForecastRun
    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.model.records import Run
    from peak_console.store.store import Store

AHEAD = timedelta(days=1)
LATER = timedelta(hours=6)
"""So long after a slot the forecast goes on, to see what becomes of it."""
MOST_RUNS = 1000
LATEST = 3
"""So many of the job's last runs are told of beside the conditions."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of the ordered list, with the value that it saw."""

    name: str
    holds: bool
    saw: str
    until: datetime | None
    """When it holds at the latest if nobody does anything; ``None`` where that cannot be told."""


@dataclass(frozen=True, slots=True)
class Told:
    """Why a job starts or does not: one sentence, and what it rests on."""

    job: str
    at: datetime
    """The moment that the sentence is about."""
    sentence: str
    unmet: Answer | None = None
    """The first condition that does not hold."""
    conditions: Sequence[Condition] = ()
    more: Sequence[str] = ()
    """Further sentences: runs before and after, and what the forecast says."""


class Reasons:
    """Answers why, by one jobs file and one registry at one moment. Nothing is written. May raise ``StateError``."""

    def __init__(self, jobset: JobSet, store: Store | None, now: datetime, shown_in: tzinfo | None = None) -> None:
        """``store`` is open for reading, or ``None`` while nothing has been recorded.

        Times are told in ``shown_in``; ``None`` is the zone of the job's schedule.
        """
        self._jobset = jobset
        self._store = store
        self._now = now
        self._shown_in = shown_in

    def zone_of(self, job: JobDefinition) -> tzinfo:
        """The zone that a job's slots are shown in."""
        return self._shown_in or zone(job.schedule.timezone or self._jobset.settings.timezone)

    def now(self, job: JobDefinition) -> Told:
        """Whether a job may start now, by each condition; without a forecast."""
        store, now, where = self._store, self._now, self.zone_of(job)
        jobset = self._jobset
        [view] = views(
            [job], store, now, gates=jobset.gates, blackouts=jobset.blackouts, zone=zone(jobset.settings.timezone)
        )
        if not view.enabled and view.next_slot is None:  # when it would be due, were it enabled
            view = replace(view, next_slot=next_slot(job.schedule, now, now))
        active = [run.job for run in store.unfinished() if run.state != RunState.QUEUED] if store is not None else []
        hold = store.hold() if store is not None else None
        found, asked = answers_of(view, now, capacity_of(self._jobset, active), hold=hold, zone=where)
        unmet = next((answer for answer in found if not answer.holds), None)
        return Told(
            job.name, now, about_now(job.name, unmet, where), unmet,
            conditions=[Condition(each.name, each.holds, value_of(each, asked), each.until) for each in found],
            more=[about_run(run, where) for run in self._runs_of(job, LATEST)],
        )  # fmt: skip

    def of_run(self, run: Run, job: JobDefinition) -> Told:
        """Why a run started when it did, from what is recorded of it."""
        return Told(job.name, run.claimed_at, about_run(run, self.zone_of(job)))

    def of_slot(self, slot: datetime, job: JobDefinition) -> Told:
        """What became of a slot, or will become of it by forecast."""
        where = self.zone_of(job)
        if slot <= self._now:
            told = about_slot(job.name, slot, self._runs_of(job, MOST_RUNS), where)
            return Told(job.name, slot, told or self._nothing_at(slot, job))
        own = [run for run in self._forecast(job, slot, slot + LATER) if run.slot == slot]
        if not own:
            return Told(job.name, slot, self._nothing_at(slot, job))
        first, *others = self._foretold(own, job, slot + LATER, limit=len(own))
        return Told(job.name, slot, first, more=others)

    def at(self, at: datetime, job: JobDefinition) -> Told:
        """What happened, or will happen, around a moment."""
        where = self.zone_of(job)
        if at > self._now:
            found = self._foretold(self._forecast(job, at, at + AHEAD), job, at + AHEAD)
            return Told(job.name, at, found[0])
        runs = self._runs_of(job, MOST_RUNS)
        told = about_slot(job.name, at, runs, where)
        if told:
            return Told(job.name, at, told)
        under_way = [
            run for run in runs if run.started_at is not None and run.started_at <= at and _ends_after(run, at)
        ]
        if under_way:
            sentence = f"at {_shown(at, where)} " + "; ".join(about_run(run, where) for run in under_way)
            return Told(job.name, at, sentence)
        before = [run for run in runs if run.claimed_at <= at][:1]
        after = [run for run in runs if run.claimed_at > at][-1:]
        more = [about_run(run, where) for run in (*before, *after)]
        return Told(job.name, at, self._nothing_at(at, job), more=more)

    def ahead(self, job: JobDefinition) -> list[str]:
        """When a job starts next by forecast, in a sentence."""
        end = self._now + AHEAD
        return self._foretold(self._forecast(job, self._now, end), job, end)

    def _nothing_at(self, at: datetime, job: JobDefinition) -> str:
        """Why nothing is known of a moment: the schedule has no slot there, or nobody has decided on it."""
        where = self.zone_of(job)
        moment = _shown(at, where)
        state = self._store.job_states().get(job.name) if self._store is not None else None
        following = next_slot(job.schedule, at - timedelta(microseconds=1), at)
        if following != at:
            what = "it never starts again" if following is None else f"the next slot is {_shown(following, where)}"
            return f"{job.name} has no slot at {moment}: by its schedule as it is now {what}"
        if state is not None and state.off_since is not None and state.off_since <= at:
            return f"{job.name} was disabled at {moment}: it has been off since {_shown(state.off_since, where)}"
        if state is not None and state.decided_until is not None and state.decided_until >= at:
            return f"the slot {moment} of {job.name} was passed over: it was disabled, or its schedule was edited since"
        return (
            f"nothing is recorded of the slot {moment} of {job.name}: no engine has looked at it, or its row has "
            "expired"
        )

    def _runs_of(self, job: JobDefinition, limit: int) -> list[Run]:
        """A job's last runs, newest first."""
        return self._store.runs(jobs=[job.name], limit=limit) if self._store is not None else []

    def _forecast(self, job: JobDefinition, begin: datetime, end: datetime) -> Sequence[ForecastRun]:
        return forecast(self._jobset, self._store, Question(now=self._now, begin=begin, end=end)).of([job.name]).runs

    def _foretold(self, runs: Sequence[ForecastRun], job: JobDefinition, end: datetime, limit: int = 1) -> list[str]:
        """What the forecast says, a sentence for each of the first few runs."""
        where = self.zone_of(job)
        if not runs:
            return [f"by forecast {job.name} does not start before {local_time(end, where):%a %Y-%m-%d %H:%M:%S %Z}"]
        return [f"by forecast {_in_words(run, where, job)}" for run in runs[:limit]]


def _ends_after(run: Run, at: datetime) -> bool:
    return run.finished_at is None or run.finished_at >= at


def _in_words(run: ForecastRun, where: tzinfo, job: JobDefinition) -> str:
    if run.starts_at is None:
        reason = f": {run.reason or run.late_because}" if run.reason or run.late_because else ""
        what = "still waits then" if run.outcome == RunState.QUEUED else f"is {run.outcome.replace('_', ' ')}"
        return f"the slot {_shown(run.slot, where)} of {job.name} {what}{reason}"
    ends = f", {'about ' if run.is_guess else ''}until {_shown(run.ends_at, where)[11:]}" if run.ends_at else ""
    late = f", as it {run.late_because}" if run.late_because else ""
    begins = "goes on" if run.run_id is not None else f"starts at {_shown(run.starts_at, where)}"
    return f"{job.name} {begins}{ends}, {run.outcome.replace('_', ' ')}{late}"


def _shown(at: datetime | None, where: tzinfo) -> str:
    """A time in a zone, to the second."""
    return "" if at is None else local_time(at, where).strftime("%Y-%m-%d %H:%M:%S")
