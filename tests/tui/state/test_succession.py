"""The engine that a console leaves behind: how it is prepared, and what becomes of one that does not begin."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import StateError
from peak_console.tui.state.succession import Succession
from peak_console.tui.state.successor import command
from tests.support.processes import is_alive, wait_until

if TYPE_CHECKING:
    from pathlib import Path

JOBS = """
[[job]]
name = "quiet"
command = "true"
schedule_type = "daily"
daily_time = "05:00"
"""


def options(folder: Path, jobs: str = JOBS) -> Namespace:
    path = folder / "jobs.toml"
    path.write_text(jobs, encoding="ascii")
    return Namespace(
        config=str(path), include_tags=None, exclude_tags="slow", poll_interval=2.0, no_alerts=True, no_registry=False
    )


def prepared(succession: Succession) -> None:
    succession.prepare()
    wait_until(succession.is_ready, "an engine that is ready")


def test_the_command_line_is_that_of_the_consoles_engine(tmp_path: Path) -> None:
    words = command(options(tmp_path), "/state")
    assert words[3:5] == ["--headless", "--successor"]
    assert {"--state-dir=/state", "--exclude-tags=slow", "--poll-interval=2.0", "--no-alerts"} < set(words)
    assert "--no-registry" not in words


def test_one_that_is_not_wanted_after_all_is_gone(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    succession = Succession(options(tmp_path), str(state))
    assert succession.take_over() is None  # there is none
    prepared(succession)
    pid = succession.pid
    assert pid is not None
    assert is_alive(pid)
    assert succession.take_over() is None  # nobody else serves
    succession.dismiss()
    assert not is_alive(pid)
    assert not succession.is_wanted


def test_one_that_cannot_begin_says_why(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    succession = Succession(options(tmp_path, "[[job]"), str(state))
    with pytest.raises(StateError, match=r"no headless engine takes over, so this one goes on: .*jobs\.toml:1:"):
        prepared(succession)
    assert not succession.is_wanted


def test_without_a_place_for_what_it_has_to_say_none_is_started(tmp_path: Path) -> None:
    succession = Succession(options(tmp_path), str(tmp_path / "nowhere"))
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(StateError, match="no headless engine can be started: No such file"):
        succession.prepare()
    assert len(os.listdir("/proc/self/fd")) <= before
    assert not succession.is_wanted
