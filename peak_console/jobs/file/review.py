"""Looks at jobs beyond what makes their file valid: will they find what they need? Only ``validate`` asks this."""

from __future__ import annotations

import os

from peak_console.errors import StartError
from peak_console.jobs import placeholders
from peak_console.jobs.command import PYTHONS, build_command_args, resolve_command, working_directory
from peak_console.jobs.environment import dotenv_fault, own_environment
from peak_console.jobs.file.checks import checks_of
from peak_console.jobs.file.checks.wording import quoted
from peak_console.jobs.file.fields.field import JOB
from peak_console.jobs.file.trust import doubts_of_job, strangers
from peak_console.jobs.interpreters import interpreters, unexpected_interpreters
from peak_console.jobs.model import Resources
from peak_console.jobs.startable import size_fault, start_fault
from peak_console.jobs.watching.answering import Answering
from peak_console.model.terms import LOCAL
from peak_console.schedule.model import JobSchedule
from peak_console.schedule.slots import ScheduleError, validate
from peak_console.text import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from typing import Any, Final

    from peak_console.jobs.file.reader import Reader
    from peak_console.jobs.model import JobDefinition

_PYTHON_SWITCHES: Final = ("-u", "-B", "-E", "-I", "-O", "-OO", "-P", "-q", "-s", "-S", "-x", "-b", "-bb", "-d", "-v")
"""Options of Python that give it nothing to do."""
_PYTHON_OPTIONS: Final = (
    "--help",
    "--help-env",
    "--help-xoptions",
    "--help-all",
    "--version",
    "--check-hash-based-pycs",
)
"""The long options that Python itself knows."""


def look_around(
    document: Mapping[str, Any], reader: Reader, environ: Mapping[str, str], now: datetime | None = None
) -> None:
    """Warn of whatever the jobs of ``reader`` will miss on this machine, started from the present directory."""
    tables = document.get("job", [])
    told = {found.place for place in (reader.path, os.curdir) for found in strangers(place, groups=True)}
    if not tables:
        reader.findings.warning((), "no jobs: begin each with [[job]]")
    for index, table in enumerate(tables if isinstance(tables, list) else ()):
        name = table.get("name") if isinstance(table, dict) else None
        job = reader.jobs.get(name) if isinstance(name, str) else None
        if job is None:
            continue
        for doubted, message in schedule_doubts(job, now):
            reader.findings.warning((JOB, index, doubted), f"job {quoted(job.name)}: {message}")
        _look_at_calendar(job, index, reader, now)
        if fault := name_doubt(job.name):
            reader.findings.warning((JOB, index, "name"), f"job {quoted(job.name)}: {fault}")
        for message in placeholders.doubts(build_command_args(job), job.array):
            where = "args" if job.argv is None else "argv"
            reader.findings.warning((JOB, index, where), f"job {quoted(job.name)}: {message}")
        if job.executor == LOCAL:  # what another names is there, not here
            _look_around_for(job, index, table, reader, environ, told)
    for message in dotenv_doubts():
        reader.findings.warning((), message)
    if reader.settings.python is None:
        found = interpreters([job for job in reader.jobs.values() if job.executor == LOCAL], None, environ)
        for message in unexpected_interpreters(found, reader.path):
            reader.findings.warning((), message)


def _look_at_calendar(job: JobDefinition, index: int, reader: Reader, now: datetime | None) -> None:
    if now is None or job.schedule.sessions is None:
        return
    from peak_console.jobs.file.calendar_doubts import end_doubt

    doubt, has_ended = end_doubt(job.schedule, now)
    if doubt:
        record = reader.findings.error if has_ended else reader.findings.warning
        record((JOB, index, "calendar"), f"job {quoted(job.name)}: {doubt}")


def _look_around_for(
    job: JobDefinition,
    index: int,
    table: Mapping[str, Any],
    reader: Reader,
    environ: Mapping[str, str],
    told: set[str],
) -> None:
    """Warn of what one job will miss on this machine."""
    for key, message in obstacles_told(job, reader.settings.python, environ):
        place = key if key[0] in table else ()
        reader.findings.warning((JOB, index, *place), f"job {quoted(job.name)}: {message}")
    for message in doubts_of_job(_runs_from(job, reader.settings.python, environ), told):
        reader.findings.warning((JOB, index), f"job {quoted(job.name)}: {message}")


def _runs_from(job: JobDefinition, python: str | None, environ: Mapping[str, str]) -> list[str]:
    """The places that decide what a job runs, apart from the jobs file."""
    cwd = working_directory(job)
    paths = [cwd]
    try:
        paths.append(resolve_command(job, python, own_environment(job, environ), cwd)[0])
    except StartError:  # it is among the obstacles
        pass
    words = build_command_args(job)
    script = job.args.get("script") or (words[0] if words and not words[0].startswith("-") else None)
    if script and os.path.isfile(os.path.join(cwd, script)):
        paths.append(os.path.join(cwd, script))
    return [os.path.join(cwd, path) for path in paths]


def dotenv_doubts() -> Iterator[str]:
    """What is wrong with ``.env`` in the working directory, and which group can write to it."""
    if fault := dotenv_fault(os.curdir):
        yield fault
    elif os.path.isfile(".env"):
        place = os.path.realpath(".env")
        for found in strangers(place, groups=True):
            if found.place == place:
                yield found.sentence("decide where alerts go")


