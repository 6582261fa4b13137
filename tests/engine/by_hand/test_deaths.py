"""Commands and their answers are one, whenever an engine dies over them or they are withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from peak_console.engine.commands.stopping import Stopping
from peak_console.engine.setup import EngineOptions
from peak_console.engine.supervision.supervisor import Supervisor
from peak_console.errors import StateError
from peak_console.model.records import Claim
from peak_console.store.store import Store
from tests.support.factories import make_job

if TYPE_CHECKING:
    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench


def issue_and_die(engine: Bench, verb: str, job: str | None = None) -> int:
    """Leave a command, let the engine die over it, and begin another one."""
    number = engine.store.issue(verb, "alice", engine.clock.now(), job)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "answer", _die)
        with pytest.raises(StateError):
            engine.turn()
    engine.restart(crash=True)
    engine.advance(1)
    return number


def _die(*_: object) -> None:
    raise StateError("it dies here")


def test_a_run_by_hand_happens_once_even_when_the_engine_dies_before_its_answer(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="09:00"))
    number = issue_and_die(engine, "run", "backup")
    assert engine.live == [1]
    assert len(engine.runs()) == 1
    command = engine.store.command(number)
    assert command is not None
    assert (command.answer, command.run_id) == ("done", 1)


def test_a_run_by_hand_that_could_not_be_started_is_refused_by_the_next_engine_too(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="09:00", command="no-such-program"))
    number = issue_and_die(engine, "run", "backup")
    command = engine.store.command(number)
    assert command is not None
    assert command.answer == "refused"
    assert "could not be started" in (command.message or "")
    assert engine.outcomes() == ["not_started"]


@pytest.mark.parametrize("verb", ["hold", "disable"])
def test_an_answer_and_what_it_says_are_one(bench: MakeBench, verb: str) -> None:
    engine = bench(make_job(interval_seconds=60))
    engine.turn()
    engine.end(1)
    number = issue_and_die(engine, verb, "backup" if verb == "disable" else None)
    command = engine.store.command(number)
    assert command is not None
    assert command.answer == "done", "the one who died had not changed anything"
    engine.advance(120)
    assert len(engine.runs()) == 1


def test_what_waits_does_not_outlast_its_job(bench: MakeBench) -> None:
    engine = bench(make_job(retries=1, retry_delay_seconds=600), make_job("other"))
    engine.turn()
    engine.end(1, 1)
    engine.end(2, 0)
    engine.reload(make_job("other"))
    engine.advance(4)
    assert engine.outcomes("backup") == ["failed", None], "it may be back in a moment"
    engine.advance(2)
    assert engine.outcomes("backup") == ["failed", "skipped"]
    assert engine.runs("backup")[1].reason == "its job is gone from the jobs file"


def test_what_waits_for_a_job_that_this_engine_leaves_out_waits_on(bench: MakeBench) -> None:
    engine = bench(make_job(retries=1, retry_delay_seconds=60, tags=("night",)))
    engine.turn()
    engine.end(1, 1)
    engine.options = EngineOptions(mode="headless", exclude_tags=("night",))
    engine.restart()
    engine.advance(120)
    assert engine.outcomes() == ["failed", None]


@pytest.mark.parametrize("verb", ["run", "disable"])
def test_what_was_withdrawn_a_moment_ago_is_not_done(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    engine = bench(make_job(daily_time="09:00"))
    store = engine.store
    number = store.issue(verb, "alice", engine.clock.now(), "backup")
    seen = store.open_command_ids()
    withdrawn = store.withdraw(number, engine.clock.now())
    monkeypatch.setattr(store, "open_command_ids", lambda: seen)
    engine.turn()
    assert engine.runs() == []
    assert store.job_states()["backup"].override is None
    assert store.command(number) == withdrawn, "the answer stays that its asker was given"


def test_an_answer_that_came_at_the_last_moment_is_the_answer(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="09:00"))
    store = engine.store
    number = store.issue("run", "alice", engine.clock.now(), "backup")
    engine.turn()
    command = store.withdraw(number, engine.clock.now())
    assert command is not None
    assert (command.answer, command.message) == ("done", "backup #1 started")


def test_a_run_that_was_made_cannot_be_withdrawn(bench: MakeBench) -> None:
    """Whoever is told that nothing was done asks again, and then it runs twice."""
    engine = bench(make_job(daily_time="09:00"))
    store = engine.store
    number = store.issue("run", "alice", engine.clock.now(), "backup")
    store.carried_out(number, 1)  # and then the engine is gone
    command = store.withdraw(number, engine.clock.now())
    assert command is not None
    assert (command.answer, command.run_id) == (None, 1)
    assert store.open_command_ids() == [number]


def test_what_was_asked_for_by_hand_outlasts_the_disabling_of_its_job_and_so_do_its_retries(bench: MakeBench) -> None:
    engine = bench(make_job(enabled=False, overlap="queue", retries=1, retry_delay_seconds=5))
    engine.command("run", "backup")
    engine.clock.advance(1)
    assert engine.command("run", "backup") == "done: backup #2 waits for its turn"
    engine.command("disable", "backup")
    engine.end(1, 1)
    engine.advance(6)
    engine.end(2)
    engine.advance(6)
    engine.end(3)
    assert [(run.triggered_by, run.outcome) for run in engine.runs()] == [
        ("manual", "failed"), ("manual", "succeeded"), ("retry", "succeeded"),
    ]  # fmt: skip


def test_a_stop_is_recorded_together_with_its_answer(bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that dies between the two would leave a run that ends as asked, and an asker who hears nothing."""
    engine = bench(make_job(interval_seconds=3600))
    engine.turn()
    number = engine.store.issue("stop", "alice", engine.clock.now(), "backup")
    with monkeypatch.context() as refusing:
        refusing.setattr(Store, "answer", _die)
        with pytest.raises(StateError):
            engine.turn()
    (run,) = engine.runs()
    assert run.stop_reason is None
    assert engine.executor.processes[1].signals == [], "no signal before the reason is durable"
    with monkeypatch.context() as dying:
        dying.setattr(Supervisor, "stop", _end_of_process)
        with pytest.raises(KeyboardInterrupt):
            engine.turn()
    command = engine.store.command(number)
    assert command is not None
    assert (command.answer, command.message) == ("done", "stopping backup #1")
    engine.restart(crash=True)
    assert engine.executor.processes[1].signals == ["terminate"], "the next engine sees the stop through"


