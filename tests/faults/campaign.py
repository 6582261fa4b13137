"""Many scenarios of one flavour, over as many different points as there are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from tests.faults.scenario import PASSES, Scenario
from tests.faults.tally import Tally

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.flavours import Flavour
    from tests.faults.scenario import Points

ROUNDS = 6
"""Not every point is reached by the life that was meant for it; so often others are tried."""


def run_flavour(folder: Path, flavour: Flavour, *, points: int, seed: int, lives: int = 10, at_once: int = 3) -> Tally:
    """Kill at so many points, in scenarios of some lives each, several of them at once."""
    random = Random(f"{flavour.name} {seed}")
    known = Scenario(folder / "recorded", flavour, seed).record()
    total = Tally()
    numbers = count()

    def one(number: int, share: Points) -> Tally:
        where = folder / str(number)
        tally = Scenario(where, flavour, seed * 100_003 + number).run(share)
        tally.problems = [f"{flavour.name}, seed {seed}, {where}: {problem}" for problem in tally.problems]
        return tally

    with ThreadPoolExecutor(at_once) as pool:
        for _ in range(ROUNDS):
            missing = points - total.at_points
            if missing <= 0 or total.problems:
                break
            chosen = choose(known, missing + missing // 4 + 1, random)
            share = min(lives, -(-len(chosen) // at_once))
            shares = [chosen[start : start + share] for start in range(0, len(chosen), share)]
            for tally in pool.map(one, [next(numbers) for _ in shares], shares):
                total.add(tally)
    return total


def choose(known: Points, number: int, random: Random) -> Points:
    """So many points: each step as often as any other, at passes that chance picks."""
    passes: dict[str, list[int]] = {}
    for label, each in known:
        passes.setdefault(label, []).append(each)
    chosen: Points = []
    while len(chosen) < number:
        labels = sorted(passes)
        random.shuffle(labels)
        # Early passes more often: the others are reached late, or never.
        chosen += [
            (label, random.choice(passes[label][: min(random.choices(range(1, PASSES + 1), k=2))])) for label in labels
        ]
    return chosen[:number]
