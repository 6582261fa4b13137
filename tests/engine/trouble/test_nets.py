"""Whatever goes wrong while one job is decided on, started, recorded, judged or recovered is that job's affair."""

from __future__ import annotations

import errno
import threading
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from peak_console.alerts.service import Alerting
from peak_console.clock import SystemClock
from peak_console.decisions import planner
from peak_console.engine.dispatch import claims, due_slots
from peak_console.engine.registry_loss.check import RegistryCheck
from peak_console.engine.supervision import bookkeeping
from peak_console.engine.supervision.launch import Launcher
from peak_console.jobs.beside import AlertChannel
from tests.support.clock import FakeClock
from tests.support.factories import make_job

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench

ERRORS = [OverflowError("date value out of range"), OSError(errno.EIO, "Input/output error"), MemoryError()]


def failing_for(name: str, error: Exception, real: Callable[..., Any]) -> Callable[..., Any]:
    """A function that fails as soon as one of its arguments belongs to the job of that name."""

    def fails(*arguments: Any, **named: Any) -> Any:
        for argument in arguments:
            job = getattr(argument, "job", None)
            if name in (getattr(argument, "name", None), job, getattr(job, "name", None)):
                raise error
        return real(*arguments, **named)

    return fails


def two_jobs(bench: MakeBench) -> Bench:
    return bench(make_job("evil", interval_seconds=60), make_job("good", interval_seconds=60))


PLACES = [(due_slots, "decide"), (Launcher, "shown"), (Launcher, "spec")]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(("owner", "name"), PLACES, ids=lambda each: getattr(each, "__name__", each))
def test_one_job_that_cannot_be_decided_on_or_prepared(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, error: Exception
) -> None:
    engine = two_jobs(bench)
    engine.turn()
    for run_id in engine.live:
        engine.end(run_id)
    real = getattr(owner, name)
    monkeypatch.setattr(owner, name, failing_for("evil", error, real))
    engine.advance(60)
    assert engine.outcomes("good") == ["succeeded", None]
    (run,) = engine.runs("evil")[1:]
    assert (run.outcome, run.return_code) == ("not_started", None)
    assert run.reason
    assert {alert.job for alert in engine.alerts("critical")} == {"evil"}
    monkeypatch.setattr(owner, name, real)
    engine.advance(60)
    assert engine.outcomes("evil")[2:] == [None], "it starts again once it can"


def failing(error: Exception) -> Callable[..., NoReturn]:
    def fails(*_arguments: object, **_named: object) -> NoReturn:
        raise error

    return fails


