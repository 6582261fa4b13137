from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.alerts import delivery
from peak_console.alerts.delivery import Deliverer
from peak_console.alerts.routing import channels_for
from peak_console.alerts.sender import SendError
from peak_console.errors import StateError
from peak_console.store.model import Alert
from peak_console.store.store import Store
from tests.alerts.support import NOW, Outbox, Row, channel, wait_until
from tests.support.alert_server import AlertServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from peak_console.jobs.model import AlertChannel

    MakeDeliverer = Callable[..., Deliverer]

# What Apprise's mail plugin imports is deprecated in Python 3.11 and 3.12.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SEND_TIMEOUT = 30


@pytest.fixture
def server() -> Iterator[AlertServer]:
    with AlertServer() as server:
        yield server


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "state")


@pytest.fixture
def deliverer(outbox: Outbox) -> Iterator[MakeDeliverer]:
    """Makes started deliverers without jitter, and stops them."""
    made: list[Deliverer] = []

    def make(*channels: AlertChannel, start: bool = True, **options: Any) -> Deliverer:
        options = {"open_outbox": outbox.open, "jitter": lambda: 0.0, **options}
        one = Deliverer(options.pop("open_outbox"), channels, outbox.clock, **options)
        made.append(one)
        if start:
            one.start()
        return one

    yield make
    for one in made:
        one.stop(0)


class ScriptedSender:
    """Sends by doing what the test says for each channel: nothing, an error, or waiting."""

    def __init__(self, **of_channel: Callable[[Alert], None]) -> None:
        self.sent: list[tuple[str, str]] = []
        self.of_channel = of_channel

    def send(self, channel: AlertChannel, alert: Alert) -> None:
        self.sent.append((channel.name, alert.message))
        if act := self.of_channel.get(channel.name):
            act(alert)

    def wait_for(self, count: int) -> None:
        wait_until(lambda: len(self.sent) >= count, lambda: f"{self.sent}")
        assert len(self.sent) == count

    def messages(self, name: str) -> list[str]:
        return [message for channel, message in list(self.sent) if channel == name]


def tried(times: int) -> Callable[[list[Row]], bool]:
    return lambda rows: rows[0].attempts == times


def delivered(rows: list[Row]) -> bool:
    return rows[0].delivered


def refuse(alert: Alert) -> None:
    raise SendError("the service answered HTTP 500")


# Through Apprise, over HTTP


def test_alert_is_sent_once_woken_and_leaves_the_outbox(
    outbox: Outbox, server: AlertServer, deliverer: MakeDeliverer
) -> None:
    awake = deliverer(channel("ops", server.url()))
    outbox.add("ops", message="no prices")
    awake.wake()
    [row] = outbox.wait(delivered)
    assert (row.attempts, row.next_attempt_at, row.last_error) == (1, None, None)
    [received] = server.received()
    assert received["message"].startswith("no prices\n")


def test_refused_alert_is_sent_again_after_the_backoff(
    outbox: Outbox, server: AlertServer, deliverer: MakeDeliverer
) -> None:
    server.answers = [500, 502]
    outbox.add("ops")
    awake = deliverer(channel("ops", server.url()))
    for attempts, seconds, status in [(1, 5, 500), (2, 15, 502)]:
        [row] = outbox.wait(tried(attempts))
        assert row.last_error == f'channel "ops": the service answered HTTP {status}'
        assert row.next_attempt_at is not None
        assert (row.next_attempt_at - outbox.clock.now()).total_seconds() == seconds
        outbox.clock.advance(seconds - 1)
        assert awake.flush(5) == 1  # not due yet: nothing is sent
        assert len(server.received()) == attempts
        outbox.clock.advance(1)
        awake.wake()
    [row] = outbox.wait(delivered)
    assert (row.attempts, len(server.received())) == (3, 3)


