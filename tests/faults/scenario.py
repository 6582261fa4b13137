"""Engines killed again and again over one state directory; then one that is left in peace; then the audit."""

from __future__ import annotations

import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from peak_console.errors import StateError
from peak_console.store.model import Outcome, RunState
from tests.faults.audit import audit
from tests.faults.points import Plan
from tests.faults.world import LEAVE, NotingJob, World, kill_all, looking

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.faults.flavours import Flavour
    from tests.faults.world import Engine

LIFE_SECONDS = 2.0
"""How long a point may keep us waiting; then the engine is killed wherever it is."""
RECORDING_SECONDS = 0.9
AT_RANDOM = 0.12
"""The share of lives that end at a random moment instead of at a point."""
LEAVING = ("Engine.end", "Engine.close", "engine_stopped", "KeeperLink.close")
"""Points that only an engine passes that has been told to leave."""
PASSES = 8
"""Of the passes of a point that came up in a recording, those up to here are chosen from."""
LONE_SECONDS = 0.4
"""How long the others go on at most after one of several engines has died."""
ACT_SECONDS = 0.08

type_of_points = list[tuple[str, int]]


@dataclass
class Tally:
    """What a scenario, or many, came to."""

    kills: int = 0
    points: Counter[tuple[str, int]] = field(default_factory=Counter)
    """Deaths at a point, by point and pass."""
    sums: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.kills += other.kills
        self.points += other.points
        self.sums += other.sums
        self.problems += other.problems

    @property
    def at_points(self) -> int:
        return sum(self.points.values())

    def __str__(self) -> str:
        counts = ", ".join(f"{count:,} {name}" for name, count in sorted(self.sums.items()))
        return (
            f"{self.at_points:,} kill points ({len(self.points):,} different, {len({p for p, _ in self.points}):,} steps),"
            f" {self.kills:,} kills; {counts}"
        )


