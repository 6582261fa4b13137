"""What is sent when, and what becomes of it: a scripted sender, a real registry."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from peak_console.alerts import delivery
from tests.alerts.support import (
    NOW,
    SEND_TIMEOUT,
    Outbox,
    ScriptedSender,
    assert_true,
    channel,
    refuse,
    tried,
)

if TYPE_CHECKING:
    import pytest

    from peak_console.model.records import Alert
    from tests.alerts.support import MakeDeliverer


def test_broken_channel_does_not_hold_back_another_however_long_its_backlog(
    outbox: Outbox, deliverer: MakeDeliverer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "BATCH", 2)
    release = threading.Event()
    sender = ScriptedSender(hung=lambda _: assert_true(release.wait(10)), down=refuse)
    for n in range(5):
        outbox.add("hung", "down", message=f"{n}")
    outbox.add("fine", message="last")
    deliverer(channel("hung", "x"), channel("down", "x"), channel("fine", "x"), sender=sender)
    outbox.wait(lambda rows: rows[10].delivered and any(row.attempts for row in rows if row.channel == "down"))
    assert [message.splitlines()[1:] for message in sender.messages("hung")] == [["[critical] 0", "[critical] 1"]]
    release.set()
    outbox.wait(lambda rows: all(row.delivered for row in rows if row.channel == "hung"))
    told = [line[-1] for message in sender.messages("hung") for line in message.splitlines() if "alerts" not in line]
    assert told == ["0", "1", "2", "3", "4"]


def test_failing_channel_rests_before_its_next_message(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    sender = ScriptedSender(ops=refuse)
    outbox.add("ops", message="a")
    outbox.add("ops", message="b")
    awake = deliverer(channel("ops", "x"), sender=sender)
    assert awake.flush(10) == 2
    [first] = sender.messages("ops")
    assert first.splitlines()[1:] == ["[critical] a", "[critical] b"]
    outbox.clock.advance(5)
    sender.of_channel.clear()
    assert awake.flush(10) == 0
    assert sender.messages("ops") == [first, first]


def test_retries_are_spread_by_chance(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    names = [f"c{n}" for n in range(5)]
    outbox.add(*names)
    sender = ScriptedSender(**dict.fromkeys(names, refuse))
    deliverer(*(channel(name, "x") for name in names), sender=sender, jitter=None).flush(10)
    waits = [(row.next_attempt_at - NOW).total_seconds() for row in outbox.rows() if row.next_attempt_at]
    assert len(set(waits)) == 5
    assert all(5 <= wait <= 6 for wait in waits)


def test_long_backoff_of_one_message_rests_its_channel_for_a_minute_at_most(
    outbox: Outbox, deliverer: MakeDeliverer
) -> None:
    sender = ScriptedSender(ops=refuse)
    outbox.add("ops", message="old")
    awake = deliverer(channel("ops", "x"), sender=sender)
    for seconds in (5, 15, 45, 0):
        assert awake.flush(10) == 1
        outbox.clock.advance(seconds)
    assert outbox.rows()[0].attempts == 4
    outbox.add("ops", message="new")
    outbox.clock.advance(59)
    assert awake.flush(10) == 2
    assert "new" not in sender.messages("ops")
    outbox.clock.advance(1)
    awake.flush(10)
    assert "new" in sender.messages("ops")


def test_channel_that_is_gone_is_given_up_with_the_reason(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    outbox.add("ops")
    outbox.add("ops")
    assert deliverer(channel("desk", "x"), sender=ScriptedSender()).flush(10) == 0
    for row in outbox.rows():
        assert row.given_up
        assert row.last_error == 'channel "ops": there is no such channel any more'


def test_new_channels_count_from_the_next_delivery_on(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    sender = ScriptedSender()
    awake = deliverer(sender=sender)
    awake.use_channels([channel("ops", "x")])
    outbox.add("ops")
    assert awake.flush(10) == 0
    assert outbox.rows()[0].delivered


def test_delivery_is_given_up_after_a_day(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    reports: list[str] = []
    outbox.add("ops")
    awake = deliverer(channel("ops", "x"), sender=ScriptedSender(ops=refuse), report=reports.append)
    while not outbox.rows()[0].given_up:
        awake.flush(10)
        outbox.clock.advance(3600)
        assert outbox.clock.now() < NOW.replace(day=6), "it was never given up"
    [row] = outbox.rows()
    assert row.last_error == 'channel "ops": the service answered HTTP 500'
    assert 20 < row.attempts < 30
    assert reports[0].endswith("HTTP 500; next attempt at 2025-03-04 07:30:05 UTC")
    assert reports[-1].endswith("HTTP 500; given up")
    assert awake.flush(10) == 0


def test_alert_older_than_a_day_gets_one_attempt(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    outbox.add("ops", "down")
    outbox.clock.advance(3 * 86400)
    sender = ScriptedSender(down=refuse)
    assert deliverer(channel("ops", "x"), channel("down", "x"), sender=sender).flush(10) == 0
    fine, down = outbox.rows()
    assert fine.delivered
    assert (down.given_up, down.attempts) == (True, 1)


def test_send_that_works_after_its_time_is_not_repeated_and_ends_the_rest(
    outbox: Outbox, deliverer: MakeDeliverer
) -> None:
    release = threading.Event()
    sender = ScriptedSender(ops=lambda _: assert_true(release.wait(10)))
    outbox.add("ops", message="a")
    awake = deliverer(channel("ops", "x"), sender=sender, send_timeout_seconds=SEND_TIMEOUT)
    sender.wait_for(1)
    outbox.clock.advance(SEND_TIMEOUT)
    outbox.add("ops", message="b")
    awake.wake()
    outbox.wait(tried(1))
    release.set()
    outbox.wait(lambda rows: all(row.delivered for row in rows))
    outbox.clock.advance(3600)
    assert awake.flush(10) == 0
    assert sender.messages("ops") == ["a", "b"]


def test_channel_that_never_answers_gets_a_few_threads_and_no_more(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    release = threading.Event()
    sender = ScriptedSender(ops=lambda _: assert_true(release.wait(10)))
    outbox.add("ops")
    awake = deliverer(channel("ops", "x"), sender=sender, send_timeout_seconds=SEND_TIMEOUT)
    for attempts in (1, 2, 3, 4):
        sender.wait_for(min(attempts, delivery.MAX_STUCK))
        outbox.clock.advance(SEND_TIMEOUT)
        awake.wake()
        outbox.wait(tried(attempts))
        outbox.clock.advance(3600)
        awake.wake()
    [row] = outbox.wait(tried(4))
    assert row.last_error == 'channel "ops": 3 earlier alerts still wait for its answer'
    assert len(sender.sent) == delivery.MAX_STUCK
    release.set()


def test_crash_of_a_plugin_is_a_failure_without_its_text(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    def crash(alert: Alert) -> None:
        raise RuntimeError("json://alice:hunter2@host")

    outbox.add("ops")
    assert deliverer(channel("ops", "x"), sender=ScriptedSender(ops=crash)).flush(10) == 1
    assert outbox.rows()[0].last_error == 'channel "ops": sending failed with RuntimeError'
