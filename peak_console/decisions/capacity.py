"""How many more runs may start at this moment, under ``max_concurrent_runs`` and the limits of groups."""

from __future__ import annotations

from peak_console.model.terms import LOCAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peak_console.jobs.model import JobDefinition, JobSet

_NO_LIMITS: Mapping[str, int] = {}


class Capacity:
    """A limit on runs at a time, the limits of groups, and the places that are taken."""

    __slots__ = ("_in_group", "groups", "limit", "taken", "yields")

    def __init__(
        self,
        limit: int,
        taken: int,
        groups: Mapping[str, int] = _NO_LIMITS,
        in_group: Mapping[str, int] | None = None,
    ) -> None:
        """``groups`` gives the most runs of each group, ``in_group`` how many there are."""
        self.limit = limit
        """The most runs at a time; 0 means any number."""
        self.taken = taken
        """How many places are taken. A caller whose transaction fails sets them back."""
        self.groups = groups
        self._in_group = dict(in_group or {})
        self.yields = False
        """Whether nothing may start now, because others that wait are to choose first."""

    @property
    def is_full(self) -> bool:
        """Whether no further run may start now."""
        return self.yields or (self.limit > 0 and self.taken >= self.limit)

    def is_full_for(self, job: JobDefinition) -> bool:
        """Whether no run of a job may start now. The places are this machine's: other executors have their own."""
        if job.array is not None:
            return False
        return self.yields or (self.is_full and job.executor == LOCAL)

    @property
    def is_limited(self) -> bool:
        """Whether there is any limit at all."""
        return bool(self.limit or self.groups)

    @property
    def free(self) -> int | None:
        """How many more runs may start now; ``None`` means any number."""
        return max(0, self.limit - self.taken) if self.limit else None

    def is_group_full(self, job: JobDefinition) -> bool:
        """Whether a job's group has as many runs as its limit allows."""
        if job.array is not None:
            return False
        most = self.groups.get(job.group) if job.group is not None else None
        return most is not None and self._in_group.get(job.group or "", 0) >= most

    def take(self, job: JobDefinition) -> bool:
        """Take a place for a run of a job; ``False`` if none is free. Every run of this machine takes one place.

        An array takes none: its runs do.
        """
        if job.array is not None:
            return True
        if self.is_full_for(job) or self.is_group_full(job):
            return False
        self.taken += job.executor == LOCAL
        if job.group is not None:
            self._in_group[job.group] = self._in_group.get(job.group, 0) + 1
        return True

    def copy(self) -> Capacity:
        """A copy of the places, as they are taken now."""
        return Capacity(self.limit, self.taken, self.groups, self._in_group)

    def set_to(self, other: Capacity) -> None:
        """Have the same places taken as in another one."""
        self.taken, self._in_group = other.taken, dict(other._in_group)


def capacity_of(jobset: JobSet, active: Sequence[str]) -> Capacity:
    """The places under a jobs file's limits, with the runs under way, each given by its job's name."""
    in_group: dict[str, int] = {}
    if jobset.groups:
        for name in active:
            job = jobset.jobs.get(name)
            if job is not None and job.group is not None:
                in_group[job.group] = in_group.get(job.group, 0) + 1
    elsewhere = {name for name, job in jobset.jobs.items() if job.executor != LOCAL} if jobset.executors else ()
    taken = sum(name not in elsewhere for name in active) if elsewhere else len(active)
    return Capacity(jobset.settings.max_concurrent_runs, taken, jobset.groups, in_group)
