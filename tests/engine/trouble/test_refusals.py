"""A registry that refuses for a while (a full disk): nothing is lost, nothing runs twice, and the engine says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.errors import StateError
from peak_console.jobs.beside import AlertChannel
from peak_console.jobs.model import JobSet, Overlap
from peak_console.runs.interface import Ended
from peak_console.runs.simulated import SimulatedExecutor, SimulatedProcess
from peak_console.store.database import Database
from tests.faults.audit import Effect, Found, audit
from tests.support.clock import MONDAY_MORNING
from tests.support.engine import Bench
from tests.support.factories import make_job

if TYPE_CHECKING:
    from pathlib import Path

    from peak_console.runs.interface import RunHandle, RunSpec
    from tests.engine.conftest import MakeBench


class Refusals:
    """Makes transactions fail at their commit, where a full disk shows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commits = 0
        self.refused: range = range(0)
        self.paused = False
        leave = Database.__exit__

        def leave_or_refuse(database: Database, kind: Any, error: Any, trace: Any) -> None:
            if kind is None and database._depth == 1 and not self.paused:
                self.commits += 1
                if self.commits in self.refused:
                    refusal = StateError("registry.db: the disk is full; free some space")
                    leave(database, StateError, refusal, None)
                    raise refusal
            leave(database, kind, error, trace)

        monkeypatch.setattr(Database, "__exit__", leave_or_refuse)

    def next(self, count: int = 1) -> None:
        """Refuse the next so many transactions."""
        self.refused = range(self.commits + 1, self.commits + 1 + count)


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch) -> Refusals:
    return Refusals(monkeypatch)


def test_a_slot_that_could_not_be_recorded_is_still_due(bench: MakeBench, refusals: Refusals) -> None:
    engine = bench(make_job(interval_seconds=60))
    refusals.next()
    with pytest.raises(StateError):
        engine.turn()
    assert engine.runs() == []
    engine.turn()
    assert engine.slots() == [MONDAY_MORNING]
    assert engine.live == [1]


def test_alerts_are_told_of_once_they_are_durable_and_only_once(bench: MakeBench, refusals: Refusals) -> None:
    engine = bench(make_job())
    engine.turn()
    refusals.next()
    with pytest.raises(StateError):
        engine.end(1, 1)
    assert [type(event).__name__ for event in engine.events].count("AlertRaised") == 0
    engine.turn()
    assert [type(event).__name__ for event in engine.events].count("AlertRaised") == 1
    assert len(engine.alerts()) == 1


def test_delivery_is_woken_when_there_is_something_to_find(bench: MakeBench) -> None:
    engine = bench(make_job())
    found = []
    engine.context.alerts._on_alert = lambda: found.append(engine.store._depth)
    engine.context.alerts.channels = [AlertChannel("ops", "json://localhost")]
    engine.turn()
    engine.end(1, 1)
    assert found == [0], "not while the transaction is still open"


def test_a_missed_slot_and_its_alert_are_recorded_together(bench: MakeBench, refusals: Refusals) -> None:
    engine = bench(make_job(interval_seconds=60, misfire_grace_seconds=10))
    engine.turn()
    engine.end(1)
    before = len(engine.alerts())
    engine.clock.advance(119)
    commits = refusals.commits
    engine.turn()
    assert engine.outcomes() == ["succeeded", "missed"]
    assert len(engine.alerts()) == before + 1
    assert refusals.commits == commits + 1


def test_what_a_run_stands_for_is_told_however_it_ended(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60, timeout_seconds=30))
    engine.turn()
    engine.end(1)
    engine.advance(185)
    engine.executor.processes[2].dies_of = "terminate"
    engine.advance(31)
    engine.turn()
    assert engine.runs()[1].reason == "took longer than 30.0s; stands for 2 earlier slots too"


def test_runs_that_have_to_make_room_are_noted_with_the_claim_of_the_one_that_replaces_them(
    bench: MakeBench, refusals: Refusals
) -> None:
    engine = bench(make_job(interval_seconds=60, overlap=Overlap.KILL_PREVIOUS))
    engine.turn()
    commits = refusals.commits
    engine.advance(60)
    assert engine.executor.processes[1].signals == ["terminate"]
    assert engine.runs()[0].stop_reason == "replaced by a later run"
    assert refusals.commits == commits + 1


def test_a_queued_run_that_could_not_be_claimed_waits_on(bench: MakeBench, refusals: Refusals) -> None:
    engine = bench(make_job(interval_seconds=60, overlap=Overlap.QUEUE))
    engine.turn()
    engine.advance(60)
    engine.executor.processes[1].ended = Ended(0, None)
    refusals.refused = range(refusals.commits + 2, refusals.commits + 3)  # the end is recorded, the claim is not
    with pytest.raises(StateError):
        engine.turn()
    assert [run.state for run in engine.runs()] == ["finished", "queued"]
    engine.turn()
    assert engine.live == [2]
    assert len(engine.executor.processes) == 2


class Workshop(SimulatedExecutor):
    """Remembers each start; whoever adopts finds the processes."""

    def __init__(self) -> None:
        super().__init__()
        self.starts: list[Effect] = []
        self.codes: dict[int, int] = {}

    def start(self, spec: RunSpec) -> SimulatedProcess:
        env = spec.env
        slot = datetime.fromisoformat(env["PEAK_SCHEDULED_FOR"])
        self.starts.append(Effect(spec.run_id, env["PEAK_JOB_NAME"], slot, int(env["PEAK_ATTEMPT"]), 0))
        return super().start(spec)

    def adopt(self, run_id: int, reference: str | None) -> RunHandle | Ended:
        process = self.processes.get(run_id)
        return Ended(None, None) if process is None else process.ended or process

    def finish_all(self, *jobs: str, code: int = 0) -> None:
        """Every live process of these jobs ends."""
        for number, effect in enumerate(self.starts):
            process = self.processes[effect.run_id]
            if effect.job in jobs and process.ended is None:
                self.starts[number] = replace(effect, code=code)
                process.ended = Ended(code, None)


