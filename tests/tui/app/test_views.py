"""Orders and named views are kept for each jobs file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.tui.console import Console, covers, running, three_jobs

if TYPE_CHECKING:
    from pathlib import Path


def names(console: Console) -> list[str]:
    return [facts.name for facts in console.app.layout.jobs._jobs.order]


async def test_an_order_holds_for_its_jobs_file_only_and_the_title_says_it(tmp_path: Path) -> None:
    one, two = three_jobs(tmp_path / "one"), three_jobs(tmp_path / "two")
    async with running(one) as console:
        await console.press("s")
        assert "by name ▲" in str(console.app.layout.jobs.border_title)
    async with running(two) as console:
        assert "by " not in str(console.app.layout.jobs.border_title)
        await console.press("s", "S")
    async with running(one) as console:
        assert names(console) == ["alpha", "beta", "gamma"]
    async with running(two) as console:
        assert names(console) == ["gamma", "beta", "alpha"]


@covers("views")
async def test_a_filter_and_an_order_get_a_name_and_come_back_by_key_and_palette(tmp_path: Path) -> None:
    stage = three_jobs(tmp_path)
    async with running(stage) as console:
        await console.press("slash")
        await console.write("tag:risk !beta")
        await console.press("enter", "s", "F", "n")
        await console.write("desk")
        await console.press("enter")
        assert names(console) == ["alpha"]
    async with running(stage) as console:
        await console.press("escape")
        assert len(names(console)) == 3
        await console.press("F", "1")
        assert names(console) == ["alpha"]
        assert console.app.layout.jobs.sort_column == "name"
        await console.press("escape", "ctrl+p")
        await console.write("view desk")
        await console.app.workers.wait_for_complete()
        await console.press("down", "enter")
        assert names(console) == ["alpha"]
        await console.press("F", "f")
    async with running(three_jobs(tmp_path / "other")) as console:
        assert console.app.views.names == []
    async with running(stage) as console:
        assert console.app.views.names == []


async def test_a_mistake_in_a_filter_is_said_while_it_is_typed(console: Console) -> None:
    await console.press("slash")
    await console.write("state:faild")
    assert "✖ no state is called faild; did you mean failed?" in str(console.app.layout.jobs.border_title)


async def test_any_ticked_tag_is_enough(console: Console) -> None:
    await console.press("t", "space", "down", "space", "enter")
    assert console.app.layout.jobs.filter_text == "tag:daily,risk"
    assert len(names(console)) == 3
    await console.press("t", "space", "enter")
    assert console.app.layout.jobs.filter_text == "tag:risk"
