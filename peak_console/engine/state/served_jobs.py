"""The jobs that an engine serves: everything that a reload replaces, in one object."""

from __future__ import annotations

from peak_console.schedule.zones import zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from peak_console.decisions.planner import Planner
    from peak_console.decisions.serving import Share
    from peak_console.engine.supervision.launch import Launcher
    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.model.records import EngineInfo, Run
    from peak_console.store.store import Store

GONE_SECONDS = 5.0
"""How long a job has to be missing from the jobs file before its queued runs are given up."""


class ServedJobs:
    """The jobs file that an engine works by, its share of the jobs, and what is made of both."""

    jobset: JobSet
    """The whole jobs file."""
    jobs: dict[str, JobDefinition]
    """The jobs of ``jobset`` that this engine serves: its tags select them, and no other engine serves them."""
    contested: Mapping[str, EngineInfo]
    """The jobs that its tags select too, but that another engine serves."""
    planner: Planner
    launcher: Launcher
    loaded_at: float
    """When ``jobset`` was taken up, in seconds on the monotonic clock."""

    __slots__ = ("_definitions", "contested", "jobs", "jobset", "launcher", "loaded_at", "planner")

    def __init__(self, jobset: JobSet, share: Share, planner: Planner, launcher: Launcher, loaded_at: float) -> None:
        self.replace(jobset, share, planner, launcher, loaded_at)

    def replace(self, jobset: JobSet, share: Share, planner: Planner, launcher: Launcher, loaded_at: float) -> None:
        """Serve another jobs file."""
        self.jobset, self.launcher, self.loaded_at = jobset, launcher, loaded_at
        self._definitions: dict[str, tuple[JobDefinition, str]] = {}
        self.replace_share(share, planner)

    def replace_share(self, share: Share, planner: Planner) -> None:
        """Serve other jobs of the same jobs file."""
        self.jobs, self.contested, self.planner = share.jobs, share.contested, planner

    def definition_of(self, job: JobDefinition) -> str:
        """A definition as it is kept with a run, a line for each field; made once for each job."""
        known = self._definitions.get(job.name)
        if known is None or known[0] is not job:
            from peak_console.decisions.past.definition_text import lines_of

            redactor = self.launcher.redactor
            text = "\n".join(f"{name} = {value}" for name, value in lines_of(job, redactor.args).items())
            known = self._definitions[job.name] = (job, redactor.text(text))
        return known[1]

    def job_of(self, run: Run) -> JobDefinition | None:
        """The definition of a run's job as it is now; ``None`` for a job that is not served here."""
        job = self.jobs.get(run.defined_by)
        if job is None or run.array_of is None:
            return job
        from peak_console.jobs.arrays import member_of

        return member_of(job, run)

    def is_gone(self, job: str, monotonic: float) -> bool:
        """Whether a job has left the jobs file for good; while the file is written, jobs are missing for a moment."""
        return job not in self.jobset.jobs and monotonic - self.loaded_at >= GONE_SECONDS

    def zone_of(self, job: JobDefinition | None) -> tzinfo:
        """The time zone in which a job's times are shown; without a job, that of the jobs file."""
        name = job.schedule.timezone if job is not None else None
        return zone(name or self.jobset.settings.timezone)

    def remember_changes(self, store: Store) -> None:
        """Record the slots that the planner has decided without a start; inside a transaction."""
        store.remember([self.planner.states[name] for name in self.planner.changed])
        self.planner.changed.clear()
