"""The details of a job on a screen: keys, mouse, what changes, how it looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Static

from peak_console.decisions.job_status import DisabledBy, Standing
from peak_console.model.records import Outcome, Override, Run
from peak_console.schedule.model import JobSchedule
from peak_console.schedule.slots import upcoming
from peak_console.tui.details.run_list import EMPTY, RunList
from peak_console.tui.details.screen import DetailsData, JobDetails
from tests.tui.harness import ZONE, Posted, WidgetApp, fixed_now, make_row, make_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

    SnapCompare = Callable[..., bool]

WEEKDAYS = JobSchedule(
    type="daily", daily_time="08:00", timezone="Europe/Berlin", days=("mon", "tue", "wed", "thu", "fri")
)


def runs_of(job: str = "risk_check", count: int = 60) -> list[Run]:
    """A run under way and ``count`` finished ones, with some of every outcome."""
    runs = [make_run(1300, job, ended_ago=None, took=75, scheduled_for=fixed_now() - timedelta(seconds=75.4))]
    odd: dict[int, dict[str, Any]] = {
        0: {"outcome": Outcome.FAILED, "reason": "exposure 0.61 > limit [red]0.50[/]"},
        4: {"triggered_by": "manual"},
        9: {"outcome": Outcome.FAILED, "triggered_by": "retry", "attempt": 2},
        30: {"outcome": Outcome.STOPPED, "stop_reason": "stopped by anna"},
        41: {"outcome": Outcome.TIMED_OUT, "return_code": None},
    }
    for n in range(count):
        run = make_run(1299 - n, job, ended_ago=3600 + n * 86400, took=40 + n * 37 % 17 + n % 13, **odd.get(n, {}))
        assert run.started_at is not None
        runs.append(replace(run, scheduled_for=run.started_at - timedelta(seconds=0.4)))
    if count > 20:
        runs[20] = replace(runs[20], outcome=Outcome.MISSED, started_at=None, return_code=None, reason="2h10m late")
    return runs


def details(standing: str = Standing.FAILED, row: dict[str, Any] | None = None, **fields: Any) -> DetailsData:
    shown = make_row(
        "risk_check",
        standing,
        **{
            "schedule": WEEKDAYS,
            "tags": ("risk", "live"),
            "description": "Compares open positions with the live limits.",
            "timeout_seconds": 120,
            "retries": 2,
            "env_file": "config/live.env",
            **(row or {}),
        },
    )
    values: dict[str, Any] = {
        "view": shown.view,
        "now": fixed_now(),
        "zone": ZONE,
        "slot_zone": ZONE,
        "slots": upcoming(shown.view.job.schedule, fixed_now(), fixed_now(), 10),
        "command_line": "/srv/.venv/bin/python scripts/check_risk.py --config limits.toml --top-n 10 --api-token '***'",
        "cwd": "/srv/trading",
        "own_environment": {"BROKER_TOKEN": "***", "LIVE": "1"},
        "inherited_environment": {"HOME": "/home/ops", "LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"},
        "runs": runs_of(),
        "source": "jobs.toml:41",
        **fields,
    }
    return DetailsData(**values)


class DetailsApp(WidgetApp):
    CSS_PATH = [path for path in WidgetApp.CSS_PATH if "details" in str(path)]  # noqa: RUF012

    def __init__(self, data: DetailsData) -> None:
        super().__init__()
        self.details = JobDetails(data)

    def on_mount(self) -> None:
        self.push_screen(self.details)


def text_of(screen: JobDetails, name: str) -> str:
    return str(screen.query_one(f"#{name}", Static).visual)


async def test_enter_on_a_run_asks_for_its_output_and_closes() -> None:
    app, posted = DetailsApp(details()), Posted()
    async with app.run_test(size=(140, 42), message_hook=posted) as pilot:
        await pilot.pause()
        await pilot.press("down", "down", "enter")
        await pilot.pause()
        assert app.screen is not app.details
    assert [message.run_id for message in posted.of(JobDetails.RunOpened)] == [1298]


async def test_a_double_click_on_a_run_asks_for_its_output() -> None:
    app, posted = DetailsApp(details()), Posted()
    async with app.run_test(size=(140, 42), message_hook=posted) as pilot:
        await pilot.pause()
        await pilot.click(RunList, offset=(5, 4), times=2)
        await pilot.pause()
    assert [message.run_id for message in posted.of(JobDetails.RunOpened)] == [1298]


async def test_why_the_run_under_the_cursor_was_late_stands_below_the_list() -> None:
    newest, second, *rest = runs_of()
    used: dict[str, Any] = {"cpu_seconds": 74.2, "peak_memory_bytes": 300 * 1024**2}
    app = DetailsApp(details(runs=[newest, replace(second, late_because="held; machine slept", **used), *rest]))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        runs = app.details.query_one(RunList)
        assert str(runs.border_subtitle) == ""
        await pilot.press("down")
        await pilot.pause()
        assert str(runs.border_subtitle).startswith("cpu 1m14s, memory 300.0 MiB; ")
        assert str(runs.border_subtitle).endswith(" late: held; machine slept")


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_it_closes(key: str) -> None:
    app, posted = DetailsApp(details()), Posted()
    async with app.run_test(message_hook=posted) as pilot:
        await pilot.pause()
        await pilot.press(key)
        await pilot.pause()
        assert app.screen is not app.details
    assert posted.of(JobDetails.RunOpened) == []


async def test_the_cursor_stays_on_its_run_when_another_one_comes() -> None:
    app = DetailsApp(details())
    async with app.run_test(size=(140, 42)) as pilot:
        await pilot.pause()
        await pilot.press("down")
        newer = replace(runs_of()[0], id=1301)
        app.details.show(details(runs=[newer, *runs_of()]))
        await pilot.pause()
        runs = app.details.query_one(RunList)
        marked = [line for y in range(30) if "▌" in (line := runs.render_line(y).text)]
    assert len(marked) == 1
    assert "#1299" in marked[0]


@pytest.mark.parametrize("size", [(80, 24), (140, 42)])
async def test_every_run_can_be_reached(size: tuple[int, int]) -> None:
    app = DetailsApp(details())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        runs = app.details.query_one(RunList)
        for key, run in (("end", 1240), ("home", 1300), ("pagedown", None), ("G", 1240), ("k", 1241)):
            await pilot.press(key)
            await pilot.pause()
            seen = [y for y in range(runs.size.height) if "▌" in runs.render_line(y).text]
            assert len(seen) == 1
            assert run is None or f"#{run}" in runs.render_line(seen[0]).text
            assert app.details.region.contains(runs.region.x + 1, runs.region.y + 1 + seen[0])


async def test_a_tick_changes_the_countdown_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    app = DetailsApp(details(slots=[fixed_now() + timedelta(seconds=90)]))
    async with app.run_test(size=(140, 42)) as pilot:
        await pilot.pause()
        assert "00:01:30" in text_of(app.details, "schedule")
        updated: list[str | None] = []
        update = Static.update

        def noted(self: Static, *args: Any, **options: Any) -> None:
            updated.append(self.id)
            update(self, *args, **options)

        monkeypatch.setattr(Static, "update", noted)
        app.details.tick(fixed_now() + timedelta(seconds=1))
        app.details.tick(fixed_now() + timedelta(seconds=1))
        assert "00:01:29" in text_of(app.details, "schedule")
    assert updated == ["schedule"]


async def test_a_job_that_has_never_run_says_so() -> None:
    app = DetailsApp(details(Standing.WAITING, runs=[], own_environment=None, inherited_environment=None))
    async with app.run_test(size=(140, 42)) as pilot:
        await pilot.pause()
        assert text_of(app.details, "history") == "it has never finished a run"
        assert EMPTY in app.details.query_one(RunList).render_line(1).text
        assert text_of(app.details, "environment") == "its own: none\ninherited: 0"
        await pilot.press("enter")


async def test_hostile_text_is_only_text() -> None:
    hostile = "[/]\x1b]0;owned\x07[red]x\u202e"
    override = Override(False, hostile, fixed_now(), None, hostile)
    row = {"description": hostile, "tags": (hostile,), "override": override, "env_file": hostile}
    runs = [replace(runs_of()[1], reason=hostile, late_because=hostile)]
    app = DetailsApp(
        details(
            row=row, runs=runs, command_line=hostile, command_error=hostile, cwd=hostile, source=hostile,
            own_environment={hostile: hostile}, inherited_environment={hostile: hostile},
        )
    )  # fmt: skip
    async with app.run_test(size=(160, 60)) as pilot:
        await pilot.pause()
        picture = app.export_screenshot()
    assert picture.count("[red]x") > 5
    assert not {"\x1b", "\x07", "\u202e"} & set(picture)


def pictured(data: DetailsData, *keys: str, theme: str = "peak-dark") -> tuple[DetailsApp, Any]:
    async def prepare(pilot: Pilot[None]) -> None:
        await pilot.pause()
        pilot.app.theme = theme
        await pilot.press(*keys)
        await pilot.pause()

    return DetailsApp(data), prepare


SIZES = pytest.mark.parametrize("size", [(80, 24), (140, 42)], ids=["small", "large"])


@SIZES
def test_picture_of_a_failing_job(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    app, prepare = pictured(details(), "down")
    assert snap_compare(app, run_before=prepare, terminal_size=size)


@SIZES
def test_picture_of_a_disabled_job(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    until = fixed_now() + timedelta(hours=3)
    override = Override(False, "anna", fixed_now() - timedelta(hours=1), until, "exchange maintenance")
    row = {"override": override, "disabled_by": DisabledBy.OPERATOR}
    app, prepare = pictured(details(Standing.DISABLED, row, slots=[]))
    assert snap_compare(app, run_before=prepare, terminal_size=size)


@SIZES
def test_picture_of_a_new_job(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    error = 'command "pyhton" not found on PATH /usr/bin:/bin; install it, or write its full path'
    app, prepare = pictured(details(Standing.WAITING, runs=[], command_line="", command_error=error))
    assert snap_compare(app, run_before=prepare, terminal_size=size)


def test_picture_of_the_definition_on_a_small_screen(snap_compare: SnapCompare) -> None:
    app, prepare = pictured(details(), "tab", "pagedown", "pagedown")
    assert snap_compare(app, run_before=prepare, terminal_size=(80, 24))


@pytest.mark.parametrize("theme", ["peak-16", "peak-colour-blind", "peak-light"])
def test_picture_in_other_themes(snap_compare: SnapCompare, theme: str) -> None:
    app, prepare = pictured(details(), theme=theme)
    assert snap_compare(app, run_before=prepare, terminal_size=(140, 42))
