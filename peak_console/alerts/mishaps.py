"""Alerts of what goes wrong with one run or job and is not its end: it cannot be watched, adopted or decided on."""

from __future__ import annotations

from peak_console.model.records import Alert, Level

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.model.records import Outcome, Run


def judge_unwatched(run: Run, error: str, *, now: datetime) -> Alert:
    """The alert of a run whose process or end cannot be looked at; it counts as running until that is known."""
    lines = [
        f"{run.job} #{run.id} cannot be watched: {error}",
        "It counts as running until its end can be read, and nothing takes its place.",
        f"If it is known to have ended: peak-console stop #{run.id}",
    ]
    context = {"job_name": run.job, "run_id": run.id, "error": error}
    return Alert(Level.CRITICAL, "\n".join(lines), now, context=context, job=run.job, run_id=run.id)


def judge_undecided(job_name: str, error: str, *, now: datetime) -> Alert:
    """The alert of a job about whose slots nothing can be decided."""
    lines = [
        f"{job_name} does not run by schedule: {error}",
        "Mend its definition; all other jobs go on. See: peak-console validate",
    ]
    return Alert(Level.CRITICAL, "\n".join(lines), now, context={"job_name": job_name, "error": error}, job=job_name)


def judge_unjudged(run: Run, outcome: Outcome, error: str, *, now: datetime) -> Alert:
    """The alert of a run whose end was recorded without its consequences (retry, alert): deciding them failed."""
    lines = [
        f"{run.job} #{run.id} ended ({outcome}), but what follows could not be decided: {error}",
        "It is not tried again. All other jobs go on.",
    ]
    context = {"job_name": run.job, "run_id": run.id, "outcome": str(outcome), "error": error}
    return Alert(Level.CRITICAL, "\n".join(lines), now, context=context, job=run.job, run_id=run.id)
