"""Drills with what the console answers at length, in tmux, with counted keys: why, chain, plan, going to a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Outcome
from tests.terminal.drills.test_drills_of_rooms import MOST_KEYS, Keys

if TYPE_CHECKING:
    from tests.support.terminal import Tmux
    from tests.terminal.conftest import Stage

pytestmark = pytest.mark.usefixtures("_tmux")

JOBS = """
[[job]]
name = "fetch_quotes"
command = "sh"
argv = ["-c", "until [ -e {folder}/open ]; do sleep 0.05; done"]
schedule_type = "daily"
daily_time = "04:00"

[[job]]
name = "risk_check"
command = "true"
after = ["fetch_quotes"]
schedule_type = "after"

[[job]]
name = "positions_recon"
command = "true"
schedule_type = "daily"
daily_time = "05:00"
"""


@pytest.fixture
def tmux(stage: Stage) -> Tmux:
    stage.jobs(JOBS)
    tmux = stage.tmux()
    tmux.wait_for("positions_recon")
    return tmux


def leave(stage: Stage, tmux: Tmux) -> None:
    (stage.folder / "open").touch()
    for run in stage.runs():
        stage.ended(run.job)
    tmux.leave()
    tmux.wait_for("left with 0")


def test_c_a_job_hangs_see_what_it_delays_and_stop_it(stage: Stage, tmux: Tmux) -> None:
    assert stage.run("run", "fetch_quotes").code == 0
    tmux.wait_for("▶ running")
    keys = Keys(tmux)
    keys.press("g")
    tmux.wait_for("─ Go to")
    keys.type("fet")
    keys.press("Enter")
    tmux.wait_until_gone("─ Go to")
    keys.press("C")
    tmux.wait_for(lambda screen: "─ Chain of fetch_quotes" in screen and "└─ " in screen)
    keys.press("Enter")
    tmux.wait_until_gone("─ Chain of")
    keys.press("x")
    tmux.wait_for("Stop fetch_quotes")
    keys.press("Enter")
    assert stage.ended("fetch_quotes").outcome == Outcome.STOPPED
    assert keys.count <= MOST_KEYS
    leave(stage, tmux)


def test_why_does_it_not_run_and_what_would_change_it(stage: Stage, tmux: Tmux) -> None:
    assert stage.run("hold", "--reason", "exchange maintenance").code == 0
    tmux.wait_for("HOLD")
    keys = Keys(tmux)
    keys.press("g")
    tmux.wait_for("─ Go to")
    keys.type("pos")
    keys.press("Enter")
    tmux.wait_until_gone("─ Go to")
    keys.press("w")
    screen = tmux.wait_for("─ Why · positions_recon")
    assert "✖ hold" in screen
    assert "exchange maintenance" in screen
    tmux.wait_for("its release: H where everything is held")
    assert keys.count <= MOST_KEYS
    tmux.keys("q")
    tmux.wait_until_gone("─ Why")
    leave(stage, tmux)


def test_d_is_a_new_jobs_file_safe(stage: Stage, tmux: Tmux) -> None:
    text = stage.config.read_text(encoding="utf-8").replace('"05:00"', '"06:00"')
    stage.config.write_text(text + '[[job]]\nname = "cleanup"\ncommand = "true"\nschedule_type = "daily"\n'
                            'daily_time = "03:00"\n', encoding="utf-8")  # fmt: skip
    tmux.wait_for("taken up: 1 job added, 1 job changed")
    keys = Keys(tmux)
    keys.press("P")
    tmux.wait_for(lambda screen: "+ cleanup: daily 03:00" in screen and 'daily_time: "05:00" → "06:00"' in screen)
    assert keys.count == 1
    tmux.keys("q")
    tmux.wait_until_gone("What the jobs file has changed")
    leave(stage, tmux)
