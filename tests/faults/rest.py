"""What follows every scenario: an engine that is left in peace until nothing is left to do, and the audit."""

from __future__ import annotations

import signal
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING, Any

from peak_console.model.records import Outcome, RunState
from tests.faults.audit import audit
from tests.faults.points import Plan
from tests.faults.world import looking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.faults.audit import Found
    from tests.faults.tally import Tally
    from tests.faults.world import Engine, NotingJob, World

NEVER_AGAIN_SECONDS = 86400.0


def come_to_rest(
    world: World,
    jobs: Sequence[NotingJob],
    settings: Mapping[str, Any],
    *,
    engine: Engine | None = None,
    unwatched: frozenset[str] = frozenset(),
    held: bool = False,
) -> list[str]:
    """Let an engine go on until every job has had another slot, then until no run is left; what went wrong.

    Without an ``engine``, one that dies at no point is started. ``unwatched`` jobs need no slot; ``held``: there may be
    a hold to be released.
    """
    world.save(world.jobs_text(list(jobs), settings))
    engine = engine or world.start("--headless", plan=Plan(""))
    if held:
        _release(world, engine)
    before = world.runs()
    watched = {job.name for job in jobs if job.every and job.every < 60} - unwatched
    newest = before[-1].id if before else 0
    for _ in looking():
        watched -= {run.job for run in world.runs() if run.id > newest}
        if not watched:
            break
    reloads = engine.out.count("jobs reloaded")
    world.save(world.jobs_text(list(jobs), settings, every=NEVER_AGAIN_SECONDS))
    for _ in looking():
        if engine.out.count("jobs reloaded") > reloads and not left(world):
            break
    problems = []
    if watched or left(world) or not engine.is_alive:
        problems.append(f"did not come to rest: {watched}, {left(world)}\n{engine.out}{engine.err}")
    if engine.is_alive:
        engine.send(signal.SIGTERM)
        try:
            code = engine.wait()
        except TimeoutExpired:
            problems.append(f"the last engine does not leave:\n{engine.out}{engine.err}")
        else:
            if code:
                problems.append(f"the last engine left with {code}: {engine.err}")
    world.save(world.jobs_text(list(jobs), settings))
    return problems


def _release(world: World, engine: Engine) -> None:
    for _ in looking():
        if "engine started" in engine.out:
            break
    world.command("release")


def left(world: World) -> list[str]:
    """The runs that have not finished."""
    return [f"#{run.id} {run.job} {run.state}" for run in world.runs() if run.state != RunState.FINISHED]


def take_stock(world: World, tally: Tally, **known: Any) -> Found:
    """Audit what has come to rest, and count it; ``known`` are fields of ``Found``."""
    found = world.found(**{"jobs": dict(world.jobset().jobs), **known})
    tally.problems += [*audit(found), *world.complaints()]
    sums = tally.sums
    sums["runs"] += len(found.effects)
    sums["rows"] += len(found.runs)
    sums["retries"] += sum(run.attempt > 1 for run in found.runs)
    sums["slots"] += len({(run.job, run.scheduled_for) for run in found.runs})
    sums["commands"] += len(found.commands)
    sums["adoptions"] += sum(engine.out.count("has outlived its engine") for engine in world.engines)
    sums["lost"] += sum(run.outcome == Outcome.LOST for run in found.runs)
    return found
