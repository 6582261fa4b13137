"""An alert that a job has raised, or a person."""

from __future__ import annotations

from peak_console.engine.commands.answers import DONE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from peak_console.engine.alerting.alert_log import AlertLog
    from peak_console.engine.commands.answers import Answer
    from peak_console.engine.commands.requests import AlertRequest
    from peak_console.jobs.model import JobSet

SOURCE = "job"
"""The ``source`` of alerts that jobs raise."""


def raise_told(
    log: AlertLog, jobset: JobSet, request: AlertRequest, now: datetime, afterwards: list[Callable[[], object]]
) -> Answer:
    """Raise an alert once the answer is durable; its job's tags say which channels get it."""
    from peak_console.model.records import Alert
    from peak_console.text import safe_lines

    job = jobset.jobs.get(request.job or "")
    message = safe_lines(request.message.strip())
    alert = Alert(
        request.level,
        f"{request.job}: {message}" if request.job else message,
        now,
        source=SOURCE if request.job else "person",
        context={"by": request.by, "job_name": request.job, "run_id": request.run_id},
        job=request.job,
        run_id=request.run_id,
    )

    def tell() -> None:
        with log:
            log.raise_alert(alert, job.tags if job is not None else ())

    afterwards.append(tell)
    return DONE, "the alert is raised", request.run_id
