"""What need not be kept is found, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Claim, Outcome
from peak_console.store.expiry import WINDOW
from tests.store.support import ME, NOW, after, alert, claim, finished, steps

if TYPE_CHECKING:
    from peak_console.store.store import Store

DAY = 86_400


def test_runs_beyond_the_newest_of_their_job_expire_oldest_first(store: Store) -> None:
    mine = [finished(store, "a", after(n)) for n in range(6)]
    finished(store, "b", after(99))
    assert store.expired_runs("a", 4, None) == mine[:2]
    assert store.expired_runs("a", 1, None, limit=3) == mine[:3]
    assert store.expired_runs("a", 6, None) == []
    assert store.expired_runs("b", 1, None) == []


def test_runs_of_another_age_expire(store: Store) -> None:
    runs = [finished(store, "a", after(n * DAY)) for n in range(5)]
    assert store.expired_runs("a", 0, after(2 * DAY)) == runs[:2]
    assert store.expired_runs("a", 4, after(2 * DAY)) == runs[:2]
    assert store.expired_runs("a", 2, after(2 * DAY)) == runs[:3]


def test_nothing_expires_unless_somebody_says_so(store: Store) -> None:
    for n in range(5):
        finished(store, "a", after(n))
    assert store.expired_runs("a", 0, None) == []


def test_the_newest_run_stays_however_old(store: Store) -> None:
    runs = [finished(store, "a", after(n)) for n in range(3)]
    assert store.expired_runs("a", 0, after(DAY)) == runs[:2]


def test_the_newest_run_with_a_process_stays_behind_any_number_without(store: Store) -> None:
    old, last = finished(store, "a", after(0)), finished(store, "a", after(1))
    skipped = [store.claim([Claim("a", after(n), outcome=Outcome.SKIPPED)], after(n), ME)[0].id for n in range(2, 9)]
    assert store.expired_runs("a", 2, None) == [old, *skipped[:5]]
    assert last not in store.expired_runs("a", 1, after(DAY))


def test_unfinished_runs_neither_expire_nor_count(store: Store) -> None:
    runs = [finished(store, "a", after(n)) for n in range(1, 5)]
    waiting = [claim(store, "a", after(n), queued=True).id for n in range(5, 9)]
    assert not set(waiting) & set(store.expired_runs("a", 2, after(DAY)))
    assert store.expired_runs("a", 3, None) == runs[:1]
    stuck = claim(store, "b", after(0))
    finished(store, "b", after(1))
    finished(store, "b", after(2))
    assert stuck.id not in store.expired_runs("b", 1, after(DAY))


def test_a_long_history_is_found_piece_by_piece(store: Store) -> None:
    with store:
        for n in range(WINDOW + 60):
            finished(store, "a", after(n))
    found: list[int] = []
    while expired := store.expired_runs("a", 10, None, limit=50):
        assert len(expired) <= 50
        found += expired
        store.forget(expired)
    assert len(found) == WINDOW + 50
    assert found == sorted(found)
    assert len(store.runs()) == 10


def test_looking_for_what_has_expired_takes_no_time(store: Store) -> None:
    finished(store, "old")
    with store:
        for n in range(3000):
            finished(store, "busy", after(n))
    for job in ("old", "busy"):
        assert steps(store, lambda job=job: store.expired_runs(job, 1000, NOW)) <= 15  # type: ignore[misc]


def test_jobs_with_runs_are_walked_in_order(store: Store) -> None:
    for job in ("scan", "ä", "backup", "scan", "Backup"):
        finished(store, job, after(len(store.runs())))
    names = [""]
    while (name := store.next_job(names[-1])) is not None:
        names.append(name)
    assert names[1:] == ["Backup", "backup", "scan", "ä"]


def test_a_lot_chooses_among_the_jobs_with_runs(store: Store) -> None:
    assert store.some_job(0.5) == ""
    for n in range(4):
        finished(store, "a" if n < 3 else "b", after(n))
    assert [store.some_job(lot) for lot in (0, 0.5, 1)] == ["a", "a", "b"]


def test_unknown_ids_are_told_apart(store: Store) -> None:
    known = finished(store)
    assert store.unknown_runs([known, 77, 78]) == [77, 78]
    assert store.unknown_runs([]) == []


def test_old_alerts_go_with_their_deliveries(store: Store) -> None:
    old, new = alert(store, after(-DAY), ("desk",)), alert(store, NOW)
    assert store.expire_alerts(0, NOW) == new.id
    assert store.alerts() == [new, old], "what is still to be delivered stays"
    [delivery] = store.due_deliveries(NOW)
    store.delivered(delivery.id, NOW)
    store.expire_alerts(0, NOW)
    assert store.alerts() == [new]
    assert store._rows("SELECT count(*) FROM deliveries") == [(0,)]
    assert store.expire_alerts(new.id, NOW) is None


@pytest.mark.parametrize(
    ("level", "acknowledged", "run_kept", "stays"),
    [
        ("info", False, False, False),
        ("info", False, True, True),
        ("critical", False, False, True),
        ("critical", True, False, False),
        ("critical", True, True, True),
    ],
)
def test_settled_alerts_go_with_their_runs(
    store: Store, level: str, acknowledged: bool, run_kept: bool, stays: bool
) -> None:
    run_id = finished(store)
    about_run = alert(store, NOW, level=level, run_id=run_id)
    about_nothing = alert(store, NOW, level="info")
    if acknowledged:
        store.acknowledge("alice", NOW, about_run.id)
    if not run_kept:
        store.forget([run_id])
    store.expire_alerts(0, NOW - timedelta(days=90))
    store.expire_alerts(0, None)
    left = {one.id for one in store.alerts()}
    assert about_nothing.id in left
    assert (about_run.id in left) is stays


def test_alerts_are_walked_to_the_end(store: Store) -> None:
    with store:
        ids = [alert(store, after(-DAY if n % 2 else 0)).id for n in range(2 * WINDOW + 1)]
    steps, position = 0, store.expire_alerts(0, NOW)
    while position is not None:
        steps += 1
        position = store.expire_alerts(position, NOW)
    assert steps == 3
    assert [one.id for one in store.alerts()][::-1] == ids[::2]


def test_answered_commands_go_when_they_are_old(store: Store) -> None:
    numbers = [store.issue("hold", "alice", after(n)) for n in range(4)]
    for number, at in zip(numbers[:3], (-DAY, -DAY, 5), strict=True):
        store.answer(number, "done", "", after(at))
    assert store.expire_commands(NOW) == 2
    assert store.expire_commands(NOW) == 0
    assert store.command(numbers[0]) is None
    assert store.command(numbers[2]) is not None
    assert store.open_command_ids() == [numbers[3]]
