"""Slots that wait for what will not come by itself: a warning that says what to run, resolved once they go on."""

from __future__ import annotations

from peak_console.engine.alerting.incidents import cause_of
from peak_console.model.records import Alert, Level

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from peak_console.engine.alerting.alert_log import AlertLog
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run

KIND = "stuck"


class Stuck:
    """Keeps one incident for each job of which slots wait so."""

    def __init__(self, alerts: AlertLog) -> None:
        self._alerts = alerts
        self._told: set[str] | None = None
        """The jobs whose incidents are open; ``None`` before the log was asked."""

    def tell(self, stuck: Mapping[str, Run], jobs: Mapping[str, JobDefinition], now: datetime) -> None:
        """Open and resolve incidents by the first run of each job that waits for what will not come."""
        if self._told is None:
            known = [alert.cause or "" for alert in self._alerts.incidents()]
            self._told = {cause.removeprefix(f"{KIND}:") for cause in known if cause.startswith(f"{KIND}:")}
            self._told &= jobs.keys()
        new, over = stuck.keys() - self._told, self._told - stuck.keys()
        if not (new or over):
            return
        with self._alerts:
            for name in sorted(new):
                self._alerts.open_incident(cause_of(KIND, name), judge_stuck(stuck[name], now), jobs[name].tags)
            self._alerts.resolve(*(cause_of(KIND, name) for name in sorted(over)))
        self._told = set(stuck)


def judge_stuck(run: Run, now: datetime) -> Alert:
    """The alert of a slot whose upstreams have ended otherwise than it wants them, or will not run."""
    lines = [
        f"{run.job} is {run.awaits}",
        "That does not come by itself: run what is missing by hand, and the chain goes on; or stop the waiting run.",
    ]
    context = {"job_name": run.job, "awaits": run.awaits}
    return Alert(Level.WARNING, "\n".join(lines), now, context=context, job=run.job, run_id=run.id)