def test_secrets_are_in_no_error_and_no_report(
    outbox: Outbox, deliverer: MakeDeliverer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    reports: list[str] = []
    with AlertServer() as gone:
        url = gone.url("t0ken", "alice:hunter2")
    for name in ("refused", "broken"):
        outbox.add(name)
    channels = channel("refused", url), channel("broken", "slack://alice:hunter2/t0ken")
    deliverer(*channels, report=reports.append)
    refused, broken = outbox.wait(lambda rows: all(row.last_error for row in rows))
    assert refused.last_error == 'channel "refused": the service could not be reached or did not answer'
    assert not refused.given_up
    assert broken.last_error == 'channel "broken": not a URL that Apprise understands'
    assert broken.given_up
    wait_until(lambda: len(reports) == 2)
    told = "".join([*reports, str(outbox.rows()), caplog.text, *capfd.readouterr()])
    for secret in ("hunter2", "alice", "t0ken", "127.0.0.1"):
        assert secret not in told


def test_hanging_service_is_given_its_time_and_then_tried_again(
    outbox: Outbox, server: AlertServer, deliverer: MakeDeliverer
) -> None:
    server.hang()
    outbox.add("ops")
    awake = deliverer(channel("ops", f"{server.url()}?rto=20"), send_timeout_seconds=SEND_TIMEOUT)
    server.wait_for(1)
    outbox.clock.advance(SEND_TIMEOUT)
    awake.wake()
    [row] = outbox.wait(tried(1))
    assert row.last_error == 'channel "ops": no answer within 30 s'
    outbox.clock.advance(5)
    awake.wake()
    server.wait_for(2)  # beside the first, which still hangs
    server.answer()
    outbox.wait(delivered)


def test_outbox_survives_a_restart(outbox: Outbox, server: AlertServer, deliverer: MakeDeliverer) -> None:
    server.hang()
    outbox.add("ops", message="before")
    first = deliverer(channel("ops", server.url()))
    server.wait_for(1)
    first.stop(0)
    assert not outbox.rows()[0].delivered
    outbox.add("ops", message="meanwhile")
    server.answer()
    assert deliverer(channel("ops", server.url()), start=False).flush(10) == 0
    assert [one["message"].splitlines()[0] for one in server.received()] == ["before", "before", "meanwhile"]


def test_channels_get_what_their_level_and_tags_ask_for(
    outbox: Outbox, server: AlertServer, deliverer: MakeDeliverer
) -> None:
    channels = [
        channel("log", server.url("log"), "info"),
        channel("pager", server.url("pager"), "critical", tags=["risk"]),
    ]
    store = outbox.open()
    for level, tags in [("info", ["risk"]), ("critical", ["scan"]), ("critical", ["risk"])]:
        alert = Alert(level, f"{level} {tags[0]}", NOW)
        store.add_alert(alert, channels_for(alert, tags, channels), NOW)
    store.close()
    assert deliverer(*channels, start=False).flush(10) == 0
    lines = {name: [one["message"].splitlines()[0] for one in server.received(name)] for name in ("log", "pager")}
    assert lines == {"log": ["info risk", "critical scan", "critical risk"], "pager": ["critical risk"]}


# The order of things, with a scripted sender


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
    outbox.wait(lambda rows: rows[-1].delivered and any(row.attempts for row in rows if row.channel == "down"))
    assert sender.messages("hung") == ["0"]
    release.set()
    outbox.wait(lambda rows: all(row.delivered for row in rows if row.channel == "hung"))
    assert sender.messages("hung") == ["0", "1", "2", "3", "4"]


def assert_true(condition: bool) -> None:
    assert condition


def test_failing_channel_rests_before_its_next_message(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    sender = ScriptedSender(ops=refuse)
    outbox.add("ops", message="a")
    outbox.add("ops", message="b")
    awake = deliverer(channel("ops", "x"), sender=sender)
    assert awake.flush(10) == 2
    assert sender.messages("ops") == ["a"]
    outbox.clock.advance(5)
    sender.of_channel.clear()
    assert awake.flush(10) == 0
    assert sorted(sender.messages("ops")) == ["a", "a", "b"]


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


def test_send_that_works_after_its_time_is_not_repeated(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    release = threading.Event()
    sender = ScriptedSender(ops=lambda _: assert_true(release.wait(10)))
    outbox.add("ops")
    awake = deliverer(channel("ops", "x"), sender=sender, send_timeout_seconds=SEND_TIMEOUT)
    sender.wait_for(1)
    outbox.clock.advance(SEND_TIMEOUT)
    awake.wake()
    outbox.wait(tried(1))
    release.set()
    outbox.wait(delivered)
    outbox.clock.advance(3600)
    assert awake.flush(10) == 0
    assert len(sender.sent) == 1


def test_channel_that_never_answers_gets_a_few_threads_and_no_more(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    release = threading.Event()
    sender = ScriptedSender(ops=lambda _: assert_true(release.wait(10)))
    outbox.add("ops")
    awake = deliverer(channel("ops", "x"), sender=sender, send_timeout_seconds=SEND_TIMEOUT)
    for attempts in (1, 2, 3, 4):
        sender.wait_for(min(attempts, delivery.MAX_STUCK))
        outbox.clock.advance(SEND_TIMEOUT)
        awake.wake()
        [row] = outbox.wait(tried(attempts))
        outbox.clock.advance(3600)
        awake.wake()
    assert row.last_error == 'channel "ops": 3 earlier alerts still wait for its answer'
    assert len(sender.sent) == delivery.MAX_STUCK
    release.set()


def test_crash_of_a_plugin_is_a_failure_without_its_text(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    def crash(alert: Alert) -> None:
        raise RuntimeError("json://alice:hunter2@host")

    outbox.add("ops")
    assert deliverer(channel("ops", "x"), sender=ScriptedSender(ops=crash)).flush(10) == 1
    assert outbox.rows()[0].last_error == 'channel "ops": sending failed with RuntimeError'


# flush, stop, and trouble with the outbox


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
    outbox.add("ops", message="b")
    stopped = deliverer(channel("ops", "x"), sender=sender)
    sender.wait_for(1)
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
