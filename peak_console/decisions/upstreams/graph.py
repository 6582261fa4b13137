"""Which jobs wait for which, as a graph. Pure; no recursion, as chains may be thousands of jobs long."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from peak_console.jobs.model import JobDefinition


class Graph:
    """The chains of a jobs file."""

    def __init__(self, jobs: Mapping[str, JobDefinition]) -> None:
        self.jobs = jobs
        self._followers: dict[str, list[str]] = {}
        for job in jobs.values():
            for upstream in job.after:
                self._followers.setdefault(upstream.job, []).append(job.name)

    def upstreams(self, job: str) -> Sequence[str]:
        """The jobs that one waits for itself."""
        return [each.job for each in self.jobs[job].after] if job in self.jobs else []

    def followers(self, job: str) -> Sequence[str]:
        """The jobs that wait for one themselves."""
        return self._followers.get(job, ())

    def downstream(self, job: str) -> list[str]:
        """Every job that waits for one, itself or through others, each after all that it waits for."""
        return self._ordered(_reached(job, self.followers))

    def upstream(self, job: str) -> list[str]:
        """Every job that one waits for, itself or through others, each after all that it waits for."""
        return self._ordered(_reached(job, self.upstreams))

    def chained(self, job: str | None = None) -> list[str]:
        """The jobs of all chains, or of those that one is part of, each after all that it waits for."""
        if job is None:
            return self._ordered({name for name in self.jobs if self.upstreams(name) or self.followers(name)})
        return self._ordered({job, *_reached(job, lambda name: [*self.upstreams(name), *self.followers(name)])})

    def first(self, names: Iterable[str]) -> list[str]:
        """Those of some jobs that wait for none of them."""
        chosen = set(names)
        return [name for name in self._ordered(chosen) if chosen.isdisjoint(self.upstreams(name))]

    def _ordered(self, names: set[str]) -> list[str]:
        """Each after all that it waits for; else in the order of the file."""
        waits = {name: sum(each in names for each in set(self.upstreams(name))) for name in self.jobs if name in names}
        ready = [name for name, count in waits.items() if count == 0]
        found: list[str] = []
        while ready:
            name = ready.pop(0)
            found.append(name)
            for follower in dict.fromkeys(self.followers(name)):
                if follower in waits:
                    waits[follower] -= 1
                    if waits[follower] == 0:
                        ready.append(follower)
        return found


def _reached(job: str, neighbours: Callable[[str], Sequence[str]]) -> set[str]:
    seen = {job}
    waiting = [job]
    while waiting:
        for name in neighbours(waiting.pop()):
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return seen - {job}
