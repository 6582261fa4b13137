"""One question to a gate. It may take as long as its time limit, so it is asked in a thread of its own."""

from __future__ import annotations

import os

from peak_console.decisions.gates import says_yes
from peak_console.errors import StartError
from peak_console.text import duration, safe
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from peak_console.jobs.beside import Gate

LONGEST_WORDS = 200
MOST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gate has said."""

    is_open: bool
    words: str


def ask(gate: Gate, environ: Mapping[str, str], base: str | None, python: str | None = None) -> Answer:
    """Ask a gate. Whatever goes wrong is a no with its reason; nothing is raised."""
    try:
        if gate.command:
            return _ask_command(gate, environ, base, python)
        if gate.file is not None:
            return _read_file(os.path.join(base or os.curdir, os.path.expanduser(gate.file)), gate.file)
        return _read_variable(gate.env or "", environ, base)
    except Exception as error:  # noqa: BLE001 - what could not be asked is a no
        return Answer(False, _shown(f"it cannot be asked: {type(error).__name__}: {error}"))


def _ask_command(gate: Gate, environ: Mapping[str, str], base: str | None, python: str | None) -> Answer:
    from peak_console.jobs.command import resolve_command, working_directory
    from peak_console.jobs.model import JobDefinition
    from peak_console.runs.side_command import run_command

    as_job = JobDefinition(gate.name, command=gate.command[0], argv=gate.command[1:])
    cwd = working_directory(as_job, base)
    try:
        argv = resolve_command(as_job, python, environ, cwd)
    except StartError as error:
        return Answer(False, _shown(str(error)))
    ended = run_command(argv, env=environ, cwd=cwd, seconds=gate.timeout)
    if ended.fault:
        return Answer(False, _shown(f"it cannot be started: {ended.fault}"))
    if ended.code is None:
        return Answer(False, f"no answer within {duration(gate.timeout)}")
    is_open, words = says_yes(ended.out)
    if ended.code != 0:
        words = words or next(iter(ended.err.strip().splitlines()[-1:]), "")
        return Answer(False, _shown(f"exit code {ended.code}" + (f": {words}" if words else "")))
    if not is_open and not words:
        return Answer(False, "it printed nothing")
    return Answer(is_open, _shown(words))


def _read_file(path: str, name: str) -> Answer:
    import stat

    try:
        # One that is no file (a pipe, a device) could keep its reader for ever.
        with open(path, "rb", opener=lambda where, flags: os.open(where, flags | os.O_NONBLOCK)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return Answer(False, f"{safe(name)} is no file")
            text = file.read(MOST_BYTES).decode(errors="replace")
    except OSError as error:
        return Answer(False, _shown(f"{name} cannot be read ({error.strerror or error})"))
    return _told(text, f"{safe(name)} is empty")


def _read_variable(name: str, environ: Mapping[str, str], base: str | None) -> Answer:
    from peak_console.jobs.environment import load_dotenv_values

    value = environ.get(name)
    if value is None:
        value = load_dotenv_values(base or os.curdir).get(name)
    if value is None:
        return Answer(False, f"{safe(name)} is set neither in the environment nor in .env")
    return _told(value, f"{safe(name)} is empty")


def _told(text: str, nothing: str) -> Answer:
    is_open, words = says_yes(text)
    return Answer(is_open, _shown(words) if is_open or words else nothing)


def _shown(text: str) -> str:
    line = safe(" ".join(text.split()))
    return line if len(line) <= LONGEST_WORDS else f"{line[: LONGEST_WORDS - 1]}…"
