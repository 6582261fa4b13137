"""The unfinished runs that an engine knows: those it supervises, those that wait, and those of other processes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.engine.dispatch.run_queue import RunQueue
    from peak_console.engine.supervision.supervisor import Supervisor
    from peak_console.model.records import Run


class ActiveRuns:
    """The runs of one engine by who looks after them."""

    __slots__ = ("ahead", "arrays", "foreign", "queue", "supervisor")

    def __init__(self, supervisor: Supervisor, queue: RunQueue) -> None:
        self.supervisor = supervisor
        """Runs that this process starts, watches and stops."""
        self.queue = queue
        """Runs that wait for their turn."""
        self.foreign: list[Run] = []
        """Claimed and running runs that another living process looks after."""
        self.ahead: dict[int, Run] = {}
        """Claimed runs whose slot has not come yet."""
        self.arrays: dict[int, Run] = {}
        """Arrays under way, by their ids: as wholes they have no process, and take no place."""

    def of_job(self, job: str) -> list[Run]:
        """A job's claimed and running runs, oldest first."""
        own = [live.run for live in self.supervisor.of_job(job)]
        own += [each.run for each in self.supervisor.preparation if each.run.job == job]
        own += [run for run in self.ahead.values() if run.job == job]
        own += [run for run in self.arrays.values() if run.job == job]
        return sorted([*own, *(run for run in self.foreign if run.job == job)], key=lambda run: run.id)

    def jobs(self) -> list[str]:
        """The job of each run that is claimed or running, as the jobs file calls it."""
        return [run.defined_by for run in self._with_place()]

    def in_arrays(self) -> dict[int, int]:
        """How many runs of an array are claimed or running, by the id of the array."""
        found: dict[int, int] = {}
        if self.arrays or any(run.is_array for run in self.foreign):
            for run in self._with_place():
                if run.array_of is not None:
                    found[run.array_of] = found.get(run.array_of, 0) + 1
        return found

    def of_array(self, array: int) -> list[Run]:
        """The runs of an array that this process looks after, and those that wait."""
        own = [live.run for live in self.supervisor]
        own += [each.run for each in self.supervisor.preparation]
        return [run for run in (*own, *self.queue) if run.array_of == array]

    def _with_place(self) -> list[Run]:
        own = [live.run for live in self.supervisor]
        own += [each.run for each in self.supervisor.preparation]
        return [run for run in (*own, *self.ahead.values(), *self.foreign) if not run.is_array]
