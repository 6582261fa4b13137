"""Nothing starts behind a gate that is not known to be open, and people are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.engine.gating import watch
from peak_console.engine.gating.check import Answer
from peak_console.engine.setup import EngineOptions
from peak_console.jobs.beside import Gate
from tests.support.factories import make_job
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench

HAND = Gate("desk", tags=("live",))
ASKED = Gate("venue", env="VENUE", every=30, timeout=5)
ORDERS = make_job("orders", interval_seconds=60, tags=("live",), mode="live")
OTHER = make_job("backup", interval_seconds=60)


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Callable[[Bench, bool, str], None]:
    """Have the gate of an engine answer at once; what it says later has to be told as well."""
    monkeypatch.setattr(watch.GateWatch, "_start", lambda _self, _asked: None)

    def answer(engine: Bench, is_open: bool, words: str) -> None:
        gates = engine.context.status.gates
        assert gates is not None
        for asked in gates._asked.values():
            asked.answer = Answer(is_open, words)
            asked.answered, asked.answered_at = engine.clock.monotonic(), engine.clock.now()

    return answer


def test_a_gate_closed_by_hand_withholds_its_jobs_alone_and_says_why(bench: MakeBench) -> None:
    engine = bench(ORDERS, OTHER, gates=[HAND])
    answer = engine.command("close_gate", gate="desk", reason="fed day")
    assert answer == "done: gate desk is closed: nothing behind it starts until it is opened"
    assert {(run.job, run.outcome, run.reason) for run in engine.runs()} == {
        ("orders", "skipped", "gate desk is closed by alice since 2026-11-23 06:00:00: fed day"),
        ("backup", None, None),
    }
    [told] = engine.alerts("critical")
    assert told.message.splitlines()[:2] == [
        "gate desk is closed by alice since 2026-11-23 06:00:00: fed day",
        "1 job will not start until it is open: orders.",
    ]
    assert engine.command("close_gate", gate="desk").startswith("refused: gate desk is already closed by alice")
    for force in (False, True):
        assert engine.command("run", "orders", force=force) == (
            "refused: orders: gate desk is closed by alice since 2026-11-23 06:00:00: fed day;"
            " see: peak-console gate list"
        )
    assert engine.command("open_gate", gate="desk") == "done: gate desk is no longer closed by hand"
    assert [alert.message for alert in engine.alerts("info")] == ["gate desk is open again"]
    assert not any(alert.is_open for alert in engine.alerts("critical"))
    engine.advance(60)
    assert engine.runs("orders")[-1].outcome is None


def test_what_a_person_has_closed_stays_closed_across_engines_and_a_lost_registry(bench: MakeBench) -> None:
    engine = bench(ORDERS, gates=[HAND])
    engine.command("close_gate", gate="desk")
    engine.restart(crash=True)
    engine.advance(60)
    assert engine.outcomes("orders") == ["skipped", "skipped"]
    (engine.directory / "registry.db").unlink()
    engine.engine.work()
    engine.advance(60)
    assert engine.outcomes("orders")[-1] == "skipped"
    assert len([alert for alert in engine.alerts("critical") if (alert.cause or "").startswith("gate:")]) <= 1


@pytest.mark.parametrize(
    ("verb", "gate", "answer"),
    [
        ("close_gate", "dsk", 'refused: no gate is called "dsk"; did you mean "desk"?'),
        ("close_gate", "x", 'refused: no gate is called "x"; there is: desk'),
        ("close_gate", 7, "refused: close_gate: name a gate"),
        ("open_gate", "desk", "refused: gate desk is closed by nobody; see: peak-console gate list"),
    ],
)
def test_a_command_about_a_gate_that_cannot_be_carried_out_says_why(
    verb: str, gate: object, answer: str, bench: MakeBench
) -> None:
    assert bench(ORDERS, gates=[HAND]).command(verb, gate=gate) == answer


def test_a_slot_waits_for_the_first_answer_and_then_starts_or_is_skipped(
    bench: MakeBench, says: Callable[[Bench, bool, str], None]
) -> None:
    engine = bench(ORDERS, gates=[ASKED])
    engine.turn()
    assert [(run.state, run.late_because) for run in engine.runs()] == [("queued", "waited for the answer of a gate")]
    says(engine, False, "no: halted")
    engine.turn()
    assert [(run.outcome, run.reason) for run in engine.runs()] == [("skipped", "gate venue is closed: no: halted")]
    says(engine, True, "spread 1")
    engine.advance(1)
    engine.advance(29)
    engine.advance(6)
    assert engine.outcomes() == ["skipped"]
    says(engine, True, "spread 1")
    engine.advance(24)
    assert engine.outcomes() == ["skipped", None]


@pytest.mark.parametrize("asleep", [False, True])
def test_an_answer_that_is_too_old_counts_no_more_also_after_a_sleep_of_the_machine(
    bench: MakeBench, says: Callable[[Bench, bool, str], None], asleep: bool
) -> None:
    engine = bench(ORDERS, gates=[ASKED])
    says(engine, True, "")
    engine.turn()
    engine.end(1)
    if asleep:
        engine.clock.suspend(37)
    else:
        engine.clock.advance(37)
    engine.turn()
    why = engine.context.status.why_gated(ORDERS)
    assert why == "gate venue has not answered since 2026-11-23 06:00:00"
    assert engine.alerts("critical")[-1].message.startswith(why)
    engine.advance(60)
    assert engine.outcomes() == ["succeeded", "skipped"]


def test_a_retry_whose_turn_has_come_is_given_up_while_the_gate_is_closed(
    bench: MakeBench, says: Callable[[Bench, bool, str], None]
) -> None:
    engine = bench(make_job("orders", interval_seconds=600, retries=1, retry_delay_seconds=5), gates=[ASKED])
    says(engine, True, "")
    engine.turn()
    engine.end(1, 1)
    says(engine, False, "no")
    engine.advance(1)
    assert engine.outcomes() == ["failed", None], "it is not its turn yet, and the gate may open"
    engine.advance(5)
    assert engine.outcomes() == ["failed", "skipped"]


def test_a_run_that_was_claimed_by_an_engine_that_died_waits_for_the_gate(
    bench: MakeBench, says: Callable[[Bench, bool, str], None]
) -> None:
    engine = bench(ORDERS, gates=[])
    with engine.store as store:
        claims = engine.any_engine.core.dispatcher._claims  # type: ignore[union-attr]
        from peak_console.decisions.policy import Action, Verdict

        verdict = Verdict(engine.clock.now(), Action.START)
        store.claim([claims.of(ORDERS, verdict)], engine.clock.now(), "999999999 gone")
    engine.gates = [ASKED]
    engine.restart(crash=True)
    assert engine.runs()[0].state == "queued"
    says(engine, False, "no")
    engine.turn()
    assert engine.runs()[0].outcome == "skipped"


def test_a_gate_that_opens_and_closes_is_told_each_time_and_a_restart_tells_nothing_anew(
    bench: MakeBench, says: Callable[[Bench, bool, str], None]
) -> None:
    engine = bench(OTHER, gates=[ASKED])
    for words in ("no: a", "no: b"):
        says(engine, False, words)
        engine.turn()
    engine.restart()
    says(engine, False, "no: b")
    engine.turn()
    assert [(alert.level, alert.count) for alert in engine.alerts() if alert.source == "gate"] == [("warning", 1)]
    state = engine.store.gate_states()["venue"]
    assert (state.answer, state.words) == ("closed", "no: b")
    says(engine, True, "fine")
    engine.turn()
    assert [alert.message for alert in engine.alerts() if alert.source == "gate"][-1] == "gate venue is open again"
    engine.gates = []
    engine.reload(OTHER)
    assert engine.context.status.gates is None


def test_a_one_shot_engine_asks_before_it_decides(bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([Answer(False, "no: not yet"), Answer(True, "")])
    monkeypatch.setattr(watch, "ask", lambda *_: next(answers))
    engine = bench(OTHER, gates=[ASKED], options=EngineOptions(mode="once"))
    engine.turn()
    assert [(run.outcome, run.reason) for run in engine.runs()] == [("skipped", "gate venue is closed: no: not yet")]
    engine.clock.advance(60)
    engine.turn()
    assert engine.outcomes() == ["skipped", None]


def test_gates_that_no_job_here_is_behind_are_not_asked(bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(gate: Gate, *_: object) -> Answer:
        asked.append(gate.name)
        return Answer(True, "")

    monkeypatch.setattr(watch, "ask", ask)
    gates = [Gate("a", env="A", tags=("other",)), Gate("b", env="B", tags=("live",))]
    engine = bench(ORDERS, gates=gates)
    wait_until(lambda: asked == ["b"], "the question to the one gate")
    assert engine.context.status.gates is not None
    assert not engine.context.status.gates.known("a")
