"""An engine on a bench for each test that asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.support.engine import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from peak_console.jobs.model import JobDefinition


class MakeBench(Protocol):
    """Begins an engine on the given jobs, in a directory of the test's own."""

    def __call__(self, *jobs: JobDefinition, **settings: Any) -> Bench: ...


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[MakeBench]:
    made: list[Bench] = []

    def make(*jobs: JobDefinition, **settings: Any) -> Bench:
        made.append(Bench(tmp_path / "state", *jobs, **settings))
        return made[-1]

    yield make
    for each in made:
        each.close()
