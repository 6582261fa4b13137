"""What a keeper does to start a run: the claim, the streams, the process.

Runs in the keeper, with nothing but built-in modules.
"""

from __future__ import annotations

import os

from peak_console.runs.local import cgroup

SPARE = b"/spare"


class RefusedError(Exception):
    """A start is refused; ``args`` are stage, errno and words."""


def claim(directory: bytes, text: bytes) -> int:
    """Own the run, or refuse: a run has one owner. Its directory and output files are there."""
    try:
        claim = _made_started(directory + b"/started", directory + SPARE)
    except FileExistsError as error:
        raise RefusedError("already", error.errno, "") from None
    except OSError as error:
        raise RefusedError("files", error.errno, os.strerror(error.errno or 0)) from None
    try:
        os.write(claim, text)  # so that others wait for the line as long as one of those processes lives
    except OSError:
        pass  # a full disk: they wait for a moment
    return claim


def _made_started(path: bytes, spare: bytes) -> int:
    """Create ``started``, which must not be there yet, and return its descriptor. Raises ``OSError``."""
    try:
        claim = os.open(spare, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return _created(path)
    try:
        os.link(spare, path)
    except OSError as error:
        os.close(claim)
        if isinstance(error, FileExistsError):
            raise
        return _created(path)  # links are not known here
    return claim


def _created(path: bytes) -> int:
    mode = 0o600 | os.stat(os.path.dirname(path)).st_mode & 0o044
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)


def discard(path: bytes) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


def open_logs(directory: bytes) -> list[int]:
    """Open the run's stdout and stderr. A pipe or a link in their place does not block."""
    fds: list[int] = []
    try:
        for name in (b"/stdout.log", b"/stderr.log"):
            fds.append(os.open(directory + name, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK))
            os.set_blocking(fds[-1], True)
    except OSError as error:
        for fd in fds:
            os.close(fd)
        raise RefusedError("files", error.errno, os.strerror(error.errno or 0)) from None
    return fds


def enter(cwd: int | bytes) -> None:
    try:
        os.chdir(cwd)
    except (OSError, ValueError) as error:
        raise RefusedError("cwd", getattr(error, "errno", 0), _words(error)) from None


def spawn(argv: list[bytes], env: dict[bytes, bytes], streams: list[int], ignored: list[int]) -> int:
    """Start the process in a new session, without our descriptors (all close on exec) and signal settings."""
    redirects = [(os.POSIX_SPAWN_DUP2, fd, target) for target, fd in enumerate(streams)]
    try:
        return os.posix_spawn(argv[0], argv, env, file_actions=redirects, setsid=True, setsigmask=[], setsigdef=ignored)
    except (OSError, ValueError) as error:
        raise RefusedError("exec", getattr(error, "errno", 0), _words(error)) from None


def spawn_in(
    group: bytes | None, argv: list[bytes], env: dict[bytes, bytes], streams: list[int], ignored: list[int]
) -> int:
    """``spawn``, in a cgroup of its own where one can be made."""
    if group is None:
        return spawn(argv, env, streams, ignored)
    path = os.fsdecode(group)
    if not cgroup.enter(path):
        return spawn(argv, env, streams, ignored)
    try:
        return spawn(argv, env, streams, ignored)
    finally:
        cgroup.leave(path)


def _words(error: OSError | ValueError) -> str:
    return os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
