"""The documented Python API: jobs as values, executed in this very process, without an engine or a registry.

Naive datetimes are taken as, and answered as, wall clock in the schedule's zone (the machine's, unless it names
one); aware ones as instants, answered in the zone they came in.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from peak_console.errors import ArgumentError, StartError, StateError
from peak_console.jobs.by_hand import (
    check_job,
    check_mapping,
    check_moment,
    check_path,
    check_schedule,
    check_text,
    checked_jobs,
    checked_texts,
    whole_number,
)
from peak_console.jobs.command import build_command_args as command_args
from peak_console.jobs.command import shown
from peak_console.jobs.file.loader import filter_jobs_by_tags as selected_by_tags
from peak_console.jobs.file.loader import validate_job_config
from peak_console.jobs.model import JobDefinition
from peak_console.jobs.watching.standing import load_jobs_from_toml
from peak_console.schedule.model import JobSchedule
from peak_console.schedule.slots import kind_of, next_slot
from peak_console.schedule.zones import instant_of, zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any


__all__ = [
    "JobDefinition",
    "JobResult",
    "JobSchedule",
    "build_command_args",
    "compute_next_run_at",
    "filter_jobs_by_tags",
    "get_due_jobs",
    "is_job_due",
    "load_jobs_from_toml",
    "log_scheduler_job_run",
    "run_job",
    "validate_job_config",
]

DEFAULT_CONFIG = "config/scheduler/jobs.toml"
OUTPUT_BYTES = 1024 * 1024
"""How much of each stream a ``JobResult`` holds: its end."""


@dataclass(frozen=True, slots=True)
class JobResult:
    """How one execution by ``run_job`` went."""

    job_name: str
    started_at: datetime
    finished_at: datetime
    return_code: int
    """-1 when no process ran, or it was stopped."""
    success: bool
    """Whether the return code is one of the job's ``success_codes``."""
    stdout: str = ""
    """Its end, where it is long."""
    stderr: str = ""
    """Its end, where it is long."""
    exception: str | None = None
    """Why no process ran or why it was stopped, in a sentence."""
    duration_seconds: float = 0.0

    def __post_init__(self) -> None:
        if not self.duration_seconds:
            object.__setattr__(self, "duration_seconds", (self.finished_at - self.started_at).total_seconds())


def _instant(moment: datetime | None, schedule: JobSchedule) -> datetime:
    """A moment in UTC; ``None`` is now."""
    if moment is None:
        return datetime.now(UTC)
    return moment.astimezone(UTC) if moment.tzinfo else instant_of(moment, zone(schedule.timezone))


def _like(instant: datetime, model: datetime | None, schedule: JobSchedule) -> datetime:
    """An instant in the way in which ``model`` was given; ``None`` is naive."""
    if model is not None and model.tzinfo is not None:
        return instant.astimezone(model.tzinfo)
    return _wall_clock(instant, schedule)


def _wall_clock(instant: datetime, schedule: JobSchedule) -> datetime:
    return instant.astimezone(zone(schedule.timezone)).replace(tzinfo=None)


def compute_next_run_at(
    schedule: JobSchedule, *, now: datetime | None = None, reference: datetime | None = None
) -> datetime:
    """When a schedule is next due, in the past if that has been missed; ``datetime.max`` is never again.

    ``reference`` is its last run; ``schedule.last_run_at`` by default. A ``daily`` or ``cron`` schedule without a
    last run is due during the very minute it names, and then waits for its next one. ``now`` is the present wall
    clock by default; with an aware one ``datetime.max`` is aware too.
    """
    check_schedule(schedule)
    check_moment(now, "now", optional=True)
    check_moment(reference, "reference", optional=True)
    last = reference if reference is not None else schedule.last_run_at
    decided = _instant(last, schedule) if last is not None else None
    at = _instant(now, schedule)
    if decided is None and kind_of(schedule).is_wall_clock:
        decided = at.replace(second=0, microsecond=0) - timedelta(microseconds=1)
    slot = next_slot(schedule, decided, at)
    if slot is None:
        return datetime.max.replace(tzinfo=now.tzinfo if now is not None else None)
    return _like(slot, now, schedule)


