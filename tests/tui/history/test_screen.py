"""The history across jobs: its keys, its filter, its pages, its way to output and job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Static

from peak_console.model.records import Outcome, Trigger
from peak_console.tui.details.screen import JobDetails
from peak_console.tui.history.action_table import ActionTable
from peak_console.tui.history.found import DifferenceScreen, FoundScreen
from peak_console.tui.history.run_table import RunTable
from peak_console.tui.history.screen import HistoryScreen
from tests.tui import desk
from tests.tui.app.test_snapshots import by_size
from tests.tui.console import covers, running
from tests.tui.rooms import pressing, settled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.tui.console import Console
    from tests.tui.stage import Stage

    SnapCompare = Callable[..., bool]

SIZES = [(80, 24), (120, 36), (180, 48)]


def eventful(directory: Path) -> Stage:
    """A day with one run of each kind that the filters tell apart."""
    stage = desk.quiet(directory)
    stage.ran("daily_risk_check", 20_000, outcome=Outcome.FAILED, out="limits\n", err="LimitBreached: gross exposure\n")
    stage.ran("fetch_quotes", 9_000, scheduled_for=stage.ago(9_200), late_because="waited for a place behind sweep #7")
    stage.ran("fetch_quotes", 4_000, triggered_by=Trigger.MANUAL, requested_by="ada", outcome=Outcome.STOPPED)
    stage.running("weekly_sweep_ma", 512)
    return stage


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    async with running(eventful(tmp_path)) as console:
        await console.press("6")
        await settled(console.pilot)
        yield console


async def press(console: Console, *keys: str) -> None:
    for key in keys:
        await console.pilot.press(key)
        await settled(console.pilot)


def table(console: Console) -> RunTable:
    return console.screen.query_one(RunTable)


def jobs(console: Console) -> list[str]:
    return [run.job for run in table(console)._runs.items]


@covers("history", "close_room")
async def test_six_opens_it_and_six_leaves_it_as_it_was(console: Console) -> None:
    assert console.shows(HistoryScreen)
    assert jobs(console)[:3] == ["weekly_sweep_ma", "fetch_quotes", "fetch_quotes"]
    await press(console, "down", "down", "6")
    assert not console.shows(HistoryScreen)
    await press(console, "6")
    assert len(jobs(console)) > 50


@covers("past_failed", "past_late", "past_not_run", "past_by_hand", "past_today", "past_yesterday")
@pytest.mark.parametrize(
    ("keys", "text", "newest"),
    [
        (("f",), "failed", ("daily_risk_check", Outcome.FAILED)),
        (("l",), "late", ("fetch_quotes", Outcome.SUCCEEDED)),
        (("m", "t"), "manual today", ("fetch_quotes", Outcome.STOPPED)),
        (("f", "f", "m"), "manual", ("fetch_quotes", Outcome.STOPPED)),
    ],
)
async def test_a_key_puts_its_words_into_the_filter_and_takes_them_out(
    console: Console, keys: tuple[str, ...], text: str, newest: tuple[str, str]
) -> None:
    await press(console, *keys)
    assert isinstance(console.screen, HistoryScreen)
    assert console.screen._filter.value == text
    first = table(console)._runs.items[0]
    assert (first.job, first.outcome) == newest
    await press(console, "s", "y")
    assert console.screen._filter.value == f"{text} missed skipped yesterday"
    assert jobs(console) == []


@covers("past_filter")
async def test_words_are_typed_and_escape_gives_everything_back_and_then_leaves(console: Console) -> None:
    await press(console, "slash", *"by:ada", "enter")
    assert jobs(console) == ["fetch_quotes"]
    await press(console, "escape")
    assert len(jobs(console)) > 50
    await press(console, "escape")
    assert not console.shows(HistoryScreen)


async def test_words_that_make_no_sense_are_told_and_nothing_is_lost(console: Console) -> None:
    before = jobs(console)
    await press(console, "slash", *"late:soon")
    assert '✖ late: "soon" is not a duration' in str(console.screen.query_one("#headline", Static).visual)
    assert jobs(console) == before or len(jobs(console)) < len(before)


@covers("open_past_run")
async def test_enter_shows_the_output_of_the_run(console: Console) -> None:
    await press(console, "f", "enter")
    assert not console.shows(HistoryScreen)
    assert console.cursor == "daily_risk_check"
    assert console.app.layout.focused == "output"
    shown = console.app.layout.output._run
    assert shown is not None
    assert shown.outcome == Outcome.FAILED


@covers("past_details")
async def test_d_shows_the_job(console: Console) -> None:
    await press(console, "f", "d")
    assert console.shows(JobDetails)
    assert console.cursor == "daily_risk_check"


async def test_a_run_whose_job_has_left_the_file_is_told(console: Console) -> None:
    console.stage.session.define(*(job for job in desk.JOBS if job.name != "daily_risk_check"))
    await console.refresh()
    await press(console, "f", "enter")
    assert "is no longer in the jobs file" in console.toasts[-1][1]


@covers("mark_run")
async def test_two_runs_can_be_marked_the_third_takes_the_place_of_the_first(console: Console) -> None:
    ids = [run.id for run in table(console)._runs.items]
    await press(console, "space", "space", "space")
    assert table(console).marked == ids[1:3]
    await press(console, "up", "space")
    assert table(console).marked == [ids[1]]


@covers("past_actions")
async def test_a_shows_who_did_what_filtered_by_the_same_words(console: Console) -> None:
    store, now = console.stage.store, console.stage.clock.now()
    for person, job in (("ada", "fetch_quotes"), ("ben", "daily_risk_check")):
        number = store.issue("disable", person, now, job, None, {"reason": "audit"})
        store.answer(number, "done", f"{job} is disabled", now)
    await press(console, "a")
    shown = console.screen.query_one(ActionTable)
    assert [(each.person, each.reason) for each in shown._list.items] == [("ben", "audit"), ("ada", "audit")]
    await press(console, "slash", *"by:ada", "enter")
    assert [each.person for each in shown._list.items] == ["ada"]
    await press(console, "a")
    assert table(console).display
    await press(console, "a", "d")
    assert console.cursor == "fetch_quotes"


@pytest.mark.parametrize("size", SIZES, ids=by_size)
def test_how_the_shift_log_looks(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    stage = eventful(tmp_path)
    for ago, person, verb, job, message, reason in (
        (9000, "ada", "hold_jobs", None, "jobs tagged live are held until 2026-11-23 18:00: 4 jobs now", "maintenance"),
        (7000, "jobs file", "reload", "daily_risk_check", "daily_time 16:10 → 16:15", None),
        (60, "ben", "run", "fetch_quotes", "fetch_quotes #131 started with symbols=BTC", None),
    ):
        at = stage.ago(ago)
        number = stage.store.issue(verb, person, at, job, None, {"reason": reason} if reason else {})
        stage.store.answer(number, "done", message, at)
    assert snap_compare(stage.app(), terminal_size=size, run_before=pressing("6", "a", "down"))


@covers("find_in_outputs")
async def test_a_text_is_found_in_the_outputs_of_the_listed_runs(console: Console) -> None:
    await press(console, "o", *"limitbreached", "enter")
    assert isinstance(console.screen, FoundScreen)
    assert [(line.job, line.stream, line.line) for line in console.screen.lines] == [("daily_risk_check", "err", 1)]
    assert "1 line in 132 runs" in str(console.screen.query_one("#headline", Static).visual)
    await press(console, "enter")
    assert console.app.layout.focused == "output"
    assert console.cursor == "daily_risk_check"
    assert "limitbreached" in console.app.layout.output.search_status


async def test_the_filter_says_which_outputs_are_searched(console: Console) -> None:
    await press(console, "m", "o", *"limitbreached", "enter")
    assert isinstance(console.screen, FoundScreen)
    assert console.screen.lines == []
    await press(console, "slash", "(", "enter")
    assert "is no regular expression" in str(console.screen.query_one("#headline", Static).visual)
    await press(console, "escape")
    assert console.shows(HistoryScreen)


@covers("compare_runs")
async def test_two_runs_are_compared(console: Console) -> None:
    await press(console, "slash", *"daily_risk", "enter", "c")
    assert isinstance(console.screen, DifferenceScreen)
    told = ["".join(text for text, _ in line) for line in console.screen._lines]
    assert any(line.startswith("≠") and "outcome" in line and "failed (2)" in line for line in told)
    assert "+LimitBreached: gross exposure" in told
    await press(console, "escape")
    assert console.shows(HistoryScreen)


@pytest.mark.parametrize("size", SIZES, ids=by_size)
def test_how_a_difference_looks(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    keys = ("6", "slash", *"daily_risk", "enter", "c")
    assert snap_compare(eventful(tmp_path).app(), terminal_size=size, run_before=pressing(*keys))


async def test_what_is_new_comes_in_at_the_top_and_the_cursor_stays_on_its_run(console: Console) -> None:
    await press(console, "down", "down", "down")
    under = table(console).current
    console.stage.ran("feed_heartbeat", 1)
    await console.refresh()
    await settled(console.pilot)
    assert jobs(console)[0] == "feed_heartbeat"
    assert table(console).current == under


async def test_older_runs_come_as_the_cursor_nears_the_end(tmp_path: Path) -> None:
    stage = desk.quiet(tmp_path)
    with stage.store:
        for n in range(700):
            stage.ran("feed_heartbeat", 5000 - n)
    async with running(stage) as console:
        await press(console, "6")
        assert len(jobs(console)) == 300
        await press(console, "end", "end", "end", "end")
        everything = [run.id for run in stage.store.runs()]
        assert [run.id for run in table(console)._runs.items] == everything
        last = table(console).current
        assert last is not None
        assert last.id == everything[-1]


@pytest.mark.parametrize("size", SIZES, ids=by_size)
def test_how_it_looks(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    assert snap_compare(eventful(tmp_path).app(), terminal_size=size, run_before=pressing("6", "down", "down", "space"))


@pytest.mark.parametrize("size", SIZES, ids=by_size)
def test_how_a_filter_looks(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    assert snap_compare(eventful(tmp_path).app(), terminal_size=size, run_before=pressing("6", "f"))


def test_how_words_that_make_no_sense_look(snap_compare: SnapCompare, tmp_path: Path) -> None:
    keys = ("6", "slash", *"sine:2h")
    assert snap_compare(eventful(tmp_path).app(), terminal_size=(80, 24), run_before=pressing(*keys))
