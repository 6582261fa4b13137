"""Which engine serves which job, where several share a state directory by tags.

An engine serves the jobs that its tags select, apart from those that another living engine serves already: who has a
job keeps it, until it leaves or its own jobs file and tags no longer name the job. That is looked up and recorded in
one transaction, so two engines never think that they serve the same job.
"""

from __future__ import annotations

from datetime import timedelta

from peak_console.jobs.file.loader import filter_jobs_by_tags
from peak_console.model.terms import RESIDENT_MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.model.records import EngineInfo

PASSING = timedelta(minutes=15)
"""A job that ``--once`` has served within this time counts as served: cron starts the next one in time."""
NAMES_SHOWN = 5


def others(engines: Sequence[EngineInfo], lock: str) -> list[EngineInfo]:
    """The engines that serve beside the one that holds a lock, the one that began first at first."""
    return [each for each in engines if each.serves and each.lock != lock]


def serves(engine: EngineInfo, job: str) -> bool:
    return engine.jobs is None or job in engine.jobs


class Share:
    """What an engine with some tags may serve beside others."""

    __slots__ = ("_is_selective", "contested", "jobs", "wanted")

    def __init__(
        self, jobset: JobSet, include_tags: Sequence[str], exclude_tags: Sequence[str], others: Sequence[EngineInfo]
    ) -> None:
        selected = filter_jobs_by_tags(jobset.jobs.values(), include_tags, exclude_tags)
        self._is_selective = bool(include_tags or exclude_tags)
        self.wanted: Mapping[str, JobDefinition] = {job.name: job for job in selected}
        self.contested: dict[str, EngineInfo] = {}
        """Those that another engine serves already, and which."""
        for engine in others:
            # By another jobs file the same name may be another job, and a job of ours gone.
            elsewhere = engine.jobs_file is not None and engine.jobs_file != jobset.path
            taken = [name for name in self.wanted if elsewhere or serves(engine, name)]
            self.contested.update((name, engine) for name in taken if name not in self.contested)
        self.jobs = {name: job for name, job in self.wanted.items() if name not in self.contested}

    def names(self) -> Sequence[str] | None:
        """What is recorded of it: the jobs by name, or ``None`` for all."""
        return None if not (self.contested or self._is_selective) else list(self.jobs)

    def blocked_by(self, mode: str) -> EngineInfo | None:
        """Who keeps an engine of that mode from serving: it does not begin then.

        One that stays waits for any engine that has one of its jobs. One that passes waits for others that pass, and
        serves what the engines that stay leave to it, unless that is nothing.
        """
        rivals = list(self.contested.values())
        if mode in RESIDENT_MODES:
            return rivals[0] if rivals else None
        passing = [each for each in rivals if each.mode not in RESIDENT_MODES]
        if passing:
            return passing[0]
        return rivals[0] if rivals and not self.jobs else None

    def overlap(self, engine: EngineInfo) -> list[str]:
        """The jobs that it and another engine would both serve."""
        return [name for name, each in self.contested.items() if each is engine]


def not_served(job: str, engines: Sequence[EngineInfo]) -> str:
    """What to say to who asks for a run of a job that no engine serves."""
    who = "; ".join(each.named for each in engines if each.serves)
    return f"{job}: not served: no engine selects it ({who}); start one that does, or run it with peak-console run"


def listed(names: Sequence[str]) -> str:
    """Names in words: some of them, and how many more."""
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


class Coverage:
    """Who serves what, as a front end shows it."""

    __slots__ = ("_passed", "engines")

    def __init__(self, engines: Sequence[EngineInfo], now: datetime) -> None:
        self.engines = [each for each in engines if each.serves]
        self._passed = [
            each
            for each in engines
            if not each.serves and each.mode == "once" and each.started_at and now - each.started_at < PASSING
        ]

    def why_not_served(self, job: str) -> str | None:
        """Why nobody is going to start a job; ``None`` where somebody is, and where there is no engine at all."""
        if not self.engines or any(serves(each, job) for each in (*self.engines, *self._passed)):
            return None
        return "no engine selects it (" + "; ".join(each.named for each in self.engines) + ")"
