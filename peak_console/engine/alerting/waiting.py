"""Slots that wait too long for their turn: a warning that is resolved once they run, or wait no more."""

from __future__ import annotations

from datetime import timedelta

from peak_console.alerts.judge import judge_waiting
from peak_console.decisions.places import PlacesTaken, waits_since
from peak_console.engine.alerting.incidents import cause_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.engine.alerting.alert_log import AlertLog
    from peak_console.engine.state.active_runs import ActiveRuns
    from peak_console.engine.state.engine_status import EngineStatus
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.model.records import Run

KIND = "waiting"


class Waiting:
    """Looks at the queue of one engine whenever it works."""

    def __init__(self, served: ServedJobs, runs: ActiveRuns, status: EngineStatus, alerts: AlertLog) -> None:
        self._served = served
        self._runs = runs
        self._status = status
        self._alerts = alerts
        self._told: set[str] = set()
        self._resolved_old = False

    def seconds_left(self, now: datetime) -> float | None:
        """Until the next waiting slot has waited too long; ``None`` where none waits, or the warning is off."""
        limit = self._served.jobset.settings.queue_warning_seconds
        if not (self._runs.queue and self._status.may_start):  # nothing is told of then: no reason to wake up
            return None
        untold = self._served.jobs.keys() - self._told - self._served.planner.held
        since = [
            run.not_before or run.claimed_at for run in self._runs.queue if run.job in untold and run.awaits is None
        ]
        return max(0.05, limit - (now - min(since)).total_seconds()) if since and limit else None

    def look(self, now: datetime) -> None:
        """Tell of what has waited too long, once for each job. Raises ``StateError``; then tries again later."""
        limit = self._served.jobset.settings.queue_warning_seconds
        if not self._runs.queue and not self._told and self._resolved_old:
            return
        late = self._late(now - timedelta(seconds=limit)) if limit and self._status.may_start else {}
        over = self._told - late.keys()
        if not self._resolved_old:
            known = [alert.cause or "" for alert in self._alerts.incidents()]
            old = {cause.partition(":")[2] for cause in known if cause.startswith(f"{KIND}:")}
            over |= (old & self._served.jobs.keys()) - late.keys()
            self._resolved_old = True
        new = late.keys() - self._told
        if not (over or new):
            return
        turns = (run for run in self._runs.queue if run.array_of is None)  # those of an array wait as it says
        runs = [*turns, *(live.run for live in self._runs.supervisor), *self._runs.foreign]
        places = PlacesTaken(runs, self._served.jobset.settings.max_concurrent_runs, now)
        with self._alerts:
            for name in sorted(new):
                run = late[name]
                alert = judge_waiting(run, places.waited_seconds(run), places.behind(run), len(places.waiting), now=now)
                self._alerts.open_incident(cause_of(KIND, name), alert, self._served.jobs[name].tags)
            if over:
                self._alerts.resolve(*(cause_of(KIND, name) for name in sorted(over)))
        self._told = set(late)

    def _late(self, since: datetime) -> dict[str, Run]:
        """By job, the first run in the queue that has waited since a moment, or for longer."""
        late: dict[str, Run] = {}
        jobs, held = self._served.jobs, self._served.planner.held
        for run in self._runs.queue:
            if run.awaits is None and waits_since(run) <= since and run.job in jobs and run.job not in held:
                late.setdefault(run.job, run)
        return late
