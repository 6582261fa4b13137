"""One world after the other, for some time or until there were enough runs; in as many processes as there are cores."""

from __future__ import annotations

import time
import traceback
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.simulation.invariants import BrokenError
from tests.simulation.shrink import part, shrunk
from tests.simulation.stories import story
from tests.simulation.world import World, count_runs, live_through

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LOT = 10
"""So many worlds are given to a process at a time."""


@dataclass
class Tally:
    """What some worlds have lived through, and the seeds of those in which something was broken."""

    worlds: int = 0
    runs: int = 0
    starts: int = 0
    crashes: int = 0
    turns: int = 0
    failed: dict[int, str] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        self.worlds += other.worlds
        self.runs += other.runs
        self.starts += other.starts
        self.crashes += other.crashes
        self.turns += other.turns
        self.failed |= other.failed

    def __str__(self) -> str:
        return f"{self.worlds:,} worlds, {self.runs:,} runs ({self.starts:,} started), {self.crashes:,} crashes"


def live_through_seeds(first: int, count: int) -> Tally:
    """Worlds of consecutive seeds."""
    tally = Tally()
    for seed in range(first, first + count):
        world, broken = _lived(seed)
        tally.worlds += 1
        tally.runs += count_runs(world)
        tally.starts += world.machine.starts
        tally.crashes += world.crashes
        tally.turns += world.turns
        if broken:
            tally.failed[seed] = broken
    return tally


def _lived(seed: int) -> tuple[World, str]:
    world = World(story(seed))
    try:
        world.live()
    except BrokenError as broken:
        return world, str(broken)
    except Exception:  # noqa: BLE001 - an error that the engine lets through is a fault of its own
        return world, f"an error: {traceback.format_exc()}"
    return world, ""


def lots(first: int) -> Iterator[int]:
    """The first seed of each lot, without end."""
    while True:
        yield first
        first += LOT


def run(first: int, processes: int, *, seconds: float, most_runs: int = 0, least_crashes: int = 0) -> Tally:
    """Live through worlds until the time is over, there were enough, or one has failed."""
    tally, until, seeds = Tally(), time.monotonic() + seconds, lots(first)

    def is_enough() -> bool:
        enough = most_runs and tally.runs >= most_runs and tally.crashes >= least_crashes
        return bool(tally.failed or enough or time.monotonic() >= until)

    with ProcessPoolExecutor(processes) as pool:
        going = {pool.submit(live_through_seeds, next(seeds), LOT) for _ in range(processes)}
        while going:
            done = next(as_completed(going))
            going.discard(done)
            tally.add(done.result())
            if not is_enough():
                going.add(pool.submit(live_through_seeds, next(seeds), LOT))
    return tally


def account_of(seed: int, numbers: Sequence[int] | None = None) -> str:
    """What is broken in the world of a seed, the line that replays it, and the shortest story that breaks the same."""
    whole = story(seed)
    world, broken = live_through(whole if numbers is None else part(whole, numbers))
    if broken is None:
        return f"seed {seed} holds: {count_runs(world)} runs, {world.crashes} crashes"
    kept = shrunk(whole, broken.rule) if numbers is None else list(numbers)
    lines = [f"{broken}", f"replay: python -m tests.simulation --seed {seed} --only {','.join(map(str, kept)) or '-'}"]
    lines += [f"  {job.name}: {job.schedule.cron or job.schedule.interval_seconds}, overlap {job.overlap}, catch_up"
              f" {job.catch_up}, retries {job.retries}, timeout {job.timeout_seconds}"
              for job in whole.jobset.jobs.values()]  # fmt: skip
    return "\n".join([*lines, *(f"  {number}: {whole.actions[number]}" for number in kept)])
