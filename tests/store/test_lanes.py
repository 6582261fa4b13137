"""The past of a lane: everything is counted once, in its cell, and SQLite does the counting."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from peak_console.model.records import Claim, Outcome
from peak_console.store.past.lanes import past_of, worst_run
from tests.store.support import ME, NOW, after, steps

if TYPE_CHECKING:
    from peak_console.store.store import Store


def ran(
    store: Store, at: float, seconds: float, outcome: str = Outcome.SUCCEEDED, job: str = "a", late: float = 0
) -> int:
    claim = Claim(job, after(at - late), late_because="held" if late else None)
    [run] = store.claim([claim], after(at), ME)
    store.started(run.id, after(at), "1")
    store.finish(run.id, outcome, 0, after(at + seconds))
    return run.id


def test_runs_of_one_cell_are_one_item_and_long_ones_stand_alone(store: Store) -> None:
    long = ran(store, -500, 900)
    for at in (10, 20, 30):
        ran(store, at, 1)
    worst = ran(store, 40, 1, Outcome.FAILED)
    ran(store, 45, 1)
    ran(store, 130, 1, late=81)
    ran(store, 140, 1, job="b")
    store.claim([Claim("a", after(190), outcome=Outcome.MISSED, reason="late")], after(400), ME)
    found = past_of(store, "a", NOW, after(3600), 60)
    assert [(item.outcome, item.count, item.bad, round((item.start - NOW).total_seconds())) for item in found] == [
        ("succeeded", 1, 0, -500),
        ("failed", 5, 1, 0),
        ("succeeded", 1, 0, 120),
        ("missed", 1, 1, 180),
    ]
    assert (found[0].run_id, found[0].end) == (long, after(400))
    assert round(found[2].late_seconds) == 81
    assert worst_run(store, "a", NOW, after(60)) == worst
    assert worst_run(store, "c", NOW, after(60)) is None


def test_a_week_of_a_busy_job_is_as_many_items_as_cells_and_few_steps(store: Store) -> None:
    with store:
        for n in range(5000):
            ran(store, n * 120, 2, job=f"job {n % 5}")
    span = timedelta(seconds=600_000)
    assert steps(store, lambda: past_of(store, "job 1", NOW, NOW + span, 6000)) < 150
    found = past_of(store, "job 1", NOW, NOW + span, 6000)
    assert len(found) == 100
    assert sum(item.count for item in found) == 1000
