"""What is said after the console has left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from peak_console.tui.app.actions.leaving import Departure, farewell, next_up
from peak_console.tui.state.snapshot import EngineState, Snapshot
from tests.tui.harness import ZONE, fixed_now, make_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.tui.state.snapshot import JobRow

NOTHING = "nothing starts until an engine serves /state"
START_ONE = "start one with peak-console --headless"
NEXT = "next: backup in 00:01:00"


def snapshot(rows: Sequence[JobRow]) -> Snapshot:
    return Snapshot(fixed_now(), "jobs.toml", EngineState.RUNNING, ZONE, rows)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            {"served_here": True},
            f"the scheduler has ended; {NOTHING}",
        ),
        (
            {"served_here": True, "upcoming": NEXT, "left": ["backup #12"]},
            f"the scheduler has ended; backup #12 goes on; {NOTHING} ({NEXT})",
        ),
        (
            {"served_here": True, "left": [f"job #{n}" for n in range(1, 8)]},
            f"the scheduler has ended; job #1, job #2, job #3, job #4, job #5 and 2 more go on; {NOTHING}",
        ),
        (
            {"served_here": True, "successor": 4711, "upcoming": NEXT},
            f"scheduling goes on in the background (pid 4711); {NEXT}; peak-console shows it again, kill 4711 ends it",
        ),
        (
            {"served_here": True, "successor": 4711, "successor_failure": "no disk"},
            f"nothing is scheduled any more: the engine in the background has not begun (no disk); {START_ONE}",
        ),
        ({"served_here": False, "served_by": "pid 12"}, "scheduling goes on: pid 12 serves /state"),
        ({"served_here": False}, "no engine serves /state: nothing starts"),
    ],
)
def test_the_line_says_what_goes_on_and_what_does_not(facts: dict[str, Any], said: str) -> None:
    assert farewell(Departure(directory="/state", **facts)) == said


def test_next_is_the_earliest_slot_that_an_engine_starts() -> None:
    now = fixed_now()
    assert next_up(None, now) == ""
    assert next_up(snapshot([make_row(next_in=None)]), now) == ""
    assert (
        next_up(snapshot([make_row("late", next_in=90), make_row("soon", next_in=60)]), now) == "next: soon in 00:01:00"
    )
    assert next_up(snapshot([make_row("due", next_in=-1)]), now) == "next: due now"
