"""What one run has left on the disk: read, recorded, counted, deleted."""

from __future__ import annotations

import os

from peak_console.store.directory import run_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Protocol

    from peak_console.runs.output.reader import OutputReader
    from peak_console.runs.output.recorder import OutputRecorder

    class Recorder(Protocol):
        """Notes when a run's output grows."""

        def sample(self, now: datetime, *, final: bool = False) -> bool:
            """Record what has grown since the last sample; whether anything had. No other follows a ``final`` one."""

        def close(self) -> None: ...


def output_of(state_directory: str, run_id: int) -> RunOutput:
    """The output of a run of a state directory, wherever it was executed."""
    return RunOutput(run_directory(state_directory, run_id))


class RunOutput:
    """The files of one run."""

    __slots__ = ("_directory", "_is_kept", "_may_bound", "_wrap")

    def __init__(
        self,
        directory: str,
        *,
        may_bound: bool = True,
        is_kept: bool = True,
        wrap: Callable[[Callable[[], OutputRecorder]], Recorder] = lambda make: make(),
    ) -> None:
        """``may_bound``: a recorder of this machine keeps the bound of the output; ``is_kept``: there is any.

        ``wrap`` makes what records: by default the recorder itself, at once.
        """
        self._wrap = wrap
        self._directory = directory
        self._is_kept = is_kept
        self._may_bound = may_bound

    def reader(self) -> OutputReader:
        """Reads both streams from their start."""
        from peak_console.runs.output.reader import OutputReader

        return OutputReader(self._directory)

    def recorder(self, max_output_bytes: int) -> Recorder | None:
        """Notes when the output grows, and keeps its bound; ``None`` for a run that leaves none."""
        if not self._is_kept:
            return None
        from peak_console.runs.output.recorder import OutputRecorder

        return self._wrap(lambda: OutputRecorder(self._directory, max_output_bytes if self._may_bound else 0))

    def disk_bytes(self) -> int:
        """What the files take of the disk."""
        from peak_console.runs.output.removal import disk_bytes

        return disk_bytes(self._directory)

    def remove(self) -> bool:
        """Delete the files; whether they are gone."""
        from peak_console.runs.output.removal import remove

        if os.path.islink(self._directory):
            from peak_console.runs.slurm.shared import remove_linked

            return remove_linked(self._directory)
        return remove(self._directory)

    def bears_marks(self) -> bool:
        """Whether the files are a run's. A state directory may hold what others have put there."""
        if os.path.islink(self._directory):
            from peak_console.runs.slurm.shared import linked_folder

            return linked_folder(self._directory) is not None
        from peak_console.runs.local.run_directory import bears_marks

        return bears_marks(self._directory)

    def changed_at(self) -> float | None:
        """When files came or went last, in Unix seconds; ``None`` where nothing is left."""
        try:
            return os.stat(self._directory, follow_symlinks=False).st_mtime
        except OSError:
            return None
