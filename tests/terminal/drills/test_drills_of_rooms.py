"""Drills with the day view, the history and holds in tmux, with counted keys: none takes more than twelve."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Claim, Outcome
from peak_console.store.store import Store

if TYPE_CHECKING:
    from tests.support.terminal import Tmux
    from tests.terminal.conftest import Stage

pytestmark = pytest.mark.usefixtures("_tmux")

MOST_KEYS = 12
JOBS = """
[[job]]
name = "quotes"
command = "sh"
argv = ["-c", "echo tick; echo LimitBreached: exposure >&2; exit 3"]
schedule_type = "daily"
daily_time = "04:00"
tags = ["live"]

[[job]]
name = "report"
command = "true"
schedule_type = "interval"
interval_seconds = 3600
tags = ["live", "eod"]

[[job]]
name = "backtest"
command = "true"
schedule_type = "daily"
daily_time = "05:00"
"""


class Keys:
    """Presses keys, and counts them."""

    def __init__(self, tmux: Tmux) -> None:
        self._tmux = tmux
        self.count = 0

    def press(self, *names: str) -> None:
        self.count += len(names)
        self._tmux.keys(*names)

    def type(self, text: str) -> None:
        self.count += len(text)
        self._tmux.type(text)


@pytest.fixture
def tmux(stage: Stage) -> Tmux:
    """The console on three jobs, one of which has failed."""
    stage.jobs(JOBS)
    tmux = stage.tmux()
    tmux.wait_for("backtest")
    tmux.keys("/")
    tmux.type("quotes")
    tmux.keys("Enter", "r")
    tmux.wait_for("LimitBreached")
    stage.ended("quotes")
    tmux.keys("Escape")
    tmux.wait_until_gone("1 of 3")  # a key that follows Escape at once would be another one
    return tmux


def test_b_hold_everything_live_until_18_00_and_release_it(stage: Stage, tmux: Tmux) -> None:
    keys = Keys(tmux)
    keys.press("B")
    tmux.wait_for("Hold some jobs")
    keys.type("live")
    keys.press("Tab")
    keys.type("18:00")
    tmux.wait_for("2 jobs until")
    keys.press("Enter")
    assert keys.count <= MOST_KEYS
    tmux.wait_for("HOLD live")
    keys = Keys(tmux)
    keys.press("B")
    tmux.wait_for("Release jobs tagged live")
    keys.press("1")
    tmux.wait_until_gone("HOLD live")
    assert keys.count == 2


def test_f_what_runs_in_the_next_hours(stage: Stage, tmux: Tmux) -> None:
    keys = Keys(tmux)
    keys.press("5")
    tmux.wait_for("5 Day view")
    tmux.wait_for(lambda screen: "◇" in screen.partition("▲ late")[0])
    keys.press("Tab")
    keys.press("-")
    tmux.wait_for("Day view · 12 h")
    assert keys.count <= MOST_KEYS
    tmux.keys("q")
    tmux.wait_until_gone("5 Day view")


def test_g_today_against_yesterday(stage: Stage, tmux: Tmux) -> None:
    tmux.keys("/")
    tmux.type("quotes")
    tmux.keys("Enter", "r")
    tmux.wait_for(lambda _screen: sum(run.outcome is not None for run in stage.runs() if run.job == "quotes") == 2)
    keys = Keys(tmux)
    keys.press("6")
    tmux.wait_for("6 History")
    keys.press("f")
    tmux.wait_for("History · failed · 2 runs")
    keys.press("c")
    tmux.wait_for("took")
    tmux.wait_for("the outputs are the same")
    assert keys.count <= MOST_KEYS


def test_h_what_was_late_today_and_why(stage: Stage, tmux: Tmux) -> None:
    store = Store.open(str(stage.state))
    now = datetime.now(UTC)
    claim = Claim("backtest", now - timedelta(seconds=200), late_because="waited for a place behind sweep #7")
    [run] = store.claim([claim], now - timedelta(seconds=20), "1 gone")
    store.finish(run.id, Outcome.MISSED, None, now)
    store.close()
    keys = Keys(tmux)
    keys.press("6")
    tmux.wait_for("6 History")
    keys.press("l", "t")
    screen = tmux.wait_for("History · late today · 1 run")
    assert "waited for a place behind sweep #7" in screen
    assert keys.count <= MOST_KEYS


def test_i_a_text_in_all_outputs(stage: Stage, tmux: Tmux) -> None:
    keys = Keys(tmux)
    keys.press("6")
    tmux.wait_for("6 History")
    keys.press("o")
    tmux.wait_for("Find in outputs")
    keys.type("breached")
    keys.press("Enter")
    tmux.wait_for("LimitBreached: exposure")
    tmux.wait_for("1 line in")
    keys.press("Enter")
    tmux.wait_for("/breached · 1 of 1")
    assert keys.count <= MOST_KEYS
