"""Which version of a library is installed, without loading it, and the child process that does load it."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

EXCHANGES: Final = "exchange_calendars"
ICALENDAR: Final = "icalendar"
INSTALL: Final = "pip install 'peak-console[calendars]'"
PATIENCE_SECONDS: Final = 120.0
"""A machine that is very busy may take so long; one that takes longer has no calendar."""
LONGEST_ERROR: Final = 300
_PROGRAM: Final = """\
import sys
sys.path[:] = sys.argv[1:]
from peak_console.calendars.compiling import main
main()
"""


def version(library: str) -> str:
    """The version of a library that is installed; empty where it is not.

    Found by the folder that an installation leaves beside the library: to ask ``importlib.metadata`` would load what
    no start needs. A library without such a folder counts by its own age.
    """
    for place in sys.path:
        package = os.path.join(place or os.curdir, library, "__init__.py")
        if not os.path.isfile(package):
            continue
        beginning = f"{library}-"
        try:
            names = [name for name in os.listdir(place or os.curdir) if name.startswith(beginning)]
        except OSError:
            names = []
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                return name.removeprefix(beginning).rpartition(".")[0]
        return f"of {os.stat(package).st_mtime:.0f}"
    return ""


class LibraryError(ValueError):
    """What a library cannot do, in a sentence for the user."""


def ask(requests: Sequence[str]) -> list[bytes | LibraryError]:
    """What a child process that loads the libraries answers to each request, see ``compiling``."""
    import subprocess

    paths = [os.path.abspath(place) for place in sys.path if place]
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _PROGRAM, *paths],
            input="\0".join(requests).encode("utf-8", "surrogateescape"),
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [LibraryError(f"the calendar library has not answered within {PATIENCE_SECONDS:g} s; try again")] * len(
            requests
        )
    except OSError as error:
        return [LibraryError(f"the calendar library cannot be asked ({error.strerror}); try again")] * len(requests)
    answers = _answers(done.stdout)
    if len(answers) < len(requests):
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2][:LONGEST_ERROR]
        why = LibraryError(
            f"the calendar library fails ({last or f'exit code {done.returncode}'}); install it again: {INSTALL}"
        )
        answers += [why] * (len(requests) - len(answers))
    return answers


def _answers(output: bytes) -> list[bytes | LibraryError]:
    found: list[bytes | LibraryError] = []
    while output:
        line, _, output = output.partition(b"\n")
        word, _, size = line.partition(b" ")
        if word not in (b"ok", b"error") or not size.isdigit() or len(output) < int(size):
            return found
        content, output = output[: int(size)], output[int(size) :]
        found.append(content if word == b"ok" else LibraryError(content.decode(errors="replace")))
    return found
