"""What an engine knows of the chains of its jobs file, and which upstreams have changed since it last looked."""

from __future__ import annotations

from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from peak_console.decisions.upstreams.chains import AsksUpstreams, Outlook
    from peak_console.engine.state.holds import JobHolds
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.model.state import JobState
    from peak_console.store.store import Store

LOOK_SECONDS = 5.0
"""How often every slot that waits for upstreams is looked at, also without news of these."""


class ChainLooks:
    """Asks the registry about upstreams. What it answers is as fresh as the registry."""

    __slots__ = ("_changed", "_holds", "_known", "_looked_at", "_served", "_store")

    def __init__(self, store: Store, served: ServedJobs, holds: JobHolds) -> None:
        self._store = store
        self._holds = holds
        self._served = served
        self._changed: set[str] = set()
        self._looked_at: float | None = None
        self._known: tuple[JobSet, bool, frozenset[str]] | None = None

    def at(self, now: datetime) -> AsksUpstreams:
        """What the upstreams of a job say, at this moment, of its slot of a round."""
        return partial(self._outlook, now)

    def _outlook(self, now: datetime, job: JobDefinition, moment: datetime, by_hand: bool = False) -> Outlook:
        from peak_console.decisions.upstreams.chains import recorded

        def is_held(other: JobDefinition) -> bool:
            return self._holds.of(other, now) is not None

        jobset = self._served.jobset
        ask = recorded(jobset.jobs, self.state_of, self._store, jobset.settings.timezone, now, is_held)
        return ask(job, moment, by_hand)

    def state_of(self, job: str) -> JobState | None:
        """What is remembered of a job, whichever engine serves it."""
        if job in self._served.jobs:
            return self._served.planner.states.get(job)
        return self._store.job_states().get(job)  # another engine serves it

    @property
    def follow_runs(self) -> bool:
        """Whether there are jobs that each run of another one triggers."""
        return self._links()[1]

    def is_awaited(self, job: str) -> bool:
        """Whether other jobs wait for runs of a job."""
        return job in self._links()[2]

    def _links(self) -> tuple[JobSet, bool, frozenset[str]]:
        """What is asked at the end of each run, looked up once for a jobs file."""
        jobset = self._served.jobset
        if self._known is None or self._known[0] is not jobset:
            jobs = jobset.jobs.values()
            follow = any(job.round == "run" for job in jobs)
            self._known = (jobset, follow, frozenset(each.job for job in jobs for each in job.after))
        return self._known

    # What has changed.

    def touch(self, job: str) -> None:
        """Note that something has become of a job's runs."""
        self._changed.add(job)

    def touch_all(self) -> None:
        """Note that something may have become of every job's runs."""
        self._looked_at = None

    def take_changed(self, monotonic: float) -> Callable[[JobDefinition], bool]:
        """Which jobs may hear something new from their upstreams, once."""
        changed, self._changed = self._changed, set()
        if self._looked_at is None or monotonic - self._looked_at >= LOOK_SECONDS:
            self._looked_at = monotonic
            return lambda _job: True
        return lambda job: any(each.job in changed for each in job.after)