def test_a_waiting_run_that_was_stopped_stays_so_when_the_engine_dies_before_its_end_is_recorded(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = bench(make_job(retries=1, retry_delay_seconds=60))
    engine.turn()
    engine.end(1, 1)
    engine.store.issue("stop", "alice", engine.clock.now(), "backup")
    with monkeypatch.context() as dying:
        dying.setattr(Stopping, "_never", _end_of_process)
        with pytest.raises(KeyboardInterrupt):
            engine.turn()
    engine.restart(crash=True)
    engine.advance(60)
    assert [(run.outcome, run.reason) for run in engine.runs()] == [("failed", None), ("stopped", "stopped by alice")]


def test_a_claimed_run_that_was_stopped_before_its_engine_died_is_not_started(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=3600))
    engine.executor.refuse = "not now"
    claim = Claim("backup", engine.clock.now())
    (run,) = engine.store.claim([claim], engine.clock.now(), engine.engine.context.identity)
    engine.store.stopping(run.id, "stopped by alice")
    engine.executor.refuse = None
    engine.restart(crash=True)
    (run,) = engine.runs()
    assert (run.outcome, run.reason, run.started_at) == ("stopped", "stopped by alice", None)


def _end_of_process(*_: object, **__: object) -> NoReturn:
    raise KeyboardInterrupt
