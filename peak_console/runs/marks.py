"""What a run's life leaves in its directory: ``started`` (whose it is, and its process) and ``exit_status``."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from peak_console.errors import StartError
from peak_console.runs.files import STREAMS, stream_path

RECORD_LOOKS = 40
RECORD_PAUSE_SECONDS = 0.005
"""How long a start under way may take between its claim and its record, when its engine died meanwhile."""


@dataclass(frozen=True, slots=True)
class Record:
    """What ``started`` says of a run's process."""

    pid: int
    mark: str
    began: float
    """Unix seconds; 0 when unknown."""
    keeper: int
    """The pid of the process that will record the end; 0 when unknown."""


def lay_out(directory: str) -> None:
    """Make a place for a run's output. Raises ``StartError``."""
    try:
        _make(directory)
        for stream in STREAMS:
            os.close(os.open(stream_path(directory, stream), os.O_WRONLY | os.O_CREAT, 0o600))
    except OSError as error:
        raise StartError(f"{directory}: cannot create the run's files ({error.strerror})") from None


def claim(directory: str) -> bool:
    """Own a run, exclusively; ``False`` when somebody does. Raises ``StartError``."""
    try:
        _make(directory)
        os.close(os.open(os.path.join(directory, "started"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return False
    except OSError as error:
        raise StartError(f"{directory}: cannot create the run's files ({error.strerror})") from None
    return True


def _make(directory: str) -> None:
    try:
        os.mkdir(directory, 0o700)
    except FileExistsError:
        pass
    except FileNotFoundError:
        os.makedirs(os.path.dirname(directory), 0o700, exist_ok=True)
        os.makedirs(directory, 0o700, exist_ok=True)


def read_record(directory: str, *, patiently: bool) -> Record | None:
    """The record, or ``None`` without one.

    ``patiently``: give a start that is under way a moment to write it.
    """
    for look in range(RECORD_LOOKS if patiently else 1):
        if look:
            time.sleep(RECORD_PAUSE_SECONDS)
        try:
            with open(os.path.join(directory, "started"), encoding="ascii", errors="replace") as file:
                pid, mark, began, keeper = file.read().split()
            return Record(int(pid), mark, float(began), int(keeper))
        except OSError:
            return None
        except ValueError:  # not written yet, or on a full disk
            continue
    return None


def read_exit_status(directory: str) -> tuple[int | None, datetime | None]:
    """The return code and when it was written (aware, UTC); neither when there is no complete record."""
    try:
        with open(os.path.join(directory, "exit_status"), "rb") as file:
            text = file.read(32)
            written = os.fstat(file.fileno()).st_mtime
    except OSError:
        return None, None
    if not text.endswith(b"\n") or not text.strip().isdigit():
        return None, None
    return int(text), datetime.fromtimestamp(written, UTC)
