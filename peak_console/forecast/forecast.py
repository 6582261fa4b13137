"""A forecast: what starts when, what waits, what is skipped and why, from a moment on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta

from peak_console.forecast.past import Expectations, Past
from peak_console.forecast.simulation import Simulation
from peak_console.model.terms import Outcome, RunState
from peak_console.schedule.zones import local_time, zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo
    from re import Match

    from peak_console.jobs.model import JobSet
    from peak_console.model.records import Run
    from peak_console.store.store import Store

NUMBER = re.compile(r"#(\d{1,18})\b")
WITHOUT_PROCESS = (Outcome.SKIPPED, Outcome.MISSED, Outcome.NOT_STARTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a forecast is asked, beside the jobs and the registry."""

    now: datetime
    """The state is known for this moment; the engine is simulated from here on."""
    begin: datetime
    end: datetime
    """What begins, or would have begun, between the two is answered."""
    fail: Collection[str] = ()
    """Jobs whose runs fail."""
    slow: Mapping[str, float] = field(default_factory=dict)
    """By job: how many times as long its runs take."""
    samples: int = 0
    """How many futures are drawn from the history; 0: one, in which every run is typical."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ForecastRun:
    """One attempt at a job's slot, as it is expected."""

    job: str
    slot: datetime | None
    attempt: int
    triggered_by: str
    starts_at: datetime | None
    """``None``: it does not start, or still waits at the end of the forecast."""
    ends_at: datetime | None
    outcome: str
    """How it ends; ``queued`` where it still waits at the end of the forecast."""
    reason: str | None
    """Why it is skipped, missed, stopped."""
    late_because: str | None
    """What it waited for."""
    run_id: int | None
    """The run's id, if it is recorded already."""
    round_at: datetime | None
    """By what it belongs to a round of its chain, where that is not its slot."""
    is_guess: bool
    """Whether no run of the job has ended yet, so that nobody knows how long one takes."""

    @property
    def at(self) -> datetime | None:
        """When it takes place: its start, else its slot."""
        return self.starts_at or self.slot

    @property
    def has_process(self) -> bool:
        return self.starts_at is not None

    @property
    def waits_seconds(self) -> float:
        """How long it starts after its slot."""
        if self.starts_at is None or self.slot is None:
            return 0.0
        return max(0.0, (self.starts_at - self.slot).total_seconds())


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one future brings, in the order of the starts."""

    now: datetime
    begin: datetime
    end: datetime
    runs: Sequence[ForecastRun]
    max_concurrent_runs: int
    """The limit that it was made with; 0 is none."""

    def of(self, jobs: Collection[str]) -> Forecast:
        """The part that is about some jobs."""
        return replace(self, runs=[run for run in self.runs if run.job in jobs])


def forecast(jobset: JobSet, source: Store | None, question: Question, *, past: Past | None = None) -> Forecast:
    """The future in which every run is typical. Raises ``StateError``."""
    past = past or Past(source, jobset.jobs)
    return one_future(jobset, source, question, past, None)


def futures(
    jobset: JobSet, source: Store | None, question: Question, *, past: Past | None = None
) -> Sequence[Forecast]:
    """As many futures as are asked for, each with other lots drawn from the history. Raises ``StateError``."""
    past = past or Past(source, jobset.jobs)
    return [one_future(jobset, source, question, past, number) for number in range(question.samples)]


def one_future(jobset: JobSet, source: Store | None, question: Question, past: Past, sample: int | None) -> Forecast:
    """One future; without a ``sample`` number the typical one."""
    return next(unfolding(jobset, source, question, past, [question.end], sample=sample))


def unfolding(
    jobset: JobSet,
    source: Store | None,
    question: Question,
    past: Past,
    stops: Sequence[datetime],
    *,
    goes_on: Callable[[], bool] = lambda: True,
    sample: int | None = None,
) -> Iterator[Forecast]:
    """One future as far as each of the stops; the last is the one at which ``goes_on`` says no."""
    expected = Expectations(past, seed=question.seed, sample=sample, fail=question.fail, slow=question.slow)
    simulation = Simulation(jobset, source, question.now, expected.script)
    try:
        for stop in stops:
            reached = simulation.run_until(stop, goes_on)
            recorded = simulation.runs()
            words = _Words(recorded, simulation.first_id, zone(jobset.settings.timezone))
            runs = [_expected(run, simulation, jobset, past, words) for run in recorded]
            shown = [run for run in runs if _is_within(run, question, reached)]
            shown.sort(key=lambda run: (run.at or question.begin, run.job))
            yield Forecast(question.now, question.begin, reached, shown, jobset.settings.max_concurrent_runs)
            if reached < stop:
                return
    finally:
        simulation.close()


def _is_within(run: ForecastRun, question: Question, end: datetime) -> bool:
    if run.run_id is not None:  # it is under way
        return run.ends_at is None or run.ends_at > question.begin
    # A slot that has passed is decided on now.
    return run.at is not None and question.begin <= max(run.at, question.now) <= end


class _Words:
    """Says what the engine records in words that hold outside the simulation: its runs have no ids that anybody knows.

    ``#7 is still running`` becomes ``its run of 07:30:00 is still running``.
    """

    def __init__(self, runs: Sequence[Run], first_id: int, zone: tzinfo) -> None:
        self._runs = {run.id: run for run in runs if run.id >= first_id}
        self._zone = zone

    def of(self, text: str | None, job: str) -> str | None:
        return None if text is None else NUMBER.sub(lambda match: self._named(match, job), text)

    def _named(self, match: Match[str], job: str) -> str:
        run = self._runs.get(int(match[1]))
        if run is None:
            return match[0]
        at = local_time(run.started_at or run.scheduled_for or run.claimed_at, self._zone)
        named_before = match.string[: match.start()].endswith(f"{run.job} ")
        return f"{'' if named_before else 'its run ' if run.job == job else f'{run.job} '}of {at:%H:%M:%S}"


def _expected(run: Run, simulation: Simulation, jobset: JobSet, past: Past, words: _Words) -> ForecastRun:
    ends_at: datetime | None = run.finished_at
    outcome: str | None = run.outcome
    if run.state in (RunState.RUNNING, RunState.CLAIMED):
        ends_at, outcome = _end_of(run, simulation, jobset)
    return ForecastRun(
        job=run.job,
        slot=run.scheduled_for,
        attempt=run.attempt,
        triggered_by=str(run.triggered_by),
        starts_at=run.started_at,
        ends_at=ends_at if run.started_at is not None else None,
        outcome=str(outcome or RunState.QUEUED),
        reason=words.of(run.reason, run.job),
        late_because=words.of(run.late_because, run.job),
        run_id=run.id if run.id < simulation.first_id else None,
        round_at=run.round_at,
        is_guess=run.outcome not in WITHOUT_PROCESS and not past.knows(run.job),
    )


def _end_of(run: Run, simulation: Simulation, jobset: JobSet) -> tuple[datetime | None, str]:
    """The end of a run that goes on beyond the forecast, by what was drawn for it."""
    process, job = simulation.process(run.id), jobset.jobs.get(run.job)
    if process is None or run.started_at is None:
        return None, RunState.QUEUED
    timeout = job.timeout_seconds if job is not None else 0
    seconds = process.script.seconds
    if timeout and (seconds is None or seconds > timeout):
        return run.started_at + timedelta(seconds=timeout), Outcome.TIMED_OUT
    if seconds is None:
        return None, Outcome.SUCCEEDED
    good = job is None or process.script.return_code in job.success_codes
    return run.started_at + timedelta(seconds=seconds), Outcome.SUCCEEDED if good else Outcome.FAILED
