"""The environment that a run's process gets."""

from __future__ import annotations

import os

from peak_console.errors import StartError
from peak_console.jobs.checks import as_text
from peak_console.text import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Final

    from dotenv.parser import Original

    from peak_console.jobs.model import JobDefinition

_MAX_BYTES: Final = 1024 * 1024
_OF_ONE_RUN: Final = ("PEAK_JOB_NAME", "PEAK_RUN_ID", "PEAK_SCHEDULED_FOR", "PEAK_ATTEMPT", "PEAK_TRIGGER")


def job_environment(
    job: JobDefinition,
    base: Mapping[str, str],
    *,
    run_id: int,
    scheduled_for: datetime | None,
    attempt: int,
    trigger: str,
    state_dir: str,
) -> dict[str, str]:
    """The whole environment of one run: ``base``, then ``env_file``, then ``env``, then what we say of the run.

    ``scheduled_for`` is aware; ``PEAK_SCHEDULED_FOR`` is it in ISO 8601 with its offset, and absent for ``None``.
    ``PYTHONUNBUFFERED=1`` unless anybody before set it. Raises ``StartError`` if ``env_file`` cannot be used.
    """
    environment = own_environment(job, {**base, "PEAK_CONSOLE_STATE_DIR": state_dir})
    environment.setdefault("PYTHONUNBUFFERED", "1")
    for name in _OF_ONE_RUN:  # we may ourselves be running inside a run
        environment.pop(name, None)
    environment["PEAK_JOB_NAME"] = job.name
    environment["PEAK_RUN_ID"] = str(run_id)
    environment["PEAK_ATTEMPT"] = str(attempt)
    environment["PEAK_TRIGGER"] = str(trigger)
    if scheduled_for is not None:
        environment["PEAK_SCHEDULED_FOR"] = scheduled_for.isoformat()
    return environment


def own_environment(job: JobDefinition, base: Mapping[str, str]) -> dict[str, str]:
    """``base`` with what the job itself says: its ``env_file``, then its ``env``. Raises ``StartError``."""
    environment = dict(base)
    if job.env_file is not None:
        environment.update(_read_env_file(job.env_file))
    environment.update((name, as_text(value)) for name, value in job.env.items())
    return environment


def load_dotenv_values(directory: str) -> dict[str, str]:
    """What ``.env`` in ``directory`` says; nothing if there is none (a folder of that name is none), or if it cannot
    be read. Lines that say nothing are passed over."""
    try:
        return _values(_content(os.path.join(directory, ".env")))[0]
    except (OSError, ValueError):
        return {}


def _read_env_file(env_file: str) -> dict[str, str]:
    path = os.path.abspath(os.path.expanduser(env_file))
    where = f'env_file "{safe(env_file)}"'
    try:
        values, bad_line = _values(_content(path))
    except FileNotFoundError:
        raise StartError(f"{where} not found: there is no {safe(path)}; create it or mend env_file") from None
    except OSError as error:
        raise StartError(
            f"{where} cannot be read ({error.strerror or error}); mend its permissions or env_file"
        ) from None
    except ValueError:
        raise StartError(f"{where} is not UTF-8 text; save it with that encoding") from None
    if bad_line:
        raise StartError(f"{where}: line {bad_line} is not NAME=value; mend it, or begin it with #")
    return values


def _content(path: str) -> str:
    """The text of a file of variables. Raises ``OSError``, and ``ValueError`` if it is no text."""
    with open(path, "rb") as file:
        raw = file.read(_MAX_BYTES)
    if b"\0" in raw:
        raise ValueError(path)
    return raw.decode("utf-8-sig")


def _line_of(original: Original) -> int:
    """Where a binding begins; its text may begin with blank lines."""
    blank = original.string[: -len(original.string.lstrip())]
    return original.line + blank.count("\n")


def _values(content: str) -> tuple[dict[str, str], int]:
    """The variables in ``content``, and the first line (from 1) that is none; 0 when all are."""
    import io

    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    bindings = list(parse_stream(io.StringIO(content)))
    bad_line = next((_line_of(binding.original) for binding in bindings if binding.error), 0)
    good = "".join(binding.original.string for binding in bindings if not binding.error)
    values = dotenv_values(stream=io.StringIO(good))
    return {name: value for name, value in values.items() if value is not None}, bad_line
