"""Engines killed at every step from claim to finish: nothing runs twice, nothing is lost track of, codes are true."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.faults.flavours import FLAVOURS
from tests.faults.kinds import ELSEWHERE, KILLS, steps
from tests.faults.scenario import Scenario
from tests.faults.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIVES = 6
"""So often a death is tried for at most: not every life gets to each point."""
AT_ONCE = 4


def test_each_step_is_one_at_which_an_engine_is_killed() -> None:
    killed = {label.partition(" ")[2] for labels in KILLS.values() for label in labels}
    assert killed | set(ELSEWHERE) == set(steps())
    assert not killed & set(ELSEWHERE)
    assert set(KILLS) == set(FLAVOURS)


def test_engines_that_die_leave_nothing_undone_and_nothing_done_twice(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """``python -m tests.faults --points 5000`` takes longer, and kills at later passes too."""

    def one(name: str) -> Tally:
        points = [(label, 1) for label in KILLS[name]]
        tally = Scenario(tmp_path / name, FLAVOURS[name], 1, at_random=0).run(points, LIVES)
        tally.problems = [f"{name}: {problem}" for problem in tally.problems]
        tally.problems += [f"{name}: no engine came to {label}" for label, _ in set(points) - set(tally.points)]
        return tally

    total = Tally()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for tally in pool.map(one, KILLS):
            total.add(tally)
    record_property("counts", f"kills: {total}")
    assert total.problems == []
