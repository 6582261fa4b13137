"""What a jobs file changes: told when it lands, and before one is accepted that is held back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Static

from peak_console.forecast.plan import Plan
from peak_console.jobs.model import JobSet, SchedulerSettings
from peak_console.tui.answers import plan as plan_text
from peak_console.tui.answers.screen import AnswerScreen, QuestionScreen
from peak_console.values import replace
from tests.support.factories import make_job
from tests.tui.app.test_snapshots import by_size
from tests.tui.console import covers, running, three_jobs
from tests.tui.harness import ZONE
from tests.tui.rooms import settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

    from tests.tui.console import Console
    from tests.tui.stage import Stage

    SnapCompare = Callable[..., bool]

EDITED = (
    make_job("alpha", interval_seconds=900, args={"script": "a.py", "token": "sesame42"}, tags=("daily", "risk")),
    make_job("beta", interval_seconds=3600, tags=("risk",)),
    make_job("delta", interval_seconds=60),
)


def text(console: Console) -> str:
    assert isinstance(console.screen, AnswerScreen)
    return str(console.screen.query_one("#written", Static).visual)


@covers("plan")
async def test_a_file_that_lands_says_in_short_what_it_changes_and_on_a_key_all_of_it(tmp_path: Path) -> None:
    stage = three_jobs(tmp_path)
    async with running(stage) as console:
        await console.press("P")
        assert console.toasts[-1][1] == "the jobs file has not changed since this console began"
        stage.session.define(*EDITED)
        await console.refresh()
        await settled(console.pilot)
        severity, said = console.toasts[-1]
        assert said == (
            "jobs file taken up: 1 job added, 1 job removed, 1 job changed; delta starts at once; "
            "P says what has changed"
        )
        assert severity == "warning"
        await console.press("P")
        shown = text(console)
        assert "+ delta: every 1m; first slot" in shown
        assert "- gamma" in shown
        assert "interval_seconds: 3600.0 → 900.0" in shown or "interval_seconds: 3600 → 900" in shown
        assert "args changed" in shown  # what they hold may be secret
        assert "sesame42" not in shown
        assert "next slot:" in shown
        assert "! delta would start at once" in shown
        await console.press("escape")
        stage.session.define(*EDITED)
        await console.refresh()
        await settled(console.pilot)
        assert console.toasts[-1][1] == said  # a save that changes nothing says nothing


def offered(stage: Stage) -> JobSet:
    stage.session.wants_consent = True
    stage.session.offered = replace(stage.session.jobset, jobs={"delta": make_job("delta", interval_seconds=60)})
    return stage.session.offered


async def test_a_file_that_is_held_back_is_shown_before_it_is_accepted(tmp_path: Path) -> None:
    stage = three_jobs(tmp_path)
    async with running(stage) as console:
        offered(stage)
        await console.press("P")  # only looks
        assert not console.shows(QuestionScreen)
        await console.press("y", "escape")
        assert stage.session.left == []
        await console.pilot.press("L")
        await console.pilot.pause()
        assert console.shows(QuestionScreen)
        assert "- beta: #3 under way; what waits is given up" in text(console)
        assert "It removes 3 jobs. Load it now?" in str(console.screen.query_one("#verdict", Static).visual)
        await settled(console.pilot)
        assert "! delta would start at once" in text(console)
        await console.press("n")
        assert stage.session.left == []
        await console.press("L", "y")
        assert stage.session.left == ["accept jobs"]


async def test_a_file_that_has_changed_while_it_was_read_is_not_accepted(tmp_path: Path) -> None:
    stage = three_jobs(tmp_path)
    async with running(stage) as console:
        offered(stage)
        await console.press("L")
        offered(stage)
        await console.press("y")
        assert stage.session.left == []
        assert console.toasts[-1][1] == "the jobs file has changed again meanwhile: look at it once more"


async def test_a_forecast_that_fails_is_told_beside_what_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no such day")

    monkeypatch.setattr("peak_console.forecast.plan.foreseen", fail)
    stage = three_jobs(tmp_path)
    async with running(stage) as console:
        offered(stage)
        await console.press("L")
        await settled(console.pilot)
        assert "- gamma" in text(console)
        assert "the forecast: it failed: no such day" in text(console)


def test_a_plan_without_changes_and_one_whose_forecast_fails_say_so() -> None:
    after = JobSet("jobs.toml", {}, SchedulerSettings())
    nothing = Plan(jobs=(), settings=(), at_once=(), broken=())
    assert plan_text.written(nothing, after, ZONE, 60, is_foreseen=False).plain == plan_text.NOTHING
    some = Plan(jobs=(), settings=(), at_once=("x",), broken=())
    assert "the forecast: full" in plan_text.written(some, after, ZONE, 60, is_foreseen=True, trouble="full").plain


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (180, 48)], ids=by_size)
def test_the_question_as_it_looks(
    snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # so that the header names no folder of this test
    stage = three_jobs(Path())
    offered(stage)

    async def prepare(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        await pilot.press("L")
        await settled(pilot)

    assert snap_compare(stage.app(), terminal_size=size, run_before=prepare)
