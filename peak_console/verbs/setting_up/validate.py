"""``validate``: every error and warning of the jobs file, each with its place."""

from __future__ import annotations

import os

from peak_console.clock import SystemClock
from peak_console.decisions.selection import tags_of
from peak_console.jobs.file.loader import check, filter_jobs_by_tags
from peak_console.jobs.model import Problem
from peak_console.jobs.watching.answering import probe_jobs_file
from peak_console.jobs.watching.standing import await_writer
from peak_console.text import counted, safe
from peak_console.verbs.shared.output import write, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from typing import Any, Final

    from peak_console.jobs.beside import AlertChannel
    from peak_console.jobs.model import JobSet

_EXIT_UNUSABLE = 1
_MOST_SHOWN: Final = 5


def validate(options: Namespace) -> int:
    """``validate``: 1 when there are errors, of which all are shown."""
    probe_jobs_file(options.config)
    unfinished = await_writer(options.config)
    problems, jobset = check(options.config, now=SystemClock().now())
    if jobset is not None:
        problems += _channel_problems(options.config, jobset.channels)
        problems.sort(key=lambda problem: (not problem.line, problem.line, problem.column))
    if unfinished:
        problems.append(Problem(options.config, 0, 0, unfinished, False))
    if options.json:
        write_json([_object(problem) for problem in problems])
    else:
        lines = [*map(_line, problems), *_interpreters(options.config, jobset), _verdict(options, problems, jobset)]
        write("".join(f"{line}\n" for line in lines))
    return _EXIT_UNUSABLE if any(problem.is_error for problem in problems) else 0


def _object(problem: Problem) -> dict[str, Any]:
    return {
        "path": problem.path,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "severity": _severity(problem),
    }


def _severity(problem: Problem) -> str:
    return "error" if problem.is_error else "warning"


def _line(problem: Problem) -> str:
    place = f"{problem.path}:{problem.line}:{problem.column}" if problem.line else problem.path
    return safe(f"{place}: {_severity(problem)}: {problem.message}")


def _interpreters(path: str, jobset: JobSet | None) -> list[str]:
    """Which interpreters a bare ``python`` stands for, in a line; none when no job asks for it."""
    if jobset is None:
        return []
    from peak_console.jobs.interpreters import interpreters

    found = interpreters(jobset.jobs.values(), jobset.settings.python, os.environ)
    told = [f"{safe(program)} ({counted(len(jobs), 'job')})" for program, jobs in found.items()]
    if len(told) > _MOST_SHOWN:
        told[_MOST_SHOWN:] = [f"{len(told) - _MOST_SHOWN} more"]
    return [f"{safe(path)}: python is {', '.join(told)}"] if told else []


def _verdict(options: Namespace, problems: Sequence[Problem], jobset: JobSet | None) -> str:
    path = safe(options.config)
    errors = sum(problem.is_error for problem in problems)
    told = [counted(errors, "error"), counted(len(problems) - errors, "warning")]
    if jobset is None:
        return f"{path}: {', '.join(told)}; it cannot be used"
    include, exclude = tags_of(options.include_tags), tags_of(options.exclude_tags)
    jobs = counted(len(jobset.jobs), "job")
    if include or exclude:
        jobs += f", {len(filter_jobs_by_tags(jobset.jobs.values(), include, exclude))} of them selected by the tags"
    return f"{path}: {jobs}; {', '.join(told)}" if problems else f"{path}: {jobs}; all is well"


def _channel_problems(path: str, channels: Sequence[AlertChannel]) -> list[Problem]:
    """A warning for each channel whose URL takes no alerts: the jobs run all the same."""
    if not channels:
        return []
    from peak_console.alerts.sender import URL_FORMS, check_url

    faults = [(channel, fault) for channel in channels if (fault := check_url(channel.url)) is not None]
    if not faults:
        return []
    from peak_console.jobs.file import source
    from peak_console.jobs.file.locate import Positions

    text, document = source.parse(path, source.read(path))
    positions = Positions(text)
    return [
        Problem(
            path,
            *positions.place(_place(document, channel)),
            f'alerts channel "{channel.name}": {fault}; {URL_FORMS}',
            False,
        )
        for channel, fault in faults
    ]


def _place(document: dict[str, Any], channel: AlertChannel) -> tuple[str | int, ...]:
    """Where in the document a channel's URL stands."""
    table = document["alerts"]
    for number, entry in enumerate(table.get("channel", ())):
        for key, name in (("url", channel.url), ("url_env", channel.name)):
            if entry.get(key) == name or (key in entry and entry.get("name") == channel.name):
                return ("alerts", "channel", number, key)
    return ("alerts", "urls", table["urls"].index(channel.url)) if channel.url in table.get("urls", ()) else ("alerts",)
