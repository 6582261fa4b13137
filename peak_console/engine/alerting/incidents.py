"""The incidents of jobs and of the jobs file: what opens them, and what shows that their cause is gone."""

from __future__ import annotations

import os

from peak_console.engine.state.served_jobs import GONE_SECONDS
from peak_console.model.records import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.clock import Clock
    from peak_console.engine.alerting.alert_log import AlertLog
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Alert, Run

FAILURES = frozenset({Outcome.FAILED, Outcome.TIMED_OUT, Outcome.LOST, Outcome.NOT_STARTED, Outcome.UNEXPECTED})
CATCH_UP = "catch_up"
GATE = "gate:"
"""What the causes of closed gates begin with."""
UNDECIDED = "undecided"


def cause_of(kind: str, job: str) -> str:
    """The cause of a job's incident: ``failed:backup``. A kind is an outcome, ``catch_up``, or a word like them."""
    return f"{kind}:{job}"


def jobs_file_cause(path: str) -> str:
    """The cause of the incident of a jobs file that cannot be used."""
    return f"jobs_file:{path}"


def unselected_cause(lock: str) -> str:
    """The cause of the incident of an engine whose tags select no job of its file; ``lock`` tells engines apart."""
    return f"unselected:{lock}"


def unwatched_cause(run_id: int) -> str:
    """The cause of the incident of a run that cannot be looked at."""
    return f"unwatched:{run_id}"


def open_for_job(alerts: AlertLog, kind: str, job: JobDefinition, alert: Alert) -> None:
    """Open an incident of a job, or count it on."""
    alerts.open_incident(cause_of(kind, job.name), alert, job.tags, realert_seconds=job.realert_seconds)


def resolve_after(alerts: AlertLog, run: Run) -> Sequence[Alert]:
    """What the end of a run shows to be gone: after a success, all that had befallen its job before it began."""
    gone = [unwatched_cause(run.id)]
    if run.outcome == Outcome.SUCCEEDED:
        gone += [cause_of(kind, run.job) for kind in FAILURES]
    elif run.started_at is not None:
        gone.append(cause_of(Outcome.NOT_STARTED, run.job))
    resolved = [*alerts.resolve(*gone)]
    if run.outcome == Outcome.SUCCEEDED:
        passed_over = [cause_of(kind, run.job) for kind in (Outcome.MISSED, CATCH_UP, UNDECIDED)]
        resolved += alerts.resolve(*passed_over, until=run.started_at)
    return resolved


class Sweep:
    """Resolves the incidents of jobs and channels that are no longer in the jobs file."""

    def __init__(self, alerts: AlertLog, served: ServedJobs, clock: Clock) -> None:
        self._alerts = alerts
        self._served = served
        self._clock = clock
        self._swept = 0.0
        """When the definitions that were last swept by were taken up."""

    def work(self) -> None:
        """Sweep once after each reload, as soon as the file can no longer be one that is being written."""
        loaded_at = self._served.loaded_at
        if self._swept != loaded_at and self._clock.monotonic() - loaded_at >= GONE_SECONDS:
            self._sweep()
            self._swept = loaded_at

    def work_once(self, jobs_file_before: str | None, now: datetime) -> None:
        """Sweep at a start, if the directory was served by the same jobs file before and that has stood for a while."""
        path = self._served.jobset.path
        try:
            age = now.timestamp() - os.stat(path).st_mtime
        except OSError:
            return
        if jobs_file_before == path and age >= GONE_SECONDS:
            self._sweep()

    def _sweep(self) -> None:
        incidents = self._alerts.incidents()
        if not incidents:
            return
        from peak_console.alerts.outlets import OUTLET, outlets_of
        from peak_console.alerts.results import UNDELIVERED

        outlets = outlets_of(self._served.jobset)
        gates = {gate.name for gate in self._served.jobset.gates}
        gone = [
            alert.cause
            for alert in incidents
            if alert.cause is not None
            and (
                (alert.cause.startswith(GATE) and alert.cause.removeprefix(GATE) not in gates)
                or (alert.cause.startswith(OUTLET) and alert.cause.removeprefix(OUTLET) not in outlets)
                or (alert.job is not None and alert.job not in self._served.jobset.jobs)
                or (
                    alert.cause.startswith(UNDELIVERED)
                    and not self._alerts.sends_to(alert.cause.removeprefix(UNDELIVERED))
                )
            )
        ]
        if gone:
            with self._alerts:
                self._alerts.resolve(*gone)
