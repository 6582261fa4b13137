"""What may differ in one run that somebody asks for: arguments, variables of its environment (``$NAME``), ``argv``."""

from __future__ import annotations

from peak_console.errors import UsageError
from peak_console.text import safe
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from peak_console.jobs.model import JobDefinition

ARGV = "argv"
"""Stands for the whole list of a job that has one."""
VARIABLE = "$"
"""Before the name of a variable."""


def is_unrecorded(name: str, job: JobDefinition) -> bool:
    """Whether a change is of what the registry does not hold: a variable, or the list of a job that has one."""
    return name not in job.args and (name.startswith(VARIABLE) or (job.argv is not None and name == ARGV))


def with_changes(job: JobDefinition, changes: Mapping[str, Any]) -> JobDefinition:
    """A job with these values instead; ``None`` leaves one out. Raises ``UsageError`` in one sentence."""
    args, env, argv = dict(job.args), dict(job.env), job.argv
    for name, value in changes.items():
        if not is_unrecorded(name, job):
            if job.argv is not None:
                raise UsageError(f"{safe(name)}: the job has one fixed list; change {ARGV}, or a variable as $NAME")
            args[name] = value
        elif name == ARGV:
            argv = _list(value)
        else:
            env[_variable(name)] = _text(name, value)
    kept = {name: value for name, value in args.items() if value is not None}
    left = {name: value for name, value in env.items() if value is not None}
    return replace(job, args=kept, env=left, argv=argv)


def _variable(name: str) -> str:
    variable = name.removeprefix(VARIABLE)
    if not variable or "=" in variable or "\0" in variable:
        raise UsageError(f"{safe(name)} names no variable; write $NAME")
    return variable


def _text(name: str, value: Any) -> Any:
    """A variable's value as text, as a jobs file may have it too: a text, a number, true or false."""
    if value is not None and not isinstance(value, str | int | float | bool):
        raise UsageError(f"{safe(name)}: a variable is a text, a number, true or false")
    return ("true" if value else "false") if isinstance(value, bool) else value if value is None else str(value)


def _list(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise UsageError(f'{ARGV} is a list of texts: ["-c", "echo done"]')
    return value
