"""Which interpreter a bare ``python`` is for the jobs of a file, and whether that can be what was meant."""

from __future__ import annotations

import os

from peak_console.errors import StartError
from peak_console.jobs.command import PYTHONS, build_command_args, resolve_command, working_directory
from peak_console.jobs.environment import own_environment
from peak_console.text import counted, safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Final

    from peak_console.jobs.model import JobDefinition

_ENVIRONMENTS: Final = (".venv", "venv")


def interpreters(
    jobs: Iterable[JobDefinition], python: str | None, environ: Mapping[str, str]
) -> dict[str, list[JobDefinition]]:
    """The jobs whose command is a bare ``python``, by the path of the interpreter that runs them."""
    found: dict[str, list[JobDefinition]] = {}
    for job in jobs:
        if job.command in PYTHONS:
            try:
                program = resolve_command(job, python, own_environment(job, environ), working_directory(job))[0]
            except StartError:
                continue
            found.setdefault(program, []).append(job)
    return found


def unexpected_interpreters(found: Mapping[str, list[JobDefinition]], jobs_file: str) -> list[str]:
    """A sentence for each virtual environment beside jobs that run with another interpreter."""
    counts: dict[tuple[str, str], int] = {}
    for program, jobs in found.items():
        for job in jobs:
            environment = _other_environment(job, program, jobs_file)
            if environment is not None:
                key = program, environment
                counts[key] = counts.get(key, 0) + 1
    return [
        f"python is {safe(program)} for {counted(count, 'job')}, not that of {safe(environment)} beside them; if it"
        f' should be, set [scheduler] python = "{safe(os.path.join(environment, "bin", "python"))}"'
        for (program, environment), count in counts.items()
    ]


def _other_environment(job: JobDefinition, program: str, jobs_file: str) -> str | None:
    """A virtual environment beside a job, its script or its file, where ``program`` lies in none of these."""
    cwd = working_directory(job)
    words = build_command_args(job)
    folders = [cwd, os.path.dirname(os.path.join(cwd, words[0])) if words else cwd]
    folders.append(os.path.dirname(os.path.abspath(jobs_file)))
    known = [os.path.normpath(os.path.join(folder, name)) for folder in folders for name in _ENVIRONMENTS]
    own = os.path.realpath(os.path.dirname(os.path.dirname(program)))
    there = [path for path in known if os.access(os.path.join(path, "bin", "python"), os.X_OK)]
    return None if own in map(os.path.realpath, there) else next(iter(there), None)
