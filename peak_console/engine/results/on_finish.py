"""The command that is told of each run once its end is recorded. Whatever becomes of it, the run stays as it is."""

from __future__ import annotations

from queue import SimpleQueue
from threading import Thread

from peak_console.decisions.past.run_object import run_object
from peak_console.engine.results.notes import Notes
from peak_console.errors import StartError
from peak_console.store.tables.metrics import metrics_of
from peak_console.store.tables.on_finish import OwedCommands
from peak_console.store.tables.provenance import provenance_of
from peak_console.text import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from peak_console.engine.context import EngineContext
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run

LIMIT_SECONDS = 60.0
"""How long a command may take."""
CLOSING_SECONDS = 30.0
"""How long an engine that leaves waits for the commands that are still to be run; the next engine runs the rest."""
MOST_OWED = 1000
"""So many commands are made up for after an engine has died; of more the newest."""


class OnFinish:
    """Runs the commands one after the other, in the order of the ends, each at least once.

    A command is owed from the transaction that records the end on, until it has run.
    """

    def __init__(self, context: EngineContext, environ: Mapping[str, str]) -> None:
        self._context = context
        self._environ = environ
        self._owed = OwedCommands(context.store)
        self._ends: SimpleQueue[tuple[JobDefinition, dict[str, Any], str | None, str | None] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[int, str, str | None]] = SimpleQueue()
        """Run, job, and what went wrong with its command; ``None`` is nothing."""
        self._unrecorded: list[tuple[int, str, str | None]] = []
        self._fault_at_start: tuple[str, str] | None = None
        self._thread: Thread | None = None

    def owe(self, run: Run) -> None:
        """Record that a command is owed, in the transaction of the end."""
        self._owed.owe(run.id, self._context.identity)

    def make_up(self, now: datetime) -> None:
        """Run the commands that engines before this one have not come to. Raises ``StateError``."""
        context, served = self._context, self._context.served
        made_up: list[tuple[Run, JobDefinition]] = []
        dropped: list[int] = []
        for run_id, supervisor in self._owed.owed():
            run = context.store.run(run_id)
            job = served.jobset.jobs.get(run.job) if run is not None else None
            if run is not None and job is not None and (run.job not in served.jobs or context.is_alive(supervisor)):
                continue  # another engine's
            if run is None or job is None or not job.on_finish:
                dropped.append(run_id)
            else:
                made_up.append((run, job))
        too_many = made_up[:-MOST_OWED]
        self._owed.settle([*dropped, *(run.id for run, _ in too_many)])
        if too_many:
            with context.alerts:
                context.alerts.raise_alert(_judged_dropped([run.id for run, _ in too_many], now))
        for run, job in made_up[-MOST_OWED:]:
            provenance = provenance_of(context.store, [run.id]).get(run.id)
            self._owed.owe(run.id, context.identity)
            self.tell(run, job, Notes(metrics_of(context.store, [run.id]).get(run.id, {}), provenance))

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
                self._fault_at_start = (job.name, str(error))  # it stays owed, for the next engine
                return
        self._ends.put((job, told, served.jobset.base, served.jobset.settings.python))

    def close(self) -> None:
        """Wait a while until all commands have run."""
        if self._thread is not None:
            self._ends.put(None)
            self._thread.join(CLOSING_SECONDS)
            self._thread = None

    def look(self) -> None:
        """Record which commands have run, and tell of those that have failed, or work again. Raises ``StateError``."""
        while not self._done.empty():
            self._unrecorded.append(self._done.get())
        if self._fault_at_start is not None:
            with self._context.alerts:
                self._tell_of(*self._fault_at_start)
            self._fault_at_start = None
        while self._unrecorded:
            run_id, name, fault = self._unrecorded[0]
            with self._context.alerts:
                self._owed.settle([run_id])
                self._tell_of(name, fault)
            del self._unrecorded[0]

    def _tell_of(self, name: str, fault: str | None) -> None:
        """Open the incident of a job's command, or resolve it; inside a transaction."""
        cause, alerts = f"on_finish:{name}", self._context.alerts
        if fault is None and not alerts.has_incident(cause):
            return
        job = self._context.served.jobset.jobs.get(name)
        if fault is None:
            alerts.resolve(cause)
        else:
            alert = _judged(self._context, name, fault)
            alerts.open_incident(cause, alert, job.tags if job is not None else ())

    def _serve(self) -> None:
        while (end := self._ends.get()) is not None:
            self._done.put((end[1]["id"], end[0].name, self._run(*end)))
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


def _judged_dropped(run_ids: Sequence[int], now: datetime) -> Any:
    from peak_console.model.records import Alert, Level

    message = (
        f"the on_finish commands of {len(run_ids)} runs, #{run_ids[0]} to #{run_ids[-1]}, are not made up for: an"
        f" engine had not come to them, and more than {MOST_OWED} are owed\nThe runs themselves are recorded."
    )
    return Alert(Level.WARNING, message, now)


def _judged(context: EngineContext, name: str, fault: str) -> Any:
    from peak_console.model.records import Alert, Level

    message = f"{name}: its on_finish command failed: {fault}\nThe run itself is recorded as it ended."
    return Alert(Level.WARNING, message, context.clock.now(), context={"job_name": name, "error": fault}, job=name)