@pytest.mark.parametrize("name", ["pending", "next_slot", "settled"])
def test_a_job_of_which_it_cannot_be_told_when_it_is_due(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    real = getattr(planner, name)

    def fails(*arguments: Any) -> Any:
        if "evil" in repr(arguments) or getattr(arguments[0], "interval_seconds", None) == 61:
            raise ERRORS[0]
        return real(*arguments)

    monkeypatch.setattr(planner, name, fails)
    engine = bench(make_job("evil", interval_seconds=61), make_job("good", interval_seconds=60))
    engine.turn()
    engine.end(1, 0)
    engine.advance(61)
    assert engine.outcomes("good") == ["succeeded", None]
    assert engine.outcomes("evil") == []
    (alert,) = engine.alerts("critical")
    assert alert.message.startswith("evil does not run by schedule: unexpected OverflowError")


def test_a_missed_slot_that_cannot_be_judged_stops_nobody(bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = bench(
        make_job("evil", interval_seconds=60, misfire_grace_seconds=1), make_job("good", interval_seconds=70)
    )
    engine.turn()
    for run_id in engine.live:
        engine.end(run_id)
    monkeypatch.setattr(claims, "judge_missed", failing(ERRORS[0]))
    engine.advance(110)
    assert engine.outcomes("evil") == ["succeeded", "not_started"]
    assert engine.outcomes("good") == ["succeeded", None]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("name", ["retry_at", "judge_finished"])
def test_an_end_of_which_it_cannot_be_decided_what_follows(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch, name: str, error: Exception
) -> None:
    engine = two_jobs(bench)
    engine.turn()
    monkeypatch.setattr(bookkeeping, name, failing_for("evil", error, getattr(bookkeeping, name)))
    engine.end(1, 3)
    engine.end(2, 0)
    (run,) = engine.runs("evil")
    assert (run.outcome, run.return_code) == ("failed", 3)
    assert engine.outcomes("good") == ["succeeded"]
    (alert,) = engine.alerts("critical")
    assert "what follows could not be decided" in alert.message


@pytest.mark.parametrize(
    ("code", "kept"), [(2**31, 2**31), (2**31 + 1, None), (0, 0), (1, 1), (-1, None), (None, None)]
)
def test_an_end_that_is_recorded_plainly_keeps_its_code_if_that_makes_sense(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch, code: int | None, kept: int | None
) -> None:
    engine = two_jobs(bench)
    engine.turn()
    name = "judge_finished"
    monkeypatch.setattr(bookkeeping, name, failing_for("evil", ERRORS[0], getattr(bookkeeping, name)))
    engine.end(1, code)
    assert engine.runs("evil")[0].return_code == kept


def test_a_return_code_that_no_registry_can_hold(bench: MakeBench) -> None:
    engine = two_jobs(bench)
    engine.turn()
    engine.end(1, 10**30)
    engine.end(2, 0)
    (run,) = engine.runs("evil")
    assert (run.outcome, run.return_code) in [("failed", None), ("failed", 2**63 - 1)], (
        "unknown, or the highest there is"
    )
    assert engine.outcomes("good") == ["succeeded"]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_recovery_does_not_die_of_what_it_recovers(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    engine = two_jobs(bench)
    engine.turn()
    real = engine.executor.adopt

    def adopt(run_id: int, *rest: Any) -> Any:
        if run_id == 1:
            raise error
        return real(run_id, *rest)

    monkeypatch.setattr(engine.executor, "adopt", adopt)
    engine.restart(crash=True)
    engine.end(2, 0)
    engine.advance(60)
    assert engine.outcomes("good") == ["succeeded", None]
    assert engine.outcomes("evil") == [None, "skipped"], "it counts as running"
    (alert,) = engine.alerts("critical")
    assert alert.message.startswith("evil #1 cannot be watched: ")
    monkeypatch.setattr(engine.executor, "adopt", real)
    engine.end(1, 0)
    engine.advance(1)
    engine.advance(1)
    assert engine.outcomes("evil") == ["succeeded", "skipped"]


def test_an_engine_that_cannot_work_now_tells_it_and_goes_on(bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = two_jobs(bench)
    engine.turn()
    with monkeypatch.context() as patched:
        patched.setattr(engine.engine.duties.commander, "obey", failing(RuntimeError("can't start new thread")))
        engine.engine.work()
    trouble = engine.control.trouble
    assert trouble is not None
    assert trouble[0] == "the engine cannot work: unexpected RuntimeError: can't start new thread"
    engine.clock.advance(60)
    engine.engine.work()
    assert engine.control.trouble is None


def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", failing(RuntimeError("can't start new thread")))


def test_the_registry_is_looked_through_later_when_there_is_no_room_for_a_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspector = RegistryCheck(str(tmp_path), SystemClock(), lambda: None)
    inspector._next_at = 0.0
    no_threads(monkeypatch)
    inspector.work()
    assert inspector._next_at > 0.0


def test_alerts_are_sent_later_when_there_is_no_room_for_a_thread(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = two_jobs(bench)
    alerting = Alerting(str(engine.directory), FakeClock())
    woken: list[bool] = []

    def wake() -> None:
        alerting.wake()
        woken.append(True)

    context = engine.context
    context.alerts._on_alert, context.alerts.channels = wake, [AlertChannel("ops", "json://127.0.0.1:9", "info")]
    engine.turn()
    with monkeypatch.context() as patched:
        no_threads(patched)
        engine.end(1, 1)
        assert engine.outcomes("evil") == ["failed"]
        assert (woken, context.alerts.is_delivery_due) == ([], True)
        engine.turn()
        assert woken == []
    monkeypatch.setattr(alerting, "wake", lambda: None)
    engine.turn()
    assert (woken, context.alerts.is_delivery_due) == ([True], False)
