"""Slots that wait: whom for is told, a wait that is too long is warned of, and the run says why it was late."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from peak_console.engine.dispatch.lateness import LATE_SECONDS
from peak_console.store.store import Store
from tests.headless.support import shell
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from peak_console.model.records import Alert
    from tests.headless.support import Program


def warned(program: Program) -> list[Alert]:
    store = Store.open(str(program.state))
    found = [alert for alert in store.alerts() if (alert.cause or "").startswith("waiting:")]
    store.close()
    return found


def test_a_slot_that_finds_no_place_is_told_and_says_why_it_was_late(program: Program) -> None:
    settings = 'timezone = "UTC"\nmax_concurrent_runs = 1\nqueue_warning_seconds = 0.5'
    program.jobs(shell("hangs", program.gate()) + shell("starved", "true"), settings)
    engine = program.headless()
    engine.shows("hangs #1 started")
    wait_until(lambda: bool(warned(program)), "the warning")
    assert "1/1 places taken; 1 slot waiting, the longest for" in program.run("status").out
    assert "behind hangs #1" in program.run("status").out
    assert "behind hangs #1" in program.run("jobs").out
    waiting = {job["name"]: job["waiting"] for job in json.loads(program.run("jobs", "--json").out)}
    assert waiting["hangs"] is None
    assert (waiting["starved"]["slots"], waiting["starved"]["behind"]) == (1, "hangs #1")
    [run] = program.runs("starved")
    assert datetime.fromisoformat(waiting["starved"]["since"]) - run.claimed_at < timedelta(seconds=1)
    [warning] = warned(program)
    assert "starved has waited" in warning.message
    assert "behind hangs #1" in warning.message
    program.open_gate()
    engine.shows("starved #2 succeeded")
    wait_until(lambda: warned(program)[0].resolved_at is not None, "that it is over")
    assert len(warned(program)) == 1
    assert engine.leave() == 0
    [run] = program.runs("starved")
    assert run.late_because == "waited for a place behind hangs"
    assert "waited for a place behind hangs" in program.run("runs").out


def test_a_retry_and_a_slot_of_the_time_without_an_engine_say_so(program: Program) -> None:
    retried = "retries = 1\nretry_delay_seconds = 0.1"
    each = 'schedule_type = "interval"\ninterval_seconds = 3'
    program.jobs(shell("fails", "exit 1", retried) + shell("each", "true", each))
    program.once()
    assert {run.attempt: run.late_because for run in program.runs("fails")} == {1: None, 2: "retry of an earlier slot"}
    [first] = program.runs("each")
    assert first.scheduled_for is not None
    late = first.scheduled_for + timedelta(seconds=3 + LATE_SECONDS)
    wait_until(lambda: datetime.now(UTC) > late, "a slot that is late")
    program.once()
    assert "engine was down" in {run.late_because for run in program.runs("each")}
