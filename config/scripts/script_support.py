"""What every script here shares: flags, paths, errors in one sentence, files written whole or not at all.

Exit codes: 0 done · 1 the work failed · 2 the input cannot be used, or a risk limit is breached.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import re
import sys
import tempfile
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_COLOURS = {"red": "31", "green": "32", "yellow": "33", "dim": "2"}


class ScriptError(Exception):
    """The script cannot do its work; ``str()`` is one sentence for the user."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the flags in one line, as the scripts say everything else."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help.\n")


def parser(description: str | None) -> Parser:
    """A parser with the flags that every script takes."""
    made = Parser(description=description, allow_abbrev=False)
    made.add_argument("--prices", metavar="FILE", default=None, help="price file (default: the shipped ECB rates)")
    made.add_argument("--tag", type=_tag, default="", help="a word that becomes part of the report's file name")
    return made


def _tag(text: str) -> str:
    if not re.fullmatch(r"[\w.-]*", text):
        raise argparse.ArgumentTypeError(f"{text!r} may only hold letters, digits, '.', '_' and '-'")
    return text


def at_least(lowest: int) -> Callable[[str], int]:
    """A flag's type: a whole number that is not below ``lowest``."""

    def convert(text: str) -> int:
        if not re.fullmatch(r"\d+", text) or int(text) < lowest:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {lowest}")
        return int(text)

    return convert


def not_negative(text: str) -> float:
    """A flag's type: a number that is not below 0."""
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 0")
    return number


def run(main: Callable[[], int]) -> NoReturn:
    """Run a script's ``main`` and exit with its code; a ``ScriptError`` is one line on stderr and exit 2."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # a line appears when it is printed, also in a file
    try:
        code = main()
    except ScriptError as error:
        complain(str(error))
        code = 2
    sys.exit(code)


def complain(message: str) -> None:
    """One line on stderr, with the script's name."""
    print(f"{os.path.basename(sys.argv[0])}: {message}", file=sys.stderr)


def heading(text: str) -> None:
    """Print what is being done, and for which job and slot when the scheduler started us."""
    about = [text]
    if job := os.environ.get("PEAK_JOB_NAME"):
        about.append(f"job {job}")
    if slot := os.environ.get("PEAK_SCHEDULED_FOR"):
        about.append(f"slot {slot}")
    print(" · ".join(about))


def paint(text: str, colour: str) -> str:
    """``text`` in a colour when FORCE_COLOR asks for it, else as it is. Pad the text before, not after."""
    if not os.environ.get("FORCE_COLOR"):
        return text
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m"


def why(error: Exception) -> str:
    """An error's reason without the number and path that an ``OSError`` puts around it."""
    return str(getattr(error, "strerror", None) or error)


def resolve(path: str) -> str:
    """``path`` seen from the working directory, or from the project when there is no such file there."""
    if os.path.isabs(path) or os.path.exists(path):
        return os.path.abspath(path)
    return os.path.join(PROJECT, path)


def report_path(folder: str, name: str, tag: str, suffix: str) -> str:
    """Where a report goes: below PEAK_REPORTS_DIR, or ``config/reports`` of the project."""
    root = os.environ.get("PEAK_REPORTS_DIR") or os.path.join(PROJECT, "config", "reports")
    return os.path.join(os.path.abspath(root), folder, f"{name}_{tag}{suffix}" if tag else name + suffix)


def shown(path: str) -> str:
    """``path`` as the user can open it from where they are: relative when it lies below."""
    relative = os.path.relpath(path)
    return path if relative.startswith(os.pardir) else relative


def write_json(path: str, content: dict[str, Any]) -> None:
    """Write a report with the job and slot it was made for, and print its path."""
    stamp = {"job": os.environ.get("PEAK_JOB_NAME"), "scheduled_for": os.environ.get("PEAK_SCHEDULED_FOR")}
    _write(path, json.dumps(content | stamp, indent=2) + "\n")


def write_csv(path: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table and print its path."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    _write(path, text.getvalue())


def _write(path: str, text: str) -> None:
    """A reader sees the old file or the new one, never half of it, even if we die meanwhile."""
    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as file:
            try:
                file.write(text)
                file.flush()
                os.chmod(file.name, 0o644)
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
    except OSError as error:
        raise ScriptError(f"cannot write {path}: {why(error)}.") from None
    print(f"wrote {shown(path)}")
