"""From the path of a jobs file to its TOML, with every way that this can fail as one clear sentence."""

from __future__ import annotations

import os
from stat import S_ISDIR, S_ISREG

from peak_console.errors import JobsFileError, JobsFileNotFoundError
from peak_console.jobs.model import Problem
from peak_console.text import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, Final

    import tomli

MAX_BYTES: Final = 16 * 1024 * 1024
"""A larger jobs file is refused unread: 10,000 jobs are about 4 MB."""
MAX_LINES: Final = 50
"""How many problems one error message lists."""

_ENCODED_OTHERWISE: Final = (b"\xff\xfe", b"\xfe\xff")
_PYTHON_WORDS: Final = {"True": "true", "False": "false", "None": "no key at all"}

_TOML_WORDS: Final = (
    (r"Cannot declare (\('job',\)) twice", "{} is declared twice"),
    (r"Cannot declare (\(.*\)) twice", "the table {} is declared twice; write each table once"),
    (r"Cannot mutate immutable namespace (\(.*\))", "{} is complete where it was given first; write all of it there"),
    (r"Cannot overwrite a value", "this key has a value already; keep one of them"),
)


def read(path: str) -> bytes:
    """The bytes of the jobs file at ``path``. Raises ``JobsFileError``."""
    try:
        status = _status(path)
        if S_ISDIR(status.st_mode):
            raise refused(path, "is a directory; name the jobs file in it with --config")
        if not S_ISREG(status.st_mode):
            raise refused(path, "is not a regular file; name a jobs file with --config")
        _refuse_large(path, status.st_size)
        with open(path, "rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _not_found(path) from None
    except OSError as error:
        raise refused(
            path, f"cannot be read ({error.strerror or error}); mend its permissions, or name another with --config"
        ) from None
    _refuse_large(path, len(raw))  # it may have grown, or have lied about its size
    return raw


def parse(path: str, raw: bytes) -> tuple[str, dict[str, Any]]:
    """The text of a jobs file and the tables in it. Raises ``JobsFileError`` with the place of the fault."""
    import tomli

    text = _decoded(path, raw)
    try:
        return text, tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise rejected([_syntax_problem(path, error)]) from None
    except RecursionError:
        raise refused(path, "is nested too deeply to be a jobs file; name another with --config") from None
    except ValueError:  # a number of thousands of digits
        raise refused(path, "is not valid TOML: a number in it is too long; shorten it") from None


def refused(path: str, why: str) -> JobsFileError:
    """The error for a file that cannot be used at all; ``why`` follows its name."""
    problem = Problem(path, 0, 0, why)
    error = JobsFileError(f"jobs file {safe(path)} {why}")
    error.problems = (problem,)
    return error


def rejected(problems: Sequence[Problem]) -> JobsFileError:
    """The error for a file with these problems: a line each, the errors before all if there are too many."""
    shown: Iterable[Problem] = problems
    if len(problems) > MAX_LINES:
        shown = sorted(problems, key=lambda problem: not problem.is_error)[:MAX_LINES]
    lines = [line_of(problem) for problem in shown]
    if len(problems) > MAX_LINES:
        lines.append(f"… and {len(problems) - MAX_LINES:,} more problems")
    error = JobsFileError("\n".join(lines))
    error.problems = tuple(problems)
    return error


def line_of(problem: Problem) -> str:
    """A problem as one line that any terminal shows as it is."""
    return safe(str(problem))


def _status(path: str) -> os.stat_result:
    try:
        return os.stat(path)
    except ValueError:  # a NUL, or a character that no file name can have
        raise refused(path, "is not a path; name a jobs file with --config") from None


def _not_found(path: str) -> JobsFileNotFoundError:
    why = "does not exist; name another with --config"
    error = JobsFileNotFoundError(f"jobs file {safe(path)} {why}")
    error.problems = (Problem(path, 0, 0, why),)
    return error


def _refuse_large(path: str, size: int) -> None:
    if size > MAX_BYTES:
        limit = MAX_BYTES // (1024 * 1024)
        raise refused(path, f"is larger than {limit} MiB, which no jobs file needs; name another with --config")


def _decoded(path: str, raw: bytes) -> str:
    try:
        return raw.decode().removeprefix("\ufeff")  # some editors begin a file with this mark
    except UnicodeDecodeError as error:
        line_start = raw.rfind(b"\n", 0, error.start) + 1
        line = raw.count(b"\n", 0, error.start) + 1
        column = len(raw[line_start : error.start].decode(errors="replace")) + 1
        what = f"the byte 0x{raw[error.start]:02x} is not UTF-8"
        if raw.startswith(_ENCODED_OTHERWISE):
            what = "the file is UTF-16"
        problem = Problem(path, line, column, f"{what}; save the file with the encoding UTF-8")
    raise rejected([problem])


def toml_words(message: str) -> str:
    """What the TOML parser says is wrong, in words for people: keys as they stand in the file, and what to do."""
    import re

    for pattern, words in _TOML_WORDS:
        if found := re.fullmatch(pattern, message):
            return words.format(*map(_dotted, found.groups()))
    return message[:1].lower() + message[1:]


def _dotted(keys: str) -> str:
    """``('a', 'b c')``, as Python shows the parts of a key, as ``a."b c"``."""
    from ast import literal_eval

    parts: tuple[str, ...] = literal_eval(keys)
    bare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
    return ".".join(part if part and not part.strip(bare) else f'"{part}"' for part in parts)


def _syntax_problem(path: str, error: tomli.TOMLDecodeError) -> Problem:
    line, column, source = error.lineno, error.colno, error.doc
    what = toml_words(error.msg)
    rest = source[error.pos : error.pos + 5]
    hint = ""
    for word, instead in _PYTHON_WORDS.items():
        if rest.startswith(word):
            hint = f"; TOML writes {word} as {instead}"
    if error.msg == "Cannot declare ('job',) twice":
        hint = "; begin each job with [[job]], in two pairs of brackets"
    if error.pos >= len(source):
        hint = " (the file ends here)"
    return Problem(path, line, column, f"not valid TOML: {what}{hint}")
