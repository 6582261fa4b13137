"""The day view: lanes that are read as they come into sight, zoom, cursor, ways to output and job."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.forecast.child import Ended
from peak_console.forecast.outlook import HORIZON, foresee
from peak_console.jobs.model import Upstream
from peak_console.model.lane import COMING, RUNNING
from peak_console.model.records import Outcome
from peak_console.schedule.model import AfterRule, JobSchedule, SessionRule
from peak_console.tui.details.screen import JobDetails
from peak_console.tui.timeline.lanes import LaneList
from peak_console.tui.timeline.screen import TimelineScreen
from peak_console.values import replace
from tests.support.factories import make_job, make_market
from tests.tui import desk
from tests.tui.app.test_snapshots import by_size
from tests.tui.console import covers, running
from tests.tui.harness import fixed_now
from tests.tui.history.test_screen import SIZES, press
from tests.tui.rooms import pressing, settled
from tests.tui.stage import Stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from textual.pilot import Pilot

    from peak_console.tui.app.console import ConsoleApp
    from tests.tui.console import Console

    SnapCompare = Callable[..., bool]


def eventful(directory: Path) -> Stage:
    """A morning with a failure, a late run, one under way, and slots ahead."""
    stage = desk.quiet(directory)
    stage.ran("daily_risk_check", 5_000, 40, outcome=Outcome.FAILED, err="LimitBreached\n")
    stage.ran("risk_check_hourly", 8_000, 1200, scheduled_for=stage.ago(9_900), late_because="held")
    stage.running("weekly_sweep_ma", 900)
    return stage


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    async with running(eventful(tmp_path)) as console:
        await console.press("5")
        await settled(console.pilot)
        yield console


def lanes(console: Console) -> LaneList:
    return console.screen.query_one(LaneList)


def outcomes(console: Console, job: str) -> list[str]:
    return [item.outcome for item in lanes(console)._lanes[job].items]


def below(console: Console) -> str:
    return str(lanes(console).border_subtitle)


@covers("timeline", "close_room_5")
async def test_five_shows_past_present_and_future_of_the_jobs_of_the_table(console: Console) -> None:
    assert console.shows(TimelineScreen)
    assert lanes(console)._list.items == console.app.layout.jobs.shown_names
    assert Outcome.FAILED in outcomes(console, "daily_risk_check")
    assert RUNNING in outcomes(console, "weekly_sweep_ma")
    assert COMING in outcomes(console, "risk_check_hourly")
    await press(console, "5")
    assert not console.shows(TimelineScreen)


async def test_the_filter_of_the_table_counts_here_too(console: Console) -> None:
    await press(console, "escape", "1", "slash", *"risk", "enter", "5")
    assert set(lanes(console)._list.items) == {"daily_risk_check", "risk_check_hourly"}


@covers("zoom_in", "zoom_out")
async def test_zooming_ends_at_an_hour_and_at_a_week(console: Console) -> None:
    assert isinstance(console.screen, TimelineScreen)
    await press(console, *["plus"] * 9)
    assert console.screen.span(console.stage.clock.now()).cell_seconds * lanes(console).time_cells == 3600
    await press(console, *["minus"] * 9)
    assert round(console.screen.span(console.stage.clock.now()).cell_seconds * lanes(console).time_cells) == 604800


async def go_to(console: Console, job: str) -> None:
    place = list(lanes(console)._list.items).index(job)
    lanes(console).go(place)
    await settled(console.pilot)


@covers("previous_item", "next_item", "open_lane_run")
async def test_the_cursor_jumps_from_run_to_run_and_enter_shows_the_output(console: Console) -> None:
    await go_to(console, "daily_risk_check")
    await press(console, "shift+tab")
    assert "failed 13:31" in below(console)
    await press(console, "enter")
    assert not console.shows(TimelineScreen)
    shown = console.app.layout.output._run
    assert shown is not None
    assert (shown.job, shown.outcome) == ("daily_risk_check", Outcome.FAILED)


async def test_a_late_run_and_a_slot_ahead_are_told_in_words(console: Console) -> None:
    await go_to(console, "risk_check_hourly")
    await press(console, "tab")
    assert "due 15:" in below(console)
    assert "(0.8s)" in below(console)
    assert any(item.late_seconds > 600 for item in lanes(console)._lanes["risk_check_hourly"].items)


@covers("lane_details")
async def test_d_shows_the_job(console: Console) -> None:
    await go_to(console, "fetch_quotes")
    await press(console, "d")
    assert console.shows(JobDetails)
    assert console.cursor == "fetch_quotes"


@covers("earlier", "later", "to_now")
async def test_the_time_moves_and_comes_back(console: Console) -> None:
    assert isinstance(console.screen, TimelineScreen)
    now = console.stage.clock.now()
    start = console.screen.span(now).start
    await press(console, "left_square_bracket")
    assert console.screen.span(now).start < start
    await press(console, "right_square_bracket", "right_square_bracket")
    assert console.screen.span(now).start > start
    await press(console, "n")
    assert console.screen.span(now).start == start
    await press(console, *["left"] * 60)
    assert console.screen.span(now).start < start


async def test_lanes_beyond_the_edge_are_read_when_they_come_into_sight(tmp_path: Path) -> None:
    jobs = [make_job(f"job {n:04}", interval_seconds=3600) for n in range(300)]
    stage = Stage(tmp_path, *jobs)
    async with running(stage, (100, 30)) as console:
        await press(console, "5")
        last = lanes(console)._list.items[-1]
        assert last not in lanes(console)._lanes
        await press(console, "end")
        assert COMING in outcomes(console, last)


async def test_what_is_new_comes_in(console: Console) -> None:
    before = len(outcomes(console, "initial_setup"))
    console.stage.ran("initial_setup", 100, outcome=Outcome.FAILED)
    await console.refresh()
    await settled(console.pilot)
    assert len(outcomes(console, "initial_setup")) == before + 1


def foreseen(directory: Path) -> Stage:
    """A chain with a further attempt, deadlines that are kept, tight and missed, a market, and what cannot be told."""
    xetr = make_market("XETR", fixed_now() - timedelta(days=4))
    jobs = [
        make_job("fetch_quotes", cron="0,30 * * * *", retries=1, retry_delay_seconds=600, timeout_seconds=0),
        make_job(
            "risk_check", schedule=JobSchedule(type="after", follows=AfterRule(("fetch_quotes",), "run")),
            after=(Upstream("fetch_quotes"),), round="run", timeout_seconds=0,
        ),
        make_job("report", cron="45 15 * * *", finish_by="16:00", timeout_seconds=0),
        make_job("close_prices", cron="50 15 * * *", finish_by="15:55", timeout_seconds=0),
        make_job("settlement", cron="20 16 * * *", finish_by="17:00"),
        make_job(
            "xetr_signals", schedule=JobSchedule(type="session", sessions=SessionRule(xetr, at="close-10m")),
            timeout_seconds=0,
        ),
    ]  # fmt: skip
    stage = Stage(directory, *jobs)
    stage.session._jobset = replace(stage.session.jobset, calendars={"XETR": xetr})
    for name, took in (("fetch_quotes", 240), ("risk_check", 500), ("report", 700), ("close_prices", 900)):
        for day in (3, 2, 1):
            stage.ran(name, day * 86_400, took)
    stage.ran("report", 90_000, 1000)
    stage.ran("xetr_signals", 4000, 200)
    stage.running("risk_check", 200)
    return stage


def look_ahead(console: ConsoleApp) -> None:
    """Show the forecast that the child process of a real console would make."""
    session, now = console.session, console.clock.now()
    *_, outlook = foresee(session.jobset, session.store, now, now + HORIZON)
    console.feed.foresight.take(outlook)
    console.feed.foresight.take(Ended(1.0))
    console.feed.bring_up_to_date()


@pytest.mark.parametrize("size", SIZES, ids=by_size)
def test_how_a_forecast_looks(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    app = foreseen(tmp_path).app()

    async def prepare(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        look_ahead(app)
        await pressing("5", "down", "down", "tab")(pilot)

    assert snap_compare(app, terminal_size=size, run_before=prepare)


@pytest.mark.parametrize("size", SIZES, ids=by_size)
def test_how_the_panes_look_with_a_forecast(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    app = foreseen(tmp_path).app()

    async def prepare(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        look_ahead(app)
        await pressing("3")(pilot)

    assert snap_compare(app, terminal_size=size, run_before=prepare)


@pytest.mark.parametrize("size", SIZES, ids=by_size)
def test_how_it_looks(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    assert snap_compare(eventful(tmp_path).app(), terminal_size=size, run_before=pressing("5", "down", "down"))


@pytest.mark.parametrize("size", SIZES, ids=by_size)
def test_how_a_day_looks(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    keys = ("5", "minus", "minus", "down", "shift+tab")
    assert snap_compare(eventful(tmp_path).app(), terminal_size=size, run_before=pressing(*keys))
