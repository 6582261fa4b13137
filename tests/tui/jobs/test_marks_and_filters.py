"""How the table is sorted, marked and filtered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.tui.jobs.table import JobTable
from tests.tui.harness import (
    make_snapshot,
)
from tests.tui.jobs.conftest import Stage, lines, text, three

if TYPE_CHECKING:
    from collections.abc import Callable

    SnapCompare = Callable[..., bool]


# Sorting.


async def test_sorting_keeps_the_cursor_on_its_job(stage: Stage) -> None:
    stage.table.sort("next", descending=True)
    await stage.pilot.pause()

    assert lines(stage.table) == ["three", "two", "one"]
    assert stage.table.cursor_name == "one"
    assert (stage.table.sort_column, stage.table.sort_descending) == ("next", True)


async def test_sorting_as_it_is_sorted_posts_nothing(stage: Stage) -> None:
    stage.table.sort("state", descending=False)
    await stage.pilot.pause()

    assert stage.posted.of(JobTable.SortChanged) == []


# Marks.


async def test_space_marks_jobs_for_one_action_and_the_marks_stay_with_them(stage: Stage) -> None:
    assert stage.table.selected_names() == ("one",)
    await stage.press("space", "down", "space")
    assert stage.table.selected_names() == ("one", "three")
    stage.table.sort("name", descending=True)
    await stage.pilot.pause()

    assert stage.table.selected_names() == ("three", "one")
    assert [message.names for message in stage.posted.of(JobTable.MarksChanged)][:2] == [("one",), ("one", "three")]
    assert text(stage.table, 1 + lines(stage.table).index("one")).startswith("◆")


async def test_space_again_takes_the_mark_away(stage: Stage) -> None:
    await stage.press("space", "up", "space")

    assert stage.posted.of(JobTable.MarksChanged)[-1].names == ()
    assert not text(stage.table, 1).startswith("◆")


async def test_a_marked_job_that_is_gone_is_no_longer_marked(stage: Stage) -> None:
    await stage.press("space")
    await stage.show(make_snapshot(three()[1:]))

    assert stage.table.selected_names() == ("two",)
    assert stage.posted.of(JobTable.MarksChanged)[-1].names == ()


async def test_nothing_is_done_to_marked_jobs_that_a_filter_hides(stage: Stage) -> None:
    await stage.press("space", "space")
    stage.table.filter("two")
    await stage.pilot.pause()

    assert stage.table.selected_names() == ("two",)


# Filters, and an empty table.


async def test_a_filter_shows_what_matches_and_escape_clears_it(stage: Stage) -> None:
    stage.table.filter(" TH ")
    await stage.pilot.pause()
    assert lines(stage.table) == ["three"]
    assert stage.table.cursor_name == "three"
    assert "1 of 3" in str(stage.table.border_title)
    await stage.press("escape")

    assert lines(stage.table) == ["one", "two", "three"]
    assert stage.table.cursor_name == "three"
    assert [message.text for message in stage.posted.of(JobTable.FilterChanged)] == ["TH", ""]


async def test_escape_without_a_filter_takes_the_marks_away(stage: Stage) -> None:
    await stage.press("space", "escape")

    assert stage.posted.of(JobTable.MarksChanged)[-1].names == ()


async def test_an_empty_table_says_why(stage: Stage) -> None:
    stage.table.filter("xyz")
    assert "nothing matches 'xyz'" in text(stage.table, 1)
    assert "esc clears" in text(stage.table, 1)
    stage.table.filter("")
    await stage.show(make_snapshot([]))

    assert "no jobs in config/scheduler/jobs.toml: press e to edit" in text(stage.table, 1)


async def test_keys_in_an_empty_table_do_nothing(stage: Stage) -> None:
    await stage.show(make_snapshot([]))
    await stage.press("down", "G", "pagedown", "space", "enter")

    assert stage.table.selected_names() == ()
    assert stage.posted.of(JobTable.Opened) == []
