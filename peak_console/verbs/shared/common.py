"""What the verbs share: the jobs that the tags select, the registry, and how a job is found by its name."""

from __future__ import annotations

from peak_console.clock import SystemClock
from peak_console.decisions.holding.holds import is_over
from peak_console.decisions.job_status import all_blackouts
from peak_console.decisions.selection import tags_of
from peak_console.errors import JobsFileError, UnknownJobError
from peak_console.jobs.file.loader import filter_jobs_by_tags
from peak_console.jobs.state_place import state_directory
from peak_console.jobs.watching.answering import probe_jobs_file, probe_state
from peak_console.jobs.watching.standing import load_written
from peak_console.schedule.zones import zone
from peak_console.store.store import Store
from peak_console.text import safe
from peak_console.values import dataclass
from peak_console.verbs.shared.output import note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from datetime import datetime, tzinfo
    from types import TracebackType
    from typing import Self

    from peak_console.decisions.holding.blackouts import Blackouts
    from peak_console.jobs.beside import Gate
    from peak_console.jobs.blackouts import Blackout
    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.model.state import Hold


LONGEST_NUMBER = 18
"""Digits; the registry gives no run and no alert a number with more."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a verb looks at, at one moment. ``with`` closes the registry."""

    jobset: JobSet | None
    """``None`` when the jobs file cannot be used and the verb goes on without it."""
    jobs: dict[str, JobDefinition]
    """Those that the tags select, by name, in the file's order."""
    include_tags: Sequence[str]
    exclude_tags: Sequence[str]
    directory: str
    store: Store | None
    """Open for reading; ``None`` while nothing has been recorded."""
    now: datetime
    """Aware, UTC."""
    file_error: JobsFileError | None = None
    """Why there is no ``jobset``."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.store is not None:
            self.store.close()

    @property
    def holds(self) -> list[Hold]:
        """The holds that are not on all jobs and not over."""
        return [each for each in self.store.holds() if not is_over(each, self.now)] if self.store is not None else []

    @property
    def is_filtered(self) -> bool:
        """Whether tags were given."""
        return bool(self.include_tags or self.exclude_tags)

    @property
    def gates(self) -> Sequence[Gate]:
        """The gates of the jobs file."""
        return self.jobset.gates if self.jobset is not None else ()

    @property
    def blackouts_in_file(self) -> Sequence[Blackout]:
        """The blackouts of the jobs file."""
        return self.jobset.blackouts if self.jobset is not None else ()

    @property
    def blackouts(self) -> Blackouts | None:
        """Those of the jobs file, and those that people have added; ``None`` where there is none."""
        return all_blackouts(self.blackouts_in_file, self.store)

    @property
    def zone(self) -> tzinfo:
        """The scheduler's zone: naive times are read in it, and what is past is shown in it."""
        return zone(self.jobset.settings.timezone if self.jobset is not None else None)

    def zone_name_of(self, job: JobDefinition) -> str | None:
        """The IANA name of a job's zone, ``None`` for the machine's own."""
        return job.schedule.timezone or (self.jobset.settings.timezone if self.jobset is not None else None)

    def zone_of(self, job: JobDefinition) -> tzinfo:
        """The zone that a job's slots are shown in."""
        return zone(self.zone_name_of(job))

    def job(self, name: str) -> JobDefinition:
        """The selected job called ``name``. Raises ``UnknownJobError``, naming the nearest one."""
        if name in self.jobs:
            return self.jobs[name]
        if self.jobset is not None and name in self.jobset.jobs:
            raise UnknownJobError(f'job "{safe(name)}" is left out by the tags; ask without --include/--exclude-tags')
        from peak_console.engine.commands.answers import unknown_job

        raise UnknownJobError(unknown_job(name, self.jobs))

    def recorded_job(self, name: str) -> str:
        """A name whose runs may be shown: a selected job's, or one that only the registry still knows.

        Raises ``UnknownJobError``. The tags of a job that has left the file are not known, so a selection by tags
        leaves it out.
        """
        known = self.jobset.jobs if self.jobset is not None else {}
        if name not in known and not self.is_filtered and self.store and self.store.runs(jobs=[name], limit=1):
            return name
        return self.job(name).name

    def shows(self, job: str) -> bool:
        """Whether runs of a job called ``job`` are to be shown: every one while no tags are given."""
        return not self.is_filtered or job in self.jobs


def load_noted(path: str) -> JobSet:
    """The jobs file, with a note if a program is still writing it. Raises ``JobsFileError``."""
    return load_written(path, lambda why: note(f"{path}: {why}"))


def select(options: Namespace, *, needs_jobs: bool = True) -> Selection:
    """Read the jobs file and open the registry for reading.

    With ``needs_jobs=False`` a jobs file that cannot be used is only noted, as long as there is a registry to show
    and no tags ask for what only the file knows.

    Raises:
        JobsFileError: the jobs file cannot be used.
        StateError: the registry cannot be used.
    """
    include, exclude = tags_of(options.include_tags), tags_of(options.exclude_tags)
    jobset, error = None, None
    probe_jobs_file(options.config)
    try:
        jobset = load_noted(options.config)
    except JobsFileError as refused:
        if needs_jobs or include or exclude:
            raise
        error = refused
    configured = jobset.settings.state_dir if jobset is not None else None
    directory = state_directory(options.config, options.state_dir, configured)
    probe_state(directory)
    store = Store.look(directory)
    if error is not None and store is None:
        raise error
    jobs = filter_jobs_by_tags(jobset.jobs.values(), include, exclude) if jobset is not None else []
    return Selection(
        jobset=jobset,
        jobs={job.name: job for job in jobs},
        include_tags=include,
        exclude_tags=exclude,
        directory=directory,
        store=store,
        now=SystemClock().now(),
        file_error=error,
    )


def note_file_error(selection: Selection) -> None:
    """Say on stderr that the jobs file cannot be used, where the verb goes on without it."""
    if selection.file_error is not None:
        note(f"{selection.file_error}\nshowing what {selection.directory} holds")


def note_no_jobs(selection: Selection) -> None:
    """Say on stderr why there is no job to show."""
    if selection.jobset is None or selection.jobs:
        return
    if selection.jobset.jobs:
        note(f"no job in {selection.jobset.path} has the tags asked for; see: peak-console jobs, without tags")
    else:
        note(f"{selection.jobset.path} holds no jobs yet; add a [[job]] table with a name and args to it")


def number_of(text: str) -> int | None:
    """The run or alert that ``#123`` or ``123`` names; ``None`` when no number stands there that one can have."""
    digits = text.removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_NUMBER else None
