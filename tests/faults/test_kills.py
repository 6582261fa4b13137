"""Engines killed at every step from claim to finish: nothing runs twice, nothing is lost track of, codes are true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.campaign import run_flavour
from tests.faults.flavours import FLAVOURS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

POINTS = 25
"""For each flavour; ``python -m tests.faults --points 5000`` takes longer."""


@pytest.mark.parametrize("name", sorted(FLAVOURS))
def test_engines_that_die_leave_nothing_undone_and_nothing_done_twice(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    tally = run_flavour(tmp_path / name, FLAVOURS[name], points=POINTS, seed=1, lives=9, at_once=6)
    record_property("counts", f"{name}: {tally}")
    assert tally.problems == []
    assert tally.at_points >= POINTS
