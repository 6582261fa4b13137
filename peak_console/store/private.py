"""Arguments on their way to the engine. They may be secrets, so they lie in files that only we can read.

What has once been written to the registry can be found there for a long time, in its free pages and its log, by all who
may look at it.
"""

from __future__ import annotations

import os

from peak_console.errors import StateError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FOLDER = "arguments"
_LARGEST = 16 * 1024 * 1024
_DIGITS = 32
_GONE = "the arguments that were given with this command are gone; give it again"


def keep(directory: str, arguments: dict[str, Any]) -> str:
    """Write arguments down; the name by which ``read`` finds them. Raises ``StateError``."""
    from json import dumps

    name = os.urandom(_DIGITS // 2).hex()
    folder = os.path.join(directory, FOLDER)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        fd = os.open(
            os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        with open(fd, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(dumps(arguments, ensure_ascii=False, default=str))
    except OSError as error:
        raise StateError(
            f"{folder}: cannot hand over the arguments ({error.strerror}); see: peak-console doctor"
        ) from None
    return name


def read(directory: str, name: object) -> Any:
    """The arguments stored under a name. Raises ``UsageError`` when there are none, or they cannot be read."""
    from json import loads

    if not _is_name(name):
        raise UsageError(_GONE)
    try:
        fd = os.open(
            os.path.join(directory, FOLDER, str(name)), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        )
        with open(fd, encoding="utf-8") as file:
            return loads(file.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        raise UsageError(_GONE) from None


def forget(directory: str, name: object) -> None:
    """Remove arguments that have been used; without effect when there are none."""
    if _is_name(name):
        try:
            os.unlink(os.path.join(directory, FOLDER, str(name)))
        except OSError:
            pass


def sweep(directory: str, wanted: str) -> None:
    """Remove all arguments whose names do not stand in ``wanted``: their askers, or their registry, are gone."""
    try:
        names = os.listdir(os.path.join(directory, FOLDER))
    except OSError:  # no private arguments were ever given
        return
    for name in names:
        if name not in wanted:
            forget(directory, name)


def _is_name(name: object) -> bool:
    return isinstance(name, str) and len(name) == _DIGITS and set(name) <= set("0123456789abcdef")
