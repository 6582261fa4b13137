"""The environment that a run's process gets."""

from __future__ import annotations

import errno
import os
import re
import stat

from peak_console.errors import StartError
from peak_console.jobs.file.checks.wording import as_text
from peak_console.schedule.zones import zone, zone_name
from peak_console.text import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Final

    from dotenv.parser import Binding, Original

    from peak_console.jobs.model import JobDefinition

_MAX_BYTES: Final = 1024 * 1024
_OF_ONE_RUN: Final = (
    "PEAK_JOB_NAME", "PEAK_RUN_ID", "PEAK_SCHEDULED_FOR", "PEAK_SLOT_DATE", "PEAK_TIMEZONE", "PEAK_ATTEMPT",
    "PEAK_TRIGGER", "PEAK_MODE", "PEAK_ARRAY_INDEX",
)  # fmt: skip
_LITERAL: Final = r"[ \t]*(?:export[ \t]+)?([^=#\s'\"]+)[ \t]*=[ \t]*'([^']*)'[ \t]*(?:#[^\r\n]*)?(?:\r?\n|\r|\Z)"
"""A line with a value in single quotes: as in a shell all between them counts as it is."""


class TooLargeError(ValueError):
    """A file of variables is larger than any should be: a part of it could end within a value."""


def job_environment(
    job: JobDefinition,
    base: Mapping[str, str],
    *,
    run_id: int,
    scheduled_for: datetime | None,
    attempt: int,
    trigger: str,
    state_dir: str,
    directory: str | None = None,
) -> dict[str, str]:
    """The whole environment of one run: ``base``, then ``env_file``, then ``env``, then what we say of the run.

    ``env_file`` is relative to ``directory``, by default the process's own. ``scheduled_for`` is aware.
    ``PEAK_SCHEDULED_FOR`` is it in the job's zone, in ISO 8601 with its offset, and
    ``PEAK_SLOT_DATE`` the day there; both are absent for ``None``.
    ``PYTHONUNBUFFERED`` is 1 unless one of these sets it. Raises ``StartError`` if ``env_file`` cannot be used.
    """
    environment = own_environment(job, {**base, "PEAK_CONSOLE_STATE_DIR": state_dir}, directory)
    environment.setdefault("PYTHONUNBUFFERED", "1")
    for name in _OF_ONE_RUN:  # we may ourselves be running inside a run
        environment.pop(name, None)
    environment["PEAK_JOB_NAME"] = job.name
    if job.member is not None:
        environment["PEAK_JOB_NAME"] = job.member.array
        environment["PEAK_ARRAY_INDEX"] = str(job.member.index)
        environment.update((matrix_variable(axis), as_text(value)) for axis, value in job.member.values.items())
    environment["PEAK_RUN_ID"] = str(run_id)
    environment["PEAK_ATTEMPT"] = str(attempt)
    environment["PEAK_TRIGGER"] = str(trigger)
    environment["PEAK_TIMEZONE"] = zone_name(job.schedule.timezone)
    if job.mode is not None:
        environment["PEAK_MODE"] = job.mode
    if scheduled_for is not None:
        local = scheduled_for.astimezone(zone(job.schedule.timezone))
        environment["PEAK_SCHEDULED_FOR"] = local.isoformat()
        environment["PEAK_SLOT_DATE"] = local.date().isoformat()
    return environment


def own_environment(job: JobDefinition, base: Mapping[str, str], directory: str | None = None) -> dict[str, str]:
    """``base`` with what the job itself says: its ``env_file``, its ``env``, its ``meta``. Raises ``StartError``.

    ``env_file`` is relative to ``directory``, by default the process's own.
    """
    environment = {name: value for name, value in base.items() if not name.startswith(_OF_OUTER_RUN)}
    if job.env_file is not None:
        environment.update(_read_env_file(job.env_file, directory))
    environment.update((name, as_text(value)) for name, value in job.env.items())
    environment.update((meta_variable(name), meta_text(value)) for name, value in job.meta.items())
    return environment


def meta_variable(name: str) -> str:
    """The variable that hands on a key of ``meta``: ``cost centre`` is ``PEAK_META_COST_CENTRE``."""
    letters = (letter if letter.isascii() and letter.isalnum() else "_" for letter in name)
    return f"PEAK_META_{''.join(letters).upper()}"


def matrix_variable(axis: str) -> str:
    """The variable that hands on the value of an axis of a matrix: ``window`` is ``PEAK_MATRIX_WINDOW``."""
    return f"PEAK_MATRIX_{axis.upper()}"


_OF_OUTER_RUN: Final = (meta_variable(""), matrix_variable(""))
"""What the variables of a run begin with: we may ourselves be running inside a run."""


def meta_text(value: object) -> str:
    """A value of ``meta`` as text: lists and tables as JSON."""
    if isinstance(value, (list, tuple, dict)):
        from json import dumps

        return dumps(value, ensure_ascii=False)
    return as_text(value)


def load_dotenv_values(directory: str) -> dict[str, str]:
    """What ``.env`` in ``directory`` says; nothing if there is none (a folder of that name is none), or if it cannot
    be read (``dotenv_fault`` says why). Lines that say nothing are passed over."""
    path = os.path.join(directory, ".env")
    try:
        return {} if _stranger_of(path) else _values(_content(path))[0]
    except (OSError, ValueError):
        return {}


