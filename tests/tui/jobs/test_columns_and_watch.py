"""The columns that are chosen, and the jobs that should have succeeded and have not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Outcome
from peak_console.tui.dialogs.columns import ColumnsDialog
from peak_console.tui.jobs.columns import COLUMN, GAP_CELLS, GUTTER_CELLS, USUAL, fit_columns
from tests.support.factories import make_job
from tests.tui import desk
from tests.tui.app.test_snapshots import by_size
from tests.tui.console import covers, running, three_jobs
from tests.tui.rooms import pressing
from tests.tui.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.tui.console import Console

    SnapCompare = Callable[..., bool]


def rows(console: Console) -> list[str]:
    table = console.app.layout.jobs
    return [table.render_line(y).text for y in range(1 + len(table.shown_names))]


def late(directory: Path) -> Stage:
    """``alpha`` has failed a moment ago, and has succeeded a minute ago."""
    stage = three_jobs(directory)
    stage.ran("alpha", 20, outcome=Outcome.FAILED)
    return stage


def without_success(directory: Path) -> Stage:
    """``alpha`` has failed for its last slot; its last success is more than an interval older."""
    stage = Stage(directory, make_job("alpha", interval_seconds=3600), make_job("beta", interval_seconds=3600))
    stage.ran("alpha", 7000)
    stage.ran("alpha", 20, outcome=Outcome.FAILED)
    return stage


@pytest.mark.parametrize("width", [20, 60, 80, 100, 140, 240])
def test_columns_that_are_not_chosen_are_left_out_and_the_others_fit(width: int) -> None:
    for chosen in (USUAL, (), ("success",), tuple(COLUMN), ("tags", "next")):
        widths = fit_columns([], width, chosen)
        assert set(widths) <= {*chosen, "state", "name"}
        assert list(widths) == [key for key in COLUMN if key in widths]
        if width >= 60:
            assert GUTTER_CELLS + sum(widths.values()) + GAP_CELLS * (len(widths) - 1) <= width


@covers("columns")
async def test_columns_are_chosen_in_a_dialog_and_kept_for_the_jobs_file(tmp_path: Path) -> None:
    async with running(late(tmp_path), size=(150, 40)) as console:
        assert "last ok" not in rows(console)[0]
        await console.press("|")
        assert console.shows(ColumnsDialog)
        await console.press("space", "down", "down", "down", "space", "enter")
        assert "last ok" in rows(console)[0]
        assert "schedule" not in rows(console)[0]
        [alpha] = [row for row in rows(console) if "alpha" in row]
        assert "1m ago" in alpha
    another = Stage(tmp_path / "other", make_job("alpha", interval_seconds=60), jobs_file=str(tmp_path / "jobs.toml"))
    async with running(another, size=(150, 40)) as console:
        assert "last ok" in rows(console)[0]
        assert "schedule" not in rows(console)[0]


async def test_a_job_whose_last_slot_has_no_success_is_marked_filtered_and_told_of(tmp_path: Path) -> None:
    async with running(without_success(tmp_path), size=(150, 40)) as console:
        [alpha] = [row for row in rows(console) if "alpha" in row]
        assert "✖ failed !" in alpha
        await console.press("slash", *"state:missing", "enter")
        assert console.app.layout.jobs.shown_names == ("alpha",)
        await console.press("enter")
        assert "no success for the slot" in str(console.screen.query_one("#about").render())
        await console.press("escape")
        console.stage.ran("alpha", 1)
        await console.refresh()
        assert "!" not in next(row for row in rows(console) if "alpha" in row)


async def test_a_slot_that_nobody_decides_on_is_missing_once_its_leeway_is_over(tmp_path: Path) -> None:
    stage = three_jobs(tmp_path)
    async with running(stage) as console:
        stage.clock.advance(3600 - 62 + 30)
        console.app.presenter.tick()
        assert console.app.feed.snapshot.row("alpha").view.missing_since is None  # type: ignore[union-attr]
        stage.clock.advance(60)
        console.app.presenter.tick()
        await console.pilot.pause()
        assert console.app.feed.snapshot.row("alpha").view.missing_since is not None  # type: ignore[union-attr]


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (180, 48)], ids=by_size)
def test_choosing_columns_as_it_looks(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    stage = desk.quiet(tmp_path)
    stage.ran("fetch_quotes", 5, outcome=Outcome.FAILED)
    prepare = pressing("|", "down", "down", "down", "space", "enter", "|")
    assert snap_compare(stage.app(), terminal_size=size, run_before=prepare)
