"""Jobs that no engine serves, where engines share a state directory by tags: the oldest engine tells of them."""

from __future__ import annotations

from peak_console.alerts.judge import judge_not_served
from peak_console.decisions.planner import Planner
from peak_console.decisions.serving import Coverage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.engine.context import EngineContext
    from peak_console.jobs.model import JobDefinition

EVERY_SECONDS = 5.0
CAUSE = "not_served:"


class Unserved:
    """Raises one alert for each due job that no engine will start; it is resolved once an engine serves the job."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._look_at = float("-inf")
        self._told: set[str] = set()

    def seconds_left(self) -> float | None:
        """Until it has to look again; ``None`` where this engine serves every job."""
        context = self._context
        if self._look_at > float("-inf") and len(context.served.jobs) == len(context.served.jobset.jobs):
            return None
        return max(0.0, self._look_at - context.clock.monotonic())

    def look(self, now: datetime) -> None:
        """Tell of what is newly due, if it is time to look. Raises ``StateError``; then tries again later."""
        context = self._context
        if self.seconds_left() != 0 or context.status.draining:
            return
        coverage = Coverage(context.store.engines(), now)
        rest = [job for name, job in context.served.jobset.jobs.items() if coverage.why_not_served(name) is not None]
        self._forget_all_but({job.name for job in rest})
        if rest and context.status.hold is None and coverage.engines[0].lock == context.lock_name:
            self._tell(rest, [each.named for each in coverage.engines], now)
        self._look_at = context.clock.monotonic() + EVERY_SECONDS

    def _forget_all_but(self, names: set[str]) -> None:
        """Resolve the alerts of jobs that are served by now, or gone."""
        context = self._context
        told = [alert.cause for alert in context.alerts.incidents() if (alert.cause or "").startswith(CAUSE)]
        over = [cause for cause in told if cause is not None and cause.removeprefix(CAUSE) not in names]
        if over:
            with context.alerts:
                context.alerts.resolve(*over)
        self._told &= names

    def _tell(self, jobs: Sequence[JobDefinition], engines: Sequence[str], now: datetime) -> None:
        context = self._context
        # What is remembered of them tells the engine that serves them one day which slots were missed until then.
        planner = Planner(jobs, context.store.job_states(), now)
        due = [(job, pending) for job, pending in planner.due(now) if job.name not in self._told]
        if not (due or planner.changed):
            return
        with context.alerts:
            context.store.remember([planner.states[name] for name in planner.changed])
            for job, pending in due:
                alert = judge_not_served(job.name, pending.oldest, engines, now=now, zone=context.served.zone_of(job))
                context.alerts.open_incident(CAUSE + job.name, alert, job.tags)
        self._told.update(job.name for job, _ in due)
