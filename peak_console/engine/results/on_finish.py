"""The command that is told of each run once its end is recorded. Whatever becomes of it, the run stays as it is."""

from __future__ import annotations

from queue import SimpleQueue
from threading import Thread

from peak_console.decisions.past.run_object import run_object
from peak_console.errors import StartError
from peak_console.text import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from peak_console.engine.context import EngineContext
    from peak_console.engine.results.notes import Notes
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run

LIMIT_SECONDS = 60.0
"""How long a command may take."""
CLOSING_SECONDS = 30.0
"""How long an engine that leaves waits for the commands that are still to be run."""


class OnFinish:
    """Runs the commands one after the other, in the order of the ends."""

    def __init__(self, context: EngineContext, environ: Mapping[str, str]) -> None:
        self._context = context
        self._environ = environ
        self._ends: SimpleQueue[tuple[JobDefinition, dict[str, Any], str | None, str | None] | None] = SimpleQueue()
        self._faults: SimpleQueue[tuple[str, str | None]] = SimpleQueue()
        """Job, and what went wrong with its command; ``None`` is nothing."""
        self._thread: Thread | None = None

    def tell(self, run: Run, job: JobDefinition, notes: Notes | None) -> None:
        """Have a job's command told of a run whose end is recorded."""
        served = self._context.served
        told = run_object(run, served.zone_of(job))
        told["provenance"] = notes.provenance if notes is not None else None
        told["metrics"] = dict(notes.numbers) if notes is not None else {}
        if self._thread is None:
            try:
                self._thread = Thread(target=self._serve, name="on-finish", daemon=True)
                self._thread.start()
            except RuntimeError as error:
                self._thread = None
                self._faults.put((job.name, str(error)))
                return
        self._ends.put((job, told, served.jobset.base, served.jobset.settings.python))

    def close(self) -> None:
        """Wait a while until all commands have run."""
        if self._thread is not None:
            self._ends.put(None)
            self._thread.join(CLOSING_SECONDS)
            self._thread = None

    def look(self) -> None:
        """Tell of commands that have failed, and of those that work again. Raises ``StateError``."""
        while not self._faults.empty():
            name, fault = self._faults.get()
            cause = f"on_finish:{name}"
            if fault is None and not self._context.alerts.has_incident(cause):
                continue
            job = self._context.served.jobset.jobs.get(name)
            with self._context.alerts:
                if fault is None:
                    self._context.alerts.resolve(cause)
                else:
                    alert = _judged(self._context, name, fault)
                    self._context.alerts.open_incident(cause, alert, job.tags if job is not None else ())

    def _serve(self) -> None:
        while (end := self._ends.get()) is not None:
            self._faults.put((end[0].name, self._run(*end)))
            self._context.wake()

    def _run(self, job: JobDefinition, told: dict[str, Any], base: str | None, python: str | None) -> str | None:
        """Run a job's command; what went wrong."""
        from json import dumps

        from peak_console.jobs.command import resolve_command, working_directory
        from peak_console.jobs.model import JobDefinition
        from peak_console.runs.side_command import run_command

        words = job.on_finish
        as_job = JobDefinition(job.name, command=words[0], argv=words[1:], cwd=job.cwd)
        try:
            cwd = working_directory(as_job, base)
            argv = resolve_command(as_job, python, self._environ, cwd)
        except StartError as error:
            return str(error)
        text = dumps(told, ensure_ascii=False, default=str) + "\n"
        ended = run_command(argv, env=self._environ, cwd=cwd, seconds=LIMIT_SECONDS, text=text)
        if ended.fault or ended.code is None:
            return ended.fault or f"no end within {LIMIT_SECONDS:g} s"
        last = next(iter(ended.err.strip().splitlines()[-1:]), "")
        return None if ended.code == 0 else f"exit code {ended.code}" + (f": {safe(last)}" if last else "")


def _judged(context: EngineContext, name: str, fault: str) -> Any:
    from peak_console.model.records import Alert, Level

    message = f"{name}: its on_finish command failed: {fault}\nThe run itself is recorded as it ended."
    return Alert(Level.WARNING, message, context.clock.now(), context={"job_name": name, "error": fault}, job=name)