class Scenario:
    """One state directory and the deaths that it sees."""

    def __init__(self, folder: Path, flavour: Flavour, seed: int) -> None:
        folder.mkdir(parents=True)
        self._flavour = flavour
        self._random = Random(f"{flavour.name} {seed}")
        self._world = World(folder)
        self._tally = Tally()
        self._lone_seconds = 0.0
        self._save(flavour.jobs)

    def _save(self, jobs: Sequence[NotingJob], every: float | None = None) -> None:
        self._world.save(self._world.jobs_text(list(jobs), self._flavour.settings, every))

    def record(self) -> type_of_points:
        """Two lives that nobody ends at a point: every point and pass that came up in the second."""
        try:
            first = self._together(None)
            self._live(first, RECORDING_SECONDS)
            for engine in first:
                engine.kill()
            second = self._together(None)
            self._live(second, RECORDING_SECONDS)
            passes: Counter[str] = Counter()
            for engine in second:
                if engine.is_alive:
                    engine.send(LEAVE)
                engine.wait()
                passes |= Counter(engine.report().get("passes", {}))
            self._tally.problems += self._world.complaints()
            assert not self._tally.problems, self._tally.problems
        finally:
            self._world.end()
        return [
            (label, number) for label, count in sorted(passes.items()) for number in range(1, min(count, PASSES) + 1)
        ]

    def run(self, points: type_of_points) -> Tally:
        """One life for each point, then peace, then the audit."""
        try:
            for label, number in points:
                self._one_life(label, number)
            self._come_to_rest()
            self._check()
        finally:
            self._world.end()
        return self._tally

    def _one_life(self, label: str, number: int) -> None:
        at_random = self._random.random() < AT_RANDOM
        self._lone_seconds = self._random.uniform(0, LONE_SECONDS)
        if self._flavour.reloads:
            self._save(self._flavour.jobs)
        target = self._random.choice(("keeper", "both", "engine")) if self._flavour.keepers else "engine"
        engines = self._together(None if at_random else (label, number, target))
        length = self._random.uniform(0.05, RECORDING_SECONDS) if at_random else LIFE_SECONDS
        self._live(engines, length, leaving=label.endswith(LEAVING))
        if at_random and self._flavour.keepers:
            kill_all([pid for engine in engines for pid in engine.keepers()])
        for engine in engines:
            if engine.is_alive:
                self._tally.kills += 1
            engine.kill()
            report = engine.report()
            if "died_at" in report:
                self._tally.kills += 1
                self._tally.points[report["died_at"], report["pass"]] += 1

    def _together(self, point: tuple[str, int, str] | None) -> list[Engine]:
        """Start this flavour's engines; each of them dies at the point if it gets there."""
        words = [["--headless"]] * self._flavour.residents + [["--once"]] * self._flavour.passing
        return [self._world.start(*each, plan=Plan("", *(point or ()))) for each in words]

    def _live(self, engines: list[Engine], seconds: float, *, leaving: bool = False) -> None:
        """Until all have gone, or one has died and the others have gone on for a moment, or the time is over.

        Commands and saves are made meanwhile.
        """
        began = time.monotonic()
        act_at = began + self._random.uniform(0, ACT_SECONDS * 4)
        told = not leaving
        died_at = 0.0
        for _ in looking(seconds):
            now = time.monotonic()
            gone = [engine for engine in engines if not engine.is_alive]
            if len(gone) == len(engines):
                return
            if any("died_at" in engine.report() for engine in gone):
                seconds_after_death = now - (died_at := died_at or now)
                if seconds_after_death > self._lone_seconds:
                    return
            if now >= act_at:
                act_at = now + self._random.uniform(0, ACT_SECONDS * 2)
                self._act()
            if (
                not told
                and now > began + RECORDING_SECONDS / 2
                and any("engine started" in each.out for each in engines)
            ):
                told = True
                for engine in engines:
                    if engine.is_alive:
                        engine.send(LEAVE)

    def _act(self) -> None:
        if self._flavour.commands:
            self._command()
        if self._flavour.reloads:
            self._reload()

    def _command(self) -> None:
        world, pick = self._world, self._random.random()
        try:
            if pick < 0.4:
                world.command("run", "by_hand", force=self._random.random() < 0.3)
            elif pick < 0.6:
                world.command("stop", self._random.choice(("stoppable", "deaf", "by_hand", "paused")))
            elif pick < 0.75:
                world.command(self._random.choice(("enable", "disable")), "paused")
            elif pick < 0.95:
                world.command(self._random.choice(("hold", "release", "release")))
            else:
                world.command("ack")
        except StateError:  # before the first engine has made the registry
            self._tally.sums["commands that could not be left"] += 1

    def _reload(self) -> None:
        jobs, pick = self._flavour.jobs, self._random.random()
        if pick < 0.3:
            self._world.save("[[job]]\nname = ")
        elif pick < 0.6:
            self._save(jobs[:-1])
        else:
            self._save(jobs)

    def _come_to_rest(self) -> None:
        """An engine without points goes on until every job has had a slot, then until nothing is left to do."""
        world, flavour = self._world, self._flavour
        self._save(flavour.settled())
        engine = world.start("--headless")
        if flavour.commands:
            self._release(engine)
        before = world.runs()
        watched = {job.name for job in flavour.settled() if job.every and job.every < 60} - flavour.paused
        newest = before[-1].id if before else 0
        for _ in looking():
            watched -= {run.job for run in world.runs() if run.id > newest}
            if not watched:
                break
        self._save(flavour.settled(), every=86400)
        for _ in looking():
            if "jobs reloaded" in engine.out and not self._left():
                break
        if watched or self._left() or not engine.is_alive:
            self._tally.problems.append(f"did not come to rest: {watched}, {self._left()}\n{engine.out}{engine.err}")
        if engine.is_alive:
            engine.send(signal.SIGTERM)
            code = engine.wait()
            if code:
                self._tally.problems.append(f"the last engine left with {code}: {engine.err}")

    def _release(self, engine: Engine) -> None:
        for _ in looking():
            if "engine started" in engine.out:
                break
        self._world.command("release")

    def _left(self) -> list[str]:
        return [f"#{run.id} {run.job} {run.state}" for run in self._world.runs() if run.state != RunState.FINISHED]

    def _check(self) -> None:
        world, flavour, tally = self._world, self._flavour, self._tally
        self._save(flavour.settled())
        settings = flavour.settings
        found = world.found(
            jobs={name: job for name, job in world.jobset().jobs.items() if name != "gone"},
            max_concurrent_runs=settings.get("max_concurrent_runs", 0),
            keep_runs=settings.get("keep_runs", 0),
            codes_can_be_lost=flavour.keepers,
            paused=flavour.paused,
        )
        tally.problems += [*audit(found), *world.complaints()]
        sums = tally.sums
        sums["runs"] += len(found.effects)
        sums["rows"] += len(found.runs)
        sums["commands"] += len(found.commands)
        sums["retries"] += sum(run.attempt > 1 for run in found.runs)
        sums["adoptions"] += sum(engine.out.count("has outlived its engine") for engine in world.engines)
        sums["lost"] += sum(run.outcome == Outcome.LOST for run in found.runs)
        sums["slots"] += len({(run.job, run.scheduled_for) for run in found.runs})


def run_flavour(folder: Path, flavour: Flavour, *, points: int, seed: int, lives: int = 10, at_once: int = 3) -> Tally:
    """Kill at so many points, in scenarios of some lives each, several of them at once."""
    random = Random(f"{flavour.name} {seed}")
    known = Scenario(folder / "recorded", flavour, seed).record()
    chosen = choose(known, points, random)
    shares = [chosen[start : start + lives] for start in range(0, len(chosen), lives)]
    total = Tally()

    def one(number: int) -> Tally:
        where = folder / str(number)
        tally = Scenario(where, flavour, seed * 100_003 + number).run(shares[number])
        tally.problems = [f"{flavour.name}, seed {seed}, {where}: {problem}" for problem in tally.problems]
        return tally

    with ThreadPoolExecutor(at_once) as pool:
        for tally in pool.map(one, range(len(shares))):
            total.add(tally)
    return total


def choose(known: type_of_points, count: int, random: Random) -> type_of_points:
    """So many points: each step as often as any other, at passes that chance picks."""
    numbers: dict[str, list[int]] = {}
    for label, number in known:
        numbers.setdefault(label, []).append(number)
    chosen: type_of_points = []
    while len(chosen) < count:
        labels = sorted(numbers)
        random.shuffle(labels)
        # Early passes more often: the others are reached late, or never.
        chosen += [
            (label, random.choice(numbers[label][: min(random.choices(range(1, PASSES + 1), k=2))])) for label in labels
        ]
    return chosen[:count]
