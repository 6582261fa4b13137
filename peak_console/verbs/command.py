"""What can be asked of an engine from a shell: hold, release, ack, reload; ``on_jobs`` has the rest."""

from __future__ import annotations

import sys

from peak_console.errors import PeakConsoleError, UsageError
from peak_console.text import safe
from peak_console.verbs.shared.asking import ask_engine, ask_here, refuse_viewer
from peak_console.verbs.shared.common import number_of, select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any


def give(
    options: Namespace,
    verb: str,
    job: str | None = None,
    run_id: int | None = None,
    *,
    needs_engine: bool = False,
    prints_json: bool = False,
    **arguments: Any,
) -> int:
    """Give a command and say what came of it. Raises ``PeakConsoleError`` with why it was refused."""
    with select(options) as selection:
        if job is not None:
            selection.job(job)
    command = ask_engine(selection.directory, verb, job, run_id, arguments)
    if command is None:
        if needs_engine:
            raise PeakConsoleError(f"no engine serves {selection.directory}; start one: peak-console --headless")
        assert selection.jobset is not None  # select() needs it
        command = ask_here(selection.jobset, selection.directory, verb, job, arguments)
    if command.answer != "done":
        raise PeakConsoleError(command.message or "refused")
    if prints_json:
        from peak_console.verbs.shared.output import write_json

        write_json({"answer": command.answer, "message": command.message})
        return 0
    sys.stdout.write(f"{safe(command.message or '')}\n")
    return 0


def confirmed(options: Namespace) -> dict[str, Any]:
    """The names that were given once more, as an argument of a command."""
    return {"confirm": options.confirm} if options.confirm else {}


def hold(options: Namespace) -> int:
    """Hold everything; with ``--edit``, change the reason of the hold that there is."""
    edit: dict[str, Any] = {"edit": True} if options.edit else {}
    return give(options, "hold", reason=options.reason, **edit)


def release(options: Namespace) -> int:
    """Lift the hold; ``--slots`` says what becomes of those that have passed meanwhile."""
    slots = {"slots": options.slots} if options.slots else {}
    return give(options, "release", **slots, **confirmed(options))


def acknowledge(options: Namespace) -> int:
    """Acknowledge one alert, or all; with ``--undo``, have one be open again."""
    number = number_of(options.what)
    if number is None and options.what != "all":
        raise UsageError(f'"{safe(options.what)}" is no alert: write its number (see: alerts --json), or all')
    if options.undo:
        if number is None or options.note is not None:
            raise UsageError("--undo takes back the acknowledgement of one alert: write its number, and no --note")
        return give(options, "unack", alerts=[number])
    told: dict[str, Any] = {"note": options.note} if options.note else {}
    if number is not None:
        told["alert"] = number
    return give(options, "ack", **told)


def reload(options: Namespace) -> int:
    """Have the jobs file read again, once it is complete; with ``--accept`` whatever it removes."""
    from peak_console.jobs.watching.caution import START_SECONDS
    from peak_console.jobs.watching.standing import load_standing

    with select(options, needs_jobs=False) as selection:
        refuse_viewer(selection.directory)  # who may command nothing need not wait for the file
    load_standing(options.config, START_SECONDS)
    return give(options, "reload", needs_engine=True, accept=options.accept)
