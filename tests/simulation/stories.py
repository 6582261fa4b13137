"""A story: the jobs of a world, and what is done to it, all drawn from one seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from peak_console.jobs.model import Array, CatchUp, JobSet, Overlap, SchedulerSettings, Upstream
from peak_console.schedule.model import JobSchedule, SessionRule
from peak_console.values import replace
from tests.simulation.days import desk
from tests.support.factories import make_job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.jobs.model import JobDefinition

CRONS = ("* * * * *", "* * * * *", "*/2 * * * *", "*/5 * * * *", "3,4,5 * * * *", "30 */2 * * *")
SECONDS = (0.2, 1.0, 1.0, 7.0, 20.0, 70.0)
SMALL_SEEDS = 1000
"""The worlds of lower seeds have few jobs and short stories, for the tests of each day."""


GROUP = "api"
ENGINES = (((),), (("a",), ("b",)), ((), ()))
"""One engine, two that share the jobs, or one that stands by for the other: of each the tags that it selects."""


@dataclass(frozen=True)
class Shape:
    """What the jobs of a world have to do with each other."""

    has_groups: bool
    has_chains: bool
    has_calendar: bool


@dataclass(frozen=True)
class Action:
    """One thing that is done to the world."""

    kind: str
    number: int = 0
    seconds: float = 0.0
    job: str = ""

    def __str__(self) -> str:
        words = [
            self.kind,
            self.job,
            f"{self.number}" if self.number else "",
            f"{self.seconds:g}s" if self.seconds else "",
        ]
        return " ".join(filter(None, words))


@dataclass(frozen=True)
class Story:
    """A world before it begins."""

    seed: int
    jobset: JobSet
    edited: Sequence[JobSet]
    """Other jobs files that are saved in its course."""
    actions: Sequence[Action]
    engines: Sequence[tuple[str, ...]]
    """For each engine the tags that it selects."""
    judges: bool
    has_true_clock: bool
    """Whether its clock never leaps."""

    def with_actions(self, actions: Sequence[Action]) -> Story:
        return Story(self.seed, self.jobset, self.edited, actions, self.engines, self.judges, self.has_true_clock)


def story(seed: int) -> Story:
    """The story of a seed."""
    lot = Random(seed)
    engines = lot.choices(ENGINES, (86, 6, 8))[0]
    names = [
        f"job{number}" for number in range(lot.choice((1, 2, 4, 6) if seed < SMALL_SEEDS else (1, 4, 20, 40, 60, 60)))
    ]
    places = lot.choice((0, 0, 1 + len(names) // 8, 2 + len(names) // 4))
    shape = Shape(lot.random() < 0.3, lot.random() < 0.3, lot.random() < 0.2)
    base = [_with_array(_job(name, lot, shape), Random(f"{seed} {name}")) for name in names]
    groups = {GROUP: lot.randint(1, 3)} if shape.has_groups else {}
    calendars = {"desk": desk()} if shape.has_calendar else {}
    true_clock = lot.random() < 0.5
    edits = [_edited(base, lot, shape) for _ in range(lot.randint(0, 2))]
    settings = SchedulerSettings(timezone=lot.choice(("UTC", "Europe/Berlin")), max_concurrent_runs=places)
    sets = [
        JobSet("/etc/peak/jobs.toml", {job.name: job for job in jobs}, settings, groups=groups, calendars=calendars)
        for jobs in (base, *edits)
    ]
    actions = [
        _action(lot, names, len(edits), true_clock=true_clock)
        for _ in range(lot.randint(20, 40) if seed < SMALL_SEEDS else lot.randint(40, 120))
    ]
    return Story(seed, sets[0], sets[1:], actions, engines, lot.random() < 0.15, true_clock)


def _job(name: str, lot: Random, shape: Shape) -> JobDefinition:
    schedule = _schedule(lot, shape)
    return make_job(
        name,
        overlap=lot.choice(list(Overlap)),
        catch_up=lot.choice(list(CatchUp)),
        retries=lot.choice((0, 0, 1, 3)),
        retry_delay_seconds=lot.choice((0, 5, 90)),
        timeout_seconds=lot.choice((0, 15, 100)),
        kill_grace_seconds=lot.choice((0, 2, 10)),
        misfire_grace_seconds=lot.choice((None, None, 30, 4000)),
        tags=(lot.choice("ab"),),
        enabled=lot.random() < 0.95,
        group=GROUP if shape.has_groups and name[-1] in "02468" else None,
        priority=lot.choice((0, 0, 5)) if shape.has_groups else 0,
        after=_upstreams(name, lot) if shape.has_chains else (),
        wait_at_most=600,
        if_failed=lot.choice(("wait", "skip", "run")) if shape.has_chains else "wait",
        **schedule,
    )


def _with_array(job: JobDefinition, lot: Random) -> JobDefinition:
    """Some jobs are arrays. By dice of their own: all others stay as they are in a world of this seed."""
    if lot.random() < 0.75:
        return job
    size = lot.randint(1, 5)
    array = Array(tuple(range(size)), lot.choice((0, 1, 2)), lot.choice(("all", "any", lot.randint(1, size))))
    return replace(job, array=array)


def _schedule(lot: Random, shape: Shape) -> dict[str, Any]:
    """The fields of a job's schedule."""
    if lot.random() >= 0.7:
        return {"interval_seconds": lot.choice((30, 90, 600))}
    cron = lot.choice(CRONS)
    if not shape.has_calendar or lot.random() < 0.4:
        return {"cron": cron}
    if lot.random() < 0.5:
        return {"cron": cron, "sessions": SessionRule(desk())}
    rule = SessionRule(desk(), every=lot.choice(("2m", "10m")), begin=lot.choice((None, "open+1h")))
    return {"schedule": JobSchedule("session", timezone="UTC", sessions=rule)}


