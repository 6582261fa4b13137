"""Jobs that no engine serves, where engines share a state directory by tags: the oldest engine tells of them."""

from __future__ import annotations

from peak_console.alerts.judge import judge_not_served
from peak_console.decisions.planner import Planner
from peak_console.decisions.serving import Coverage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.clock import Clock
    from peak_console.engine.alerting.alert_log import AlertLog
    from peak_console.engine.state.engine_status import EngineStatus
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.jobs.model import JobDefinition
    from peak_console.store.store import Store

EVERY_SECONDS = 5.0
CAUSE = "not_served:"


class Unserved:
    """Raises one alert for each due job that no engine will start; it is resolved once an engine serves the job."""

    def __init__(
        self, clock: Clock, store: Store, served: ServedJobs, status: EngineStatus, alerts: AlertLog, lock_name: str
    ) -> None:
        self._clock = clock
        self._store = store
        self._served = served
        self._status = status
        self._alerts = alerts
        self._lock_name = lock_name
        self._look_at = float("-inf")
        self._told: set[str] = set()

    def seconds_left(self) -> float | None:
        """Until it has to look again; ``None`` where this engine serves every job."""
        if self._look_at > float("-inf") and len(self._served.jobs) == len(self._served.jobset.jobs):
            return None
        return max(0.0, self._look_at - self._clock.monotonic())

    def look(self, now: datetime) -> None:
        """Tell of what is newly due, if it is time to look. Raises ``StateError``; then tries again later."""
        if self.seconds_left() != 0 or self._status.draining:
            return
        coverage = Coverage(self._store.engines(), now)
        rest = [job for name, job in self._served.jobset.jobs.items() if coverage.why_not_served(name) is not None]
        self._forget_all_but({job.name for job in rest})
        if rest and self._status.hold is None and coverage.engines[0].lock == self._lock_name:
            self._tell(rest, [each.named for each in coverage.engines], now)
        self._look_at = self._clock.monotonic() + EVERY_SECONDS

    def _forget_all_but(self, names: set[str]) -> None:
        """Resolve the alerts of jobs that are served by now, or gone."""
        told = [alert.cause for alert in self._alerts.incidents() if (alert.cause or "").startswith(CAUSE)]
        over = [cause for cause in told if cause is not None and cause.removeprefix(CAUSE) not in names]
        if over:
            with self._alerts:
                self._alerts.resolve(*over)
        self._told &= names

    def _tell(self, jobs: Sequence[JobDefinition], engines: Sequence[str], now: datetime) -> None:
        # What is remembered of them tells the engine that serves them one day which slots were missed until then.
        planner = Planner(jobs, self._store.job_states(), now)
        due = [(job, pending) for job, pending in planner.due(now) if job.name not in self._told]
        if not (due or planner.changed):
            return
        with self._alerts:
            self._store.remember([planner.states[name] for name in planner.changed])
            for job, pending in due:
                alert = judge_not_served(job.name, pending.oldest, engines, now=now, zone=self._served.zone_of(job))
                self._alerts.open_incident(CAUSE + job.name, alert, job.tags)
        self._told.update(job.name for job, _ in due)
