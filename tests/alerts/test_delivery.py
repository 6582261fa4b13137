"""Delivery through Apprise to a real HTTP server, with a real registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.alerts.routing import channels_for
from peak_console.model.records import Alert, Level
from tests.alerts.support import NOW, SEND_TIMEOUT, Outbox, channel, delivered, tried, wait_until
from tests.support.alert_server import AlertServer

if TYPE_CHECKING:
    from tests.alerts.support import MakeDeliverer

# What Apprise's mail plugin imports is deprecated in Python 3.11 and 3.12.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


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
    refused, broken = outbox.wait(lambda rows: all(row.last_error for row in rows[:2]))[:2]
    assert refused.last_error == 'channel "refused": the service could not be reached or did not answer'
    assert not refused.given_up
    assert broken.last_error == 'channel "broken": not a URL that Apprise understands'
    assert broken.given_up
    wait_until(lambda: len(reports) == 2)
    told = "".join([*reports, str(outbox.rows()), str(outbox.alerts()), caplog.text, *capfd.readouterr()])
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
    before, both = (one["message"].splitlines() for one in server.received())
    assert before[0] == "before"
    assert both[:3] == ["2 alerts: 2 critical", "[critical] before", "[critical] meanwhile"]


def test_channels_get_what_their_level_and_tags_ask_for(
    outbox: Outbox, server: AlertServer, deliverer: MakeDeliverer
) -> None:
    channels = [
        channel("log", server.url("log"), "info"),
        channel("pager", server.url("pager"), "critical", tags=["risk"]),
    ]
    store = outbox.open()
    for level, tags in [("info", ["risk"]), ("critical", ["scan"]), ("critical", ["risk"])]:
        alert = Alert(Level(level), f"{level} {tags[0]}", NOW)
        store.add_alert(alert, channels_for(alert, tags, channels), NOW)
    store.close()
    assert deliverer(*channels, start=False).flush(10) == 0
    [log], [pager] = ([one["message"].splitlines() for one in server.received(name)] for name in ("log", "pager"))
    assert log[:4] == [
        "3 alerts: 2 critical, 1 info", "[critical] critical scan", "[critical] critical risk", "[info] info risk"
    ]  # fmt: skip
    assert pager[0] == "critical risk"
