"""A table of three jobs on a screen for each test that asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.tui.jobs.table import JobTable
from tests.tui.harness import (
    Posted,
    WidgetApp,
    make_row,
    make_snapshot,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.pilot import Pilot

    from peak_console.tui.state.snapshot import JobRow, Snapshot

    SnapCompare = Callable[..., bool]


def three() -> list[JobRow]:
    return [make_row("one", next_in=10), make_row("two", next_in=20), make_row("three", next_in=30)]


def lines(table: JobTable) -> list[str]:
    """The names that are shown, from top to bottom."""
    return [facts.name for facts in table._jobs.order]


def text(table: JobTable, y: int) -> str:
    return table.render_line(y).text


class Stage:
    """A table on a screen, and what it posts."""

    def __init__(self, table: JobTable, pilot: Pilot[None], posted: Posted) -> None:
        self.table, self.pilot, self.posted = table, pilot, posted

    async def show(self, snapshot: Snapshot) -> None:
        self.table.show(snapshot)
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    table, posted = JobTable(), Posted()
    async with WidgetApp(table).run_test(size=(120, 20), message_hook=posted) as pilot:
        table.focus()
        table.show(make_snapshot(three()))
        await pilot.pause()
        yield Stage(table, pilot, posted)
