"""``alert``: a job, or a person, has something to say."""

from __future__ import annotations

import os
import sys

from peak_console.api import DEFAULT_CONFIG, leave_alert
from peak_console.errors import UsageError
from peak_console.jobs.state_place import state_directory
from peak_console.model.terms import Level
from peak_console.text import nearest, safe
from peak_console.verbs.shared.output import write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace


def raise_alert(options: Namespace) -> int:
    """Leave an alert for the engine; job and run are those that the environment names."""
    level = options.level.lower()
    if level not in tuple(Level):
        guess = nearest(level, Level)
        hint = f'did you mean "{guess}"?' if guess else f"use one of {', '.join(Level)}"
        raise UsageError(f'alert: "{safe(options.level)}" is no level; {hint}')
    message = " ".join(options.message) if options.message != ["-"] else sys.stdin.read()
    if not message.strip():
        raise UsageError("alert: there is no message; give one, or - to read it from standard input")
    job = options.job if options.job is not None else os.environ.get("PEAK_JOB_NAME")
    told = None if options.config == DEFAULT_CONFIG else options.config
    directory = state_directory(told or DEFAULT_CONFIG, options.state_dir, None)
    leave_alert(directory, level, message, job)
    write("the alert is left for the engine\n")
    return 0
