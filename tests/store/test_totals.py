"""What was counted stays counted: retention, a registry set aside and a transaction that fails change nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Alert, Claim, Level
from peak_console.model.terms import BEYOND_BOUNDS, Counted, Outcome, Trigger
from peak_console.store.repair.damage import set_aside
from peak_console.store.store import Store
from peak_console.store.tables.totals import totals
from tests.store.support import NOW, after, claim
from tests.store.test_migrations import put

if TYPE_CHECKING:
    from pathlib import Path


def test_starts_and_ends_are_counted_once_each_and_outlive_their_rows(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "state"))
    late = claim(store, "late")
    store.started(late.id, after(3), "1 mark", late=3.0)
    store.started(late.id, after(4), "1 mark", late=4.0)
    assert store.finish(late.id, Outcome.FAILED, 3, after(5))
    assert not store.finish(late.id, Outcome.SUCCEEDED, 0, after(6))
    by_hand = claim(store, "by_hand")
    store.started(by_hand.id, after(61), "2 mark")
    too_late = claim(store, "too_late")
    store.started(too_late.id, after(122), "3 mark", late=9000.0)
    store.claim([Claim("passed", NOW, outcome=Outcome.SKIPPED)], NOW, "1 me")
    store.claim([Claim("passed", NOW, outcome=Outcome.SKIPPED)], NOW, "1 me")
    before = totals(store)
    assert before == {
        Counted.STARTED: {"": 3},
        Counted.LATE: {"5": 1, BEYOND_BOUNDS: 1},
        Counted.LATE_SECONDS: {"": 9003},
        Counted.ENDED: {"failed": 1, "skipped": 1},
    }
    store.forget([late.id, too_late.id])
    assert totals(store) == before
    store.close()


def test_deliveries_are_counted_by_channel(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "state"))
    store.add_alert(Alert(Level.CRITICAL, "m", NOW), ["desk", "mail"], NOW)
    desk, mail = store.due_deliveries(after(1))
    store.delivery_failed(desk.id, "no answer", after(60))
    store.delivered(desk.id, after(61))
    store.delivery_failed(mail.id, "no such user", None)
    assert totals(store) == {
        Counted.RAISED: {"critical": 1},
        Counted.DELIVERED: {"desk": 1},
        Counted.NOT_DELIVERED: {"desk": 1, "mail": 1},
        Counted.GIVEN_UP: {"mail": 1},
    }
    store.close()


def test_what_a_transaction_has_counted_goes_with_it(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "state"))

    def fail_after_counting() -> None:
        with store:
            claim(store, "never", outcome=Outcome.MISSED)
            raise ValueError("after counting")

    with pytest.raises(ValueError, match="after counting"):
        fail_after_counting()
    claim(store, "kept", outcome=Outcome.MISSED)
    assert totals(store) == {Counted.ENDED: {"missed": 1}}
    store.close()


def test_a_damaged_registry_hands_its_counts_on(tmp_path: Path) -> None:
    directory = str(tmp_path / "state")
    store = Store.open(directory)
    claim(store, "one", outcome=Outcome.MISSED)
    store.close()
    set_aside(directory, after(9))
    store = Store.open(directory)
    assert totals(store)[Counted.ENDED] == {"missed": 1}
    store.close()


def test_an_older_registry_begins_its_counts_with_what_it_holds(tmp_path: Path) -> None:
    directory = put(tmp_path, 4)
    reader = Store.look(directory)
    assert reader is not None
    assert totals(reader) == {}, "who only looks changes nothing"
    reader.close()
    store = Store.open(directory)
    assert totals(store) == {Counted.ENDED: {"succeeded": 1}, Counted.STARTED: {"": 1}}
    store.close()


@pytest.mark.parametrize(
    ("trigger", "attempt", "counts"),
    [
        (Trigger.SCHEDULE, 1, True), (Trigger.CATCH_UP, 1, True), (Trigger.AFTER, 1, True),
        (Trigger.SCHEDULE, 2, False), (Trigger.MANUAL, 1, False), (Trigger.RETRY, 2, False),
    ],
)  # fmt: skip
def test_only_first_attempts_for_slots_have_a_lateness_that_counts(
    tmp_path: Path, trigger: Trigger, attempt: int, counts: bool
) -> None:
    from peak_console.values import replace

    store = Store.open(str(tmp_path / "state"))
    run = replace(claim(store, "one"), triggered_by=trigger, attempt=attempt, started_at=after(2))
    assert (run.counted_lateness is not None) == counts
    store.close()
