"""Runs that are suspiciously short or long, by what their jobs expect: a warning until a run is as expected."""

from __future__ import annotations

from peak_console.engine.alerting.incidents import cause_of, open_for_job
from peak_console.model.records import Alert, Level, Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.engine.alerting.alert_log import AlertLog
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.engine.supervision.supervisor import Supervisor
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run

KIND = "duration"


def flag_duration(alerts: AlertLog, job: JobDefinition, run: Run, now: datetime) -> None:
    """Flag a successful run that took less or more time than expected; in the transaction that records its end."""
    seconds, (least, most) = run.duration_seconds, job.expect_duration
    if run.outcome != Outcome.SUCCEEDED or seconds is None:
        return
    if least <= seconds <= most:
        alerts.resolve(cause_of(KIND, job.name))
    else:
        open_for_job(alerts, KIND, job, judge_duration(job, run.id, seconds, now=now))


def flag_long_runs(supervisor: Supervisor, served: ServedJobs, alerts: AlertLog, told: set[int], now: datetime) -> None:
    """Flag runs that go on for longer than expected, each once; ``told`` are those that have been."""
    live = [each.run for each in supervisor]
    told &= {run.id for run in live}
    for run in live:
        job = served.jobs.get(run.job)
        if job is None or not job.expect_duration or run.started_at is None or run.id in told:
            continue
        seconds = (now - run.started_at).total_seconds()
        if seconds > job.expect_duration[1]:
            with alerts:
                open_for_job(alerts, KIND, job, judge_duration(job, run.id, seconds, now=now, runs=True))
            told.add(run.id)


def judge_duration(job: JobDefinition, run_id: int, seconds: float, *, now: datetime, runs: bool = False) -> Alert:
    """The alert of a run that was, or is, suspiciously short or long."""
    from peak_console.text import duration

    least, most = job.expect_duration
    what = "short" if seconds < least else "long"
    took = "has been running for" if runs else "took"
    lines = [
        f"{job.name} {'is' if runs else 'was'} suspiciously {what}: #{run_id} {took} {duration(seconds)}",
        f"Expected are {duration(least)} to {duration(most)}.",
    ]
    context = {"job_name": job.name, "run_id": run_id, "seconds": seconds, "least": least, "most": most}
    return Alert(Level.WARNING, "\n".join(lines), now, context=context, job=job.name, run_id=run_id)
