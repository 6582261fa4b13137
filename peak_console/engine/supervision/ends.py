"""How a run ended, by its return code and by who stopped it."""

from __future__ import annotations

from peak_console.model.terms import Outcome
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.runs.interface import Ended, Usage

TIMEOUT = "timeout"
"""The stop reason of a run that took too long; every other one names who asked."""


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended, ready to be recorded."""

    run: Run
    job: JobDefinition
    outcome: Outcome
    return_code: int | None
    at: datetime
    reason: str | None = None
    usage: Usage | None = None
    """What the run has used, where that came with its end."""


def end_of(run: Run, job: JobDefinition, ended: Ended, stop_reason: str | None, now: datetime) -> End:
    """The end of a run whose processes are gone, and which was stopped for a reason if there is one."""
    at = ended.at or now
    used = ended.usage
    if run.started_at is not None:
        at = max(at, run.started_at)  # the clock may have been set back
    code = ended.return_code
    if ended.outcome is not None and stop_reason is None:
        return End(run, job, ended.outcome, code, at, ended.reason, used)
    if stop_reason == TIMEOUT:
        from peak_console.text import duration

        return End(run, job, Outcome.TIMED_OUT, code, at, f"took longer than {duration(job.timeout_seconds)}", used)
    if stop_reason is not None:
        return End(run, job, Outcome.STOPPED, code, at, stop_reason, used)
    if code is None:
        return End(run, job, Outcome.LOST, None, at, "it left no trace: no process and no exit status")
    return End(run, job, Outcome.SUCCEEDED if code in job.success_codes else Outcome.FAILED, code, at, usage=used)
