"""A board on a staged registry for each test that asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.store.store import Store
from peak_console.tui.state.board import Board
from tests.support.factories import make_job
from tests.tui.harness import ZONE
from tests.tui.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from peak_console.tui.state.snapshot import JobRow, Snapshot


class Bench:
    """A board on a staged registry, and every statement that it has the registry execute."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.store = Store(stage.session.directory)
        self.board = Board(self.store)
        self.statements: list[str] = []
        self.store._connection.set_trace_callback(self.statements.append)

    def look(self) -> Snapshot:
        """What is to be shown now; ``statements`` are then those that it took."""
        self.statements.clear()
        session = self.stage.session
        return self.board.snapshot(
            session.jobs, self.stage.clock.now(), jobs_file="jobs.toml", engine="running", zone=ZONE
        )

    def row(self, name: str) -> JobRow:
        row = self.look().row(name)
        assert row is not None
        return row

    def agrees(self) -> bool:
        """Whether the rows are those that a board would have that begins now."""
        ours = self.look().rows
        fresh = Board(self.stage.store)
        while True:
            theirs = fresh.look(self.stage.session.jobs, self.stage.clock.now())
            if fresh.is_complete:
                return list(ours) == list(theirs)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    stage = Stage(tmp_path, make_job("alpha", interval_seconds=3600), make_job("beta", interval_seconds=60))
    stage.ran("alpha", 60)
    stage.decided("beta")
    bench = Bench(stage)
    bench.look()
    yield bench
    bench.store.close()
