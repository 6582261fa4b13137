"""What commands are answered with."""

from __future__ import annotations

from peak_console.model.terms import Outcome, RunState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run

    Answer = tuple[str, str, int | None]
    """``done`` or ``refused``, the sentence, and the run it is about."""

DONE, REFUSED = "done", "refused"


def answer_of(run: Run | None, run_id: int) -> tuple[str, str]:
    """What is to be said of a run that a command has made; ``None`` is one that is no longer recorded."""
    if run is None:
        return DONE, f"#{run_id} started; it is no longer recorded"
    if run.outcome == Outcome.NOT_STARTED:
        return REFUSED, f"{run.job} #{run_id} could not be started: {run.reason}"
    match run.state:
        case RunState.QUEUED:
            return DONE, f"{run.job} #{run_id} waits for its turn"
        case RunState.CLAIMED:
            return DONE, f"{run.job} #{run_id} is about to start; see: peak-console runs"
        case RunState.SUBMITTED:
            return DONE, f"{run.job} #{run_id} was submitted to {run.executor}"
        case RunState.RUNNING | RunState.FINISHED:
            return DONE, f"{run.job} #{run_id} started"


def unknown_gate(name: str, known: Sequence[str]) -> str:
    """What to say of a gate that does not exist."""
    from peak_console.text import nearest

    if not known:
        return f'no gate is called "{name}": the jobs file has no [[gate]]'
    near = nearest(name, known)
    return f'no gate is called "{name}"; ' + (f'did you mean "{near}"?' if near else f"there is: {', '.join(known)}")


def unknown_job(name: str, known: Mapping[str, JobDefinition]) -> str:
    """What to say of a job that does not exist."""
    from peak_console.text import nearest

    near = nearest(name, known)
    hint = f'did you mean "{near}"?' if near else "see: peak-console jobs"
    return f'no job is called "{name}"; {hint}'
