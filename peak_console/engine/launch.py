"""From a definition to something that can be started: the command line, the environment, the words for the registry."""

from __future__ import annotations

import os

from peak_console.jobs.command import build_command_args, resolve_command, working_directory
from peak_console.jobs.environment import job_environment, load_dotenv_values, meta_text
from peak_console.redact import Redactor
from peak_console.runs.interface import RunSpec
from peak_console.store.directory import run_directory
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.model.records import Run


class Launcher:
    """Makes run specifications, and masks what must not be recorded. Replaced whole on a reload."""

    def __init__(self, jobset: JobSet, directory: str, environ: Mapping[str, str]) -> None:
        self._directory = directory
        self._python = jobset.settings.python
        self._environ = dict(environ)
        self._secrets: list[Mapping[str, str]] = [environ]
        if os.path.exists(".env"):  # jobs read it themselves, and repeat it in their errors
            self._secrets.append(load_dotenv_values(os.getcwd()))
        for job in jobset.jobs.values():
            self._secrets += (
                [job.env, {name: meta_text(value) for name, value in job.meta.items()}] if job.meta else [job.env]
            )
            self._secrets.append({name: value for name, value in job.args.items() if isinstance(value, str)})
        self._secrets += [{"CHANNEL_SECRET": channel.url} for channel in jobset.channels]
        self.redactor = Redactor.from_environments(*self._secrets)
        self._resolved: dict[int, list[str]] = {}
        self._learned: dict[str, set[str]] = {}
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

    def resolved(self, run_id: int) -> list[str]:
        """The command line that a run has just been started with, masked. To be asked once."""
        return self.redactor.argv(self._resolved.pop(run_id, []))

    def spec(self, job: JobDefinition, run: Run) -> RunSpec:
        """What is needed to start a run. Raises ``StartError`` with why it cannot be."""
        environment = job_environment(
            job,
            self._environ,
            run_id=run.id,
            scheduled_for=run.scheduled_for,
            attempt=run.attempt,
            trigger=run.triggered_by,
            state_dir=self._directory,
        )
        if job.env_file is not None:
            self._learn(job, environment)
        cwd = working_directory(job)
        argv = resolve_command(job, self._python, environment, cwd)
        self._resolved[run.id] = argv
        return RunSpec(
            run_id=run.id,
            directory=run_directory(self._directory, run.id),
            argv=argv,
            env=environment,
            cwd=cwd if job.cwd is not None else None,
            max_output_bytes=job.max_output_bytes,
        )

    def _learn(self, job: JobDefinition, environment: Mapping[str, str]) -> None:
        """Mask the secrets of an environment file from now on; it may have changed since the last run."""
        own = {name: value for name, value in environment.items() if self._environ.get(name) != value}
        if self._learned.get(job.name) != set(own.values()):
            self._learned[job.name] = set(own.values())
            self._secrets.append(own)
            self.redactor = Redactor.from_environments(*self._secrets)