def schedule_doubts(job: JobDefinition, now: datetime | None) -> Iterator[tuple[str, str]]:
    """For each thing in a job's schedule that may not be meant its key and a sentence."""
    schedule = job.schedule
    if schedule.type == "cron":
        from peak_console.schedule.wording.doubts import cron_doubts

        for doubt in cron_doubts(str(schedule.cron)):
            yield "cron", f"cron: {doubt}"
    elif schedule.type == "once" and schedule.run_at is not None and now is not None:
        from peak_console.schedule.slots import next_slot

        at = next_slot(schedule, None, now)
        if at is not None and at < now:
            yield "run_at", "run_at has passed: it runs at once if it is within its grace, and else never"


def name_doubt(name: str) -> str:
    """Why a name will be hard to type or to tell from another; empty when it will not."""
    if name.startswith("#"):
        return "its name begins with #: verbs take that for the number of a run; begin it with a letter"
    if name.startswith("-"):
        return "its name begins with -: verbs take that for a flag; begin it with a letter"
    if name != name.strip():
        return "its name begins or ends with a blank, which cannot be seen; remove it"
    if not name.isprintable() or safe(name) != name:
        return "its name holds characters that cannot be seen; remove them"
    return ""


def obstacles_told(
    job: JobDefinition, python: str | None, environ: Mapping[str, str]
) -> list[tuple[tuple[str, ...], str]]:
    """All ``obstacles``; ends the program if what the job names lies on a file system that does not answer."""
    with Answering(f"what job {quoted(job.name)} names (cwd, command, env_file, script)"):
        return list(obstacles(job, python, environ))


def obstacles(
    job: JobDefinition, python: str | None, environ: Mapping[str, str]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """What would keep a job from starting, or its interpreter from finding its script: for each thing the key that
    names it and a sentence.
    """
    cwd = working_directory(job)
    if not os.path.isdir(cwd):
        yield ("cwd",), f"cwd: there is no directory {safe(cwd)}; create it or mend cwd"
        return
    if not os.access(cwd, os.X_OK):
        yield ("cwd",), f"cwd: {safe(cwd)} cannot be the working directory (Permission denied); mend its permissions"
        return
    try:
        own = own_environment(job, environ)
    except StartError as error:
        yield ("env_file",), str(error)
        own = {**environ, **job.env}
    try:
        argv = resolve_command(job, python, own, cwd)
    except StartError as error:
        yield ("command",), str(error)
    else:
        if fault := start_fault(argv[0], cwd, own):
            yield ("command",), f"command: {fault}"
        if fault := size_fault(argv, own):
            yield ("command",), f"command: {fault}"
    yield from _script_faults(job, cwd)


def _script_faults(job: JobDefinition, cwd: str) -> Iterator[tuple[tuple[str, ...], str]]:
    script = job.args.get("script")
    words = build_command_args(job)
    key = "args" if job.argv is None else "argv"
    if script and job.argv is None and not os.path.exists(os.path.join(cwd, script)):
        there = safe(os.path.join(cwd, script))
        yield ("args", "script"), f"script {quoted(script)} not found: there is no {there}; mend the path, or cwd"
    if job.command not in PYTHONS:
        return
    if job.argv and not words[0].startswith("-") and not os.path.exists(os.path.join(cwd, words[0])):
        there = safe(os.path.join(cwd, words[0]))
        yield ("argv",), f"script {quoted(words[0])} not found: there is no {there}; mend the path, or cwd"
    if not words or all(word in _PYTHON_SWITCHES for word in words):
        yield (key,), f"{job.command} is given nothing to run; put a script into args"
    elif words[0].startswith("--") and words[0] not in _PYTHON_OPTIONS:
        yield (
            (key,),
            f"{job.command} is given {quoted(words[0])} and no script before it; put the script into args as script",
        )


def doubts(job: JobDefinition) -> list[str]:
    """What is wrong or doubtful about a job made by hand, a sentence each."""
    label = f"job {quoted(str(job.name))}"
    found: list[str] = []
    if not job.name or job.name == "unnamed_job":
        label = "job without a name"
        found.append("the job has no name; give it one of its own")
    if not job.args.get("script") and not job.argv:
        found.append(f"{label}: there is neither a script in args nor argv: nothing but {job.command} would be run")
    if job.args and job.argv is not None:
        found.append(f"{label}: argv and args exclude each other; args is not used")
    for key, check in checks_of(JOB).items():
        value = _as_toml(getattr(job, key, None))
        if value is not None and not (key == "name" and not value):
            found += [f"{label}: {key} {fault}" for _, fault in check(value)]
    schedule: object = job.schedule
    if not isinstance(schedule, JobSchedule):
        return [*found, f"{label}: schedule must be a JobSchedule, not {type(schedule).__name__}"]
    try:
        validate(schedule)
    except ScheduleError as error:
        found.append(f"{label}: {error}")
    return found


def _as_toml(value: Any) -> Any:
    """A value of the Python API as it would come out of a jobs file."""
    if isinstance(value, Resources):
        table = {key: getattr(value, key) for key in ("cpus", "gpus", "queue_limit_seconds")}
        return {**table, "memory": f"{value.memory_mb}M"}
    if isinstance(value, (tuple, list, set, frozenset)):
        return [_as_toml(item) for item in value]
    if isinstance(value, dict):
        return {name: _as_toml(item) for name, item in value.items() if item is not None}
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return str(value) if isinstance(value, str) else value
