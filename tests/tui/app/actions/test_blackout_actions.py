"""Blackouts in the console: begun, ended, and shown with their ends."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from textual.widgets import Static

from peak_console.jobs.blackouts import Blackout
from peak_console.schedule.blackouts.windows import Listed
from peak_console.store.tables.blackouts import add_blackout
from peak_console.tui.dialogs.holding.blackouts import BlackoutsDialog
from peak_console.tui.dialogs.holding.hold_jobs import HoldJobsDialog
from tests.tui.console import covers

if TYPE_CHECKING:
    from tests.tui.console import Console


def shut(console: Console) -> None:
    stage = console.stage
    start, end = stage.ago(60), stage.ago(-3600)
    rule = Blackout("freeze", Listed([(start, end)]), tags=("risk",), by="ben", since=start, reason="audit")
    add_blackout(stage.store, rule, start, end)


@covers("blackouts")
async def test_jobs_an_end_and_what_becomes_of_slots_are_asked_for(console: Console) -> None:
    await console.press("X", *"daily", "tab", *"18:00", "tab", *"defer", "tab", *"audit", "enter")
    ((verb, job, _, arguments),) = console.stage.commands
    assert (verb, job) == ("add_blackout", None)
    assert arguments == {
        "tags": ["daily"], "words": "", "until": "2026-11-23T17:00:00+00:00", "policy": "defer", "reason": "audit",
    }  # fmt: skip


async def test_what_makes_no_sense_stays_in_the_dialog(console: Console) -> None:
    await console.press("X", "tab", "tab", *"later", "enter")
    assert console.shows(HoldJobsDialog)
    assert "is neither skip nor defer" in str(console.screen.query_one("#meaning", Static).content)
    assert console.stage.commands == []


async def test_one_that_was_added_is_shown_with_its_end_and_ended_with_two_keys(console: Console) -> None:
    shut(console)
    await console.refresh()
    snapshot = console.app.feed.snapshot
    assert snapshot is not None
    row = snapshot.row("alpha")
    assert row is not None
    assert row.view.blackout is not None
    assert [window.name for window in snapshot.blackouts] == ["freeze"]
    await console.press("X")
    assert console.shows(BlackoutsDialog)
    await console.press("1")
    ((verb, _, _, arguments),) = console.stage.commands
    assert (verb, arguments) == ("end_blackout", {"name": "freeze"})


async def test_one_that_is_over_is_shown_no_more(console: Console) -> None:
    shut(console)
    await console.refresh()
    console.stage.clock.advance(timedelta(hours=2).total_seconds())
    console.app.presenter.tick()
    assert console.app.feed.snapshot is not None
    assert console.app.feed.snapshot.blackouts == []
