"""A bounded share of the fuzzer; ``python -m tests.fuzzing 1000`` tries as many seeds as it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fuzzing.engines import trial

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("seed", range(4))
def test_no_definition_in_no_environment_stops_an_engine(seed: int, tmp_path: Path) -> None:
    trial(seed, tmp_path)
