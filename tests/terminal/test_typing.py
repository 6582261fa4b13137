"""Keys that arrive in one piece, as from a quick hand or over a slow line, mean what they mean one by one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from peak_console.setup.doctor.facts import Terminal
from peak_console.setup.doctor.findings import Grade
from peak_console.setup.doctor.judge_terminal import judge_terminal
from peak_console.store.store import Store
from peak_console.tui.terminal.pastes import SILENCE_SECONDS
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from peak_console.model.records import JobState
    from tests.terminal.conftest import Stage

JOBS = """
[[job]]
name = "other"
command = "true"
schedule_type = "daily"
daily_time = "04:00"

[[job]]
name = "dark"
command = "true"
schedule_type = "daily"
daily_time = "05:00"
"""


def states(stage: Stage) -> dict[str, JobState]:
    store = Store.look(str(stage.state))
    assert store is not None
    with store:
        found = store.job_states()
    store.close()
    return found


def test_what_is_typed_ahead_goes_where_it_is_meant_to(stage: Stage) -> None:
    stage.jobs(JOBS)
    pty = stage.pty()
    stage.serves()
    pty.wait_for(b"running")
    # By themselves, r runs, d disables, H holds, x stops, q quits.
    pty.keys("/dark\rd2h\tHard luck, dear\r")
    wait_until(lambda: any(state.override for state in states(stage).values()), "the override")
    found = {name: state.override for name, state in states(stage).items() if state.override}
    assert list(found) == ["dark"]
    override = found["dark"]
    assert override is not None
    assert override.reason == "Hard luck, dear"
    assert override.until is not None
    assert (override.until - override.at).total_seconds() == 7200
    assert stage.runs() == []
    pty.keys("\x1b[27u")
    pty.leave()
    assert pty.process.wait(20) == 0


@pytest.mark.parametrize(("silence", "key"), [(0.0, "\x03"), (SILENCE_SECONDS + 0.5, "q")])
def test_a_paste_that_has_lost_its_end_leaves_the_keys_alive(stage: Stage, silence: float, key: str) -> None:
    stage.jobs(JOBS)
    pty = stage.pty()
    stage.serves()
    pty.wait_for(b"running")
    pty.keys("\x1b[200~rrr")
    time.sleep(max(silence, 0.2))  # the silence is the case; and Ctrl+C is a key of its own
    pty.leave(key)
    assert pty.process.wait(20) == 0
    assert stage.runs() == []


def test_what_is_not_text_ends_nothing(stage: Stage) -> None:
    stage.jobs(JOBS)
    pty = stage.pty()
    stage.serves()
    pty.wait_for(b"running")
    pty.send(b"\xff\xfe\xc3")
    pty.keys("\x1b[27u")
    pty.leave()
    assert pty.process.wait(20) == 0


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_a_terminal_that_cannot_be_drawn_on_gets_a_sentence_and_no_screen(stage: Stage, term: str) -> None:
    stage.jobs(JOBS)
    stage.environment(TERM=term)
    pty = stage.pty()
    assert pty.process.wait(20) == 2
    pty.wait_for(b"set TERM")
    assert b"\x1b" not in pty.written
    assert Grade.PROBLEM in {finding.grade for finding in judge_terminal(Terminal(is_terminal=True, term=term))}
