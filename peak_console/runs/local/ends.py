"""Where a keeper writes how a run ended. A job may do anything to its own directory; that must not hide its end.

Runs in the keeper, with nothing but built-in modules. The end is one line, the return code, in ``exit_status``. Where
the run's directory does not take it, it goes beside that directory, to ``<directory>.exit_status``.

Once the process was reaped, as the kernel does not tell before, ``started`` gets a second line: the processor time of
the run and of the processes that it has waited for, in seconds, and the most memory that one of them has held, in
bytes. The file of the end stays as it is: its time is that of the end.
"""

from __future__ import annotations

import os

NAME = b"exit_status"
BESIDE = b".exit_status"

WRITTEN, REFUSED, GONE = "written", "refused", "gone"
"""``REFUSED``: try again later, the disk may be full. ``GONE``: the whole state directory was removed."""


def record(directory: bytes, code: int, ended_at: float | None) -> str:
    """Write a run's end, as of ``ended_at`` if that was not now; one of the three words above."""
    try:
        mode = 0o600 | os.stat(directory).st_mode & 0o044
    except OSError:
        mode = _laid_out_anew(directory)
        if not mode:
            return GONE
    for path in (directory + b"/" + NAME, directory + BESIDE):
        try:
            _write(path, mode, b"%d\n" % code, ended_at)
        except OSError:
            continue
        return WRITTEN
    return REFUSED


def note_usage(directory: bytes, cpu_seconds: float, peak_bytes: int) -> None:
    """Record the processor time and memory that a run has used; the end counts without it, too."""
    try:
        fd = os.open(directory + b"/started", os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:  # a job's doing
        return
    try:
        os.write(fd, b"%.6f %d\n" % (cpu_seconds, peak_bytes))
    except OSError:  # a full disk
        pass
    os.close(fd)


def _laid_out_anew(directory: bytes) -> int:
    """The mode for the end of a run whose directory was removed; 0 when nothing is left where it belongs."""
    runs = os.path.dirname(directory)
    if not os.path.isdir(os.path.dirname(runs)):
        return 0
    for path in (runs, directory):
        try:
            os.mkdir(path, 0o700)
        except OSError:  # it is there, or the disk is full: then the write fails
            pass
    return 0o600


def _write(path: bytes, mode: int, line: bytes, ended_at: float | None) -> None:
    """One write of a few bytes into a new file. A line without its end, or none, counts as not written."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        fd = os.open(path, flags, mode)
    except FileExistsError:  # ours, cut short by a full disk; or a job's: a pipe, a link, a directory
        _clear(path)
        fd = os.open(path, flags, mode)
    try:
        while line:  # a disk that is full in between refuses the rest
            line = line[os.write(fd, line) :]
        if ended_at is not None:
            os.utime(fd, (ended_at, ended_at))
    except OSError:
        os.unlink(path)
        raise
    finally:
        os.close(fd)


def _clear(path: bytes) -> None:
    try:
        os.unlink(path)
    except OSError:
        os.rmdir(path)
