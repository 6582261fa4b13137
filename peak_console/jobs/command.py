"""From a job to the argument list of its process. Nothing here or later passes through a shell."""

from __future__ import annotations

import os
import sys
from datetime import date, time

from peak_console.errors import StartError
from peak_console.text import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Final

    from peak_console.jobs.model import JobDefinition

PYTHONS: Final = ("python", "python3")
_PROGRAM_ALONE: Final = "command is the program alone; put what follows it into args or argv"
_PLAIN: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-"


def build_command_args(job: JobDefinition) -> list[str]:
    """What follows the command: ``argv`` as it is, or ``args`` as ``script`` and then flags in their order.

    ``top_n = 10`` becomes ``--top-n 10``; true a bare flag, false and ``None`` nothing; a list repeats the flag for
    each element by the same rules. A name that begins with a dash stands as it is.
    """
    if job.argv is not None:
        return [_word(value) for value in job.argv]
    script = job.args.get("script")
    words = [_word(script)] if script else []
    for name, value in job.args.items():
        if name != "script":
            flag = name if name.startswith("-") else "--" + name.replace("_", "-")
            _add_flag(words, flag, value)
    return words


def _add_flag(words: list[str], flag: str, value: Any) -> None:
    if isinstance(value, (list, tuple)):
        for element in value:
            _add_flag(words, flag, element)
    elif value is True:
        words.append(flag)
    elif value is not None and value is not False:
        words += (flag, _word(value))


def _word(value: Any) -> str:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float):
        return float.__repr__(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)


def working_directory(job: JobDefinition, base: str | None = None) -> str:
    """The absolute directory that the job's process runs in. ``cwd`` is relative to ``base``, by default our own.

    Raises ``StartError`` where the engine's own working directory has been removed.
    """
    try:
        return os.path.abspath(os.path.join(base or os.curdir, os.path.expanduser(job.cwd or os.curdir)))
    except FileNotFoundError:
        raise StartError(
            "the working directory of the engine was removed; start the engine again in one that is there, or give the"
            " job an absolute cwd"
        ) from None


def resolve_command(job: JobDefinition, settings_python: str | None, environ: Mapping[str, str], cwd: str) -> list[str]:
    """The whole argument list of the job's process, the program as an absolute path.

    ``environ`` is the job's environment (its PATH and VIRTUAL_ENV count) and ``cwd`` its absolute working
    directory. A bare ``python`` or ``python3`` is ``settings_python``, else that of the active virtual environment,
    else of ``.venv`` in ``cwd``, else the one on PATH, else our own interpreter. Raises ``StartError``.
    """
    if job.command in PYTHONS:
        program = _python(job.command, settings_python, environ, cwd)
    else:
        program = _program(job.command, environ, cwd)
    return [program, *build_command_args(job)]


def _python(name: str, settings_python: str | None, environ: Mapping[str, str], cwd: str) -> str:
    if settings_python:
        try:
            return _program(os.path.expanduser(settings_python), environ, cwd)
        except StartError as error:
            raise StartError(f"[scheduler] python: {error}") from None
    for environment in filter(None, (environ.get("VIRTUAL_ENV"), ".venv")):
        for candidate in (name, "python"):
            path = os.path.join(cwd, environment, "bin", candidate)
            if _is_program(path):
                return path
    return which(name, environ, cwd) or sys.executable


def _program(command: str, environ: Mapping[str, str], cwd: str) -> str:
    if "/" not in command:
        found = which(command, environ, cwd)
        if found is None:
            raise StartError(_not_found(command, environ, cwd))
        return found
    path = os.path.join(cwd, os.path.expanduser(command).removeprefix("./"))
    if _is_program(path):
        return path
    if os.path.isdir(path):
        raise StartError(f'command "{safe(command)}" is a directory ({safe(path)}); name a program')
    if os.path.exists(path):
        raise StartError(f'command "{safe(command)}" {_not_executable(path)}')
    raise StartError(
        f'command "{safe(command)}" not found: there is no {safe(path)}; ' + _advice_on_path(command, environ, cwd)
    )


def _advice_on_path(command: str, environ: Mapping[str, str], cwd: str) -> str:
    first, blank, _ = command.strip().partition(" ")
    alone = os.path.join(cwd, os.path.expanduser(first))
    if blank and (_is_program(alone) if "/" in first else which(first, environ, cwd) is not None):
        return _PROGRAM_ALONE
    if command.startswith(("/", "~")):
        return "install it, or mend the path"
    return "a path that does not begin with / is relative to the job's working directory"


def _not_executable(path: str) -> str:
    from peak_console.jobs.startable import is_noexec

    if is_noexec(path):
        return (
            f"is on a file system mounted noexec ({safe(path)}): nothing there can be started; move it, or let the"
            " command be its interpreter"
        )
    return f"is not executable; run chmod +x {safe(shown([path]))}"


def _not_found(command: str, environ: Mapping[str, str], cwd: str) -> str:
    directories = ":".join(_search_path(environ)) or "(empty)"
    if " " in command.strip():
        advice = _PROGRAM_ALONE
    elif _is_program(os.path.join(cwd, command)):
        advice = f"to run the one in the working directory write ./{safe(command)}"
    else:
        advice = "install it, write its full path, or set PATH in the job's env"
    return f'command "{safe(command)}" not found on PATH {safe(directories)}; {advice}'


def which(name: str, environ: Mapping[str, str], cwd: str) -> str | None:
    """The program called ``name`` on the PATH of ``environ``, absolute; relative entries start at ``cwd``."""
    for directory in _search_path(environ):
        path = os.path.join(cwd, directory, name)
        if _is_program(path):
            return path
    return None


def _search_path(environ: Mapping[str, str]) -> list[str]:
    path = environ.get("PATH", os.defpath)
    return path.split(os.pathsep) if path else []


def _is_program(path: str) -> bool:
    try:
        return os.access(path, os.X_OK) and not os.path.isdir(path)
    except ValueError:  # a NUL in it
        return False


def shown(argv: Sequence[str]) -> str:
    """An argument list on one line as a shell would read it; for people only, never run."""
    return " ".join(map(_quoted, argv))


def _quoted(word: str) -> str:
    if word and not word.strip(_PLAIN):
        return word
    if word.isprintable():
        return "'" + word.replace("'", "'\"'\"'") + "'"
    escaped = "".join(
        character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode()
        for character in word.replace("\\", "\\\\").replace("'", "\\'")
    )
    return f"$'{escaped}'"
