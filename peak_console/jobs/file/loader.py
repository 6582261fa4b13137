"""The jobs file: TOML in, a ``JobSet`` out, or every problem of the file at once.

Paths: ``state_dir`` is relative to the directory of the jobs file and made absolute here. ``cwd``, ``env_file`` and
the scripts in ``args`` are relative to the working directory of the program and stay as they are written.
"""

from __future__ import annotations

import os

from peak_console.errors import ArgumentError, JobsFileError
from peak_console.jobs.file import source
from peak_console.jobs.file.checks.wording import did_you_mean, quoted
from peak_console.jobs.file.fields import fields_of
from peak_console.jobs.file.fields.field import JOB, SCHEDULER
from peak_console.jobs.file.reader import Reader
from peak_console.jobs.file.trust import doubts_of_file
from peak_console.jobs.model import JobDefinition
from peak_console.text import safe
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from typing import Any

    from peak_console.jobs.model import JobSet, Problem


def load(path: str, text: bytes | None = None, environ: Mapping[str, str] | None = None) -> JobSet:
    """The jobs file at ``path``, valid as a whole; ``text`` is its content if the caller has read it already.

    ``environ`` (the process's own by default) is where channels find their ``url_env``, before ``.env`` in the
    working directory. Warnings are in the ``JobSet``. Raises ``JobsFileError`` with every problem, a line each, and
    nothing else.
    """
    content, document = source.parse(path, source.read(path) if text is None else text)
    reader = Reader(path, document, os.environ if environ is None else environ)
    tell_of_strangers(reader)
    job_set = reader.job_set()
    problems = reader.findings.placed(path, content)
    if job_set is None:
        raise source.rejected(problems)
    if problems:
        job_set = replace(job_set, warnings=problems)
    return job_set


def load_changed(path: str, changes: Iterable[tuple[str, str, Any]]) -> JobSet:
    """The jobs file with other values for some keys: for each the job, the key and the value as TOML has it.

    ``scheduler`` stands for the settings, unless a job is called that. Raises ``JobsFileError``, for the file as it is
    or with what is wrong with the changes.
    """
    load(path)
    content, document = source.parse(path, source.read(path))
    for name, key, value in changes:
        is_job, table = _table_to_change(document, name)
        known = fields_of(JOB if is_job else SCHEDULER)
        if key not in known:
            raise JobsFileError(f"{name}: unknown key {quoted(key)}{did_you_mean(key, known)}")
        table[key] = value
    reader = Reader(path, document, os.environ)
    job_set = reader.job_set()
    if job_set is None:
        problems = reader.findings.placed(path, content)
        raise JobsFileError("; ".join(problem.message for problem in problems if problem.is_error))
    return job_set


def _table_to_change(document: dict[str, Any], name: str) -> tuple[bool, dict[str, Any]]:
    """Whether it is a job's, and the table. Raises ``JobsFileError``."""
    for table in document.get("job", ()):
        if table.get("name") == name:
            return True, table
    if name != SCHEDULER:
        raise JobsFileError(f'no job is called "{safe(name)}"; name one of the file, or scheduler for the settings')
    settings: dict[str, Any] = document.setdefault(SCHEDULER, {})
    return False, settings


def check(
    path: str, environ: Mapping[str, str] | None = None, now: datetime | None = None
) -> tuple[list[Problem], JobSet | None]:
    """Every error and warning of a jobs file, and its ``JobSet`` unless there are errors. Raises nothing.

    Beyond what ``load`` reports it looks around on this machine for what the jobs will need; ``now`` tells which
    moments have passed.
    """
    from peak_console.jobs.file.review import look_around

    environ = os.environ if environ is None else environ
    try:
        content, document = source.parse(path, source.read(path))
    except JobsFileError as error:
        return list(error.problems), None
    reader = Reader(path, document, environ)
    tell_of_strangers(reader, groups=True)
    job_set = reader.job_set()
    if reader.calendars is not None:
        reader.calendars.check_unused()
    look_around(document, reader, environ, now)
    problems = reader.findings.placed(path, content)
    return list(problems), job_set


def tell_of_strangers(reader: Reader, *, groups: bool = False) -> None:
    """Record who else decides what a jobs file says; an error where that is everybody."""
    for forbids, doubt in doubts_of_file(reader.path, reader.base or os.curdir, groups=groups):
        (reader.findings.error if forbids else reader.findings.warning)((), doubt)


def validate_job_config(job: JobDefinition) -> list[str]:
    """What is wrong or doubtful about a definition made by hand, a sentence each; empty when all is well."""
    from peak_console.jobs.file.review import doubts

    if not isinstance(job, JobDefinition):
        raise ArgumentError(f"job must be a JobDefinition, not {type(job).__name__}")
    return doubts(job)


def filter_jobs_by_tags(
    jobs: Iterable[JobDefinition],
    include_tags: Iterable[str] | None = None,
    exclude_tags: Iterable[str] | None = None,
) -> list[JobDefinition]:
    """The jobs with at least one of ``include_tags`` (none given: every job) and none of ``exclude_tags``."""
    include, exclude = frozenset(include_tags or ()), frozenset(exclude_tags or ())
    return [job for job in jobs if (not include or not include.isdisjoint(job.tags)) and exclude.isdisjoint(job.tags)]
