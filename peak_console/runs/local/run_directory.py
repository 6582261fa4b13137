"""What a run's life leaves in its directory: ``started`` (whose it is, and its process) and ``exit_status``."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from stat import S_ISREG

from peak_console.errors import StartError
from peak_console.runs.output.files import STREAMS, stream_path
from peak_console.store.directory import file_mode, folder_mode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

NEVER = b"never\n"
"""What ``started`` says of a run that must not start any more."""
SPARE = "spare"
"""What the keeper makes ``started`` of."""
RECORD_PAUSE_SECONDS = 0.005
RECORD_LOOKS = 40
RECORD_LOOKS_WITH_KEEPER = 2000
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
    """Make a place for a run's output, unless it has been made ahead. Raises ``StartError``."""
    if os.path.exists(stream_path(directory, STREAMS[-1])):  # the last thing that is made
        return
    try:
        _make(directory)
        os.close(os.open(os.path.join(directory, SPARE), os.O_WRONLY | os.O_CREAT, 0o600))
        mode = file_mode(directory)
        for stream in STREAMS:
            os.close(os.open(stream_path(directory, stream), os.O_WRONLY | os.O_CREAT, mode))
    except OSError as error:
        raise StartError(
            f"{directory}: cannot create the run's files ({error.strerror}); see: peak-console doctor"
        ) from None


def bears_marks(directory: str) -> bool:
    """Whether a folder is one that was laid out for a run, or in which a run was prevented."""
    if _is_file(started_path(directory)) and not is_claimed(directory):
        return True
    return all(_is_file(stream_path(directory, stream)) for stream in STREAMS) and any(
        _is_file(path) for path in (started_path(directory), os.path.join(directory, SPARE))
    )


def _is_file(path: str) -> bool:
    try:
        return S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def prevent(directory: str) -> bool:
    """Make sure that nobody can start a run any more; ``False`` when somebody has. Raises ``StartError``."""
    try:
        _make(directory)
        fd = os.open(started_path(directory), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return not is_claimed(directory)
    except OSError as error:
        raise StartError(
            f"{directory}: cannot create the run's files ({error.strerror}); see: peak-console doctor"
        ) from None
    try:
        os.write(fd, NEVER)
    except OSError:
        pass  # a full disk: that the file is there is what counts
    finally:
        os.close(fd)
    return True


def is_claimed(directory: str) -> bool:
    """Whether a run's start has begun."""
    try:
        with open(started_path(directory), "rb") as file:
            return file.read(len(NEVER)) != NEVER
    except OSError:
        return False


def _make(directory: str) -> None:
    parent = os.path.dirname(directory)
    try:
        os.mkdir(directory, folder_mode(parent))
    except FileExistsError:
        pass
    except FileNotFoundError:
        os.makedirs(parent, folder_mode(os.path.dirname(parent)), exist_ok=True)
        os.makedirs(directory, folder_mode(parent), exist_ok=True)


def read_record(directory: str) -> Record | None:
    """The record, or ``None`` without one."""
    record = _read_started(directory)
    return record if isinstance(record, Record) else None


def await_record(directory: str, is_alive: Callable[[int], bool]) -> Record | None:
    """The record, or ``None`` without one. A start that is under way is given time, while its keeper lives."""
    for look in range(RECORD_LOOKS_WITH_KEEPER):
        found = _read_started(directory)
        if found is None or isinstance(found, Record):
            return found
        if look >= RECORD_LOOKS if not found else not is_alive(found):
            return read_record(directory)  # written while we looked
        time.sleep(RECORD_PAUSE_SECONDS)
    return None


def _read_started(directory: str) -> Record | int | None:
    """The record; else the pid of the keeper that is about to write it, 0 if unknown; ``None`` without a claim."""
    try:
        with open(started_path(directory), encoding="ascii", errors="replace") as file:
            words = file.read().split()
    except OSError:
        return None
    if words == [NEVER.decode().strip()]:
        return None
    try:
        if len(words) == 1:
            return int(words[0])
        pid, mark, began, keeper = words
        return Record(int(pid), mark, float(began), int(keeper))
    except ValueError:  # not written yet, or on a full disk
        return 0


def started_path(directory: str) -> str:
    """The file whose creator owns the run."""
    return os.path.join(directory, "started")


def read_exit_status(directory: str) -> tuple[int | None, datetime | None]:
    """The return code and when it was written (aware, UTC); neither when there is no complete record.

    Raises ``OSError`` where that cannot be told: out of file descriptors, no permission, a disk that fails.
    """
    try:
        with open(os.path.join(directory, "exit_status"), "rb") as file:
            text = file.read(32)
            written = os.fstat(file.fileno()).st_mtime
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None, None
    if not text.endswith(b"\n") or not text.strip().isdigit():
        return None, None
    return int(text), datetime.fromtimestamp(written, UTC)
