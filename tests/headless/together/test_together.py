"""Several programs on one state directory: each slot has one run, and somebody always goes on."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import EngineInfo
from peak_console.store.locks import EngineLock
from peak_console.store.store import Store
from tests.headless.support import shell
from tests.support.processes import is_alive, pid_of, wait_until

if TYPE_CHECKING:
    from tests.headless.support import Program

NOTE = 'echo "$PEAK_JOB_NAME $PEAK_SCHEDULED_FOR" >> {log}'
EACH_SECOND = 'schedule_type = "interval"\ninterval_seconds = 1'


def test_starts_at_the_same_moment_run_each_slot_once(program: Program) -> None:
    rounds, together, jobs = 3, 5, 4
    for number in range(rounds):
        program.jobs("".join(shell(f"job{number}.{n}", NOTE) for n in range(jobs)))
        starts = [program.start("--once") for _ in range(together)]
        assert [start.wait() for start in starts] == [0] * together, [start.out + start.err for start in starts]
        assert [start.err for start in starts] == [""] * together
        assert len(program.log) == (number + 1) * jobs
    assert len({line.split()[0] for line in program.log}) == rounds * jobs
    assert {run.outcome for run in program.runs()} == {"succeeded"}


def test_once_beside_a_resident_engine_says_who_and_does_nothing(program: Program) -> None:
    program.jobs(shell("note", NOTE))
    resident = program.headless()
    program.finished(1)
    program.jobs(shell("note", NOTE) + shell("later", NOTE))
    answer = program.once()
    assert answer.code == 0
    assert f"another engine (pid {resident.pid}) serves {program.state}; nothing done" in answer.out
    assert [run.job for run in program.finished(2)] == ["note", "later"], "the resident engine ran it"


def test_a_long_run_of_one_start_does_not_delay_what_is_due_at_the_next(program: Program) -> None:
    program.jobs(shell("long", program.gate()) + shell("tick", NOTE, EACH_SECOND))
    first = program.start("--once")
    first.shows("tick #2 succeeded")
    wait_until(lambda: "would run tick" in program.once("--dry-run").out)
    answer = program.once()
    assert answer.code == 0
    assert "tick #3 succeeded" in answer.out
    assert "long #" not in answer.out
    assert first.is_alive
    program.open_gate()
    assert first.wait() == 0
    assert "long #1 succeeded" in first.out


def test_a_start_that_waits_for_its_run_does_not_work_meanwhile(program: Program) -> None:
    program.jobs(shell("long", program.gate()) + shell("tick", NOTE, EACH_SECOND))
    start = program.start("--once")
    start.shows("tick #2 succeeded")
    wait_until(lambda: "would run tick" in program.once("--dry-run").out)
    before, began = start.cpu_seconds(), time.monotonic()
    wait_until(lambda: time.monotonic() > began + 1)
    assert start.cpu_seconds() - before < 0.3


def test_a_start_that_ends_late_does_not_sign_off_the_engine_that_serves_by_then(program: Program) -> None:
    program.jobs(shell("long", program.gate()))
    start = program.start("--once")
    start.shows("long #1 started")
    resident = program.headless()
    program.open_gate()
    assert start.wait() == 0
    assert f"pid {resident.pid}" in program.run("status").out
    assert [run.outcome for run in program.finished(1)] == ["succeeded"]
    assert resident.leave() == 0


def test_a_slot_is_skipped_while_another_start_still_runs_its_job(program: Program) -> None:
    program.jobs(shell("slow", program.gate(), EACH_SECOND))
    first = program.start("--once")
    first.shows("slow #1 started")
    wait_until(lambda: "slow" in program.once("--dry-run").out)
    answer = program.once()
    assert answer.code == 0
    assert "slow #2 skipped: #1 is still running" in answer.out
    program.open_gate()
    assert first.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["leaves", "dies"])
def test_a_second_engine_stands_by_and_takes_over(program: Program, number: int) -> None:
    program.jobs(shell("long", f"{program.gate()}; exit 5") + shell("tick", NOTE, EACH_SECOND))
    first = program.headless()
    first.shows("tick #2 succeeded")
    second = program.start("--headless")
    second.shows(f"another engine (pid {first.pid}) serves {program.state}; standing by")
    first.send(number)
    if number == signal.SIGTERM:
        first.shows("waiting for 1 run")
        program.open_gate()
        assert first.wait() == 0
        assert "long #1 failed with exit code 5" in first.out
    else:
        assert first.wait() == -signal.SIGKILL
        second.shows("long #1 has outlived its engine")
        program.open_gate()
        second.shows("long #1 failed with exit code 5")
    second.shows("tick #", times=2)
    assert second.leave() == 0
    [long] = program.runs("long")
    assert (long.outcome, long.return_code) == ("failed", 5)
    slots = [line.split()[1] for line in program.log]
    assert len(slots) == len(set(slots))


def test_a_run_that_ended_while_nobody_looked_keeps_its_code(program: Program) -> None:
    program.jobs(shell("long", f"{program.gate()}; echo done; exit 5"))
    first = program.headless()
    first.shows("long #1 started")
    first.send(signal.SIGKILL)
    first.wait()
    [run] = program.runs()
    program.open_gate()
    assert run.reference is not None
    wait_until(lambda: not is_alive(pid_of(run)), "the end of the run")
    answer = program.once()
    assert answer.code == 3
    assert "long #1 failed with exit code 5" in answer.out
    assert len(program.runs()) == 1


def test_a_timeout_is_kept_by_the_next_engine(program: Program) -> None:
    program.jobs(shell("long", "sleep 600", "timeout_seconds = 2"))
    first = program.headless()
    first.shows("long #1 started")
    first.send(signal.SIGKILL)
    first.wait()
    assert program.once().code == 3
    [run] = program.runs()
    assert run.outcome == "timed_out"
    assert run.duration_seconds is not None
    assert 1.9 <= run.duration_seconds < 10, "the clock went on while nobody looked"


def test_no_wait_exits_1_beside_another_engine(program: Program) -> None:
    program.jobs(shell("note", NOTE))
    resident = program.headless()
    answer = program.run("--headless", "--no-wait")
    assert answer.code == 1
    assert f"another engine (pid {resident.pid}) serves this state directory" in answer.err


def test_no_wait_waits_for_a_start_that_only_claims(program: Program) -> None:
    program.jobs(shell("note", NOTE))
    store = Store.open(str(program.state))
    lock = EngineLock(str(program.state))
    assert lock.acquire()
    store.engine_started(EngineInfo(pid=os.getpid(), mode="once"))
    resident = program.start("--headless", "--no-wait")

    def has_looked_often() -> bool:
        with open(f"/proc/{resident.pid}/status", encoding="ascii") as file:
            naps = next(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt"))
        return not resident.is_alive or naps > 20

    wait_until(has_looked_often)
    lock.release()
    store.close()
    resident.shows("note #1 succeeded")
    assert resident.leave() == 0


def test_who_stands_by_can_be_told_to_leave(program: Program) -> None:
    program.jobs(shell("note", NOTE))
    program.headless()
    second = program.start("--headless")
    second.shows("standing by")
    second.send(signal.SIGHUP)
    assert second.leave() == 0
    assert second.err == ""


def test_who_stands_by_takes_over_with_the_jobs_file_as_it_is_by_then(program: Program) -> None:
    program.jobs(shell("old", NOTE, EACH_SECOND))
    first = program.headless()
    first.shows("old #1 succeeded")
    second = program.start("--headless")
    second.shows("standing by")
    first.send(signal.SIGSTOP)  # so that it is the second one that sees the new file first
    while any(run.outcome is None for run in program.runs()):  # not in the middle of a run
        first.send(signal.SIGCONT)
        first.send(signal.SIGSTOP)
    wait_until(lambda: "would run old" in program.once("--dry-run").out)
    program.jobs(shell("new", NOTE))
    first.send(signal.SIGKILL)
    second.shows("new #")
    assert "1 job, 1 enabled" in second.out
    assert "old #" not in second.out
    assert second.leave() == 0


def test_run_ids_go_on_after_a_registry_was_moved_away(program: Program) -> None:
    program.jobs(shell("note", NOTE))
    program.once()
    os.rename(program.state / "registry.db", program.folder / "damaged.db")
    assert program.once().code == 0
    assert len(program.log) == 2, "the files of an earlier #1 did not pass for a run's"
    assert [run.id for run in program.runs()] == [2]
