"""From a definition to something that can be started: the command line, the environment, the words for the registry."""

from __future__ import annotations

import os
from _thread import allocate_lock

from peak_console.errors import StartError
from peak_console.jobs.command import PYTHONS, build_command_args, resolve_command, working_directory
from peak_console.jobs.environment import dotenv_to_mask, job_environment, meta_text
from peak_console.jobs.model import Resources
from peak_console.model.terms import LOCAL
from peak_console.redact import Redactor, secret_words
from peak_console.runs.interface import RunSpec
from peak_console.text import word
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.model.records import Run


GIVEN = "*** (given by hand)"
"""Stands in the registry for a secret argument that is not the job's own: only memory holds its value."""

LONG_NUMBER = 8
"""Digits; a shorter number that some name calls a key stands in too many texts for something else."""


def secrets_of(job: JobDefinition) -> Iterator[Mapping[str, str]]:
    """What a job's command line gives away, each by a name that says whether it is a secret."""
    for name, value in job.args.items():
        for item in value if isinstance(value, list | tuple) else [value]:
            if isinstance(item, str):
                yield {name: item}
            elif not isinstance(item, bool) and len(str(item)) >= LONG_NUMBER:
                yield {name: str(item)}
    words = job.argv or [item for item in job.args.values() if isinstance(item, str)]
    for name, value in secret_words(words):
        yield {name: value}


def filled_for(run: Run, job: JobDefinition, argv: list[str]) -> list[str]:
    """The argument list of a run, with what its placeholders stand for."""
    if not any("{" in word for word in argv):
        return argv
    from peak_console.jobs.placeholders import Moment, filled

    slot = run.scheduled_for or run.claimed_at
    return filled(argv, Moment(job, run_id=run.id, attempt=run.attempt, slot=slot))


def refuse_stale(run: Run, job: JobDefinition, base: str | None) -> None:
    """Raise ``StartError`` where a file that a job requires is missing or too old: the last check before any start."""
    from peak_console.clock import SystemClock
    from peak_console.jobs.freshness import first_stale

    slot = run.scheduled_for or run.claimed_at
    stale = first_stale(job, job.requires, slot=slot, now=SystemClock().now(), run_id=run.id, base=base)
    if stale is not None:
        raise StartError(stale)


