"""From a definition to something that can be started: the command line, the environment, the words for the registry."""

from __future__ import annotations

import os
from dataclasses import replace

from peak_console.jobs.command import build_command_args, resolve_command
from peak_console.jobs.environment import job_environment
from peak_console.redact import Redactor
from peak_console.runs.interface import RunSpec
from peak_console.store.directory import run_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.store.model import Run


class Launcher:
    """Makes run specifications, and masks what must not be recorded. Replaced whole on a reload."""

    def __init__(self, jobset: JobSet, directory: str, environ: Mapping[str, str]) -> None:
        self._directory = directory
        self._python = jobset.settings.python
        self._environ = dict(environ)
        self.redactor = Redactor.from_environments(environ, *(job.env for job in jobset.jobs.values()))
        self._shown: dict[str, tuple[JobDefinition, list[str], dict[str, object]]] = {}

    def shown(self, job: JobDefinition) -> tuple[list[str], dict[str, object]]:
        """The command line as written, not resolved, and the arguments, both with secrets masked."""
        known = self._shown.get(job.name)
        if known is None or known[0] is not job:
            command = self.redactor.argv([job.command, *build_command_args(job)])
            known = self._shown[job.name] = (job, command, self.redactor.args(job.args))
        return known[1], known[2]

    def with_args_of(self, job: JobDefinition, run: Run) -> JobDefinition:
        """A job with the arguments its run was claimed with; a masked one is the job's own."""
        shown = self.shown(job)[1]
        if run.args == shown:
            return job
        args = {name: job.args[name] if shown.get(name) == value else value for name, value in run.args.items()}
        return replace(job, args=args)

    def command(self, job: JobDefinition) -> list[str]:
        """The resolved command line. Raises ``StartError`` when there is no such command."""
        return resolve_command(job, self._python, self._environ, job.cwd or os.getcwd())

    def spec(self, job: JobDefinition, run: Run) -> RunSpec:
        """What is needed to start a run. Raises ``StartError`` with why it cannot be."""
        environment = job_environment(
            job,
            self._environ,
            {
                "PEAK_JOB_NAME": run.job,
                "PEAK_RUN_ID": str(run.id),
                "PEAK_SCHEDULED_FOR": run.scheduled_for.isoformat() if run.scheduled_for else "",
                "PEAK_ATTEMPT": str(run.attempt),
                "PEAK_TRIGGER": run.triggered_by,
                "PEAK_CONSOLE_STATE_DIR": self._directory,
            },
        )
        return RunSpec(
            run_id=run.id,
            directory=run_directory(self._directory, run.id),
            argv=self.command(job),
            env=environment,
            cwd=job.cwd,
            max_output_bytes=job.max_output_bytes,
        )
