"""One run on a cluster, as the engine holds it: what the watcher has learned last, and what is asked of it."""

from __future__ import annotations

from peak_console.runs.slurm.verdicts import Memory, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from peak_console.runs.interface import Ended, Stop
    from peak_console.runs.slurm.files import Files

LOOK_SECONDS = 1.0
"""How often the engine looks where nothing wakes it; the watcher does when there is news."""


class SlurmRun:
    """A handle. The engine's thread reads it, the watcher's thread writes it, each field at once."""

    def __init__(
        self,
        run_id: int,
        name: str,
        directory: str,
        spec: Mapping[str, Sequence[str]] | None,
        ask: Callable[[SlurmRun], None],
    ) -> None:
        """``spec`` is what is still to be handed over; ``ask`` tells the watcher of a wish to stop."""
        self.run_id = run_id
        self.reference = name
        self.directory = directory
        self.spec = spec
        self.memory = Memory()
        self.wish: Stop | None = None
        """How it is to be stopped, if it is."""
        self.wish_sent: Stop | None = None
        self.wish_sent_at = 0.0
        self.in_vain = False
        self.is_closed = False
        self._ask = ask
        self._verdict = Verdict(waits_for="being handed over")
        self.started_at: datetime | None = None
        self.node: str | None = None
        self.job_id: str | None = None
        self.queue_limit = 0.0
        """How many seconds it may wait in Slurm; 0: for ever."""

    @property
    def waits_for(self) -> str | None:
        return self._verdict.waits_for

    @property
    def pause(self) -> float:
        return LOOK_SECONDS

    def fileno(self) -> int | None:
        return None

    def poll(self) -> Ended | None:
        return self._verdict.ended

    def overdue(self) -> str | None:
        return None

    def stop(self, how: Stop) -> None:
        self.wish = how
        self._ask(self)

    def close(self) -> None:
        self.is_closed = True

    def take_over(self, files: Files) -> None:
        """Take in what an engine before this one has left of it."""
        self.learn(files, Verdict(waits_for=None if files.started is not None else ""))

    def learn(self, files: Files, verdict: Verdict) -> bool:
        """Take in how it stands; whether the engine has to be told."""
        if files.started is not None:
            self.started_at, self.node = files.started_at, files.node
            job = files.started.get("job")
            self.job_id = job if isinstance(job, str) and job.isdigit() else self.job_id
        before, self._verdict = self._verdict, verdict
        return (before.waits_for, before.ended) != (verdict.waits_for, verdict.ended)
