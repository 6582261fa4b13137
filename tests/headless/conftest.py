"""The program in a folder of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.headless.support import Program, programs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    yield from programs(tmp_path)