def _upstreams(name: str, lot: Random) -> tuple[Upstream, ...]:
    """A job may wait for one with a lower number, so that no chain bites its tail."""
    number = int(name.removeprefix("job"))
    return (Upstream(f"job{lot.randrange(number)}"),) if number and lot.random() < 0.4 else ()


def _edited(base: Sequence[JobDefinition], lot: Random, shape: Shape) -> list[JobDefinition]:
    jobs = [_job(job.name, lot, shape) if lot.random() < 0.3 else job for job in base if lot.random() < 0.9]
    kept = {job.name for job in jobs}
    jobs = [job if {each.job for each in job.after} <= kept else replace(job, after=()) for job in jobs]
    return jobs or [replace(base[0], after=())]


WEIGHTS = {
    "go": 25, "crash": 130, "refuse": 6, "full": 4, "down": 4, "suspend": 3, "leap": 3, "reload": 4, "hold": 2,
    "release": 4, "disable": 3, "enable": 3, "run": 5, "stop": 4, "lose": 3, "hold_some": 3, "release_some": 4,
    "spoil": 2,
}  # fmt: skip


def _action(lot: Random, names: Sequence[str], edits: int, *, true_clock: bool) -> Action:
    kind = lot.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    if kind == "leap" and true_clock:
        kind = "go"
    if kind == "go":
        return Action(kind, number=lot.choice((1, 2, 5, 20, 40)))
    if kind == "crash":
        return Action(kind, number=int(lot.expovariate(1 / 40)), seconds=lot.choice((0, 0, 0, 0, 3, 70, 900)))
    if kind in ("refuse", "full"):
        return Action(kind, number=int(lot.expovariate(1 / 10)), seconds=lot.choice((1, 1, 2, 5, 12)))
    if kind in ("down", "suspend"):
        return Action(kind, seconds=lot.choice((1, 20, 100, 3000, 20000)))
    if kind == "leap":
        return Action(kind, seconds=lot.choice((-7200, -600, -5, 0.5, 5, 600, 7200)))
    if kind == "reload":
        return Action(kind, number=lot.randint(0, edits))
    if kind in ("disable", "enable"):
        return Action(kind, job=lot.choice(names), seconds=lot.choice((0, 0, 60, 900)))
    if kind in ("hold_some", "release_some"):
        return Action(kind, job=lot.choice("ab"), seconds=lot.choice((0, 60, 900, 5000)))
    if kind in ("run", "stop"):
        return Action(kind, job=lot.choice(names))
    return Action(kind)


def script_lot(seed: int, run: str) -> Random:
    """What becomes of one run depends on the seed and the run alone, so that a shorter story changes no other run."""
    return Random(f"{seed}/{run}")
