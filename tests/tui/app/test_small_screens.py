"""What a small screen shows: tabs, and where there is height for it two panes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.tui.bars.pane_tabs import PaneTabs
from tests.tui.console import Console, running, three_jobs

if TYPE_CHECKING:
    from pathlib import Path


def shown(console: Console) -> list[str | None]:
    return [pane.id for pane in console.app.layout.main.query_one("#panes").children if pane.display]


def tabs(console: Console) -> PaneTabs:
    return console.app.layout.main.query_one(PaneTabs)


async def test_from_thirty_rows_on_the_jobs_stand_over_another_pane(tmp_path: Path) -> None:
    async with running(three_jobs(tmp_path), (100, 30)) as console:
        assert shown(console) == ["jobs", "output"]
        await console.press("4")
        assert shown(console) == ["jobs", "alerts"]
        await console.press("1")
        assert shown(console) == ["jobs", "alerts"]
        await console.press("2")
        assert shown(console) == ["jobs", "output"]


async def test_below_that_one_pane_is_shown_and_tabs_name_all(tmp_path: Path) -> None:
    stage = three_jobs(tmp_path)
    stage.alert("a failed")
    stage.alert("b failed")
    async with running(stage, (80, 24)) as console:
        assert shown(console) == ["jobs"]
        assert str(tabs(console).content) == " 1 Jobs  2 Output  3 Upcoming  4 Alerts•2"
        await console.pilot.click(tabs(console), offset=(12, 0))
        await console.pilot.pause()
        assert shown(console) == ["output"]
        await console.pilot.click(tabs(console), offset=(36, 0))
        await console.pilot.pause()
        assert shown(console) == ["alerts"]


async def test_a_large_screen_has_no_tabs(tmp_path: Path) -> None:
    async with running(three_jobs(tmp_path), (140, 42)) as console:
        assert not tabs(console).display
        assert len(shown(console)) == 4