def build_command_args(job: JobDefinition) -> list[str]:
    """What follows a job's command: ``argv`` as it is, or ``args`` as ``script`` and then flags in their order."""
    check_job(job)
    return command_args(job)


def filter_jobs_by_tags(
    jobs: Iterable[JobDefinition],
    include_tags: Iterable[str] | None = None,
    exclude_tags: Iterable[str] | None = None,
) -> list[JobDefinition]:
    """The jobs with at least one of ``include_tags`` (none given: every job) and none of ``exclude_tags``."""
    include, exclude = checked_texts(include_tags, "include_tags"), checked_texts(exclude_tags, "exclude_tags")
    return selected_by_tags(checked_jobs(jobs), include, exclude)


def is_job_due(job: JobDefinition, *, now: datetime | None = None) -> bool:
    """Whether an enabled job should run at ``now`` (the present by default)."""
    check_job(job)
    check_moment(now, "now", optional=True)
    if not job.enabled:
        return False
    due_at = job.schedule.next_run_at or compute_next_run_at(job.schedule, now=now)
    if due_at.replace(tzinfo=None) == datetime.max:
        return False
    return _instant(due_at, job.schedule) <= _instant(now, job.schedule)


def get_due_jobs(jobs: Sequence[JobDefinition], *, now: datetime | None = None) -> list[JobDefinition]:
    """Those of ``jobs`` that are due, in their order."""
    jobs = checked_jobs(jobs)
    check_moment(now, "now", optional=True)
    present = now if now is not None else datetime.now(UTC)
    return [job for job in jobs if is_job_due(job, now=present)]


def run_job(job: JobDefinition, *, dry_run: bool = False, cwd: str | os.PathLike[str] | None = None) -> JobResult:
    """Execute a job once, now, outside its schedule, and wait for its end. Neither retried nor recorded.

    Its timeout and ``success_codes`` hold. ``dry_run`` runs nothing and says in ``stdout`` what would run. What
    could not be started or was stopped has return code -1 and says why in ``exception``. Times are naive wall clock
    in the schedule's zone.
    """
    from peak_console.jobs.command import resolve_command, working_directory
    from peak_console.jobs.environment import own_environment
    from peak_console.values import replace

    check_job(job)
    check_path(cwd, "cwd", optional=True)
    if cwd is not None:
        job = replace(job, cwd=os.fspath(cwd))
    started = datetime.now(UTC)
    if dry_run:
        try:
            command = shown(resolve_command(job, None, own_environment(job, os.environ), working_directory(job)))
        except StartError as error:
            return _result(job, started, -1, exception=str(error))
        return _result(job, started, 0, stdout=f"[DRY-RUN] Would execute: {command}")
    return _executed(job, started)


def _executed(job: JobDefinition, started: datetime) -> JobResult:
    import tempfile

    from peak_console.jobs.state_place import state_directory
    from peak_console.runs.foreground import supervised
    from peak_console.runs.output.of_run import output_of

    with tempfile.TemporaryDirectory(prefix="peak-console-") as directory:
        try:
            code, exception = supervised(job, directory, state_directory(DEFAULT_CONFIG, None, None))
        except StartError as error:
            return _result(job, started, -1, exception=str(error))
        output = output_of(directory, 1).reader()
        out, err = output.tail("out", OUTPUT_BYTES), output.tail("err", OUTPUT_BYTES)
        return _result(job, started, code, stdout=out, stderr=err, exception=exception)


def _result(
    job: JobDefinition,
    started: datetime,
    code: int,
    *,
    stdout: str = "",
    stderr: str = "",
    exception: str | None = None,
) -> JobResult:
    finished = datetime.now(UTC)
    return JobResult(
        job.name,
        _wall_clock(started, job.schedule),
        _wall_clock(finished, job.schedule),
        code,
        exception is None and code in job.success_codes,
        stdout=stdout,
        stderr=stderr,
        exception=exception,
        duration_seconds=(finished - started).total_seconds(),
    )


