"""Engines with tags share one state directory: each job has one of them, and what none serves is told."""

from __future__ import annotations

import signal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from peak_console.store.store import Store
from tests.headless.support import shell
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from tests.headless.support import Program

NOTE = 'echo "$PEAK_JOB_NAME $PEAK_SCHEDULED_FOR" >> {log}'
EACH_SECOND = 'schedule_type = "interval"\ninterval_seconds = 1'


def tagged(name: str, tag: str, more: str = EACH_SECOND, script: str = NOTE) -> str:
    return shell(name, script, f'tags = ["{tag}"]\n{more}')


def test_disjoint_engines_serve_side_by_side_and_each_slot_runs_once(program: Program) -> None:
    program.jobs(tagged("fwd", "forward") + tagged("risk", "risk"))
    engines = [program.headless("--include-tags", tag) for tag in ("forward", "risk")]
    engines[0].shows("fwd #", times=4)
    engines[1].shows("risk #", times=4)
    status = program.run("status")
    assert f"pid {engines[0].pid}" in status.out
    assert f"pid {engines[1].pid}" in status.out
    assert "serves 1 job: --include-tags forward" in status.out
    assert "not served" not in status.out
    assert "risk #" not in engines[0].out
    assert [each.leave() for each in engines] == [0, 0]
    assert len(program.log) == len(set(program.log))


def test_once_dispatches_what_the_resident_engine_does_not_serve(program: Program) -> None:
    program.jobs(tagged("fwd", "forward", EACH_SECOND) + tagged("risk", "risk", ""))
    resident = program.headless("--include-tags", "forward")
    answer = program.once("--include-tags", "risk")
    assert answer.code == 0
    assert "risk #" in answer.out
    again = program.once()
    assert f"left to another engine (pid {resident.pid}, --include-tags forward), which serves them: fwd" in again.out
    refused = program.once("--include-tags", "forward")
    assert "nothing done" in refused.out
    assert resident.leave() == 0
    assert sum(line.startswith("risk") for line in program.log) == 1


def test_overlapping_engines_name_the_overlap_and_take_over(program: Program) -> None:
    program.jobs(tagged("both", "forward") + shell("risk", NOTE, f'tags = ["risk"]\n{EACH_SECOND}'))
    first = program.headless("--include-tags", "forward,extra")
    refused = program.run("--headless", "--no-wait", "--exclude-tags", "nothing")
    assert refused.code == 1
    assert f"(pid {first.pid}, --include-tags forward,extra) serves this state directory, including both" in refused.err
    second = program.start("--headless")
    second.shows(f"(pid {first.pid}, --include-tags forward,extra) serves {program.state} and both, which this one")
    assert first.leave() == 0
    second.shows("risk #")
    second.shows("both #")
    assert second.leave() == 0


def test_a_job_that_no_engine_serves_is_shown_and_told_once(program: Program) -> None:
    program.jobs(tagged("fwd", "forward") + tagged("risk", "risk"))
    resident = program.headless("--include-tags", "forward", "--verbose")
    resident.shows("risk is not served: due since")
    served = f"pid {resident.pid}, --include-tags forward"
    assert f"not served: no engine selects it ({served})" in program.run("jobs").out
    upcoming = program.run("next")
    assert "due, not served" in upcoming.out
    assert f"risk is not served: no engine selects it ({served})" in upcoming.err
    assert "1 job not served, no engine selects them: risk" in program.run("status").out
    assert "1 not served" in program.run("status", "--line").out
    resident.shows("fwd #", times=12)
    store = Store.open(str(program.state))
    assert [alert.job for alert in store.alerts() if "not served" in alert.message] == ["risk"]
    store.close()
    answer = program.run("run", "risk")
    assert answer.code == 0
    assert f"risk is not served by any engine ({served}): run from here" in answer.err
    assert resident.leave() == 0


def test_commands_reach_the_engine_that_serves_the_job_and_a_hold_holds_all(program: Program) -> None:
    program.jobs(tagged("fwd", "forward") + tagged("risk", "risk") + tagged("slow", "risk", "", program.gate()))
    first = program.headless("--include-tags", "forward")
    second = program.headless("--include-tags", "risk")
    second.shows("slow #")
    for name, engine in (("fwd", first), ("risk", second)):
        assert program.run("disable", name).code == 0
        engine.shows(f"command disable: done, {name} is disabled")
        assert program.run("enable", name).code == 0
    assert program.run("stop", "slow").code == 0
    second.shows("command stop: done")
    assert "command stop" not in first.out
    for _ in range(3):  # whichever engine sees the command first
        assert program.run("hold").code == 0
        before = len(program.runs())
        [program.once() for _ in range(2)]
        assert len(program.runs()) <= before + 2
        assert program.run("hold").code != 0
        assert program.run("release").code == 0
        first.shows("fwd #", times=first.out.count("fwd #") + 2)
        second.shows("risk #", times=second.out.count("risk #") + 2)
    assert [first.leave(), second.leave()] == [0, 0]


