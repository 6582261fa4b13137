"""Whether what a caller of the Python API hands over is what it should be, said in a sentence."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import index

from peak_console.errors import ArgumentError
from peak_console.jobs.model import JobDefinition
from peak_console.schedule.model import JobSchedule
from peak_console.schedule.slots import validate
from peak_console.text import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LONGEST = 60
_NUMBERS = (
    "timeout_seconds",
    "kill_grace_seconds",
    "retries",
    "retry_delay_seconds",
    "retry_backoff",
    "max_output_bytes",
)


def check_job(job: object, name: str = "job") -> None:
    """Raise ``ArgumentError`` unless ``job`` is a definition whose fields have the types that they are used as."""
    if not isinstance(job, JobDefinition):
        raise _wrong(name, job, "a JobDefinition")
    check_schedule(job.schedule, f"{name}.schedule")
    for field in ("name", "command"):
        check_text(getattr(job, field), f"{name}.{field}")
    for field in ("args", "env", "meta"):
        check_mapping(getattr(job, field), f"{name}.{field}")
    for field in ("argv", "tags", "success_codes"):
        value = getattr(job, field)
        if not isinstance(value, (list, tuple, set, frozenset)) and not (field == "argv" and value is None):
            raise _wrong(f"{name}.{field}", value, "a list")
    for field in _NUMBERS:
        value = getattr(job, field)
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise _wrong(f"{name}.{field}", value, "a number")
    for field in ("cwd", "env_file"):
        check_path(getattr(job, field), f"{name}.{field}", optional=True)


def checked_jobs(jobs: object) -> list[JobDefinition]:
    """``jobs`` as a list. Raises ``ArgumentError`` unless they are definitions."""
    if not isinstance(jobs, Iterable) or isinstance(jobs, (str, bytes, Mapping)):
        raise _wrong("jobs", jobs, "a list of JobDefinitions")
    found: list[JobDefinition] = []
    for number, job in enumerate(jobs):
        check_job(job, f"jobs[{number}]")
        found.append(job)
    return found


def checked_texts(texts: object, name: str) -> list[str]:
    """``texts`` as a list; ``None`` is none. Raises ``ArgumentError``, also for a single string: a list of letters."""
    if texts is None:
        return []
    items = list(texts) if isinstance(texts, Iterable) and not isinstance(texts, (str, bytes, Mapping)) else [None]
    found = [text for text in items if isinstance(text, str)]
    if len(found) != len(items):
        raise _wrong(name, texts, "a list of strings")
    return found


def check_schedule(schedule: object, name: str = "schedule") -> None:
    """Raise ``ArgumentError`` or ``ScheduleError`` unless ``schedule`` names moments."""
    if not isinstance(schedule, JobSchedule):
        raise _wrong(name, schedule, "a JobSchedule")
    checked_texts(schedule.days, f"{name}.days")
    for field in ("run_at", "last_run_at", "next_run_at"):
        check_moment(getattr(schedule, field), f"{name}.{field}", optional=True)
    validate(schedule)


def check_moment(moment: object, name: str, *, optional: bool = False) -> None:
    """Raise ``ArgumentError`` unless ``moment`` is a datetime."""
    if not isinstance(moment, datetime) and not (optional and moment is None):
        raise _wrong(name, moment, "a datetime" + (", or None" if optional else ""))


def check_text(text: object, name: str, *, optional: bool = False) -> None:
    """Raise ``ArgumentError`` unless ``text`` is a string."""
    if not isinstance(text, str) and not (optional and text is None):
        raise _wrong(name, text, "a string" + (", or None" if optional else ""))


def check_path(path: object, name: str, *, optional: bool = False) -> None:
    """Raise ``ArgumentError`` unless ``path`` is one."""
    if not isinstance(path, (str, os.PathLike)) and not (optional and path is None):
        raise _wrong(name, path, "a path" + (", or None" if optional else ""))


def check_mapping(mapping: object, name: str) -> None:
    """Raise ``ArgumentError`` unless ``mapping`` is a dict, or like one, with strings for its keys."""
    if not isinstance(mapping, Mapping):
        raise _wrong(name, mapping, "a dict")
    for key in mapping:
        check_text(key, f"each key of {name}")


def whole_number(number: Any, name: str) -> int:
    """``number`` as an int, from whatever counts as one (numpy's do). Raises ``ArgumentError``."""
    try:
        if not isinstance(number, bool):
            return index(number)
    except TypeError:
        pass
    raise _wrong(name, number, "a whole number")


def _wrong(name: str, value: object, wanted: str) -> ArgumentError:
    """Shows no value but plain text and numbers: others may hold secrets, or be long."""
    kind = type(value).__name__
    shown = f" ({safe(repr(value)[:_LONGEST])})" if isinstance(value, (int, float)) else ""
    return ArgumentError(f"{name} must be {wanted}, not {'None' if value is None else kind}{shown}")
