"""Files written for the user: never over another without being told to, never half."""

from __future__ import annotations

import os

from peak_console.errors import PeakConsoleError
from peak_console.text import safe


def write_whole(path: str, text: str, *, mode: int = 0o666) -> None:
    """Write a file, or replace it, with the folders on the way to it. Raises ``PeakConsoleError``."""
    there = os.path.realpath(path)
    beside = f"{there}.{os.getpid()}.new"
    umask = os.umask(0)
    os.umask(umask)
    try:
        os.makedirs(os.path.dirname(there), exist_ok=True)
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode & ~umask), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, there)
    except OSError as error:
        _remove(beside)
        raise PeakConsoleError(
            f"{safe(path)}: cannot be written ({error.strerror or error}); name another place, or mend that one"
        ) from None


def refuse_other(path: str, text: str = "", *, force: bool) -> None:
    """Raise ``PeakConsoleError`` if there is anything but ``text`` at ``path``, unless ``force`` may replace it."""
    if os.path.isdir(path):
        raise PeakConsoleError(f"{safe(path)}: is a directory; name a file")
    if not force and os.path.lexists(path) and content(path) != text:
        raise PeakConsoleError(f"{safe(path)}: exists already; name another file, or replace it with --force")


def content(path: str) -> str | None:
    """The text of a file; ``None`` where there is none that could be read."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError):
        return None


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