def test_a_save_moves_a_job_from_one_engine_to_another(program: Program) -> None:
    program.jobs(tagged("moves", "forward") + tagged("fwd", "forward") + tagged("risk", "risk"))
    first = program.headless("--include-tags", "forward")
    second = program.headless("--include-tags", "risk")
    first.shows("moves #", times=2)
    program.jobs(tagged("moves", "risk") + tagged("fwd", "forward") + tagged("risk", "risk"))
    second.shows("moves #", times=2)
    program.jobs(shell("moves", NOTE, f'tags = ["risk", "forward"]\n{EACH_SECOND}') + tagged("fwd", "forward"))
    first.shows("jobs reloaded", times=2)
    ran = first.out.count("moves #")
    second.shows("moves #", times=second.out.count("moves #") + 4)
    assert first.out.count("moves #") == ran, "who has a job keeps it"
    second.send(signal.SIGKILL)
    first.shows("moves #", times=ran + 4)
    assert first.leave() == 0
    assert len(program.log) == len(set(program.log)), "no slot ran twice"


def test_a_save_that_leaves_an_engine_no_job_is_warned_of_until_it_has_one_again(program: Program) -> None:
    program.jobs(tagged("fwd", "forward") + tagged("risk", "risk"))
    engine = program.headless("--include-tags", "forward,risk2,risk")
    engine.shows("fwd #")
    program.jobs(tagged("fwd", "forwards") + tagged("risk", "risks"))
    wait_until(lambda: 'no job has the tag "forward"' in engine.err)
    wait_until(lambda: "has no job left for this engine: --include-tags" in program.run("alerts", "--open").out)
    program.jobs(tagged("fwd", "forward") + tagged("risk", "risk"))
    engine.shows("jobs reloaded", times=2)
    wait_until(lambda: "has no job left" not in program.run("alerts", "--open").out)
    assert engine.leave() == 0


def test_a_limit_on_runs_at_a_time_holds_for_all_engines_together(program: Program) -> None:
    jobs = "".join(tagged(f"job{n}", f"tag{n}", EACH_SECOND, "sleep 0.3") for n in range(3))
    program.jobs(jobs, 'timezone = "UTC"\nmax_concurrent_runs = 1')
    engines = [program.headless("--include-tags", f"tag{n}") for n in range(3)]
    for number, engine in enumerate(engines):
        engine.shows(f"job{number} #", times=6)
    assert [engine.leave() for engine in engines] == [0, 0, 0]
    runs = sorted((run for run in program.runs() if run.started_at and run.finished_at), key=lambda run: run.id)
    spans = sorted((run.started_at, run.finished_at) for run in runs if run.started_at and run.finished_at)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


@pytest.mark.parametrize("dies", [True, False])
def test_what_one_engine_leaves_behind_the_other_looks_after(program: Program, dies: bool) -> None:
    program.jobs(tagged("slow", "risk", "", f"{program.gate()}; exit 5") + tagged("fwd", "forward"))
    first = program.headless("--include-tags", "risk")
    first.shows("slow #1 started")
    if dies:
        first.send(signal.SIGKILL)
        first.wait()
    second = program.headless("--include-tags", "forward")
    program.open_gate()
    (second if dies else first).shows("slow #1 failed with exit code 5")
    assert second.leave() == 0
    assert len(program.runs("slow")) == 1


def test_a_registry_that_is_removed_under_two_engines_serves_both_again(program: Program) -> None:
    program.jobs(tagged("fwd", "forward") + tagged("risk", "risk"))
    engines = [program.headless("--include-tags", tag) for tag in ("forward", "risk")]
    engines[0].shows("fwd #", times=2)
    for path in program.state.glob("registry.db*"):
        path.unlink()
    for name, engine in zip(("fwd", "risk"), engines, strict=True):
        engine.shows(f"{name} #", times=engine.out.count(f"{name} #") + 4)
    status = program.run("status").out
    assert all(f"pid {engine.pid}" in status for engine in engines)
    assert [engine.leave() for engine in engines] == [0, 0]
    assert len(program.log) == len(set(program.log))


def test_a_registry_that_is_damaged_under_two_engines_is_set_aside_once_and_nothing_runs_twice(
    program: Program,
) -> None:
    program.jobs(tagged("fwd", "forward") + tagged("risk", "risk"))
    engines = [program.headless("--include-tags", tag) for tag in ("forward", "risk")]
    for name, engine in zip(("fwd", "risk"), engines, strict=True):
        engine.shows(f"{name} #", times=4)
    for path in program.state.glob("registry.db*"):  # what lies in the log would mend the file again
        path.write_bytes(b"damaged" * 3000)
    for name, engine in zip(("fwd", "risk"), engines, strict=True):
        engine.shows(f"{name} #", times=engine.out.count(f"{name} #") + 6)
    status = program.run("status").out
    assert all(f"pid {engine.pid}" in status for engine in engines)
    assert [engine.leave() for engine in engines] == [0, 0]
    aside = {
        path.name.partition("-wal")[0].partition("-shm")[0] for path in program.state.glob("registry.db.damaged-*")
    }
    assert len(aside) == 1, "one of them mends it, the other follows"
    assert len(program.log) == len(set(program.log)), "no slot ran twice"
    ids = [run.id for run in program.runs()]
    assert len(ids) == len(set(ids))
