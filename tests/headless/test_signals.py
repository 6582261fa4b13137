"""How a resident engine leaves: when asked, when told twice, and what it does with what runs."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.headless.support import shell
from tests.support.processes import is_alive, pid_of, wait_until

if TYPE_CHECKING:
    from tests.headless.support import Program

NOTE = "echo $PEAK_JOB_NAME >> {log}"
EACH_SECOND = 'schedule_type = "interval"\ninterval_seconds = 1'


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_starts_nothing_new_and_waits_for_what_runs(program: Program, number: int) -> None:
    program.jobs(shell("long", f"{program.gate()}; {NOTE}") + shell("tick", NOTE, EACH_SECOND))
    resident = program.headless()
    resident.shows("tick #2 succeeded")
    resident.send(number)
    resident.shows("shutting down: waiting for 1 run; signal again to stop them")
    ticks = program.log.count("tick")
    wait_until(lambda: "would run tick" in program.once("--dry-run").out)
    program.open_gate()
    assert resident.wait() == 0
    assert program.log.count("tick") == ticks
    assert program.log[-1] == "long"
    assert resident.out.splitlines()[-1].endswith(f"engine stopped: {ticks + 1} succeeded, 0 failed")
    assert {run.outcome for run in program.runs()} == {"succeeded"}


def test_the_second_signal_stops_the_runs_politely_then_certainly(program: Program) -> None:
    polite = 'trap "echo bye >> {log}; exit 0" TERM; echo on >> {log}; while :; do sleep 0.05; done'
    stubborn = 'trap "" TERM; echo on >> {log}; while :; do sleep 0.05; done'
    program.jobs(shell("polite", polite) + shell("stubborn", stubborn, "kill_grace_seconds = 0.5"))
    resident = program.headless()
    program.log_has(2)
    resident.send(signal.SIGTERM)
    resident.shows("waiting for 2 runs")
    resident.send(signal.SIGTERM)
    assert resident.wait() == 0
    assert program.log == ["on", "on", "bye"]
    assert "did not end when asked to and is killed" in resident.out
    assert resident.out.splitlines()[-1].endswith("engine stopped: 0 succeeded, 0 failed")
    runs = program.runs()
    assert [run.outcome for run in runs] == ["stopped", "stopped"]
    assert {run.reason for run in runs} == {"the engine was stopped"}
    assert not any(run.reference and is_alive(pid_of(run)) for run in runs)


def test_ctrl_c_does_not_reach_the_jobs(program: Program) -> None:
    program.jobs(shell("long", f'trap "echo interrupted >> {{log}}" INT; {program.gate()}; {NOTE}'))
    resident = program.headless()
    resident.shows("long #1 started")
    os.killpg(resident.pid, signal.SIGINT)  # as a terminal does: to the whole foreground group
    resident.shows("waiting for 1 run")
    program.open_gate()
    assert resident.wait() == 0
    assert program.log == ["long"]
    assert program.runs()[0].outcome == "succeeded"


def test_an_idle_engine_leaves_at_once(program: Program) -> None:
    program.jobs(shell("off", NOTE, "enabled = false"))
    resident = program.headless("--poll-interval", "600")
    assert resident.leave() == 0
    assert "shutting down: nothing is running" in resident.out


def test_a_pending_retry_is_left_for_the_next_engine(program: Program) -> None:
    program.jobs(shell("flaky", f"{NOTE}; exit 1", "retries = 1\nretry_delay_seconds = 0.5"))
    resident = program.headless()
    resident.shows("next attempt in")
    assert resident.leave() == 0
    assert len(program.log) == 1
    later = program.headless()
    later.shows("flaky #2 failed")
    assert len(program.log) == 2


def test_one_shot_obeys_signals_too(program: Program) -> None:
    program.jobs(shell("long", f"{program.gate()}; {NOTE}") + shell("stuck", "sleep 600"))
    start = program.start("--once")
    start.shows("started", times=3)
    start.send(signal.SIGTERM)
    start.shows("waiting for 2 runs")
    program.open_gate()
    start.shows("long #1 succeeded")
    start.send(signal.SIGTERM)
    assert start.wait() == 0
    assert sorted(str(run.outcome) for run in program.runs()) == ["stopped", "succeeded"]


def test_hangup_reads_the_jobs_file_again(program: Program) -> None:
    program.jobs(shell("note", NOTE))
    resident = program.headless()
    resident.send(signal.SIGHUP)
    resident.shows("jobs reloaded: no job has changed")
    assert resident.leave() == 0


def test_the_engine_sleeps_while_nothing_happens(program: Program) -> None:
    program.jobs(shell("off", NOTE, "enabled = false") + shell("long", program.gate()))
    resident = program.headless()
    resident.shows("long #1 started")
    calm, seen = resident.cpu_seconds(), [0]

    def two_seconds() -> bool:
        seen[0] += 1
        return seen[0] > 200  # of at least 5 ms each

    wait_until(two_seconds)
    assert resident.cpu_seconds() - calm < 0.2
