"""What a run's life leaves in its directory: ``started`` (its owner, process, usage) and ``exit_status``."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime
from stat import S_ISREG

from peak_console.errors import StartError
from peak_console.runs.interface import Usage
from peak_console.runs.output.files import NO_FILE, STREAMS, YEAR_10000, open_regular, read_start, stream_path
from peak_console.store.directory import file_mode, folder_mode
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NEVER = b"never\n"
"""The content of ``started`` of a run that must never start."""
SPARE = "spare"
"""The name of the file, laid out ahead, that the keeper links as ``started``."""
RECORD_PAUSE_SECONDS = 0.005
RECORD_LOOKS = 40
RECORD_LOOKS_WITH_WITNESS = 400
RECORD_LOOKS_WITH_KEEPER = 2000
"""How long a start under way may take between its claim and its record, when its engine died meanwhile."""
MARK_BYTES = 512
MOST_PIDS = 1 << 22
"""No system counts its processes any further."""
MOST_CODE = 255
MOST_DIGITS = 18
"""No run has used up so many seconds, or bytes, that they need more."""


@dataclass(frozen=True, slots=True)
class Record:
    """What ``started`` says of a run's process."""

    pid: int
    mark: str
    began: float
    """Unix seconds; 0 when unknown."""
    keepers: tuple[int, ...]
    """The pids of those who will record the end; none when unknown."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What ``started`` says of a run whose start is under way."""

    keepers: tuple[tuple[int, str], ...]
    """Pid and mark of each of those who will write the record; none when unknown."""


def lay_out(directory: str) -> None:
    """Make a place for a run's output, unless it has been made ahead. Raises ``StartError``."""
    if os.path.exists(stream_path(directory, STREAMS[-1])):  # the last thing that is made
        return
    try:
        _make(directory)
        mode = file_mode(directory)
        os.close(os.open(os.path.join(directory, SPARE), os.O_WRONLY | os.O_CREAT, mode))
        for stream in STREAMS:
            os.close(os.open(stream_path(directory, stream), os.O_WRONLY | os.O_CREAT, mode))
    except OSError as error:
        raise StartError(
            f"{directory}: cannot create the run's files ({error.strerror}); see: peak-console doctor"
        ) from None


def bears_marks(directory: str) -> bool:
    """Whether a folder was laid out for a run, or for a run that was prevented."""
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
    """Make sure that a run can never start; ``False`` when it has started already. Raises ``StartError``."""
    try:
        _make(directory)
        fd = os.open(started_path(directory), os.O_WRONLY | os.O_CREAT | os.O_EXCL, file_mode(directory))
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
        return read_start(started_path(directory), len(NEVER)) != NEVER
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno in NO_FILE or isinstance(error, PermissionError):  # a job's doing: it began
            return True
        raise


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


def await_record(directory: str, is_same: Callable[[int, str], bool]) -> Record | None:
    """The record, or ``None`` without one. A start that is under way is given time, while a keeper of it lives."""
    for look in range(RECORD_LOOKS_WITH_KEEPER):
        found = _read_started(directory)
        if found is None or isinstance(found, Record):
            return found
        living = [pid for pid, mark in found.keepers if is_same(pid, mark)]
        if look >= RECORD_LOOKS if not found.keepers else not living:
            return read_record(directory)  # written while we looked
        if look >= RECORD_LOOKS_WITH_WITNESS and found.keepers[0][0] not in living:
            return None  # the witness would have written long since what its keeper was killed over
        if look == RECORD_LOOKS:
            wake(living)
        time.sleep(RECORD_PAUSE_SECONDS)
    return None


def wake(pids: Iterable[int]) -> None:
    """Continue processes that were stopped. A process that was not stopped does not notice."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGCONT)
        except OSError:  # gone, or another user's by now
            pass


def _read_started(directory: str) -> Record | Claim | None:
    """The record; else who is about to write it; ``None`` without a claim. A job may have written anything there."""
    try:
        line = read_start(started_path(directory), MARK_BYTES).partition(b"\n")[0]
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in NO_FILE or isinstance(error, PermissionError):  # a job's doing
            return Claim(())
        raise
    return _started_from(line.decode("ascii", "replace").split())


def _started_from(words: list[str]) -> Record | Claim | None:
    if words == [NEVER.decode().strip()]:
        return None
    try:
        if words[:1] == ["by"]:
            return Claim(tuple((_pid(pid), mark) for pid, mark in zip(words[1::2], words[2::2], strict=True)))
        pid, mark, began, *keepers = words
        return Record(_pid(pid), mark, _seconds(began), tuple(map(_pid, keepers)))
    except ValueError:  # not written yet, or on a full disk
        return Claim(())


def _pid(word: str) -> int:
    """A pid. Raises ``ValueError`` for 0 and negative numbers: they stand for groups, ours among them."""
    if not (word.isdigit() and len(word) < 9 and 1 < int(word) <= MOST_PIDS):
        raise ValueError(word)
    return int(word)


def _seconds(word: str) -> float:
    """Unix seconds. Raises ``ValueError`` for what no date can hold."""
    seconds = float(word)
    if not 0 <= seconds < YEAR_10000 / 1000:
        raise ValueError(word)
    return seconds


def started_path(directory: str) -> str:
    """The file whose creator owns the run."""
    return os.path.join(directory, "started")


def read_exit_status(directory: str) -> tuple[int | None, datetime | None]:
    """The return code and when it was written (aware, UTC); neither when there is no complete record.

    Raises ``OSError`` where that cannot be told: out of file descriptors, no permission, a disk that fails.
    """
    beside = f"{directory}.exit_status"
    try:
        found = _read_end(os.path.join(directory, "exit_status"))
    except OSError:
        found = _read_end(beside)
        if found[0] is None:
            raise
    return found if found[0] is not None else _read_end(beside)


def _read_end(path: str) -> tuple[int | None, datetime | None]:
    try:
        fd = open_regular(path)
    except OSError as error:
        if error.errno in NO_FILE:
            return None, None
        raise
    try:
        text, whole, _ = os.read(fd, MARK_BYTES).partition(b"\n")
        written = os.fstat(fd).st_mtime
    finally:
        os.close(fd)
    if not whole or not text.strip().isdigit() or len(text) > MOST_DIGITS or int(text) > MOST_CODE:
        return None, None
    return int(text), datetime.fromtimestamp(written, UTC) if 0 <= written < YEAR_10000 / 1000 else None


def read_usage(directory: str) -> Usage | None:
    """What a run has used, as its keeper has noted it after its end; ``None`` where nothing is noted, or not yet."""
    try:
        return usage_from(read_start(started_path(directory), MARK_BYTES).partition(b"\n")[2])
    except OSError:
        return None


def usage_from(line: bytes) -> Usage | None:
    """The processor seconds and the bytes that a line says; ``None`` for any other. A job may have written anything."""
    seconds, _, peak = line.removesuffix(b"\n").partition(b" ")
    if not (line.endswith(b"\n") and seconds.replace(b".", b"", 1).isdigit() and peak.isdigit()):
        return None
    if len(seconds) > MOST_DIGITS or len(peak) > MOST_DIGITS:
        return None
    return Usage(float(seconds), int(peak))


def why_unwritten(directory: str) -> str | None:
    """Why nothing can be written where a run's end belongs; ``None`` when it can."""
    probe = f"{directory}.probe"
    try:
        fd = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(fd, b"0\n")
        finally:
            os.close(fd)
            os.unlink(probe)
    except FileExistsError:
        return None
    except OSError as error:
        return error.strerror
    return None
