"""A run's files on the shared file system: what the wrapper says of itself, read from another machine."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

from peak_console.errors import StartError
from peak_console.runs.local.run_directory import NEVER, read_exit_status, usage_from
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from peak_console.runs.interface import Usage

NEWS = "news"
SPEC = "spec"
MOST_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Files:
    """What the files of a run say at one moment."""

    exists: bool = False
    was_submitted: bool = False
    """Whether a submission has begun: then Slurm may have the job, whatever it says."""
    spec_at: float | None = None
    """When the specification was written; ``None`` once the wrapper has read it."""
    never: bool = False
    """Whether it was made sure that the run never starts."""
    started: Mapping[str, Any] | None = None
    """What the wrapper says of itself, once it owns the run."""
    code: int | None = None
    ended_at: datetime | None = None
    usage: Usage | None = None
    """What the run has used."""
    ending: Sequence[str] = ()
    """What the code alone does not tell, line by line."""
    beat_at: float | None = None

    @property
    def started_at(self) -> datetime | None:
        try:
            return datetime.fromtimestamp(float((self.started or {})["at"]), UTC)
        except (KeyError, TypeError, ValueError, OverflowError):
            return None

    @property
    def node(self) -> str | None:
        node = (self.started or {}).get("node")
        return node if isinstance(node, str) else None


def read_files(directory: str) -> Files:
    """What there is. Raises ``OSError`` where the shared file system does not answer."""
    try:
        # A listing shows what another machine has just made; asking for a name may not.
        names = set(os.listdir(directory))
    except FileNotFoundError:
        if not os.path.isdir(os.path.dirname(directory)):  # not mounted: nothing is known of any run
            raise
        return Files()
    code, ended_at = read_exit_status(directory) if "exit_status" in names else (None, None)
    mark = _read(directory, "started") if "started" in names else None
    return Files(
        exists=True,
        was_submitted=any(name.startswith("submitted.") for name in names),
        spec_at=_changed(directory, SPEC) if SPEC in names else None,
        never=mark == NEVER,
        started=_mapping(mark) if mark is not None and mark != NEVER else None,
        code=code,
        ended_at=ended_at,
        usage=usage_from(_read(directory, "exit_status").partition(b"\n")[2]) if code is not None else None,
        ending=_read(directory, "ending").decode("utf-8", "surrogateescape").split("\n", 3)
        if "ending" in names
        else (),
        beat_at=_changed(directory, "beat") if "beat" in names else None,
    )


def fence(directory: str) -> bool:
    """Make sure that a run never starts; ``False`` when it has. Raises ``StartError``."""
    mark, mine = os.path.join(directory, "started"), os.path.join(directory, f"never.{os.getpid()}")
    try:
        make_folder(directory)
        write(mine, NEVER)
        try:
            os.link(mine, mark)
        except FileExistsError:
            return _read(directory, "started") == NEVER
        finally:
            os.unlink(mine)
    except OSError as error:
        raise StartError(f"{directory}: cannot be written ({error.strerror}); see the shared file system") from None
    return True


def make_folder(directory: str) -> None:
    """Make the folder of a run, where those of all runs are. Raises ``OSError``, also where nothing is mounted."""
    try:
        os.mkdir(directory, 0o700)
    except FileExistsError:
        pass


def write(path: str, content: bytes) -> None:
    """Write a file as a whole, for us alone. Raises ``OSError``."""
    beside = f"{path}.{os.getpid()}.new"
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        while content:
            content = content[os.write(fd, content) :]
    finally:
        os.close(fd)
    os.rename(beside, path)


def encode_spec(spec: Mapping[str, Sequence[str]]) -> bytes:
    """A specification as the wrapper reads it: each field is its name, how many values it has, and these."""
    words = [word for name, values in spec.items() for word in (name, str(len(values)), *values)]
    return b"".join(os.fsencode(word) + b"\0" for word in words)


def read_spec(directory: str) -> dict[str, list[str]] | None:
    """The specification that waits for the wrapper; ``None`` when it has been read, or there is none."""
    from peak_console.runs.slurm import wrapper

    try:
        found = wrapper.read_spec(os.path.join(directory, SPEC))
    except (OSError, ValueError, StopIteration, RuntimeError):
        return None
    return {name: [os.fsdecode(value) for value in values] for name, values in found.items()}


def _read(directory: str, name: str) -> bytes:
    try:
        with open(os.path.join(directory, name), "rb") as file:
            return file.read(MOST_BYTES)
    except FileNotFoundError:
        return b""


def _mapping(text: bytes | None) -> Mapping[str, Any]:
    try:
        found = json.loads(text or b"{}")
    except ValueError:  # being written, or a job's doing
        return {}
    return found if isinstance(found, dict) else {}


def _changed(directory: str, name: str) -> float | None:
    try:
        return os.stat(os.path.join(directory, name)).st_mtime
    except FileNotFoundError:
        return None