JOBS = (
    make_job("fails", interval_seconds=60, retries=1, retry_delay_seconds=5),
    make_job("queues", interval_seconds=30, overlap="queue"),
    make_job("kills", interval_seconds=40, overlap="kill_previous", kill_grace_seconds=5),
    make_job("long", interval_seconds=90, timeout_seconds=20, kill_grace_seconds=5),
    make_job("no_program", interval_seconds=70, command="no-such-program"),
    make_job("misses", interval_seconds=10, misfire_grace_seconds=1),
)


def a_busy_time(engine: Bench, executor: Workshop, refusals: Refusals) -> None:
    """Starts, ends, retries, queues, stops, timeouts, commands and a reload."""
    store, clock = engine.store, engine.clock

    def issue(verb: str, job: str | None) -> None:
        refusals.paused = True
        store.issue(verb, "alice", clock.now(), job)
        refusals.paused = False

    def work(seconds: float = 0) -> None:
        clock.advance(seconds)
        for _ in range(4):  # the last of them surely without a refusal
            engine_step(engine)

    work()
    executor.finish_all("fails", code=1)
    work(5)
    executor.finish_all("fails", "misses")
    for verb, job in (("run", "fails"), ("stop", "kills"), ("hold", None), ("release", None)):
        issue(verb, job)
    work(5)
    work(31)
    issue("stop", "queues")
    engine.control.offer(engine.jobset(*JOBS, make_job("new")))
    work(2)
    executor.finish_all("queues", "fails", "misses")
    work(60)
    work(60)
    executor.finish_all("queues", "fails", "misses", "new", "kills", "long", code=0)
    work(1)


def engine_step(engine: Bench) -> None:
    """One turn of ``Engine.serve``."""
    try:
        engine.engine.duties.turn()
        engine.engine.leave_trouble()
    except StateError as error:
        engine.engine.enter_trouble(error)


def test_whichever_transaction_is_refused_nothing_is_lost_and_nothing_runs_twice(
    tmp_path: Path, refusals: Refusals
) -> None:
    number, reached = 0, True
    while reached:
        executor = Workshop()
        engine = Bench(tmp_path / str(number), *JOBS, executor=executor)
        refusals.commits, refusals.refused = 0, range(number + 1, number + 4)
        a_busy_time(engine, executor, refusals)
        for _ in range(8):
            executor.finish_all(*(job.name for job in JOBS), "new")
            engine_step(engine)
        store = engine.store
        commands = [command for each in range(1, 6) if (command := store.command(each)) is not None]
        decided = {name: state.decided_until for name, state in store.job_states().items() if state.decided_until}
        jobs = {job.name: job for job in JOBS}
        found = Found(engine.runs(), executor.starts, engine.alerts(), commands, jobs=jobs, decided=decided)
        problems = [problem for problem in audit(found) if "no start" not in problem]
        assert problems == [], f"transactions {list(refusals.refused)} refused"
        told = [type(event).__name__ for event in engine.events]
        reached = refusals.refused.start <= refusals.commits
        if reached:
            assert "EngineTroubled" in told
            assert "EngineMended" in told
            assert sum("could record nothing" in alert.message for alert in engine.alerts()) == 1
        refusals.paused = True
        engine.close()
        refusals.paused = False
        number += 2
    assert number > 40, "there were that many transactions"


def test_a_timeout_is_kept_while_the_registry_refuses(bench: MakeBench, refusals: Refusals) -> None:
    engine = bench(make_job(timeout_seconds=30))
    engine.turn()
    process = engine.executor.processes[1]
    process.dies_of = "terminate"
    refusals.next(2)
    engine.clock.advance(31)
    engine_step(engine)
    assert process.signals == ["terminate"]
    engine_step(engine)
    engine_step(engine)
    assert engine.outcomes() == ["timed_out"]


def test_new_definitions_that_could_not_be_recorded_are_taken_up_later_as_a_whole(
    bench: MakeBench, refusals: Refusals
) -> None:
    engine = bench(make_job("old", interval_seconds=60))
    engine.turn()
    engine.end(1)
    engine.control.offer(engine.jobset(make_job("new")))
    refusals.next()
    engine_step(engine)
    assert list(engine.context.served.jobs) == ["old"]
    engine_step(engine)
    assert list(engine.context.served.jobs) == ["new"]
    assert engine.slots("new") == [engine.clock.now()]


def test_a_rejected_file_is_told_of_even_when_that_could_not_be_recorded_at_once(
    bench: MakeBench, refusals: Refusals
) -> None:
    engine = bench(make_job())
    engine.turn()
    engine.control.reject("jobs.toml:3: something is wrong")
    refusals.next()
    engine_step(engine)
    engine_step(engine)
    assert engine.store.engine_info().config_error == "jobs.toml:3: something is wrong"
    assert sum("rejected" in alert.message for alert in engine.alerts()) == 1


def test_channels_that_cannot_be_used_reject_the_new_definitions_and_hold_nothing_up(bench: MakeBench) -> None:
    engine = bench(make_job("old", interval_seconds=60))
    engine.turn()
    engine.end(1)

    def refuse(_: JobSet) -> list[AlertChannel]:
        raise StateError("PEAK_ALERT_URL: not an address")

    engine.channels_of = refuse
    engine.reload(make_job("new"))
    engine.advance(60)
    assert list(engine.context.served.jobs) == ["old"]
    assert engine.live == [2]
    assert engine.store.engine_info().config_error == "PEAK_ALERT_URL: not an address"
