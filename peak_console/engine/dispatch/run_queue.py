"""The runs that wait for their turn, and the secrets that only memory holds for them."""

from __future__ import annotations

from bisect import insort

from peak_console.decisions.turns import turn
from peak_console.engine.supervision.launch import GIVEN
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from peak_console.engine.supervision.launch import Launcher
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run


class RunQueue:
    """Runs in state ``queued``, oldest slot first, as the registry has them."""

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._own: set[int] = set()
        self._given: dict[int, JobDefinition] = {}

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[Run]:
        """The runs as they are now; those that are dropped meanwhile come too."""
        return iter(self._runs)

    def add(self, run: Run, *, own: bool = True) -> None:
        """Put a run that this process has recorded into the queue; not ``own``: that any process has recorded."""
        if own:
            self._own.add(run.id)
        insort(self._runs, run, key=turn)

    def add_all(self, runs: Sequence[Run]) -> None:
        """Put many runs that this process has recorded into the queue."""
        self._own.update(run.id for run in runs)
        self._runs = sorted([*self._runs, *runs], key=turn)

    def fill(self, runs: Iterable[Run]) -> None:
        """Make a queue of recorded runs, whichever processes have put them there."""
        self._runs = sorted(runs, key=turn)

    def drop(self, ids: Container[int]) -> None:
        """Take runs out of the queue."""
        self._runs = [run for run in self._runs if run.id not in ids]

    def clear(self) -> None:
        """Leave the queue to another engine."""
        self._runs = []

    def own(self) -> list[Run]:
        """The runs that this process has put into the queue."""
        return [run for run in self._runs if run.id in self._own]

    # Secrets given by hand, which the registry does not hold.

    def keep_arguments(self, run: Run, job: JobDefinition) -> None:
        """Remember what a run was given if some of it is not in the registry."""
        if GIVEN in run.args.values() or _unrecorded(run, job):
            self._given[run.id] = job

    def with_arguments(self, run: Run, job: JobDefinition, launcher: Launcher) -> JobDefinition:
        """A job, or one run of its array, with the arguments that its run was claimed with, secrets among them."""
        given = self._given.get(run.id)
        if given is not None:
            job = replace(job, args=given.args, env=given.env, argv=given.argv)
        elif lost := _unrecorded(run, job):
            job = replace(job, args=dict.fromkeys(lost, GIVEN))  # by which it does not start
        else:
            job = launcher.with_args_of(job, run)
        if run.array_of is None:
            return job
        from peak_console.jobs.arrays import member_of

        return member_of(job, run)

    def forget_arguments(self, run: Run) -> None:
        """Forget them: the run has ended."""
        self._given.pop(run.id, None)


def _unrecorded(run: Run, job: JobDefinition) -> Sequence[str]:
    """What was changed for a run that is nowhere recorded."""
    if not run.args_changed:
        return ()
    from peak_console.jobs.run_changes import is_unrecorded

    return [name for name in run.args_changed if is_unrecorded(name, job)]
