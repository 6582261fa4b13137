"""Going to a job by some letters of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import OptionList

from peak_console.tui.app.found_jobs import rank
from peak_console.tui.details.screen import JobDetails
from peak_console.tui.dialogs.go_to import NOTHING, GoToDialog
from tests.tui import desk
from tests.tui.app.test_snapshots import by_size
from tests.tui.console import covers, running, three_jobs
from tests.tui.rooms import pressing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    SnapCompare = Callable[..., bool]


@pytest.mark.parametrize(
    ("letters", "name", "expected"),
    [
        ("pos", "positions_recon", 0), ("REC", "positions_recon", 1), ("tion", "positions_recon", 2),
        ("prec", "positions_recon", 3), ("nop", "positions_recon", None), ("", "anything", 0),
    ],
)  # fmt: skip
def test_names_are_found_at_their_start_at_a_word_inside_or_scattered(
    letters: str, name: str, expected: int | None
) -> None:
    assert rank(letters, name) == expected


@covers("go_to")
async def test_two_letters_and_enter_go_to_a_job_that_a_filter_hides(tmp_path: Path) -> None:
    async with running(three_jobs(tmp_path)) as console:
        await console.press("slash", *"alpha", "enter", "g", *"ga", "enter")
        assert console.cursor == "gamma"
        await console.press("4", "g", *"be", "enter")  # from any pane
        assert (console.cursor, console.app.layout.focused) == ("beta", "jobs")
        await console.press("enter", "g", *"al", "enter")  # open details turn to the job
        assert console.shows(JobDetails)
        assert console.app.details.job == "alpha"


async def test_what_is_typed_narrows_and_the_arrows_choose(tmp_path: Path) -> None:
    async with running(three_jobs(tmp_path)) as console:
        await console.press("g")
        found = console.screen.query_one(OptionList)
        assert found.option_count == 3  # without letters: as in the table
        await console.press("down", "down", "enter")
        assert console.cursor == "gamma"
        await console.press("g", *"zz")
        assert console.screen.query_one(OptionList).option_count == 0
        assert str(console.screen.query_one("#meaning").render()) == NOTHING
        await console.press("enter")
        assert console.shows(GoToDialog)
        await console.press("escape")
        assert console.cursor == "gamma"


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (180, 48)], ids=by_size)
def test_going_to_a_job_as_it_looks(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    assert snap_compare(desk.quiet(tmp_path).app(), terminal_size=size, run_before=pressing("g", "r", "i"))
