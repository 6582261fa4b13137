"""What an operator is called for, done by keys in a terminal: how many it takes is counted.

A text that is typed into a form counts as one key; the keys that lead there and back count each.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Outcome, RunState
from peak_console.store.store import Store
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from tests.support.terminal import Tmux
    from tests.terminal.conftest import Stage

pytestmark = pytest.mark.usefixtures("_tmux")

MOST_KEYS = 12
JOBS = """
[[job]]
name = "quiet"
command = "true"
schedule_type = "daily"
daily_time = "05:00"
tags = ["paper"]

[[job]]
name = "limits"
command = "sh"
args = { script = "{folder}/limits.sh", top_n = 3 }
schedule_type = "daily"
daily_time = "05:00"
tags = ["live", "risk"]

[[job]]
name = "patient"
command = "sh"
argv = ["-c", "echo begun; until [ -e {folder}/open ]; do sleep 0.05; done"]
schedule_type = "daily"
daily_time = "05:00"
tags = ["live"]
"""
LIMITS = """
echo "checking $*"
case "$*" in *--top-n\\ 5*) exit 0 ;; esac
echo "LimitBreached: exposure 0.61 > limit 0.50" >&2
exit 2
"""


class Drill:
    """An operator at a console, who counts his keys."""

    def __init__(self, tmux: Tmux) -> None:
        self.tmux = tmux
        self.count = 0

    def press(self, *keys: str) -> None:
        self.count += len(keys)
        for key in keys:
            self.tmux.keys(key)

    def write(self, text: str) -> None:
        self.count += 1
        self.tmux.type(text)

    def sees(self, *texts: str) -> None:
        self.tmux.wait_for(lambda screen: all(text in screen for text in texts))


@pytest.fixture
def drill(stage: Stage) -> Drill:
    (stage.folder / "limits.sh").write_text(LIMITS)
    stage.jobs(JOBS)
    return Drill(stage.tmux())


def leave(stage: Stage, drill: Drill) -> None:
    (stage.folder / "open").touch()
    for run in stage.runs():
        stage.ended(run.job)
    drill.tmux.leave()
    drill.tmux.wait_for("left with 0")


def test_a_job_has_failed_overnight(stage: Stage, drill: Drill) -> None:
    """Find it, understand it, run it again with changed arguments, acknowledge with a note: 11 keys, 13 before."""
    assert stage.run("run", "limits").code == 0
    stage.ended("limits")
    drill.sees("✖ failed    limits", "LimitBreached: exposure 0.61 > limit 0.50", "! 1 alert")  # without a key

    drill.press("R")
    drill.sees("Run limits once, now")
    drill.press("Down", "End", "BSpace")
    drill.write("5")
    drill.press("Enter")
    wait_until(lambda: len(stage.runs("limits")) == 2, "another run")
    again = stage.ended("limits")
    assert (again.outcome, list(again.args_changed)) == (Outcome.SUCCEEDED, ["top_n"])
    drill.sees("≠ top_n=5")
    drill.press("4", "v", "n")
    drill.sees("─ Acknowledge")
    drill.write("limit was raised by the desk")
    drill.press("Enter")

    def noted() -> bool:
        store = Store.look(str(stage.state))
        assert store is not None
        found = [alert.ack_note for alert in store.alerts()]
        store.close()
        return "limit was raised by the desk" in found

    wait_until(noted, "the note")
    assert drill.count <= MOST_KEYS, drill.count
    leave(stage, drill)


def test_everything_that_is_live_stops_until_the_evening_and_goes_on_before(stage: Stage, drill: Drill) -> None:
    drill.press("B")
    drill.sees("─ Hold some jobs")
    drill.write("live")
    drill.press("Tab")
    drill.write("2h")
    drill.press("Enter")
    drill.sees("held by")
    assert stage.run("run", "limits").code != 0
    assert stage.run("run", "quiet").code == 0
    held = drill.count
    drill.press("B")
    drill.sees("─ Hold")
    drill.press("Enter")
    drill.tmux.wait_until_gone("held by")
    assert drill.count <= MOST_KEYS, (held, drill.count)
    leave(stage, drill)


def test_a_job_hangs(stage: Stage, drill: Drill) -> None:
    """Notice it, see its past and what it is, stop it: 4 keys."""
    assert stage.run("run", "patient").code == 0
    drill.sees("▶ running   patient", "begun")  # on top, with its output: without a key
    run = stage.running("patient")
    drill.press("Enter")
    drill.sees("─ Runs", "patient")
    drill.press("x")
    drill.sees(f"Stop patient #{run.id}")
    drill.press("Enter")
    assert stage.ended("patient").outcome == Outcome.STOPPED
    drill.press("Escape")
    drill.tmux.wait_until_gone("─ Runs")
    assert drill.count <= MOST_KEYS, drill.count
    leave(stage, drill)


def test_a_broken_jobs_file(stage: Stage) -> None:
    editor = stage.folder / "editor"
    editor.write_text(f'#!/bin/sh\necho "$1" >{stage.folder}/line\nsed -i \'s/evry/daily/\' "$2"\n')
    editor.chmod(0o755)
    stage.environment(EDITOR=str(editor))
    (stage.folder / "limits.sh").write_text(LIMITS)
    stage.jobs(JOBS)
    drill = Drill(stage.tmux())
    good = stage.config.read_text(encoding="utf-8")
    broken = good.replace('schedule_type = "daily"', 'schedule_type = "evry"', 1)
    stage.config.write_text(broken, encoding="utf-8")
    drill.sees("jobs file rejected")
    drill.press("e")
    wait_until((stage.folder / "line").exists, "the editor")
    drill.tmux.wait_for(lambda screen: "engine running" in screen and "jobs file rejected" not in screen)
    line = int((stage.folder / "line").read_text(encoding="ascii").removeprefix("+"))
    assert broken.splitlines()[line - 1] == 'schedule_type = "evry"'
    assert drill.count == 1
    leave(stage, drill)


def test_the_engine_dies(stage: Stage) -> None:
    (stage.folder / "limits.sh").write_text(LIMITS)
    stage.jobs(JOBS)
    engine = stage.headless()
    tmux = stage.tmux(stage.then_shown())
    tmux.wait_for(f"attached to pid {engine.pid}")
    drill = Drill(tmux)
    assert stage.run("run", "patient").code == 0
    run = stage.running("patient")
    drill.sees("▶ running")  # what is new reaches a console only once it has decided to look on
    engine.send(signal.SIGKILL)
    engine.wait()
    drill.sees("press E to take over")
    drill.press("E")
    drill.sees("─ No engine")
    drill.press("Enter")
    drill.sees("engine running")
    wait_until(lambda: stage.runs("patient")[0].state == RunState.RUNNING, "the run that goes on")
    assert stage.runs("patient")[0].id == run.id
    assert drill.count == 2
    leave(stage, drill)
