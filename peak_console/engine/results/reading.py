"""A run's result: the last line of JSON that it has printed, or the file that its job declares."""

from __future__ import annotations

import os
from datetime import timedelta
from json import loads

from peak_console.errors import PeakConsoleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run

MOST_BYTES = 1024 * 1024
"""A larger file is no result."""
TAIL_LINES = 200
TAIL_BYTES = 256 * 1024
SLACK = timedelta(seconds=2)
"""Some file systems keep times in steps of two seconds."""


class NoResultError(PeakConsoleError):
    """There is no result, and why."""


def read_result(job: JobDefinition, run: Run, directory: str, base: str | None) -> dict[str, Any]:
    """The result of a run that has ended. Raises ``NoResultError``. May block as long as its file system does."""
    if job.result is not None:
        return _from_file(job, run, base)
    from peak_console.runs.output.of_run import output_of

    lines = output_of(directory, run.id).reader().tail_lines("out", TAIL_LINES, TAIL_BYTES)
    for line in reversed(lines):
        if line.lstrip().startswith("{") and (found := _object(line)) is not None:
            return found
    raise NoResultError(
        "it has printed no JSON object" if any(line.strip() for line in lines) else "it has printed nothing"
    )


def _from_file(job: JobDefinition, run: Run, base: str | None) -> dict[str, Any]:
    from peak_console.jobs.command import working_directory
    from peak_console.jobs.placeholders import Moment

    slot = run.scheduled_for or run.claimed_at
    name = Moment(job, run_id=run.id, attempt=run.attempt, slot=slot).fill(job.result or "")
    path = os.path.join(working_directory(job, base), os.path.expanduser(name))
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            changed = os.fstat(file.fileno()).st_mtime
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise NoResultError(f"its result {name} cannot be read ({error.strerror or error})") from None
    if run.started_at is not None and changed < (run.started_at - SLACK).timestamp():
        raise NoResultError(f"its result {name} is older than the run")
    if len(raw) > MOST_BYTES:
        raise NoResultError(f"its result {name} is larger than {MOST_BYTES // 1024**2} MiB")
    found = _object(raw.decode(errors="replace"))
    if found is None:
        raise NoResultError(f"its result {name} " + ("is no JSON object" if raw.strip() else "is empty"))
    return found


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
