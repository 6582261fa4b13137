"""Commands that a person has to confirm: those that may start a job which asks for it."""

from __future__ import annotations

from peak_console.decisions.grace import is_too_late
from peak_console.engine.commands.holding import ReleaseJobsRequest
from peak_console.engine.commands.requests import OverrideRequest, ReleaseRequest, RunRequest
from peak_console.model.terms import RunState
from peak_console.text import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from peak_console.engine.commands.requests import Request
    from peak_console.engine.state.active_runs import ActiveRuns
    from peak_console.engine.state.blackouts import EngineBlackouts
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.jobs.model import JobDefinition, JobSet


def unconfirmed(
    served: ServedJobs,
    runs: ActiveRuns,
    blackouts: EngineBlackouts,
    request: Request,
    arguments: Mapping[str, Any],
    now: datetime,
) -> str:
    """Why a request is not carried out: names that are to be given once more; empty when there are none."""
    given = arguments.get("confirm")
    known = set(given) if isinstance(given, list) and all(isinstance(name, str) for name in given) else set()
    jobset = served.jobset
    match request:
        case RunRequest(made=None):
            return missing(jobset, request.job, known)
        case OverrideRequest(enabled=True):
            return missing(jobset, request.job, known)
        case ReleaseRequest() | ReleaseJobsRequest():
            left = [name for name in _would_start(served, runs, now) if name not in known]
            return told(left, "the release would start ") if left else ""
    from peak_console.engine.commands.blackouts import EndBlackoutRequest  # late: loaded where there is such a request

    if isinstance(request, EndBlackoutRequest):
        left = [name for name in _kept_by(served, runs, blackouts, request.name, now) if name not in known]
        return told(left, "its end would start ") if left else ""
    return ""


def missing(jobset: JobSet, name: str, given: set[str]) -> str:
    """Why a job is neither run nor enabled yet; empty where its name was given, or need not be."""
    job = jobset.jobs.get(name)
    return told([name]) if job is not None and jobset.asks_to_confirm(job) and name not in given else ""


def told(names: Sequence[str], what: str = "") -> str:
    """What is to be given once more, and how."""
    flags = " ".join(f"--confirm {word(name)}" for name in names)
    return f"{what}{', '.join(names)}: to be confirmed by name; give {flags}"


def _kept_by(
    served: ServedJobs, runs: ActiveRuns, blackouts: EngineBlackouts, blackout: str, now: datetime
) -> list[str]:
    """The jobs to be confirmed of which something starts once a blackout ends."""
    found = []
    for name in _would_start(served, runs, now):
        window = blackouts.over(served.jobs[name], now)
        if window is not None and window.defers and window.name == blackout:
            found.append(name)
    return found


def _would_start(served: ServedJobs, runs: ActiveRuns, now: datetime) -> list[str]:
    """The jobs to be confirmed of which something starts as soon as nothing is held."""
    jobset = served.jobset
    asked = [job for job in served.jobs.values() if jobset.asks_to_confirm(job)]
    if not asked:
        return []
    waiting = {run.defined_by for run in runs.queue if run.not_before is None or run.not_before <= now}
    waiting |= {run.job for run in runs.foreign if run.state == RunState.CLAIMED}
    return [job.name for job in asked if job.name in waiting or _is_due(served, job, now)]


def _is_due(served: ServedJobs, job: JobDefinition, now: datetime) -> bool:
    slot = served.planner.next_slot(job.name, now)
    return slot is not None and slot <= now and not is_too_late(job, slot, now)
