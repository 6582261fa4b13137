"""Executes a job once, in the calling thread, and waits for its end. The run is neither recorded nor retried."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

from peak_console.errors import StartError
from peak_console.jobs.command import resolve_command, working_directory
from peak_console.jobs.environment import job_environment
from peak_console.jobs.placeholders import Moment, filled
from peak_console.model.terms import LOCAL
from peak_console.runs.executors import make_executors
from peak_console.runs.interface import RunSpec, Stop
from peak_console.text import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.jobs.model import JobDefinition
    from peak_console.runs.interface import Executor, RunHandle

LOOK_SECONDS = 0.05


def supervised(job: JobDefinition, directory: str, state_dir: str) -> tuple[int, str | None]:
    """Execute a job in ``directory``: its return code, and why it was stopped if it was. Raises ``StartError``."""
    environment = job_environment(
        job,
        os.environ,
        run_id=1,
        scheduled_for=datetime.now(UTC),
        attempt=1,
        trigger="manual",
        state_dir=state_dir,
    )
    cwd, asked = working_directory(job), datetime.now(UTC)
    if job.requires:
        from peak_console.jobs.freshness import first_stale

        if stale := first_stale(job, job.requires, slot=asked, now=asked, run_id=1, base=None):
            raise StartError(stale)
    moment = Moment(job, run_id=1, attempt=1, slot=asked)
    argv = filled(resolve_command(job, None, environment, cwd), moment)
    executor = make_executors(directory).of(LOCAL)
    (handle,) = executor.submit([RunSpec(1, argv, environment, cwd, job.max_output_bytes)])
    if isinstance(handle, StartError):
        raise handle
    recorder = executor.outputs(1).recorder(job.max_output_bytes)
    assert recorder is not None, "runs of this machine leave output"
    began = time.monotonic()
    asked_at: float | None = None
    try:
        while (ended := handle.poll()) is None or _is_left(executor, handle, asked_at, job):
            now = time.monotonic()
            if asked_at is None and job.timeout_seconds and now - began >= job.timeout_seconds:
                asked_at = now
                handle.stop(Stop.ASK)
            elif asked_at is not None and now - asked_at >= job.kill_grace_seconds:
                handle.stop(Stop.KILL)
            recorder.sample(datetime.now(UTC))
            if ended is None:
                _wait(handle)
            else:
                time.sleep(LOOK_SECONDS)
        if asked_at is not None:
            handle.stop(Stop.KILL)
    except BaseException:
        handle.stop(Stop.KILL)
        raise
    finally:
        handle.close()
        recorder.close()
        executor.close()
    if asked_at is not None:
        return -1, f"timed out after {duration(job.timeout_seconds)}"
    if ended.return_code is None:
        return -1, "its process is gone and left no exit code"
    return ended.return_code, None


def _is_left(executor: Executor, handle: RunHandle, asked_at: float | None, job: JobDefinition) -> bool:
    """Whether a job that was asked to end still has processes, and some of its grace."""
    if asked_at is None or time.monotonic() - asked_at >= job.kill_grace_seconds:
        return False
    return bool(executor.lingering([handle]))


def _wait(handle: RunHandle) -> None:
    """Until the run has ended, or it is time for another look."""
    import select

    fd = handle.fileno()
    if fd is None:
        time.sleep(LOOK_SECONDS)
        return
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    poll.poll(LOOK_SECONDS * 1000)
