"""The command line called in this process, and the program as a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.headless.support import Program, programs
from tests.verbs.conftest import peak

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["peak"]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    yield from programs(tmp_path)
