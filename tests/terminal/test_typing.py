"""Keys that arrive in one piece, as from a quick hand or over a slow line, mean what they mean one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.store.store import Store
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from peak_console.store.model import JobState
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
    pty.keys("q")
    assert pty.process.wait(20) == 0
