"""The executors by name, made in this one place, and what a reader asks of a run without having one."""

from __future__ import annotations

from peak_console.errors import StartError
from peak_console.model.terms import LOCAL
from peak_console.store.directory import run_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from peak_console.jobs.beside import ExecutorDefinition
    from peak_console.runs.interface import Executor, RunHandle, RunSpec


class Executors:
    """All executors of an engine: each run has its own, by name. An executor is made when it is first needed."""

    def __init__(self, makers: Mapping[str, Callable[[], Executor]], directory: str = "") -> None:
        """``directory`` is the state directory, for those that are defined later."""
        self._makers = makers
        self._made: dict[str, Executor] = {}
        self._directory = directory
        self._defined: dict[str, ExecutorDefinition] = {}

    def define(self, definitions: Iterable[ExecutorDefinition]) -> None:
        """Work by these definitions from now on. One that is defined no more goes on with the runs that it has."""
        for definition in definitions:
            if self._defined.get(definition.name) == definition:
                continue
            from peak_console.runs.slurm.executor import SlurmExecutor

            self._defined[definition.name] = definition
            before = self._made.get(definition.name)
            if isinstance(before, SlurmExecutor):
                before.define(definition)
            else:
                self._made[definition.name] = SlurmExecutor(self._directory, definition)

    def of(self, name: str) -> Executor:
        """An executor, which an engine keeps for as long as it lives. Raises ``StartError`` for a name that is none."""
        made = self._made.get(name)
        if made is None:
            try:
                make = self._makers[name]
            except KeyError:
                known = ", ".join(dict.fromkeys([*self._makers, *self._made]))
                raise StartError(f"{name}: no executor is called that; there is: {known}") from None
            made = self._made[name] = make()
        return made

    def __iter__(self) -> Iterator[Executor]:
        """The executors that have been made: no other one holds anything."""
        return iter(self._made.values())

    def submit(self, specs: Iterable[RunSpec]) -> list[RunHandle | StartError]:
        """Hand each run to its executor. Those of this machine start first, each while the next is prepared."""
        names: list[str] = []
        elsewhere: dict[str, list[RunSpec]] = {}

        def of_this_machine() -> Iterator[RunSpec]:
            for spec in specs:
                names.append(spec.executor)
                if spec.executor == LOCAL:
                    yield spec
                else:
                    elsewhere.setdefault(spec.executor, []).append(spec)

        results = {LOCAL: iter(self.of(LOCAL).submit(of_this_machine()))}
        for name, some in elsewhere.items():
            results[name] = iter(self._submitted(name, some))
        return [next(results[name]) for name in names]

    def _submitted(self, name: str, specs: list[RunSpec]) -> Sequence[RunHandle | StartError]:
        try:
            return self.of(name).submit(specs)
        except StartError as error:
            return [error] * len(specs)

    def lingering(self, handles: Mapping[str, Sequence[RunHandle]]) -> set[int]:
        """By executor: of runs whose first process has ended the ids of those that have left others alive.

        Raises ``OSError`` where that cannot be told at present.
        """
        return {each.run_id for name, some in handles.items() for each in self.of(name).lingering(some)}

    def is_started(self, run_id: int) -> bool:
        """Whether a run of which nothing else is known was started by any executor."""
        return any(self.of(name).is_started(run_id) for name in {*self._makers, *self._made})

    def filenos(self) -> list[int]:
        """What becomes readable when an executor has news."""
        return [fd for each in self if (fd := each.fileno()) is not None]

    def drain(self) -> None:
        """The news are looked at now."""
        for each in self:
            each.drain()

    def rest(self) -> None:
        """Nothing is to be started soon."""
        for each in self:
            each.rest()

    def mishaps(self) -> list[str]:
        """What has befallen the executors since this was last asked, and is mended; a sentence each."""
        return [mishap for each in self for mishap in each.mishaps()]

    def troubles(self) -> dict[str, str]:
        """What is wrong with executors at present, by cause."""
        return {
            f"{name}:{cause}": f"{name}: {what}"
            for name, each in self._made.items()
            for cause, what in each.troubles().items()
        }

    def close(self) -> None:
        """Let go of everything. Runs go on, and their ends are still recorded."""
        for each in self:
            each.close()


def make_executors(directory: str) -> Executors:
    """The executors for the runs of a state directory."""

    def local() -> Executor:
        from peak_console.runs.local.executor import LocalExecutor

        return LocalExecutor(directory)

    return Executors({LOCAL: local}, directory)


def has_ended(directory: str, run_id: int) -> bool:
    """Whether the end of a run of a state directory is recorded in its files."""
    from peak_console.runs.local.run_directory import read_exit_status

    return read_exit_status(run_directory(directory, run_id))[0] is not None


def is_gone(directory: str, run_id: int, executor: str, reference: str | None) -> bool:
    """Whether nothing of a run of this machine is alive; of other executors only an engine can tell."""
    if executor != LOCAL:
        return False
    from peak_console.runs.local.executor import nothing_lives

    return nothing_lives(run_directory(directory, run_id), reference)
