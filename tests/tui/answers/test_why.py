"""Why: on a key for the job, and for the run or slot under the cursor, in every pane and room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Static

from peak_console.decisions.conditions import CONDITIONS
from peak_console.decisions.conditions import Answer as Unmet
from peak_console.decisions.why import _VALUES, _WAYS_OUT
from peak_console.forecast.why import Reasons, Told
from peak_console.tui.answers.screen import AnswerScreen
from peak_console.tui.answers.why import WAYS_OUT, Answer, verdict, way_out
from tests.support.factories import make_job
from tests.tui import desk
from tests.tui.app.test_snapshots import by_size
from tests.tui.console import covers, running, three_jobs
from tests.tui.harness import fixed_now
from tests.tui.rooms import pressing, settled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.tui.console import Console

    SnapCompare = Callable[..., bool]

SIZES = [(80, 24), (120, 36), (180, 48)]


def test_every_condition_has_a_value_and_a_way_out_in_shell_and_console() -> None:
    names = {condition.name for condition in CONDITIONS}
    assert names <= set(_VALUES)
    assert names <= set(_WAYS_OUT)
    assert set(WAYS_OUT) == set(_WAYS_OUT)


def test_the_console_names_keys_and_no_shell_words() -> None:
    for name in WAYS_OUT:
        told = Told("backup", fixed_now(), "no", unmet=_unmet(name))
        way = way_out(told, {"run": "ctrl+r"})
        assert "peak-console" not in way
        assert "--" not in way
    assert way_out(Told("backup", fixed_now(), "no", unmet=_unmet("schedule")), {"run": "ctrl+r"}).endswith("Ctrl+R")


def _unmet(name: str) -> Unmet:
    return Unmet(name, False, "", None)


def test_long_sentences_are_wrapped_and_hostile_ones_made_safe() -> None:
    told = Told("backup", fixed_now(), "held by \x1b[31meve " + "for a long time " * 20, unmet=_unmet("hold"))
    lines = verdict(Answer(told, ahead=()), {}, 40).plain.splitlines()
    assert max(map(len, lines)) <= 40
    assert "\x1b" not in "".join(lines)


def text(console: Console) -> str:
    assert console.shows(AnswerScreen)
    return "\n".join(str(console.screen.query_one(part, Static).visual) for part in ("#written", "#verdict"))


async def asked(console: Console, *keys: str) -> str:
    for key in keys:
        await console.pilot.press(key)
        await settled(console.pilot)
    found = text(console)
    await console.press("escape")
    assert not console.shows(AnswerScreen)
    return found


@covers("why")
async def test_it_is_asked_of_the_job_wherever_the_cursor_is(tmp_path: Path) -> None:
    async with running(three_jobs(tmp_path)) as console:
        await console.go_to("alpha")
        told = await asked(console, "w")
        assert "alpha does not start now: not due before" in told
        assert "its slot; sooner: r" in told
        assert "by forecast alpha starts at" in told
        assert "alpha #2" in told
        assert "run #2" not in told  # the job alone was asked about
        of_output = await asked(console, "2", "w")
        assert of_output.startswith("run #2\nalpha #2 was due at")
        upcoming = await asked(console, "3", "w")
        assert upcoming.startswith("the slot ")
        assert "by forecast alpha starts at" in upcoming.splitlines()[1]
        await console.press("1")
        assert (await asked(console, "enter", "w")).startswith("run #2\n")  # from the details, which stay open
        await console.press("escape")
        assert (await asked(console, "6", "w")).startswith("run #3\nbeta #3")
        await console.press("escape")
        lanes = await asked(console, "5", "tab", "w")
        assert lanes.startswith("the slot ")


async def test_the_first_frame_tells_the_conditions_and_that_the_forecast_is_asked(tmp_path: Path) -> None:
    async with running(three_jobs(tmp_path)) as console:
        await console.go_to("gamma")
        await console.pilot.press("w")
        await console.pilot._wait_for_screen()
        first = text(console)
        assert "✖ enabled   disabled in the jobs file" in first
        assert "enabled = true in the jobs file, or d" in first
        await settled(console.pilot)
        assert "by forecast gamma does not start before" in text(console)
        assert first.splitlines()[:14] == text(console).splitlines()[:14]
        assert first.splitlines()[-2:] == text(console).splitlines()[-2:]


async def test_it_stays_true_while_it_is_open(tmp_path: Path) -> None:
    async with running(three_jobs(tmp_path)) as console:
        await console.go_to("alpha")
        await console.press("w")
        await settled(console.pilot)
        console.stage.hold("maintenance")
        await console.refresh()
        await settled(console.pilot)
        assert "held by anna" in text(console)
        assert "its release: H where everything is held" in text(console)


async def test_it_scrolls_by_key_where_it_is_longer_than_the_screen(tmp_path: Path) -> None:
    async with running(three_jobs(tmp_path), size=(60, 16)) as console:
        await console.go_to("alpha")
        await console.press("w")
        await settled(console.pilot)
        body = console.screen.query_one("#text")
        await console.press("G")
        assert body.scroll_y == body.max_scroll_y > 0
        await console.press("k")
        assert body.scroll_y == body.max_scroll_y - 1
        await console.press("home", "pagedown")
        assert body.scroll_y > 1


async def test_a_forecast_that_fails_is_told_beside_what_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[str]:
        raise ValueError("no such day")

    monkeypatch.setattr(Reasons, "ahead", fail)
    async with running(three_jobs(tmp_path)) as console:
        await console.go_to("alpha")
        await console.press("w")
        await settled(console.pilot)
        assert "the forecast: it failed: no such day" in text(console)
        assert "✔ enabled" in text(console)


async def test_a_job_that_has_left_the_file_is_said(tmp_path: Path) -> None:
    async with running(three_jobs(tmp_path)) as console:
        console.stage.session.define(make_job("delta", interval_seconds=60))
        await console.press("w")
        assert console.toasts[-1][1].endswith("is no longer in the jobs file")


@pytest.mark.parametrize("size", SIZES, ids=by_size)
def test_why_as_it_looks(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    stage = desk.quiet(tmp_path)
    stage.hold("exchange maintenance until the auction is over, see the ticket of the venue")
    stage.ran("daily_risk_check", 9_000, scheduled_for=stage.ago(9_200), late_because="waited for a place behind #7")
    prepare = pressing("2", "w")
    assert snap_compare(stage.app(), terminal_size=size, run_before=prepare)