class Launcher:
    """Makes run specifications, and masks what must not be recorded. Replaced whole on a reload."""

    def __init__(
        self,
        jobset: JobSet,
        directory: str,
        environ: Mapping[str, str],
        make_spec: Callable[[JobDefinition, Run], RunSpec] | None = None,
    ) -> None:
        """``make_spec`` makes run specifications in place of what is found on this machine."""
        self._directory = directory
        self._make_spec = make_spec
        self._python = jobset.settings.python
        self._environ = dict(environ)
        self._secrets: list[Mapping[str, str]] = [environ]
        self._base = jobset.base
        # Jobs read .env themselves, and repeat it in errors.
        if make_spec is None and os.path.exists(os.path.join(self._base or "", ".env")):
            self._secrets.append(dotenv_to_mask(self._base or os.getcwd()))
        self._own = jobset.jobs
        for job in jobset.jobs.values():
            self._secrets += (
                [job.env, {name: meta_text(value) for name, value in job.meta.items()}] if job.meta else [job.env]
            )
            self._secrets += secrets_of(job)
        self._secrets += [{"CHANNEL_SECRET": channel.url} for channel in jobset.channels]
        self.redactor = Redactor.from_environments(*self._secrets)
        self._learning = allocate_lock()
        """Specifications may be made in several threads."""
        self._resolved: dict[int, list[str]] = {}
        self._learned: dict[str, set[str]] = {}
        self._shown: dict[str, tuple[JobDefinition, list[str], dict[str, object]]] = {}

    @property
    def looks_around(self) -> bool:
        """Whether a specification asks the file systems of this machine."""
        return self._make_spec is None

    def job(self, name: str) -> JobDefinition | None:
        """The definition of a job in the jobs file; ``None`` where it has none."""
        return self._own.get(name)

    def shown(self, job: JobDefinition) -> tuple[list[str], dict[str, object]]:
        """The command line as written, not resolved, and the arguments, both with secrets masked."""
        known = self._shown.get(job.name)
        if known is None or known[0] is not job:
            self._learn_arguments(job)
            command = self.redactor.argv([job.command, *build_command_args(job)])
            known = self._shown[job.name] = (job, command, self._recorded(job))
        return known[1], known[2]

    def _recorded(self, job: JobDefinition) -> dict[str, object]:
        """A job's arguments with secrets masked; those that are not the job's own are told from those that are."""
        masked = self.redactor.args(job.args)
        own = self._own.get(job.name if job.member is None else job.member.array)
        if own is None or own is job:
            return masked
        values = zip(masked.items(), job.args.items(), strict=True)
        return {
            shown: GIVEN if mask != value and own.args.get(name) != value else mask
            for (shown, mask), (name, value) in values
        }

    def _learn_arguments(self, job: JobDefinition) -> None:
        """Mask the secrets among arguments that a person has given."""
        if self._own.get(job.name) is job or job.member is not None:  # its array's have been learned
            return
        new = [secret for secret in secrets_of(job) if secret not in self._secrets]
        if new:
            self._secrets += new
            self.redactor = Redactor.from_environments(*self._secrets)

    def with_args_of(self, job: JobDefinition, run: Run) -> JobDefinition:
        """A job with the arguments its run was claimed with; a masked one is the job's own."""
        shown = self.shown(job)[1]
        if run.args == shown:
            return job
        args = {name: job.args[name] if shown.get(name) == value else value for name, value in run.args.items()}
        return replace(job, args=args)

    def command_of(self, run_id: int) -> list[str]:
        """The command line that a run is being started with, masked."""
        return self.redactor.argv(self._resolved.get(run_id, []))

    def resolved(self, run_id: int) -> list[str]:
        """The command line that a run has just been started with, masked. To be asked once."""
        return self.redactor.argv(self._resolved.pop(run_id, []))

    def spec(self, job: JobDefinition, run: Run) -> RunSpec:
        """What is needed to start a run. Raises ``StartError`` with why it cannot be."""
        if self._make_spec is not None:
            return self._make_spec(job, run)
        lost = next((name for name, value in job.args.items() if value == GIVEN), None)
        if lost is not None:
            what = "a secret given by hand" if lost[:1] != "$" and job.argv is None else "given by hand"
            raise StartError(
                f"{lost} was {what}, which is nowhere kept; give it again: peak-console run "
                f"{word(job.name)} --set {word(lost)}=…"
            )
        if run.executor != LOCAL:
            return self._spec_elsewhere(job, run)
        environment = job_environment(
            job,
            self._environ,
            run_id=run.id,
            scheduled_for=run.scheduled_for,
            attempt=run.attempt,
            trigger=run.triggered_by,
            state_dir=self._directory,
            directory=self._base,
        )
        if job.env_file is not None:
            self._learn(job, environment)
        cwd = working_directory(job, self._base)
        if job.cwd is not None:
            os.path.isdir(cwd)  # one that does not answer is found out here, not by the process that starts all runs
        if job.requires:
            refuse_stale(run, job, self._base)
        argv = filled_for(run, job, resolve_command(job, self._python, environment, cwd))
        self._resolved[run.id] = argv
        return RunSpec(
            run_id=run.id,
            argv=argv,
            env=environment,
            cwd=cwd if job.cwd is not None or self._base is not None else None,
            max_output_bytes=job.max_output_bytes,
            executor=run.executor,
            job=job.name,
            timeout_seconds=job.timeout_seconds,
            kill_grace_seconds=job.kill_grace_seconds,
        )

    def _spec_elsewhere(self, job: JobDefinition, run: Run) -> RunSpec:
        """As ``spec``, for another machine: nothing of our own environment, and the command is found there."""
        environment = job_environment(
            job, {}, run_id=run.id, scheduled_for=run.scheduled_for, attempt=run.attempt, trigger=run.triggered_by,
            state_dir=self._directory, directory=self._base,
        )  # fmt: skip
        del environment["PEAK_CONSOLE_STATE_DIR"]  # no other machine may open the registry
        if job.env_file is not None:
            self._learn(job, environment)
        program = self._python if self._python and job.command in PYTHONS else job.command
        self._resolved[run.id] = argv = filled_for(run, job, [program, *build_command_args(job)])
        return RunSpec(
            run_id=run.id,
            argv=argv,
            env=environment,
            cwd=working_directory(job, self._base),
            max_output_bytes=job.max_output_bytes,
            executor=run.executor,
            job=job.name,
            timeout_seconds=job.timeout_seconds,
            kill_grace_seconds=job.kill_grace_seconds,
            resources=job.resources or Resources(),
        )

    def _learn(self, job: JobDefinition, environment: Mapping[str, str]) -> None:
        """Mask the secrets of an environment file from now on; it may have changed since the last run."""
        own = {name: value for name, value in environment.items() if self._environ.get(name) != value}
        with self._learning:
            if self._learned.get(job.name) != set(own.values()):
                self._learned[job.name] = set(own.values())
                self._secrets.append(own)
                self.redactor = Redactor.from_environments(*self._secrets)
