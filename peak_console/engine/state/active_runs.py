"""The unfinished runs that an engine knows: those it supervises, those that wait, and those of other processes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.engine.dispatch.run_queue import RunQueue
    from peak_console.engine.supervision.supervisor import Supervisor
    from peak_console.model.records import Run


class ActiveRuns:
    """The runs of one engine by who looks after them."""

    __slots__ = ("ahead", "foreign", "queue", "supervisor")

    def __init__(self, supervisor: Supervisor, queue: RunQueue) -> None:
        self.supervisor = supervisor
        """Runs that this process starts, watches and stops."""
        self.queue = queue
        """Runs that wait for their turn."""
        self.foreign: list[Run] = []
        """Claimed and running runs that another living process looks after."""
        self.ahead: dict[int, Run] = {}
        """Claimed runs whose slot has not come yet."""

    def of_job(self, job: str) -> list[Run]:
        """A job's claimed and running runs, oldest first."""
        own = [live.run for live in self.supervisor.of_job(job)]
        own += [each.run for each in self.supervisor.preparation if each.run.job == job]
        own += [run for run in self.ahead.values() if run.job == job]
        return sorted([*own, *(run for run in self.foreign if run.job == job)], key=lambda run: run.id)

    def jobs(self) -> list[str]:
        """The job of each run that is claimed or running."""
        own = [live.run.job for live in self.supervisor]
        own += [each.run.job for each in self.supervisor.preparation]
        return [*own, *(run.job for run in self.ahead.values()), *(run.job for run in self.foreign)]
