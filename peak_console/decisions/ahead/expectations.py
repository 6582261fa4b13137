"""When a slot will have run, along its whole chain: by what runs, what waits, and how long that usually takes. Pure."""

from __future__ import annotations

from datetime import timedelta

from peak_console.decisions.ahead.durations import expected, how_unusual
from peak_console.decisions.upstreams.chains import Chains, Stand, Way, Window
from peak_console.model.terms import Outcome, RunState
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from peak_console.decisions.upstreams.chains import Link
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.model.state import JobState

DEEPEST = 200
"""A longer chain is not followed further up."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """When a job starts and ends for one slot."""

    job: str
    starts_at: datetime | None
    """``None``: it does not start by itself, or nobody can tell when."""
    ends_at: datetime | None
    late_end: datetime | None
    """When it has ended in nine of ten cases."""
    is_over: bool = False
    """Whether it has ended with success."""
    is_blocked: bool = False
    """Whether it does not run at all unless somebody does something."""
    because: str = ""
    """What is unusual on its way; why it does not end."""
    path: Sequence[str] = ()
    """The jobs that decide when it ends, the first one first."""


class Expectations:
    """What is expected at one moment. Each job is looked at once for each of its slots."""

    def __init__(
        self,
        jobs: Mapping[str, JobDefinition],
        state_of: Callable[[str], JobState | None],
        runs_of: Callable[[str, Window], Sequence[Run]],
        durations_of: Callable[[str], Sequence[float]],
        default_zone: str | None,
        now: datetime,
    ) -> None:
        """``runs_of`` is as of ``Chains``; ``durations_of`` gives the seconds that a job's last runs took."""
        self._jobs = jobs
        self._runs_of = runs_of
        self._durations_of = durations_of
        self._chains = Chains(jobs, state_of, runs_of, default_zone)
        self._now = now
        self._known: dict[tuple[str, datetime], Expectation] = {}

    def of(self, job: JobDefinition, moment: datetime, until: datetime | None, depth: int = 0) -> Expectation:
        """When a job ends for the slot of a moment; a run of it before ``until`` is one for that slot."""
        key = job.name, moment
        if key not in self._known:
            self._known[key] = self._found(job, moment, until, depth)
        return self._known[key]

    def _found(self, job: JobDefinition, moment: datetime, until: datetime | None, depth: int) -> Expectation:
        runs = self._runs_of(job.name, Window(moment, until))
        good = next((run for run in runs if run.outcome == Outcome.SUCCEEDED), None)
        if good is not None:
            return Expectation(
                job.name, good.started_at, good.finished_at, good.finished_at, is_over=True, path=(job.name,)
            )
        active = next((run for run in reversed(runs) if run.state not in (RunState.QUEUED, RunState.FINISHED)), None)
        if active is not None:
            return self._running(job, active)
        queued = next((run for run in reversed(runs) if run.state == RunState.QUEUED), None)
        if queued is None and runs:
            last = runs[-1]
            why = f"{job.name} {(last.outcome or '').replace('_', ' ')}, #{last.id}"
            return Expectation(job.name, None, None, None, is_blocked=True, because=why, path=(job.name,))
        return self._to_come(job, moment, queued, depth)

    def _running(self, job: JobDefinition, run: Run) -> Expectation:
        started = run.started_at or self._now
        elapsed = max(0.0, (self._now - started).total_seconds())
        known = self._durations_of(job.name)
        because = ""
        if (times := how_unusual(known, elapsed)) is not None:
            because = f"{job.name} runs {times:.1f} × longer than usual"
        elif job.expect_duration and elapsed > job.expect_duration[1]:
            because = f"{job.name} runs longer than it should"
        takes = expected(known, elapsed)
        if takes is None:
            return Expectation(job.name, started, None, None, because=because or _unknown(job), path=(job.name,))
        ends, late = started + timedelta(seconds=takes.usual), started + timedelta(seconds=takes.late)
        return Expectation(job.name, started, ends, late, because=because, path=(job.name,))

    def _to_come(self, job: JobDefinition, moment: datetime, queued: Run | None, depth: int) -> Expectation:
        start = late_start = max(self._now, moment)
        if queued is not None and queued.not_before is not None:
            start = late_start = max(start, queued.not_before)
        path: Sequence[str] = ()
        because = ""
        if job.after and depth < DEEPEST and (queued is None or queued.awaits is not None):
            for link in self._chains.outlook(job, moment, self._now).links:
                found = self._upstream(job, link, moment, depth)
                if found is None:
                    continue
                if found.ends_at is None or found.late_end is None:
                    return Expectation(
                        job.name, None, None, None, is_blocked=found.is_blocked, because=found.because,
                        path=(*found.path, job.name),
                    )  # fmt: skip
                if found.ends_at >= start:
                    start, path, because = found.ends_at, found.path, found.because
                late_start = max(late_start, found.late_end)
        takes = expected(self._durations_of(job.name))
        path = (*path, job.name)
        if takes is None:
            return Expectation(job.name, start, None, None, because=because or _unknown(job), path=path)
        ends = start + timedelta(seconds=takes.usual)
        return Expectation(
            job.name, start, ends, late_start + timedelta(seconds=takes.late), because=because, path=path
        )

    def _upstream(self, job: JobDefinition, link: Link, moment: datetime, depth: int) -> Expectation | None:
        """When an upstream lets the job go; ``None`` where it does already."""
        if link.stand == Stand.MET or self._chains.way_of(job, link) == Way.GO:
            return None
        name = link.upstream.job
        other = self._jobs.get(name)
        if other is None or link.stand != Stand.COMING:
            why = f"{name} {link.words}"
            return Expectation(name, None, None, None, is_blocked=True, because=why, path=(name,))
        window = self._chains.window(job, other, moment)
        if window is None or window.since is None:
            return Expectation(name, None, None, None, because=f"{name} {link.words}", path=(name,))
        return self.of(other, window.since, window.until, depth + 1)


def _unknown(job: JobDefinition) -> str:
    return f"no run of {job.name} has succeeded yet, so nobody knows how long it takes"
