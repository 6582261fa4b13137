"""Engines killed again and again over one state directory; then one that is left in peace; then the audit."""

from __future__ import annotations

import time
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

from peak_console.errors import StateError
from tests.faults.points import Plan
from tests.faults.rest import come_to_rest, take_stock
from tests.faults.tally import Tally
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
LEAVING = ("EngineCore.end", "OpenDirectory.close", "engine_stopped", "KeeperLink.close")
"""Points that only an engine passes that has been told to leave."""
PASSES = 8
"""Of the passes of a point that came up in a recording, those up to here are chosen from."""
LONE_SECONDS = 0.4
"""How long the others go on at most after one of several engines has died."""
ACT_SECONDS = 0.08

Points = list[tuple[str, int]]
"""Each a label, and the pass at which to die."""


class Scenario:
    """One state directory and the deaths that it sees."""

    def __init__(self, folder: Path, flavour: Flavour, seed: int, at_random: float = AT_RANDOM) -> None:
        folder.mkdir(parents=True)
        self._flavour = flavour
        self._at_random = at_random
        self._random = Random(f"{flavour.name} {seed}")
        self._world = World(folder)
        self._tally = Tally()
        self._lone_seconds = 0.0
        self._save(flavour.jobs)

    def _save(self, jobs: Sequence[NotingJob], every: float | None = None) -> None:
        self._world.save(self._world.jobs_text(list(jobs), self._flavour.settings, every))

    def record(self) -> Points:
        """Two lives that nobody ends at a point: every point and pass that came up in the second."""
        try:
            first = self._together(None)
            self._live(first, RECORDING_SECONDS)
            for engine in first:
                engine.kill()
            self._save(self._flavour.jobs)
            second = self._together(None)
            for _ in looking():
                if any(engine.out or not engine.is_alive for engine in second):
                    break
            self._live(second, RECORDING_SECONDS)
            passes: Counter[str] = Counter()
            for engine in second:
                if engine.is_alive:
                    engine.send(LEAVE)
                engine.wait()
                passes |= Counter(engine.report().get("passes", {}))
            self._tally.problems += self._world.complaints()
            assert passes, "nothing was recorded"
            assert not self._tally.problems, self._tally.problems
        finally:
            self._world.end()
        return [
            (label, number) for label, count in sorted(passes.items()) for number in range(1, min(count, PASSES) + 1)
        ]

    def run(self, points: Points, lives: int = 1) -> Tally:
        """For each point a life, or some, ever longer, until one has died there; then peace, then the audit."""
        try:
            for point in points:
                for number in range(1, lives + 1):
                    self._one_life(*point, LIFE_SECONDS * number)
                    if point in self._tally.points:
                        break
            self._come_to_rest()
        finally:
            self._world.end()
        return self._tally

    def _one_life(self, label: str, number: int, seconds: float) -> None:
        at_random = self._random.random() < self._at_random
        self._lone_seconds = self._random.uniform(0, LONE_SECONDS)
        if self._flavour.reloads:
            self._save(self._flavour.jobs)
        target = self._random.choice(("keeper", "both", "engine")) if self._flavour.keepers else "engine"
        engines = self._together(None if at_random else (label, number, target))
        length = self._random.uniform(0.05, RECORDING_SECONDS) if at_random else seconds
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
        flavour = self._flavour
        self._tally.problems += come_to_rest(
            self._world, flavour.settled(), flavour.settings, unwatched=flavour.paused, held=flavour.commands
        )
        take_stock(
            self._world,
            self._tally,
            jobs={name: job for name, job in self._world.jobset().jobs.items() if name != "gone"},
            max_concurrent_runs=flavour.settings.get("max_concurrent_runs", 0),
            keep_runs=flavour.settings.get("keep_runs", 0),
            codes_can_be_lost=flavour.keepers,
            paused=flavour.paused,
        )