def dotenv_to_mask(directory: str) -> dict[str, str]:
    """The variables in ``.env`` of ``directory`` whose values are masked, whether or not the file counts.

    Jobs may read a file that we refuse (another owner's, not UTF-8, too large) and repeat its secrets in their errors.
    Of a file that is too large the first 1 MiB is read; of one that cannot be read, nothing.
    """
    try:
        raw = _raw(os.path.join(directory, ".env"))
    except (OSError, ValueError):
        return {}
    if len(raw) > _MAX_BYTES:
        raw = raw[:_MAX_BYTES].rpartition(b"\n")[0]  # the last line may be cut within its value
    return _values(raw.replace(b"\0", b"").decode("utf-8-sig", "surrogateescape"))[0]


def dotenv_fault(directory: str) -> str:
    """Why nothing of ``.env`` in ``directory`` counts, or some of its lines do not; empty when there is no fault."""
    path = os.path.join(directory, ".env")
    try:
        stranger = "" if os.path.isdir(path) else _stranger_of(path)
        if stranger:
            return f".env {stranger}"
        bad_line = 0 if os.path.isdir(path) else _values(_content(path))[1]
    except FileNotFoundError:
        return ""
    except OSError as error:
        mend = "mend its permissions" if isinstance(error, PermissionError) else "put a text file there, or remove it"
        return f".env cannot be read ({error.strerror or error}), so nothing in it counts or can be masked; {mend}"
    except TooLargeError as error:
        return f".env {error}"
    except ValueError:
        return ".env is not UTF-8 text: nothing in it counts; save it with that encoding"
    return (
        f".env: line {bad_line} is not NAME=value and does not count; mend it, or begin it with #" if bad_line else ""
    )


def _stranger_of(path: str) -> str:
    """Why another user decides what a file says, and what to do; empty when none does. Raises ``OSError``."""
    status = os.stat(path)
    ignored = "so nothing in it counts: it could send alerts anywhere"
    if status.st_uid not in (os.geteuid(), 0):
        return f"belongs to another user ({status.st_uid}), {ignored}; make it yours with chown, or remove it"
    if status.st_mode & 0o002:
        return f"can be written to by every user, {ignored}; run: chmod o-w .env"
    return ""


def _read_env_file(env_file: str, directory: str | None) -> dict[str, str]:
    path = os.path.abspath(os.path.join(directory or "", os.path.expanduser(env_file)))
    where = f'env_file "{safe(env_file)}"'
    try:
        values, bad_line = _values(_content(path))
    except FileNotFoundError:
        raise StartError(f"{where} not found: there is no {safe(path)}; create it or mend env_file") from None
    except OSError as error:
        raise StartError(
            f"{where} cannot be read ({error.strerror or error}); mend its permissions or env_file"
        ) from None
    except TooLargeError as error:
        raise StartError(f"{where} {error}") from None
    except ValueError:
        raise StartError(f"{where} is not UTF-8 text; save it with that encoding") from None
    if bad_line:
        raise StartError(f"{where}: line {bad_line} is not NAME=value; mend it, or begin it with #")
    return values


def _content(path: str) -> str:
    """The text of a file of variables. Raises ``OSError``, ``TooLargeError``, and ``ValueError`` if it is no text.

    Only a regular file is read: a pipe or a device could block the reader for ever.
    """
    raw = _raw(path)
    if len(raw) > _MAX_BYTES:
        raise TooLargeError(f"is larger than {_MAX_BYTES:,} bytes: nothing in it counts; is it the right file?")
    if b"\0" in raw:
        raise ValueError(path)
    return raw.decode("utf-8-sig")


def _raw(path: str) -> bytes:
    """The first bytes of a regular file, one more than a file of variables may have. Raises ``OSError``."""
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", path)
        return file.read(_MAX_BYTES + 1)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _line_of(original: Original) -> int:
    """Where a binding begins; its text may begin with blank lines."""
    blank = original.string[: -len(original.string.lstrip())]
    return original.line + blank.count("\n")


def _values(content: str) -> tuple[dict[str, str], int]:
    """The variables in ``content``, and the first line (from 1) that is none; 0 when all are."""
    import io

    from dotenv.parser import Reader, parse_binding
    from dotenv.variables import parse_variables

    literal = re.compile(_LITERAL)
    reader = Reader(io.StringIO(content, newline=""))
    values: dict[str, str] = {}
    bad_line = 0
    while reader.has_next():
        if found := literal.match(reader.string, reader.position.chars):
            values[found[1]] = found[2]
            reader.position.advance(found[0])
            continue
        binding = parse_binding(reader)
        if binding.error:
            bad_line = bad_line or _line_of(binding.original)
        elif binding.key is not None and binding.value is not None:
            known = {**os.environ, **values}
            atoms = [] if _is_quoted(binding) else list(parse_variables(binding.value))
            values[binding.key] = "".join(atom.resolve(known) for atom in atoms) if atoms else binding.value
    return values, bad_line


def _is_quoted(binding: Binding) -> bool:
    """Whether a value stands in single quotes (with ``\\'`` for one within): nothing in there is replaced."""
    return binding.original.string.partition("=")[2].lstrip().startswith("'")
