"""The wallboard: what it says, and how large."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.decisions.job_status import Standing
from peak_console.model.state import Hold
from peak_console.tui.state.snapshot import EngineState
from peak_console.tui.wallboard.letters import _ROWS, cells, drawn, rows
from peak_console.tui.wallboard.lines import board
from peak_console.tui.wallboard.screen import Wallboard, written
from tests.tui.console import Console, covers, running, three_jobs
from tests.tui.harness import WidgetApp, fixed_now, make_history, make_row, make_run, make_snapshot, trading_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.pilot import Pilot

    SnapCompare = Callable[..., bool]


def said(**fields: Any) -> list[str]:
    rows = fields.pop("rows", [make_row("backup", next_in=90)])
    return [text for text, _ in board(make_snapshot(rows, **fields), fixed_now())]


def test_where_all_is_well_it_says_so_and_what_comes_next() -> None:
    assert said() == ["all ok", "00:01:30 backup"]


def test_what_is_wrong_comes_first() -> None:
    slow = make_run(9, "sweep", ended_ago=None, took=100)
    rows = [
        make_row("risk", Standing.FAILED, next_in=None),
        make_row("feed", next_in=-120),
        make_row("sweep", Standing.RUNNING, next_in=None, active=[slow], history=make_history("sweep", [10.0] * 3)),
    ]
    hold = Hold(fixed_now() - timedelta(minutes=5), "anna", None)
    found = said(rows=rows, hold=hold, engine=EngineState.STOPPED)
    assert found == ["ENGINE stopped", "HOLD", "x risk", "late feed 2m00s", "late sweep 1m25s", "1 running", "due feed"]


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_letters_are_as_large_as_they_are_said_to_be(scale: int) -> None:
    text = "".join(_ROWS)
    lines = drawn(text, scale)
    assert len(lines) == rows(scale)
    assert {len(line) for line in lines} == {cells(text, scale)}
    assert drawn("?") == drawn("!")


def test_every_letter_looks_otherwise_than_the_others() -> None:
    pictures = [tuple(drawn(letter)) for letter in _ROWS if letter not in "0O"]
    assert len(set(pictures)) == len(pictures)


@pytest.mark.parametrize(("width", "height"), [(10, 3), (76, 22), (176, 46), (300, 100)])
def test_it_fits_whatever_the_size(width: int, height: int) -> None:
    lines = [(f"x {'a_long_name' * 3}", "error")] * 12
    text = written(lines, width, height).plain.splitlines()
    assert len(text) <= max(height, 3)
    assert max(map(len, text)) <= max(width, 4)


@covers("wallboard")
async def test_it_is_kept_up_to_date_while_it_is_open(console: Console) -> None:
    await console.press("W")
    assert console.shows(Wallboard)
    console.stage.store.finish(3, "failed", 1, console.stage.clock.now())
    await console.refresh()
    board_now = console.screen.query_one("#board").render()
    assert str(board_now).splitlines()[0].strip()
    await console.press("escape")
    assert not console.shows(Wallboard)


@covers("zoom")
async def test_a_pane_gets_the_whole_screen_and_gives_it_back(tmp_path: Path) -> None:
    async with running(three_jobs(tmp_path)) as console:
        panes = console.app.layout.main.query_one("#panes").children
        await console.press("2", "z")
        assert [pane.id for pane in panes if pane.display] == ["output"]
        await console.press("4")
        assert [pane.id for pane in panes if pane.display] == ["alerts"]
        await console.press("z")
        assert len([pane for pane in panes if pane.display]) == 4


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (180, 48)], ids=["80x24", "120x36", "180x48"])
def test_picture(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    async def prepare(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(Wallboard(make_snapshot(trading_rows()), fixed_now()))
        await pilot.pause()

    assert snap_compare(WidgetApp(), run_before=prepare, terminal_size=size)
