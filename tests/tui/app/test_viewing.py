"""What the operator looks at: panes, filters, order and details, by key and by mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.events import Key, MouseScrollDown, MouseScrollUp
from textual.widgets import Button, Static

from peak_console.tui.details.screen import JobDetails
from peak_console.tui.dialogs.alert import AlertDialog
from peak_console.tui.dialogs.help import HelpScreen
from peak_console.tui.dialogs.tags import TagsDialog
from peak_console.tui.keys.actions import ACTION
from peak_console.tui.state.permissions import Permissions
from tests.support.factories import make_job
from tests.tui.console import Console, covers, running, three_jobs
from tests.tui.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def shown_jobs(console: Console) -> list[str]:
    return [facts.name for facts in console.app.layout.jobs._jobs.order]


# The output.


@covers("filter_lines")
async def test_the_output_shows_only_lines_that_match_until_escape(tmp_path: Path) -> None:
    async with running(three_jobs(tmp_path / "desk")) as console:
        await console.go_to("alpha")
        await console.press("2", "ampersand")
        await console.write("needle")
        assert console.app.layout.output.filter_status == "&needle · 1 of 61 lines"
        await console.press("enter", "escape")
        assert console.app.layout.output.filter_status == ""
        await console.press("ampersand")
        await console.write("!line")
        await console.press("escape")
        assert console.app.layout.output.filter_status == "", "Esc takes it back"


# Panes.


@covers("pane_jobs", "pane_output", "pane_upcoming", "pane_alerts", "next_pane", "previous_pane")
@pytest.mark.parametrize(
    ("keys", "pane"),
    [
        (["2"], "output"),
        (["3"], "upcoming"),
        (["4"], "alerts"),
        (["4", "1"], "jobs"),
        (["tab"], "output"),
        (["tab", "tab"], "upcoming"),
        (["tab"] * 4, "jobs"),
        (["shift+tab"], "alerts"),
        (["2", "shift+tab"], "jobs"),
    ],
)
@pytest.mark.parametrize("size", [(140, 42), (80, 24)])
async def test_panes_are_reached_by_number_and_one_after_the_other(
    tmp_path: Path, size: tuple[int, int], keys: Sequence[str], pane: str
) -> None:
    async with running(three_jobs(tmp_path), size) as console:
        await console.press(*keys)

        assert console.app.layout.pane(pane).has_focus
        assert console.app.layout.focused == pane


async def test_a_key_that_comes_before_the_panes_still_finds_its_pane(tmp_path: Path) -> None:
    app = three_jobs(tmp_path).app()
    async with app.run_test(size=(140, 42)) as pilot:
        app.post_message(Key("4", "4"))
        await pilot.pause()

        assert app.layout.alerts.has_focus


# Which jobs, in which order.


@covers("filter")
async def test_a_filter_holds_while_it_is_typed_and_enter_keeps_it(console: Console) -> None:
    await console.press("slash")
    await console.write("al")
    assert shown_jobs(console) == ["alpha"]
    assert console.app.layout.jobs.filter_text == "al"

    await console.press("enter")

    assert shown_jobs(console) == ["alpha"]
    assert not console.app.layout.prompt.display
    assert console.app.layout.jobs.has_focus


async def test_escape_takes_a_filter_back_to_what_it_was(console: Console) -> None:
    await console.press("slash", "a", "l", "enter", "slash")
    await console.write("#risk")
    assert shown_jobs(console) == ["beta", "alpha"]

    await console.press("escape")

    assert console.app.layout.jobs.filter_text == "al"
    assert console.app.layout.jobs.has_focus


async def test_a_click_elsewhere_keeps_the_filter_and_goes_there(console: Console) -> None:
    await console.press("slash")
    await console.write("al")
    await console.pilot.click("#alerts")
    await console.pilot.pause()

    assert console.app.layout.jobs.filter_text == "al"
    assert not console.app.layout.prompt.display
    assert console.app.layout.alerts.has_focus


async def test_keys_that_act_are_only_letters_while_a_filter_is_typed(console: Console) -> None:
    await console.press("slash", "r", "x", "q", "d")

    assert console.app.layout.prompt.value == "rxqd"
    assert console.stage.commands == []


@covers("tags")
async def test_tags_show_only_jobs_that_have_them(console: Console) -> None:
    await console.press("t")
    assert console.shows(TagsDialog)
    await console.press("space", "enter")  # "daily" and "risk" have two jobs each, so "daily" comes first

    assert console.app.layout.jobs.filter_text == "tag:daily"
    assert shown_jobs(console) == ["alpha", "gamma"]

    await console.press("t", "n", "enter")
    assert len(shown_jobs(console)) == 3


async def test_tags_leave_the_words_of_a_filter_alone(console: Console) -> None:
    await console.press("slash", "a", "enter", "t", "space", "enter")

    assert console.app.layout.jobs.filter_text == "a tag:daily"


@covers("sort", "reverse_sort")
async def test_sort_goes_through_the_columns_and_back_to_worst_first(console: Console) -> None:
    await console.press("s")
    assert (console.app.layout.jobs.sort_column, shown_jobs(console)) == ("name", ["alpha", "beta", "gamma"])

    await console.press("S")
    assert shown_jobs(console) == ["gamma", "beta", "alpha"]

    await console.press(*"sssssss")
    assert (console.app.layout.jobs.sort_column, console.app.layout.jobs.sort_descending) == ("state", False)
    assert shown_jobs(console) == ["beta", "alpha", "gamma"]


async def test_the_cursor_is_on_the_worst_job_until_somebody_works_here(console: Console) -> None:
    assert console.cursor == "beta"
    console.stage.ran("alpha", 1, outcome="failed")
    await console.refresh()
    assert console.cursor == "alpha"

    await console.press("down")
    console.stage.ran("gamma", 0, outcome="failed")
    await console.refresh()

    assert shown_jobs(console)[0] == "alpha"
    assert console.cursor == "beta"


# Alerts, upcoming, details, help.


@covers("open_alert")
async def test_an_alert_leads_to_its_run_even_through_a_filter(console: Console) -> None:
    console.stage.alert("alpha failed", job="alpha", run_id=1)
    await console.refresh()
    await console.press("slash", "b", "e", "t", "enter", "4", "enter", "enter")

    assert console.cursor == "alpha"
    assert console.shown_run == 1
    assert console.app.layout.output.has_focus


async def test_an_alert_of_an_old_run_shows_that_run(console: Console) -> None:
    for ago in range(60, 30, -1):
        console.stage.ran("alpha", ago, 0.1)
    console.stage.alert("alpha failed", job="alpha", run_id=1)
    await console.refresh()
    await console.press("4", "enter", "enter")

    assert console.shown_run == 1


async def test_an_alert_of_a_job_that_is_gone_says_so(console: Console) -> None:
    console.stage.alert("omega failed", job="omega")
    await console.refresh()
    await console.press("4", "enter", "enter")

    assert console.toasts == [("warning", "omega is no longer in the jobs file")]
    assert console.cursor == "beta"


async def test_an_alert_is_read_in_full_and_acknowledged(console: Console) -> None:
    console.stage.alert("the registry was removed\nThe history is gone.")
    await console.refresh()
    await console.press("4", "enter")
    assert console.shows(AlertDialog)
    assert "The history is gone." in str(console.screen.query_one("#message Static", Static).visual)
    await console.press("a")

    assert not console.shows(AlertDialog)
    assert console.stage.commands == [("ack", None, None, {"alert": 1})]


async def test_who_only_looks_reads_alerts_too(console: Console) -> None:
    console.stage.session.permissions = Permissions(attach=True, read_only=True)
    console.stage.alert("the registry was removed")
    await console.refresh()
    await console.press("4", "enter", "a")
    assert console.shows(AlertDialog)
    assert [button.id for button in console.screen.query(Button)] == ["cancel"]
    await console.press("enter")

    assert not console.shows(AlertDialog)
    assert console.stage.commands == []


@covers("details", "close")
@pytest.mark.parametrize("key", ACTION["details"].default_keys)
@pytest.mark.parametrize("pane", ["1", "2", "3"])
async def test_details_are_of_the_job_under_the_cursor(console: Console, pane: str, key: str) -> None:
    await console.go_to("alpha")
    await console.press(pane, key)
    assert console.shows(JobDetails)
    assert console.app.details.screen is not None
    assert console.app.details.screen._data.view.job.name == "alpha"

    for close in ACTION["close"].default_keys[:1]:
        await console.press(close)
    assert not console.shows(JobDetails)
    assert console.app.details.screen is None


async def test_q_closes_the_details_and_not_the_console(console: Console) -> None:
    await console.press("enter", "q")

    assert not console.shows(JobDetails)
    assert console.app.is_running


async def test_details_follow_what_happens(console: Console) -> None:
    await console.go_to("alpha")
    await console.press("enter")
    run = console.stage.ran("alpha", 0)
    await console.refresh()

    assert console.shows(JobDetails)
    assert console.app.details.screen is not None
    assert console.app.details.screen._data.runs[0].id == run.id


async def test_each_slot_among_the_details_has_a_line_of_its_own(tmp_path: Path) -> None:
    async with running(three_jobs(tmp_path), (120, 36)) as console:
        await console.press("enter")

        assert console.screen.query_one("#schedule").content_size.height == 1 + 10


@covers("open_run")
async def test_a_run_among_the_details_leads_to_its_output(console: Console) -> None:
    await console.go_to("alpha")
    await console.press("enter", "down", "enter")

    assert not console.shows(JobDetails)
    assert console.app.layout.output.has_focus
    assert console.shown_run == 1


@covers("help")
async def test_help_is_opened_and_closed(console: Console) -> None:
    await console.press("question_mark")
    assert console.shows(HelpScreen)
    await console.press("escape")
    assert not console.shows(HelpScreen)


# Mouse.


async def test_a_click_selects_and_a_second_one_opens(console: Console) -> None:
    await console.pilot.click("#jobs", offset=(20, 3))
    await console.pilot.pause()
    assert console.cursor == "alpha"
    assert console.shown_run == 2

    await console.pilot.click("#jobs", offset=(20, 3), times=2)
    await console.pilot.pause()
    assert console.shows(JobDetails)


async def test_a_click_on_a_heading_sorts(console: Console) -> None:
    await console.pilot.click("#jobs", offset=(15, 1))
    await console.pilot.pause()

    assert console.app.layout.jobs.sort_column == "name"


async def test_a_click_on_what_comes_next_selects_its_job(console: Console) -> None:
    lines = [console.app.layout.pane("upcoming").render_line(y).text for y in range(10)]
    place = next(y for y, line in enumerate(lines) if "alpha" in line)
    await console.pilot.click("#upcoming", offset=(14, place + 1))
    await console.pilot.pause()

    assert console.cursor == "alpha"


async def test_a_key_in_upcoming_acts_on_the_job_under_the_cursor_there(console: Console) -> None:
    upcoming = console.app.layout.upcoming
    await console.go_to("beta")
    await console.press("3")
    assert upcoming.cursor_name == "beta", "which runs"
    await console.press("down", "r")
    assert (upcoming.cursor_name, console.cursor) == ("alpha", "alpha")
    assert [(verb, job) for verb, job, *_ in console.stage.commands] == [("run", "alpha")]
    await console.press("enter")
    assert console.shows(JobDetails)
    assert console.app.details.job == "alpha"


async def test_upcoming_shows_no_cursor_while_its_job_has_no_line_there(console: Console) -> None:
    await console.go_to("gamma")
    await console.press("3")
    assert (console.app.layout.upcoming.cursor_name, console.cursor) == (None, "gamma")
    await console.press("down")
    assert (console.app.layout.upcoming.cursor_name, console.cursor) == ("beta", "beta")


async def test_a_job_chosen_in_upcoming_is_shown_by_the_filter_that_hid_it(console: Console) -> None:
    await console.press("slash", *"alpha", "enter", "3")
    assert console.app.layout.upcoming.cursor_name == "alpha"
    await console.press("home")
    assert (console.cursor, console.app.layout.jobs.filter_text) == ("beta", "")


async def test_marking_in_upcoming_goes_on_to_the_next_job_in_both(console: Console) -> None:
    await console.go_to("beta")
    await console.press("3", "space")
    assert console.app.layout.jobs.selected_names() == ("beta",)
    assert console.app.layout.upcoming.cursor_name == console.cursor == "alpha"


async def test_the_wheel_scrolls_what_is_under_it(console: Console) -> None:
    await console.go_to("alpha")
    await console.wheel("output", MouseScrollUp)
    assert not console.app.layout.output.follow
    assert console.app.layout.jobs.has_focus

    for _ in range(30):
        await console.wheel("output", MouseScrollDown)
    assert console.app.layout.output.follow


async def test_the_wheel_scrolls_jobs_without_moving_the_cursor(tmp_path: Path) -> None:
    stage = Stage(tmp_path, *(make_job(f"job-{n:03}", interval_seconds=3600) for n in range(100)))
    async with running(stage) as console:
        await console.wheel("jobs", MouseScrollDown)

        assert console.app.layout.jobs.scroll_offset.y > 0
        assert console.cursor == "job-000"
