"""``import-crontab``: a jobs file from a crontab, and what could not be taken over."""

from __future__ import annotations

import os
import pwd
import sys

from peak_console.errors import PeakConsoleError
from peak_console.setup.crontab import convert
from peak_console.setup.files import refuse_other, write_whole
from peak_console.setup.install import read_crontab
from peak_console.text import counted, safe
from peak_console.verbs.output import note, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace


def import_crontab(options: Namespace) -> int:
    """Convert a crontab; what is left stands on stderr, a line each with its reason."""
    where, text = _source(options)
    me = pwd.getpwuid(os.geteuid()).pw_name
    found = convert(text, user=(options.run_as or me) if options.system else None)
    if options.write:
        refuse_other(options.write, force=options.force)
        write_whole(options.write, found.text)
    else:
        write(found.text)
    for number, line, why in found.left:
        note(f"{safe(where)}:{number}: not converted: {safe(line)}: {why}")
    into = f" into {safe(options.write)}; look at it with peak-console --config FILE validate" if options.write else ""
    note(f"{counted(len(found.jobs), 'job')}{into}; {counted(len(found.left), 'line')} not converted")
    return 0


def _source(options: Namespace) -> tuple[str, str]:
    """What the crontab is called, and its text. Raises ``PeakConsoleError``."""
    path = options.file or ("/etc/crontab" if options.system else None)
    if path is None:
        text = read_crontab()
        if not text:
            raise PeakConsoleError("you have no crontab; name a file, or - for standard input")
        return "crontab", text
    try:
        if path == "-":
            return "stdin", sys.stdin.buffer.read().decode()
        with open(path, "rb") as file:
            return path, file.read().decode()
    except OSError as error:
        raise PeakConsoleError(f"{safe(path)}: cannot be read ({error.strerror or error}); name another file") from None
    except UnicodeDecodeError:
        raise PeakConsoleError(f"{safe(path)}: is not UTF-8 text; save it with that encoding") from None
