"""Where the relative paths of a jobs file begin, when the working directory is reached through a link that moves.

Deployments keep their releases side by side, and a link, ``current``, names the one in use. A process that was started
in ``current`` stays in the release of that day, but reads the jobs file by its path, which is the new release's. So
the directory is looked up with each reading of the file, and belongs to what was read: the jobs of the new release and
its scripts count together, or neither do.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

MAX_LINKS: Final = 40

_followed: dict[str, str | None] = {}
"""By the path of a jobs file the path, with links, of the working directory as it was when we started."""


def base_of(path: str) -> str | None:
    """The working directory for the jobs of the file at ``path``, without links, as it is at this moment.

    ``None``, the process's own, where the way to the file does not lead through a link and the working directory.
    """
    followed = _followed_by(path)
    return None if followed is None else os.path.realpath(followed)


def base_status(path: str) -> tuple[int, ...]:
    """By what the working directory for the jobs of a file is known to be as it was; empty where it cannot move."""
    followed = _followed_by(path)
    if followed is None:
        return ()
    try:
        status = os.stat(followed)
    except OSError:
        return (0, 0)
    return status.st_ino, status.st_dev


def _followed_by(path: str) -> str | None:
    if path not in _followed:
        try:
            _followed[path] = _with_links(os.path.abspath(path), os.getcwd())
        except (OSError, ValueError):  # our directory is gone, or that is no path
            _followed[path] = None
    return _followed[path]


def _with_links(path: str, cwd: str) -> str | None:
    """The path to ``cwd`` through the same links that lead to the file at ``path``; ``None`` where there are none."""
    for _ in range(MAX_LINKS):
        above = os.path.dirname(path)
        while above != os.path.dirname(above):
            there = os.path.realpath(above)
            if there != above and (cwd == there or cwd.startswith(there + os.sep)):
                return above + cwd[len(there) :]
            above = os.path.dirname(above)
        if not os.path.islink(path):
            return None
        path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))
    return None
