"""Holding some of the jobs from the console, and releasing them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from textual.widgets import Static

from peak_console.model.state import Hold
from peak_console.store.tables.holds import add_hold
from peak_console.tui.dialogs.holding.hold_jobs import HoldJobsDialog, HoldsDialog
from tests.tui.console import covers

if TYPE_CHECKING:
    from tests.tui.console import Console


def held(console: Console, **of: object) -> None:
    stage = console.stage
    add_hold(stage.store, Hold(stage.ago(60), "ben", "audit", stage.ago(-3600), ("risk",)))


@covers("hold_jobs")
async def test_a_tag_and_an_end_are_asked_for(console: Console) -> None:
    await console.press("B", *"daily", "tab", *"18:00", "enter")
    ((verb, job, _, arguments),) = console.stage.commands
    assert (verb, job) == ("hold_jobs", None)
    assert arguments == {
        "tags": ["daily"], "words": "", "until": "2026-11-23T17:00:00+00:00", "reason": None,
    }  # fmt: skip


async def test_the_filter_of_the_table_is_what_is_held(console: Console) -> None:
    await console.press("slash", *"#risk", "enter", "B", "enter")
    ((verb, _, _, arguments),) = console.stage.commands
    assert verb == "hold_jobs"
    assert arguments["tags"] == ["risk"]


async def test_what_makes_no_sense_stays_in_the_dialog(console: Console) -> None:
    await console.press("B", "enter")
    assert console.shows(HoldJobsDialog)
    await console.press(*"risk", "tab", *"whenever", "enter")
    assert console.shows(HoldJobsDialog)
    assert console.stage.commands == []


async def test_an_end_that_has_passed_stays_in_the_dialog(console: Console) -> None:
    await console.press("B", *"risk", "tab", *"2001-01-01 08:00", "enter")
    assert console.shows(HoldJobsDialog)
    assert "is over; name a later end" in str(console.screen.query_one("#meaning", Static).content)
    assert console.stage.commands == []


async def test_what_is_held_is_shown_with_a_countdown_and_released_with_two_keys(console: Console) -> None:
    held(console)
    await console.refresh()
    row = console.app.feed.snapshot.row("alpha") if console.app.feed.snapshot else None
    assert row is not None
    assert row.view.hold is not None
    await console.press("B")
    assert console.shows(HoldsDialog)
    await console.press("1")
    ((verb, _, _, arguments),) = console.stage.commands
    assert (verb, arguments) == ("release_jobs", {"tags": ["risk"], "words": ""})


async def test_a_hold_that_is_over_is_shown_no_more(console: Console) -> None:
    held(console)
    await console.refresh()
    console.stage.clock.advance(timedelta(hours=2).total_seconds())
    console.app.presenter.tick()
    assert console.app.feed.snapshot is not None
    assert console.app.feed.snapshot.holds == []


async def test_a_job_is_disabled_until_a_moment(console: Console) -> None:
    await console.go_to("alpha")
    await console.press("d", *"tomorrow 08:00".replace(" ", "~").split("~")[0], "space", *"08:00", "enter")
    ((verb, job, _, arguments),) = console.stage.commands
    assert (verb, job, arguments["until"]) == ("disable", "alpha", "2026-11-24T07:00:00+00:00")
