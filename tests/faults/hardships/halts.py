"""An engine that is stopped and goes on later, as when a machine sleeps, and what becomes of the slots meanwhile."""

from __future__ import annotations

import signal
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from peak_console.clock import SystemClock
from peak_console.model.records import Outcome, RunState, Trigger
from tests.faults.rest import come_to_rest, take_stock
from tests.faults.tally import Tally
from tests.faults.world import NotingJob, World, looking

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from peak_console.model.records import Run


def halt(folder: Path, *, times: int, seconds: float) -> Tally:
    """Stop an engine for so long, so often, each time while a run is under way."""
    folder.mkdir(parents=True)
    world, tally = World(folder), Tally()
    jobs = [
        NotingJob("latest", every=0.2),
        NotingJob("each", every=0.25, fields={"catch_up": "all"}),
        NotingJob("strict", every=seconds * 0.9, fields={"misfire_grace_seconds": 0.01}),
        NotingJob("long", every=0.9, takes=0.4, fields={"overlap": "queue"}),
    ]
    try:
        world.save(world.jobs_text(jobs, {}))
        engine = world.start("--headless")
        for _ in range(times):
            _wait(lambda: any(run.state == RunState.RUNNING for run in _of(world, "long")), "a long run")
            stopped = SystemClock().now()
            engine.send(signal.SIGSTOP)
            time.sleep(seconds)
            continued = SystemClock().now()
            engine.send(signal.SIGCONT)
            _wait(lambda at=continued: _has_slot_after(world, at), "a slot afterwards")  # type: ignore[misc]
            tally.problems += _treated_right(world, stopped, continued)
        tally.sums["stops"] += times
        tally.problems += come_to_rest(world, jobs, {}, engine=engine)
        found = take_stock(world, tally)
        tally.sums["missed"] += sum(run.outcome == Outcome.MISSED for run in found.runs)
    finally:
        world.end()
    return tally


def _treated_right(world: World, stopped: datetime, continued: datetime) -> list[str]:
    problems = []
    margin = timedelta(seconds=0.05)
    late = [run for run in _of(world, "latest") if run.started_at and run.started_at >= continued]
    if not late or late[0].triggered_by != Trigger.CATCH_UP or "stands for" not in (late[0].reason or ""):
        problems.append(f"the slots of {stopped} to {continued} are not one: {late[:1]}")
    slots = [run.scheduled_for for run in _of(world, "each") if run.scheduled_for]
    during = [slot for slot in slots if stopped < slot < continued]
    wanted = int((continued - stopped) / timedelta(seconds=0.25))
    if not wanted - 1 <= len(during) <= wanted + 1:
        problems.append(f"{len(during)} slots of {stopped} to {continued} were made up for, not {wanted}")
    ended = [run for run in _of(world, "long") if run.started_at and run.started_at < stopped][-1]
    if ended.finished_at is None or not stopped - margin <= ended.finished_at <= continued - margin:
        problems.append(f"ended while nobody looked, between {stopped} and {continued}: {ended.finished_at}")
    return problems


def _of(world: World, job: str) -> list[Run]:
    return [run for run in world.runs() if run.job == job]


def _has_slot_after(world: World, at: datetime) -> bool:
    return all(
        any(run.scheduled_for and run.scheduled_for > at and run.outcome for run in _of(world, job))
        for job in ("latest", "each", "long")
    )


def _wait(condition: Callable[[], bool], what: str) -> None:
    for _ in looking():
        if condition():
            return
    raise TimeoutError(f"{what} did not come")
