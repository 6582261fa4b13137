"""Flushing and stopping the delivery, and trouble with the outbox itself."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from peak_console.errors import StateError
from peak_console.store.store import Store
from tests.alerts.support import Outbox, ScriptedSender, assert_true, channel, delivered, wait_until

if TYPE_CHECKING:
    from datetime import datetime

    import pytest

    from tests.alerts.support import MakeDeliverer


def test_flush_with_nothing_due_starts_no_thread(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    quiet = deliverer(channel("ops", "x"), sender=ScriptedSender(), start=False)
    assert quiet.flush(10) == 0
    assert all(thread.name != "alerts" for thread in threading.enumerate())


def test_flush_ends_at_its_deadline_and_says_what_is_left(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    release = threading.Event()
    sender = ScriptedSender(ops=lambda _: assert_true(release.wait(10)))
    outbox.add("ops", "desk")
    awake = deliverer(channel("ops", "x"), channel("desk", "x"), sender=sender)
    outbox.wait(lambda rows: rows[1].delivered)
    assert awake.flush(0.05) == 1
    release.set()
    assert awake.flush(10) == 0


def test_stop_lets_the_message_under_way_finish(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    release = threading.Event()
    sender = ScriptedSender(ops=lambda _: assert_true(release.wait(10)))
    outbox.add("ops", message="a")
    stopped = deliverer(channel("ops", "x"), sender=sender)
    sender.wait_for(1)
    outbox.add("ops", message="b")
    stopper = threading.Thread(target=stopped.stop, args=(10,))
    stopper.start()
    release.set()
    stopper.join(10)
    assert not stopper.is_alive()
    first, second = outbox.rows()
    assert (first.delivered, second.attempts) == (True, 0)


def test_stop_does_not_wait_for_a_service_that_hangs(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    release = threading.Event()
    sender = ScriptedSender(ops=lambda _: assert_true(release.wait(10)))
    outbox.add("ops")
    stopped = deliverer(channel("ops", "x"), sender=sender)
    sender.wait_for(1)
    stopped.stop(0)
    assert all(thread.name != "alerts" for thread in threading.enumerate())
    assert outbox.rows()[0].attempts == 0
    stopped.start()
    stopped.wake()
    assert stopped.flush(5) == 1  # stopped for good: it only counts
    release.set()


class FullDisk(Store):
    """Cannot record anything while ``full``."""

    full = True

    def delivered(self, delivery_id: int, now: datetime) -> None:
        if FullDisk.full:
            raise StateError("registry.db: the disk is full")
        super().delivered(delivery_id, now)


def test_message_that_cannot_be_recorded_is_not_sent_again(
    outbox: Outbox, deliverer: MakeDeliverer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FullDisk, "full", True)
    sender, reports = ScriptedSender(), list[str]()
    outbox.add("ops", message="a")
    awake = deliverer(
        channel("ops", "x"),
        open_outbox=lambda: FullDisk.open(str(outbox.directory)),
        sender=sender,
        report=reports.append,
    )
    wait_until(lambda: len(reports) == 1)
    awake.wake()
    wait_until(lambda: len(reports) == 2)
    assert reports[0] == "alerts: delivery pauses: registry.db: the disk is full"
    monkeypatch.setattr(FullDisk, "full", False)
    awake.wake()
    outbox.wait(delivered)
    assert sender.messages("ops") == ["a"]
