"""The outputs of the marked jobs as one list."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.tui.app.rooms import merged
from peak_console.tui.output.merged.screen import MergedList, MergedScreen
from tests.support.processes import DEADLINE_SECONDS
from tests.tui import desk
from tests.tui.console import Console, covers, running, three_jobs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.pilot import Pilot


def shown(console: Console) -> list[str]:
    """The lines on the screen, without their times and their margins."""
    merged_list = console.screen.query_one(MergedList)
    rows = (merged_list.render_line(y).text for y in range(merged_list.scrollable_content_region.height))
    return [" ".join(row.removeprefix("❯").split()[1:]) for row in rows if row.strip()]


async def until(console: Console, condition: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + DEADLINE_SECONDS
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, shown(console)
        await console.pilot.pause(0.02)


@covers("merged")
async def test_what_marked_jobs_print_is_shown_as_it_comes(tmp_path: Path) -> None:
    stage = three_jobs(tmp_path / "desk")
    async with running(stage) as console:
        await console.go_to("alpha")
        await console.press("space")
        await console.go_to("beta")
        await console.press("space", "M")
        assert console.shows(MergedScreen)
        await until(console, lambda: "beta at work" in shown(console))
        assert "alpha line 59 of many" in shown(console)
        assert any(line.startswith("alpha") and line.endswith("a needle on stderr") for line in shown(console))
        run = next(run for run in stage.store.unfinished() if run.job == "beta")
        output = tmp_path / "desk/state/runs" / str(run.id) / "stdout.log"
        output.write_bytes(output.read_bytes() + b"still at work\n")
        await until(console, lambda: shown(console)[-1] == "beta still at work")
        assert "Output of 2 jobs" in str(console.screen.query_one("#headline").render())
        await console.press("enter")
        assert not console.shows(MergedScreen)
        assert (console.cursor, console.shown_run) == ("beta", run.id)


async def test_the_cursor_stays_where_it_was_put_until_the_end(tmp_path: Path) -> None:
    stage = three_jobs(tmp_path / "desk")
    async with running(stage) as console:
        await console.go_to("alpha")
        await console.press("M")
        await until(console, lambda: "alpha line 59 of many" in shown(console))
        await console.press("home")
        first = shown(console)[0]
        tail = console.app.merged._tail
        assert tail is not None
        console.screen.query_one(MergedList).show([*tail.lines, *tail.lines], 0)
        await console.pilot.pause()
        assert shown(console)[0] == first
        await console.press("end")
        assert console.screen.query_one(MergedList).follows
        await console.press("escape")
        assert not console.shows(MergedScreen)
        assert console.app.merged._timer is None, "nothing is read any more"


async def test_no_more_jobs_than_can_be_kept_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merged, "MOST_JOBS", 2)
    async with running(three_jobs(tmp_path / "desk")) as console:
        await console.press("asterisk", "M")
        assert ("information", "these are the outputs of the first 2 of 3 marked jobs") in console.toasts


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (180, 48)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_picture(snap_compare: Callable[..., bool], tmp_path: Path, size: tuple[int, int]) -> None:
    async def prepare(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        await pilot.press("asterisk", "M")
        deadline = asyncio.get_running_loop().time() + DEADLINE_SECONDS
        while not (lists := pilot.app.screen.query(MergedList)) or not lists.first()._list.count:
            assert asyncio.get_running_loop().time() < deadline
            await pilot.pause(0.02)

    assert snap_compare(desk.failing(tmp_path).app(), terminal_size=size, run_before=prepare)
