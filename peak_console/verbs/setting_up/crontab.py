"""``import-crontab``: a jobs file from a crontab, and what could not be taken over."""

from __future__ import annotations

import os
import pwd
import sys

from peak_console.errors import PeakConsoleError
from peak_console.setup.crontab.importer import convert
from peak_console.setup.files import refuse_other, write_whole
from peak_console.setup.install import read_crontab
from peak_console.text import counted, safe
from peak_console.verbs.shared.output import note, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Final

_EXIT_LEFT: Final = 1


def import_crontab(options: Namespace) -> int:
    """Convert a crontab; what is left stands on stderr, a line each with its reason, and makes the exit code 1."""
    where, text = _source(options)
    found = convert(text, user=(options.run_as or _my_name()) if options.system else None)
    if options.write:
        refuse_other(options.write, force=options.force)
        write_whole(options.write, found.text)
    else:
        write(found.text)
    for number, line, why in found.notes:
        note(f"{safe(where)}:{number}: look at this: {safe(line)}: {safe(why)}")
    for number, line, why in found.left:
        note(f"{safe(where)}:{number}: not converted: {safe(line)}: {safe(why)}")
    into = f" into {safe(options.write)}; look at it with peak-console --config FILE validate" if options.write else ""
    note(f"{counted(found.jobs, 'job')}{into}; {counted(len(found.left), 'line')} not converted")
    return _EXIT_LEFT if found.left else 0


def _my_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise PeakConsoleError(
            "this user has no entry in the user database; name the user whose lines are to be converted: --run-as USER"
        ) from None


def _source(options: Namespace) -> tuple[str, str]:
    """What the crontab is called, and its text. Raises ``PeakConsoleError``."""
    path = options.file or ("/etc/crontab" if options.system else None)
    if path is not None and "\0" in path:
        raise PeakConsoleError(f"{safe(path)}: no file can be called that; name another file")
    if path is None:
        text = read_crontab()
        if not text:
            raise PeakConsoleError("you have no crontab; name a file, or - for standard input")
        return "crontab", text
    try:
        if path == "-":
            return "stdin", sys.stdin.buffer.read().decode("utf-8-sig")
        with open(path, "rb") as file:
            return path, file.read().decode("utf-8-sig")
    except OSError as error:
        raise PeakConsoleError(f"{safe(path)}: cannot be read ({error.strerror or error}); name another file") from None
    except UnicodeDecodeError:
        raise PeakConsoleError(f"{safe(path)}: is not UTF-8 text; save it with that encoding") from None
