"""The registry of runs: a slot has one owner, a run one end, and what is written is read back."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Alert, Claim, Level, Outcome, RunState, Trigger
from peak_console.store.history import FEW_JOBS
from peak_console.store.rows import moment, stamp
from peak_console.store.store import Store
from tests.store.support import ME, NOW, SOMEBODY, after, claim, finished, steps

if TYPE_CHECKING:
    from peak_console.model.records import Run
    from tests.store.conftest import Connect


def test_a_claim_is_read_back_as_it_was_given(store: Store) -> None:
    given = Claim(
        "backup", NOW, triggered_by=Trigger.CATCH_UP, attempt=2, reason="stands for 3 earlier slots too",
        command=("python", "ä b.py"), args={"script": "ä b.py", "n": 10, "deep": {"a": [1, None]}},
        tags=("prod", "ü"), tag="scheduler",
    )  # fmt: skip
    [run] = store.claim([given], after(1), ME)
    assert store.run(run.id) == run
    assert (run.job, run.scheduled_for, run.claimed_at, run.attempt) == ("backup", NOW, after(1), 2)
    assert (run.triggered_by, run.state, run.supervisor) == ("catch_up", "claimed", ME)
    assert (list(run.command), run.args, list(run.tags)) == (list(given.command), given.args, list(given.tags))
    assert (run.reason, run.tag, run.run_type) == (given.reason, "scheduler", "scheduler_job")
    assert (run.outcome, run.started_at, run.return_code) == (None, None, None)


def test_a_slot_is_claimed_once_whoever_asks(connect: Connect) -> None:
    mine, theirs = connect(), connect()
    assert len(mine.claim([Claim("a", NOW), Claim("b", NOW)], NOW, ME)) == 2
    got = theirs.claim([Claim("a", NOW), Claim("c", NOW), Claim("b", NOW)], NOW, SOMEBODY)
    assert [run.job for run in got] == ["c"], "what somebody else holds is left out, the rest is not"
    assert [run.supervisor for run in theirs.runs(jobs=["a"])] == [ME]


def test_the_same_slot_in_another_zone_is_the_same_slot(store: Store) -> None:
    claim(store, at=NOW)
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    assert store.claim([Claim("backup", tokyo)], NOW, ME) == []


def test_attempts_and_moments_tell_claims_apart(store: Store) -> None:
    claim(store)
    assert len(store.claim([Claim("backup", NOW, attempt=2)], NOW, ME)) == 1
    assert len(store.claim([Claim("backup", NOW + timedelta(microseconds=1))], NOW, ME)) == 1


def test_of_many_connections_at_once_one_gets_each_slot(store: Store) -> None:
    slots = [Claim("backup", after(n)) for n in range(30)]
    won: list[datetime | None] = []
    barrier, directory = threading.Barrier(4), store.directory

    def compete(number: int) -> None:
        store = Store.open(directory)
        barrier.wait(20)
        for slot in slots:
            won.extend(run.scheduled_for for run in store.claim([slot], NOW, f"{number} x"))
        store.close()

    threads = [threading.Thread(target=compete, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(slot for slot in won if slot) == [slot.scheduled_for for slot in slots]


def test_a_slot_without_a_process_is_finished_at_once(store: Store) -> None:
    [run] = store.claim([Claim("backup", NOW, outcome=Outcome.MISSED, reason="2 h late")], after(5), ME)
    assert (run.state, run.outcome, run.reason) == ("finished", "missed", "2 h late")
    assert run.finished_at == after(5)
    assert run.supervisor is None
    assert store.unfinished() == []


def test_a_run_from_queue_to_end(connect: Connect) -> None:
    store, other = connect(), connect()
    run = claim(store, queued=True, not_before=after(60))
    assert (run.state, run.not_before, run.supervisor) == (RunState.QUEUED, after(60), None)
    assert other.take_from_queue(run.id, SOMEBODY)
    assert not store.take_from_queue(run.id, ME), "somebody else was faster"
    store.started(run.id, after(61), "99 boot/9")
    running = store.run(run.id)
    assert running is not None
    assert (running.state, running.reference) == ("running", "99 boot/9")
    assert running.lateness_seconds == 61
    assert store.finish(run.id, Outcome.FAILED, 3, after(63.5), "why")
    assert not other.finish(run.id, Outcome.SUCCEEDED, 0, after(70)), "an end is recorded once"
    ended = store.run(run.id)
    assert ended is not None
    assert (ended.outcome, ended.return_code, ended.reason, ended.duration_seconds) == ("failed", 3, "why", 2.5)
    assert ended.not_before is None


def test_a_start_does_not_undo_an_end(store: Store) -> None:
    run = claim(store)
    store.finish(run.id, Outcome.LOST, None, NOW)
    store.started(run.id, NOW, "1 x")
    found = store.run(run.id)
    assert found is not None
    assert found.state == "finished"


def test_a_run_is_taken_over_once_and_only_from_whom_it_was_seen_with(connect: Connect) -> None:
    store, other = connect(), connect()
    run = claim(store)
    assert other.take_over(run, SOMEBODY)
    assert not store.take_over(run, "4713 late")
    assert not store.take_over(replace(run, supervisor=None), ME)
    store.finish(run.id, Outcome.LOST, None, NOW)
    assert not store.take_over(replace(run, supervisor=SOMEBODY), ME)


def test_the_first_reason_to_stop_stays(store: Store) -> None:
    run = claim(store)
    store.stopping(run.id, "timeout")
    store.stopping(run.id, "stopped by alice")
    found = store.run(run.id)
    assert found is not None
    assert found.stop_reason == "timeout"


def test_ids_are_never_used_again(store: Store) -> None:
    first = claim(store)
    store.forget([first.id])
    assert store.run(first.id) is None
    assert claim(store).id > first.id


def test_the_registry_is_asked_by_job_outcome_type_time_and_number(store: Store) -> None:
    finished(store, "a", after(0))
    finished(store, "b", after(10), "failed")
    finished(store, "a", after(20), "failed")
    store.claim([Claim("a", after(30), outcome=Outcome.SKIPPED)], after(30), ME)
    store.log_run("backtest", Claim("a", NOW, command=("x",)), 1, after(40), after(41))

    def ids(**wanted: object) -> list[int]:
        return [run.id for run in store.runs(**wanted)]  # type: ignore[arg-type]

    assert ids() == [5, 4, 3, 2, 1], "newest first"
    assert ids(jobs=["a"]) == [5, 4, 3, 1]
    assert ids(jobs=[]) == []
    assert ids(outcome="failed") == [5, 3, 2]
    assert ids(run_type="backtest") == [5]
    assert ids(run_type="scheduler_job", outcome="failed") == [3, 2]
    assert ids(since=after(20)) == [5, 4, 3]
    assert ids(with_process=True) == [5, 3, 2, 1]
    assert ids(limit=2) == [5, 4]
    assert ids(jobs=["b", "a"], limit=3) == [5, 4, 3]
    assert ids(jobs=["b", "a"], outcome="failed", limit=2) == [5, 3]
    assert ids(jobs=["b", *"x" * FEW_JOBS], limit=3) == [2]
    assert ids(jobs=[], limit=3) == []
    assert {job: run.id for job, run in store.last_runs(["a", "b", "c"]).items()} == {"a": 3, "b": 2}


def test_what_waited_and_what_scripts_did_is_found_by_when_it_started(store: Store) -> None:
    waited = claim(store, "a", after(0), queued=True)
    finished(store, "a", after(60))
    store.log_run("backtest", Claim("a", NOW), 0, after(-3600), after(61))
    finished(store, "a", after(62))
    store.take_from_queue(waited.id, ME)
    store.started(waited.id, after(63), "1 x")

    def ids(seconds: float) -> list[int]:
        return [run.id for run in store.runs(since=after(seconds))]

    assert [ids(-3600), ids(-3599), ids(61), ids(63), ids(64)] == [[4, 3, 2, 1], [4, 2, 1], [4, 1], [1], []]


def test_nothing_that_is_asked_walks_through_the_registry(store: Store) -> None:
    first = finished(store, "rare", after(0), "timed_out")
    with store:
        store.add_alert(Alert(level=Level.INFO, message="m", timestamp=NOW, job="rare"), (), NOW)
        for n in range(3000):
            finished(store, f"busy {n % 3}", after(3600 * n))
            store.add_alert(Alert(level=Level.INFO, message="m", timestamp=NOW, job="busy"), (), NOW)
        skipped = [Claim("busy 0", after(3600 * 3000 + n), outcome=Outcome.SKIPPED) for n in range(1000)]
        store.claim(skipped, after(3600 * 3001), ME)

    def found(*, thousand_steps: int = 2, **wanted: object) -> int:
        found: list[Run] = []
        thousands = steps(store, lambda: found.extend(store.runs(limit=20, **wanted)))  # type: ignore[arg-type]
        assert thousands <= thousand_steps, wanted
        return len(found)

    assert found() == 20
    assert found(outcome="timed_out") == 1
    assert found(outcome="lost") == 0
    assert found(jobs=["busy 1"], outcome="lost", thousand_steps=5) == 0
    assert found(jobs=["rare", "gone"]) == 1
    assert found(run_type="backtest") == 0
    assert found(jobs=["busy 0"], run_type="scheduler_job", with_process=True, thousand_steps=12) == 20
    assert found(since=after(3600 * 2980)) == 20
    assert found(since=after(10**8), thousand_steps=20) == 0
    assert found(jobs=["busy 1"], since=after(10**8)) == 0
    assert steps(store, lambda: store.last_runs(["rare", "busy 0"])) <= 12
    assert steps(store, lambda: store.alerts(jobs=["rare", None], limit=20)) <= 1
    assert steps(store, store.incidents) <= 1
    assert steps(store, lambda: store.incident("failed:rare")) <= 1
    assert steps(store, lambda: store.resolve(["failed:rare", "lost:rare"], NOW)) <= 1
    assert steps(store, store.alert_counts) <= 1
    assert steps(store, lambda: [store.some_job(lot / 10) for lot in range(10)]) <= 1
    assert [run.id for run in store.runs(outcome="timed_out", limit=20)] == [first]


def test_the_last_run_is_found_without_a_walk_through_the_registry(store: Store) -> None:
    old = finished(store, "old")
    with store:
        for n in range(3000):
            finished(store, "busy", after(n))
    assert steps(store, lambda: store.last_runs(["old", "busy"])) <= 1
    assert store.last_runs(["old"])["old"].id == old


def test_the_last_runs_of_thousands_of_jobs_take_one_statement(store: Store) -> None:
    with store:
        for n in range(600):
            finished(store, f"job {n % 120:03}", after(n), "skipped" if n > 400 and n % 3 else "succeeded")
        claim(store, "job 007", after(1000), queued=True)
    jobs = [f"job {n:03}" for n in range(20, 3000)]
    one_by_one = {job: run for job in jobs[:100] for run in store.last_runs([job]).values()}
    assert store.last_runs(jobs) == one_by_one
    assert len(one_by_one) == 100
    statements: list[str] = []
    store._connection.set_trace_callback(statements.append)
    store.last_runs(jobs)
    assert len(statements) == 1


def test_unfinished_runs_are_found_oldest_first(store: Store) -> None:
    finished(store, "a")
    running, queued, claimed = claim(store, "b"), claim(store, "a", after(1), queued=True), claim(store, "b", after(1))
    store.started(running.id, NOW, "1 x")
    assert [run.id for run in store.unfinished()] == [running.id, queued.id, claimed.id]
    assert store.unfinished_of_jobs() == {"b": [running.id, claimed.id], "a": [queued.id]}


def test_a_scripts_run_is_logged_with_its_own_type(store: Store) -> None:
    run_id = store.log_run("backtest", Claim("ma", NOW, args={"n": 1}, tag="mine"), 2, after(0), after(3))
    run = store.run(run_id)
    assert run is not None
    assert (run.run_type, run.triggered_by, run.outcome, run.return_code) == ("backtest", "script", "failed", 2)
    assert (run.duration_seconds, run.tag, run.args) == (3, "mine", {"n": 1})


def test_moments_sort_as_text_and_come_back_exactly() -> None:
    pick = random.Random(7)
    moments = [
        datetime(2020, 1, 1, tzinfo=UTC) + timedelta(microseconds=pick.randrange(10**16)) * pick.choice((0, 1))
        for _ in range(300)
    ] + [NOW, NOW + timedelta(microseconds=1), NOW.replace(microsecond=999_999)]
    texts = [stamp(one) or "" for one in moments]
    assert sorted(texts) == [stamp(one) for one in sorted(moments)]
    assert [moment(text) for text in texts] == moments
    assert {len(text) for text in texts} == {27}
    assert all(text.endswith("Z") for text in texts)
    assert stamp(NOW.astimezone(timezone(timedelta(hours=-5)))) == stamp(NOW)
    assert stamp(None) is None
    assert moment(None) is None


@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_the_calendar_can_be_written(year: int) -> None:
    edge = datetime(year, 6, 1, tzinfo=UTC)
    assert moment(stamp(edge)) == edge