def log_scheduler_job_run(
    *,
    job_name: str,
    command: str | Sequence[str],
    args: Mapping[str, Any],
    return_code: int,
    started_at: datetime,
    finished_at: datetime,
    tag: str | None = None,
    run_type: str = "scheduler_job",
    state_dir: str | os.PathLike[str] | None = None,
) -> str:
    """Record a run that something else executed; its id in the registry.

    The registry is that of ``state_dir``, else of ``PEAK_CONSOLE_STATE_DIR`` (set in every job's environment), else
    the one beside ``config/scheduler/jobs.toml``. Naive datetimes are the machine's wall clock; in a run of a job
    whose time zone is UTC (``PEAK_TIMEZONE``) they are UTC. Secrets in ``command`` and ``args`` are masked. Raises
    ``ArgumentError`` for values of the wrong type, and ``StateError`` when the registry cannot be written.
    """
    from peak_console.jobs.state_place import state_directory
    from peak_console.model.records import Claim
    from peak_console.redact import Redactor
    from peak_console.store.store import Store

    for text, name in ((job_name, "job_name"), (run_type, "run_type"), (tag, "tag")):
        check_text(text, name, optional=name == "tag")
    check_mapping(args, "args")
    return_code = whole_number(return_code, "return_code")
    words = [command] if isinstance(command, str) else checked_texts(command, "command")
    started_at, finished_at = _logged(started_at, "started_at"), _logged(finished_at, "finished_at")
    if finished_at < started_at:
        raise StateError(f"{job_name}: finished_at lies before started_at; give them in their order")
    chosen = os.fspath(state_dir) if state_dir is not None else None
    redactor = Redactor.from_environments(os.environ)
    claim = Claim(job_name, started_at, command=redactor.argv(words), args=redactor.args(args), tag=tag)
    store = Store.open(state_directory(DEFAULT_CONFIG, chosen, None))
    try:
        return str(store.log_run(run_type, claim, return_code, started_at, finished_at))
    finally:
        store.close()


def _logged(moment: datetime, name: str) -> datetime:
    check_moment(moment, name)
    if moment.tzinfo is None and os.environ.get("PEAK_TIMEZONE") == "UTC":
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def alert(
    message: str,
    level: str = "warning",
    *,
    job: str | None = None,
    state_dir: str | os.PathLike[str] | None = None,
) -> None:
    """Raise an alert from a job's own code: it is delivered as the job's other alerts are.

    Job and run are those of the environment (``PEAK_JOB_NAME``, ``PEAK_RUN_ID``), the registry is found as by
    ``log_scheduler_job_run``. The alert is recorded durably before this returns; the engine that serves raises it at
    once, else the next one does. Raises ``ArgumentError`` for another level than info, warning and critical, and
    ``StateError`` when the registry cannot be written.
    """
    from peak_console.jobs.state_place import state_directory
    from peak_console.model.terms import Level

    check_text(message, "message")
    check_text(job, "job", optional=True)
    if level not in tuple(Level):
        raise ArgumentError(f"level must be one of {', '.join(Level)}")
    if not message.strip():
        raise ArgumentError("message must not be empty")
    chosen = os.fspath(state_dir) if state_dir is not None else None
    name = job if job is not None else os.environ.get("PEAK_JOB_NAME")
    leave_alert(state_directory(DEFAULT_CONFIG, chosen, None), level, message, name)


def leave_alert(directory: str, level: str, message: str, job: str | None) -> None:
    """Leave an alert in the registry for the engine, and wake it. Raises ``StateError``."""
    from peak_console.clock import SystemClock
    from peak_console.store.bell import ring
    from peak_console.store.directory import current_user
    from peak_console.store.store import Store

    number = os.environ.get("PEAK_RUN_ID", "")
    run_id = int(number) if number.isascii() and number.isdigit() and len(number) < 16 else None
    store = Store.open(directory)
    try:
        told = {"level": level, "message": message, "of_job": job}
        store.issue("alert", current_user(), SystemClock().now(), None, run_id or None, told)
    finally:
        store.close()
    ring(directory)
