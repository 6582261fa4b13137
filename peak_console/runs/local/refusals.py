"""Why a run did not start, in a sentence for the user."""

from __future__ import annotations

import errno
import os

from peak_console.errors import StartError
from peak_console.runs.interface import AlreadyStartedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.runs.interface import RunSpec


def refusal(spec: RunSpec, directory: str, stage: str, number: int, text: str) -> StartError:
    """The error for a keeper's answer. Names no arguments: they may be secrets."""
    if stage == "already":
        return AlreadyStartedError(f"run #{spec.run_id}: another process has started it already")
    if stage == "files":
        return StartError(f"{directory}: cannot create the run's files ({text}); see: peak-console doctor")
    if stage == "cwd":
        return StartError(f"{spec.cwd}: cannot be the working directory ({text}); check cwd in the jobs file")
    program = spec.argv[0]
    if number == errno.ENOENT:
        return StartError(f"{program}: no such program, or the interpreter that its first line names does not exist")
    if number == errno.EACCES:
        return StartError(f"{program}: not an executable file; chmod +x it, or name its interpreter as the command")
    if number == errno.ENOEXEC:
        return StartError(f"{program}: neither a program for this machine nor a script with a '#!' line")
    if number == errno.E2BIG:
        longest = max(len(os.fsencode(word)) for word in [*spec.argv, *spec.env.values()])
        return StartError(
            f"{program}: its arguments and environment are too long for this system (the longest has {longest:,} "
            "bytes); put what is long into a file"
        )
    if number in (errno.EAGAIN, errno.ENOMEM):
        return StartError(
            f"{program}: the system has no room for another process at present ({text}); lower max_concurrent_runs"
        )
    return StartError(f"{program}: cannot be started ({text}); see the system's log")
