"""The details of a job: the plot and the numbers, the words, the keys, and how it looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Static

from peak_console.engine.outlook import DisabledBy, Standing
from peak_console.jobs.model import CatchUp, JobDefinition, Overlap
from peak_console.schedule.model import JobSchedule
from peak_console.schedule.slots import upcoming
from peak_console.store.model import Outcome, Override, Run
from peak_console.tui import details_text
from peak_console.tui.details import DetailsData, JobDetails
from peak_console.tui.history_plot import RUNS, finished, plot, statistics
from peak_console.tui.run_list import EMPTY, RunList
from tests.tui.harness import ZONE, Posted, WidgetApp, fixed_now, make_history, make_row, make_run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.pilot import Pilot

    SnapCompare = Callable[..., bool]

WEEKDAYS = JobSchedule(
    type="daily", daily_time="08:00", timezone="Europe/Berlin", days=("mon", "tue", "wed", "thu", "fri")
)


# The plot and the numbers.


def drawn(runs: Sequence[Run], height: int = 2) -> list[str]:
    return ["".join(text for text, _ in line) for line in plot(runs, height)]


def test_bars_are_as_high_as_runs_are_long() -> None:
    runs = finished(make_history(durations=(1, 2, 4, 8)))
    assert drawn(runs) == [
        "   8.0s ┤   █",
        "        │▂▄██",
        "      0 ┼    ",
    ]


def test_the_middle_of_the_scale_is_labelled_where_a_line_stands_there() -> None:
    assert [line[:9] for line in drawn(finished(make_history(durations=(8,))), 3)] == [
        "   8.0s ┤", "   4.0s ┤", "        │", "      0 ┼",
    ]  # fmt: skip


def test_the_shortest_run_still_shows() -> None:
    assert drawn(finished(make_history(durations=(0.001, 100, 90))))[1][9:] == "▁██"


def test_an_outlier_is_cut_instead_of_flattening_the_others() -> None:
    lines = drawn(finished(make_history(durations=[10] * 19 + [1000])))
    assert lines[0].startswith("  20.0s ┤")
    assert (lines[0][-1], lines[1][-2:]) == ("▲", "██")


def test_every_outcome_but_success_has_a_sign_as_well_as_a_colour() -> None:
    runs = [
        make_run(n, took=5, outcome=outcome)
        for n, outcome in enumerate([Outcome.SUCCEEDED, Outcome.FAILED, Outcome.STOPPED, "from tomorrow"])
    ]
    *_, bars, signs = plot(runs, 2)
    assert "".join(text for text, _ in signs[1:]) == " ✖■?"
    assert [style for _, style in bars[1:]] == ["success", "error", "warning", "warning"]


def test_a_slot_without_a_process_has_no_bar() -> None:
    missed = replace(make_run(2, outcome=Outcome.MISSED), started_at=None)
    assert [line[-1] for line in drawn([make_run(1), missed])] == [" ", " ", "○"]


def test_runs_that_take_no_time_divide_by_nothing() -> None:
    assert drawn([make_run(1, took=0)])[1][-1] == "▁"


def test_the_plot_holds_the_last_finished_runs_oldest_first() -> None:
    runs = [make_run(5000, ended_ago=None), *make_history(durations=range(1, 100))]
    ids = [run.id for run in finished(runs)]
    assert len(ids) == RUNS
    assert ids == sorted(ids)
    assert 5000 not in ids


def test_statistics_are_of_runs_that_ended_by_themselves() -> None:
    history = make_history(durations=range(1, 21), failed=(0, 1))
    stopped = make_run(1, took=500, outcome=Outcome.STOPPED)
    missed = replace(make_run(2, outcome=Outcome.MISSED), started_at=None)
    numbers = statistics([*history, stopped, missed])
    assert (numbers.count, numbers.succeeded) == (20, 18)
    assert (numbers.median, numbers.p95, numbers.longest) == (9.5, 18, 18)


def test_statistics_of_nothing_are_nothing() -> None:
    numbers = statistics([])
    assert (numbers.count, numbers.median, numbers.p95) == (0, None, None)


def test_durations_are_of_failures_where_nothing_succeeded() -> None:
    assert statistics(make_history(durations=(1, 2, 3), failed=(0, 1, 2))).median == 2


def test_the_95th_percentile_is_a_duration_that_was() -> None:
    numbers = statistics(make_history(durations=range(1, 101)))
    assert numbers.p95 == 95


# The words.


def policies(width: int = 80, **definition: Any) -> dict[str, str]:
    """Label (with its mark) to text."""
    lines = details_text.policies(JobDefinition("x", **definition), width).plain.splitlines()
    return {line[:19].strip(): line[19:] for line in lines}


def test_policies_that_are_not_the_default_have_a_mark() -> None:
    found = policies(
        timeout_seconds=3600,
        retries=2,
        overlap=Overlap.QUEUE,
        success_codes=(0, 3),
        schedule=WEEKDAYS,
        kill_grace_seconds=10,
    )
    assert found["• timeout"] == "1h"
    assert found["• retries"] == "2, after 1m, then ×2 each"
    assert found["• overlap"] == "queue: waits for the run's end"
    assert found["• success codes"] == "0, 3"
    assert found["accepted late"] == "up to 1h"
    assert found["kill grace"] == "10s from SIGTERM to SIGKILL"
    assert found["output"] == "256.0 MiB a stream"


@pytest.mark.parametrize(
    ("definition", "label", "text"),
    [
        ({"timeout_seconds": 0}, "• timeout", "none"),
        ({"timeout_seconds": 90}, "• timeout", "1m30s"),
        ({"retries": 1}, "• retries", "1, after 1m"),
        ({}, "retries", "none"),
        ({}, "accepted late", "any"),
        ({"catch_up": CatchUp.SKIP}, "• accepted late", "up to 1m"),
        ({"misfire_grace_seconds": 86400}, "• accepted late", "up to 1d"),
        ({"max_output_bytes": 0}, "• output", "no bound"),
        ({"alert_on_success": False}, "• alert on success", "no"),
    ],
)
def test_each_policy_in_words(definition: dict[str, Any], label: str, text: str) -> None:
    assert policies(**definition)[label] == text


def test_a_long_text_is_wrapped_under_itself() -> None:
    lines = details_text.command("python " + "--flag value " * 10, None, "/srv", None, 40).plain.splitlines()
    assert lines[0].startswith("command   python")
    assert all(line.startswith(" " * 10) for line in lines[1:-1])
    assert max(map(len, lines)) <= 40


def test_a_command_that_cannot_be_resolved_says_why() -> None:
    text = details_text.command("", 'command "nope" not found', "/srv", "live.env", 60).plain
    assert '✖ command "nope" not found' in text
    assert "env file  live.env" in text


def test_own_variables_stand_before_inherited_ones() -> None:
    lines = details_text.environment({"B": "2", "A": "1"}, {"HOME": "/h", "PATH": "x" * 100}, 30).plain.splitlines()
    assert lines == ["its own", "  A=1", "  B=2", "inherited: 2", "  HOME=/h", "  PATH=" + "x" * 22 + "…"]


def why(view_of: dict[str, Any]) -> str:
    return details_text.why_disabled(make_row(**view_of).view, fixed_now(), ZONE)


def test_who_switched_a_job_off_or_on() -> None:
    hour = timedelta(hours=1)
    off = Override(False, "anna", fixed_now() - hour, fixed_now() + hour, "exchange maintenance")
    on = Override(True, "ben", fixed_now() - hour)
    assert why({"standing": Standing.OK}) == ""
    assert why({"standing": Standing.DISABLED}) == "disabled by the jobs file: enabled = false"
    assert (
        why({"standing": Standing.DISABLED, "disabled_by": DisabledBy.OPERATOR, "override": off})
        == "disabled by anna since 13:55 until 15:55: exchange maintenance"
    )
    assert why({"standing": Standing.OK, "override": on}) == "enabled by ben since 13:55"


def test_ten_slots_each_with_its_countdown_across_the_end_of_summer_time() -> None:
    before = fixed_now().replace(month=10, day=23)
    slots = upcoming(WEEKDAYS, before, before, 20)
    view = make_row(schedule=WEEKDAYS).view
    lines = details_text.schedule(view, slots, ZONE, before, 60).plain.splitlines()
    assert lines[0] == "schedule  mon–fri 08:00 Europe/Berlin"
    assert lines[1] == "next      Mon 26 Oct 08:00:00 CET    2d 17h"
    assert len(lines) == 11


def test_a_job_with_nothing_ahead_says_so() -> None:
    assert "nothing ahead" in details_text.schedule(make_row().view, [], ZONE, fixed_now(), 60).plain
    off = make_row(standing=Standing.DISABLED).view
    assert "nothing while it is disabled" in details_text.schedule(off, [], ZONE, fixed_now(), 60).plain


# The screen.


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
    runs = [replace(runs_of()[1], reason=hostile, triggered_by=hostile)]
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
