"""What an operator asks of the engine, and its answers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

import pytest

from peak_console.engine.setup import EngineOptions
from peak_console.errors import StateError
from peak_console.model.records import Claim
from peak_console.store.store import Store
from tests.support.clock import MONDAY_MORNING
from tests.support.factories import make_job

if TYPE_CHECKING:
    from tests.engine.conftest import MakeBench


def test_run_starts_a_run_by_hand_and_moves_no_slot(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="09:00"))
    assert engine.command("run", "backup") == "done: backup #1 started"
    (run,) = engine.runs()
    assert run.triggered_by == "manual"
    engine.end(1)
    engine.advance(3 * 3600)
    assert [run.triggered_by for run in engine.runs()] == ["manual", "schedule"]


def test_run_with_changed_arguments_runs_and_records_those(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="09:00", args={"script": "x.py", "top_n": 5, "fast": True}))
    engine.command("run", "backup", args={"top_n": 20, "fast": None})
    assert engine.executor.processes[1].spec.argv[1:] == ["x.py", "--top-n", "20"]
    assert engine.runs()[0].args == {"script": "x.py", "top_n": 20}
    assert engine.runs()[0].args_changed == ["fast", "top_n"]


def test_a_retry_of_a_changed_run_keeps_the_changes_and_its_secrets(bench: MakeBench) -> None:
    job = make_job(
        daily_time="09:00", args={"script": "x.py", "api_key": "hush-hush", "n": 1}, retries=1, retry_delay_seconds=1
    )
    engine = bench(job)
    engine.command("run", "backup", args={"n": 2})
    engine.end(1, 1)
    engine.advance(1)
    assert engine.executor.processes[2].spec.argv[1:] == ["x.py", "--api-key", "hush-hush", "--n", "2"]
    assert [run.args_changed for run in engine.runs()] == [["n"], ["n"]]
    assert "hush-hush" not in repr(engine.runs())


def test_run_respects_the_overlap_policy_unless_forced(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=3600))
    engine.turn()
    assert engine.command("run", "backup").startswith("refused: backup: #1 is still running")
    engine.clock.advance(1)
    assert engine.command("run", "backup", force=True) == "done: backup #2 started"
    assert engine.live == [1, 2]


def test_unknown_jobs_and_commands_are_refused_with_a_hint(bench: MakeBench) -> None:
    engine = bench(make_job("nightly_backup"))
    assert engine.command("run", "nightly_bakcup") == (
        'refused: no job is called "nightly_bakcup"; did you mean "nightly_backup"?'
    )
    assert engine.command("dance") == 'refused: unknown command "dance"'


def test_stop_ends_a_run_and_is_no_failure(bench: MakeBench) -> None:
    engine = bench(make_job(retries=3, kill_grace_seconds=5))
    engine.turn()
    assert engine.command("stop", "backup") == "done: stopping backup #1"
    engine.advance(5)
    engine.turn()
    (run,) = engine.runs()
    assert (run.outcome, run.reason) == ("stopped", "stopped by alice")
    assert [alert.level for alert in engine.alerts()] == ["info"]
    assert engine.command("stop", "backup") == "refused: backup is not running; see: peak-console jobs"


def test_stop_takes_a_waiting_attempt_out_of_the_queue(bench: MakeBench) -> None:
    engine = bench(make_job(retries=1, retry_delay_seconds=60))
    engine.turn()
    engine.end(1, 1)
    assert engine.command("stop", run_id=2) == "done: stopping backup #2"
    engine.advance(120)
    assert engine.outcomes() == ["failed", "stopped"]


def test_disable_outlives_restarts_and_lapses(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60))
    engine.turn()
    engine.end(1)
    answer = engine.command("disable", "backup", for_seconds=600, reason="exchange maintenance")
    assert answer.startswith("done: backup is disabled until")
    engine.restart()
    engine.advance(300)
    assert len(engine.runs()) == 1
    engine.advance(300)
    engine.advance(60)
    slots = [slot for slot in engine.slots() if slot]
    assert slots[1] == MONDAY_MORNING + timedelta(minutes=11)


def test_enable_outranks_the_file(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60, enabled=False))
    engine.advance(60)
    assert engine.runs() == []
    engine.command("enable", "backup")
    engine.turn()
    assert engine.live == [1]


def test_hold_blocks_every_start_across_restarts_until_released(bench: MakeBench) -> None:
    engine = bench(make_job("i", interval_seconds=60), make_job("d", daily_time="06:02"))
    engine.turn()
    engine.end(1)
    assert engine.command("hold", reason="release").startswith("done")
    assert engine.command("hold").startswith("refused: already held by alice")
    engine.restart()
    engine.advance(300)
    assert len(engine.runs()) == 1
    assert engine.command("run", "d").startswith("refused: d: held by alice")
    assert engine.command("release") == "done: released"
    engine.turn()
    assert [(run.job, run.reason) for run in engine.runs()[1:]] == [
        ("d", None),
        ("i", "stands for 4 earlier slots too"),
    ]
    assert engine.command("release") == "refused: nothing is held"


@pytest.mark.parametrize(
    ("slots", "answer", "made"),
    [
        ("newest", "released; 2 runs start, 0 wait or are missed", {"d": [None], "i": [None]}),
        ("all", "released; 2 runs start, 4 wait or are missed", {"d": [None], "i": [None] * 5}),
        ("drop", "released; the slots of 2 jobs are dropped", {"d": ["skipped"], "i": ["skipped"]}),
    ],
)
def test_a_release_may_say_what_becomes_of_the_slots_that_waited(
    bench: MakeBench, slots: str, answer: str, made: dict[str, list[str | None]]
) -> None:
    engine = bench(make_job("i", interval_seconds=60), make_job("d", daily_time="06:02", misfire_grace_seconds=1))
    engine.turn()
    engine.end(1)
    engine.command("hold")
    engine.advance(300)
    assert engine.command("release", slots=slots) == f"done: {answer}"
    engine.turn()
    runs = engine.runs()[1:]
    assert {job: [run.outcome for run in runs if run.job == job] for job in made} == made
    engine.restart()
    assert len(engine.runs()) == 1 + len(runs)
    engine.advance(60)
    assert len(engine.runs()) >= 1 + len(runs)


def test_engines_that_share_the_jobs_release_them_as_each_job_says(bench: MakeBench) -> None:
    engine = bench(make_job("i", interval_seconds=60, tags=("risk",)), options=EngineOptions(include_tags=("risk",)))
    engine.command("hold")
    assert engine.command("release", slots="drop").startswith("refused: several engines share these jobs")
    assert engine.command("release") == "done: released"


def test_dropped_slots_are_recorded_with_who_dropped_them(bench: MakeBench) -> None:
    engine = bench(make_job("i", interval_seconds=60))
    engine.turn()
    engine.end(1)
    engine.command("hold")
    engine.advance(300)
    engine.command("release", slots="drop")
    reason = "dropped by alice when the hold was released; stands for 4 earlier slots too"
    assert [run.reason for run in engine.runs()] == [None, reason]
    engine.turn()
    assert engine.live == []
    engine.advance(60)
    assert engine.live == [3]


def test_a_release_that_the_registry_refuses_leaves_every_slot(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = bench(make_job("i", interval_seconds=60))
    engine.command("hold")
    engine.advance(300)

    def refuse(*_args: object) -> NoReturn:
        raise StateError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "set_hold", refuse)
        engine.store.issue("release", "alice", engine.clock.now(), arguments={"slots": "drop"})
        with pytest.raises(StateError):
            engine.turn()
    assert engine.runs() == []
    engine.turn()
    assert [run.outcome for run in engine.runs()] == ["skipped"]


def test_the_reason_of_a_hold_can_be_changed(bench: MakeBench) -> None:
    engine = bench(make_job("i", interval_seconds=60))
    assert engine.command("hold", reason="x", edit=True) == "refused: nothing is held"
    engine.command("hold", reason="maintenance")
    since = engine.clock.now()
    engine.advance(60)
    assert engine.command("hold", reason="exchange maintenance", edit=True) == "done: the hold's reason is changed"
    hold = engine.store.hold()
    assert hold is not None
    assert (hold.since, hold.reason) == (since, "exchange maintenance")


def test_an_acknowledgement_carries_a_note_and_can_be_taken_back(bench: MakeBench) -> None:
    engine = bench(make_job("a"), make_job("b"))
    engine.turn()
    engine.end(1, 1)
    engine.end(2, 1)
    first, second = engine.alerts()
    engine.command("ack", alert=first.id, note="the exchange is down")
    assert [(alert.is_open, alert.ack_note) for alert in engine.alerts()] == [
        (False, "the exchange is down"),
        (True, None),
    ]
    engine.command("ack", alert=first.id, note="it is up again")  # of one that is acknowledged already
    assert engine.alerts()[0].ack_note == "it is up again"
    assert engine.command("unack", alerts=[first.id, second.id]) == "done: 1 alert open again"
    assert [(alert.is_open, alert.ack_note) for alert in engine.alerts()] == [(True, None), (True, None)]


def test_an_alert_that_came_while_one_read_is_not_acknowledged_with_the_others(bench: MakeBench) -> None:
    engine = bench(make_job("a"), make_job("b"))
    engine.turn()
    engine.end(1, 1)
    seen = engine.alerts()[-1].id
    engine.end(2, 1)
    assert engine.command("ack", newest=seen) == "done: 1 alert acknowledged"
    assert [alert.is_open for alert in engine.alerts()] == [False, True]


def test_an_alert_that_is_not_there_cannot_be_acknowledged(bench: MakeBench) -> None:
    assert bench(make_job("a")).command("ack", alert=77) == "refused: there is no alert #77; see: peak-console alerts"


@pytest.mark.parametrize("one", [True, False])
def test_acknowledging_one_alert_or_all(bench: MakeBench, one: bool) -> None:
    engine = bench(make_job("a"), make_job("b"))
    engine.turn()
    engine.end(1, 1)
    engine.end(2, 1)
    first = engine.alerts()[0].id
    answer = engine.command("ack", alert=first) if one else engine.command("ack")
    assert answer == ("done: 1 alert acknowledged" if one else "done: 2 alerts acknowledged")
    assert [alert.acknowledged_by for alert in engine.alerts()] == (["alice", None] if one else ["alice", "alice"])


def test_two_stops_of_one_waiting_run_are_both_answered(bench: MakeBench) -> None:
    engine = bench(make_job(interval_seconds=60, overlap="queue"))
    engine.turn()
    engine.advance(60)
    store = engine.store
    first, second = (store.issue("stop", "alice", engine.clock.now(), None, 2) for _ in range(2))
    engine.turn()
    answers = [store.command(number) for number in (first, second)]
    assert [command.answer if command else None for command in answers] == ["done", "refused"]
    assert engine.outcomes() == [None, "stopped"]


def test_a_run_that_another_process_has_just_queued_can_be_stopped(bench: MakeBench) -> None:
    engine = bench(make_job(retries=1))
    engine.turn()
    engine.store.claim([Claim("backup", MONDAY_MORNING, attempt=2, queued=True)], MONDAY_MORNING, "1 x")
    assert engine.command("stop", run_id=2) == "done: stopping backup #2"
    assert engine.outcomes() == [None, "stopped"]
