"""Runs as jobs of a Slurm cluster."""

from __future__ import annotations

import os

from peak_console.errors import StartError
from peak_console.runs.interface import AlreadyStartedError, Ended
from peak_console.runs.output.of_run import RunOutput
from peak_console.runs.slurm.commands import Slurm
from peak_console.runs.slurm.files import fence, read_files, read_spec
from peak_console.runs.slurm.run import SlurmRun
from peak_console.runs.slurm.sampling import Sampler, SharedRecorder
from peak_console.runs.slurm.shared import SharedDirectory
from peak_console.runs.slurm.verdicts import by_files
from peak_console.runs.slurm.watcher import Watcher
from peak_console.store.directory import run_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from peak_console.jobs.beside import ExecutorDefinition
    from peak_console.runs.interface import RunHandle, RunSpec, Usage


class SlurmExecutor:
    """Hands runs over and forgets nothing: the engine never waits for Slurm, nor for the shared file system at work."""

    def __init__(self, directory: str, definition: ExecutorDefinition) -> None:
        """``directory`` is the state directory."""
        self._directory = directory
        self._definition = definition
        self._shared = SharedDirectory(directory, definition)
        self._sampler = Sampler()
        self._told, self._tells = os.pipe()
        for fd in (self._told, self._tells):
            os.set_blocking(fd, False)
        self.watcher = Watcher(definition, self._shared, Slurm(definition), self._wake)

    def define(self, definition: ExecutorDefinition) -> None:
        """Work by another definition from now on; a run stays where it was submitted."""
        self._definition = definition
        self._shared.define(definition)
        self.watcher.define(definition, Slurm(definition))

    def _wake(self) -> None:
        try:
            os.write(self._tells, b"!")
        except OSError:  # full of news, or closed
            pass

    def fileno(self) -> int | None:
        return self._told

    def drain(self) -> None:
        try:
            while len(os.read(self._told, 4096)) == 4096:
                pass
        except OSError:  # there was none
            pass

    def prepare(self, run_ids: Sequence[int] = ()) -> None:
        for run_id in run_ids:
            self._linked(run_id)

    def rest(self) -> None:
        pass

    def submit(self, specs: Iterable[RunSpec]) -> list[SlurmRun | StartError]:
        results: list[SlurmRun | StartError] = []
        for spec in specs:
            try:
                results.append(self._submitted(spec))
            except StartError as error:
                results.append(error)
            except OSError as error:
                words = f"{self._definition.shared_dir}: cannot be used ({error.strerror}); see shared_dir"
                results.append(StartError(words))
        return results

    def _submitted(self, spec: RunSpec) -> SlurmRun:
        folder = self._linked(spec.run_id)
        if self.is_started(spec.run_id) or read_files(folder).never:
            raise AlreadyStartedError(f"run #{spec.run_id}: another process has submitted it already")
        run = SlurmRun(spec.run_id, self._shared.name(spec.run_id), folder, self._fields(spec), self.watcher.ask)
        run.queue_limit = spec.resources.queue_limit_seconds
        self.watcher.add(run)
        return run

    def _linked(self, run_id: int) -> str:
        try:
            self._shared.prepare()
            return self._shared.link(run_id)
        except OSError as error:
            place = error.filename or run_directory(self._directory, run_id)
            raise StartError(
                f"{place}: cannot be used ({error.strerror}); see shared_dir, and what is mounted"
            ) from None

    def _fields(self, spec: RunSpec) -> Mapping[str, Sequence[str]]:
        """All that the wrapper needs, and a submission that has to be repeated."""
        wants, env = spec.resources, {**self._definition.env, **spec.env}
        numbers = {
            "max_output_bytes": spec.max_output_bytes,
            "timeout_seconds": spec.timeout_seconds,
            "kill_grace_seconds": spec.kill_grace_seconds,
            "cpus": wants.cpus,
            "memory_mb": wants.memory_mb,
            "gpus": wants.gpus,
            "queue_limit_seconds": wants.queue_limit_seconds,
        }
        return {
            "job": [spec.job],
            "argv": list(spec.argv),
            "env": [f"{name}={value}" for name, value in env.items()],
            "cwd": [spec.cwd or ""],
            **{name: [str(value)] for name, value in numbers.items()},
        }

    def adopt(self, run_id: int, reference: str | None) -> RunHandle | Ended:
        folder = self._shared.folder(run_id)
        if not os.path.islink(run_directory(self._directory, run_id)) and not os.path.isdir(folder):
            return Ended(None, None)  # nobody has ever handed it over
        files = read_files(folder)
        found = by_files(files)
        if found is not None and found.ended is not None:
            return found.ended
        if not files.exists:
            return Ended(None, None)
        if (known := self.watcher.of(run_id)) is not None:
            return known
        run = SlurmRun(run_id, reference or self._shared.name(run_id), folder, None, self.watcher.ask)
        spec = read_spec(folder) or {}
        run.queue_limit = float(spec.get("queue_limit_seconds", ["0"])[0])
        run.take_over(files)
        self.watcher.add(run)
        return run

    def remains(self, run_id: int, reference: str) -> SlurmRun:
        return SlurmRun(run_id, reference, self._shared.folder(run_id), None, lambda _run: None)

    def lingering(self, handles: Sequence[RunHandle]) -> list[RunHandle]:  # noqa: ARG002 - Slurm ends what is left
        return []

    def usage(self, _run_id: int) -> Usage | None:
        return None  # it comes with the end: here a shared file system would be waited for

    def is_started(self, run_id: int) -> bool:
        if not os.path.islink(run_directory(self._directory, run_id)):
            return False
        files = read_files(self._shared.folder(run_id))
        return not files.never and (files.started is not None or files.was_submitted or files.code is not None)

    def fence(self, run_id: int) -> bool:
        return fence(self._linked(run_id))

    def outputs(self, run_id: int) -> RunOutput:
        directory = run_directory(self._directory, run_id)
        return RunOutput(directory, may_bound=False, wrap=lambda make: SharedRecorder(self._sampler, make))

    def mishaps(self) -> list[str]:
        return []

    def troubles(self) -> Mapping[str, str]:
        return self.watcher.troubles()

    def forget_state(self) -> None:
        """Remove what is kept in the shared directory for a state directory that will not be used again."""
        self._shared.remove_root()

    def close(self) -> None:
        self._sampler.close()
        if self.watcher.close():
            for fd in (self._told, self._tells):
                os.close(fd)
