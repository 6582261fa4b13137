"""A channel that takes nothing is an incident, until it takes something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.alerts.support import ScriptedSender, channel, refuse, tried

if TYPE_CHECKING:
    from peak_console.model.records import Alert
    from tests.alerts.support import MakeDeliverer, Outbox

HEADLINE = 'alerts do not get out through channel "ops": the service answered HTTP 500'


def trouble(outbox: Outbox) -> Alert:
    [found] = [alert for alert in outbox.alerts() if alert.cause == "undelivered:ops"]
    return found


def test_a_channel_that_refuses_is_an_incident_that_others_hear_of_when_it_lasts(
    outbox: Outbox, deliverer: MakeDeliverer
) -> None:
    sender = ScriptedSender(ops=refuse)
    outbox.add("ops")
    awake = deliverer(channel("ops", "x"), channel("desk", "x"), channel("risk", "x", tags=["risk"]), sender=sender)
    began = outbox.clock.now()
    for attempts, level in ((1, "warning"), (2, "warning"), (3, "critical"), (4, "critical")):
        if attempts > 1:
            outbox.clock.advance(200)
            awake.wake()
        outbox.wait(tried(attempts))
        found = trouble(outbox)
        assert (found.level, found.count, found.timestamp, found.is_open) == (level, attempts, began, True)
        assert found.message.splitlines()[0] == HEADLINE
        assert [row.channel for row in outbox.rows()[1:]] == (["desk"] if attempts > 2 else [])
    outbox.wait(lambda rows: rows[1].delivered)
    sender.of_channel.clear()
    outbox.clock.advance(600)
    awake.wake()
    outbox.wait(lambda rows: rows[0].delivered)
    assert trouble(outbox).resolved_at == outbox.clock.now()
    [good_news] = [alert for alert in outbox.alerts() if alert.level == "info"]
    assert good_news.message == 'alerts get out through channel "ops" again, after 20m00s'
    outbox.clock.advance(10)
    awake.wake()
    outbox.wait(lambda rows: all(row.delivered for row in rows))
    assert [HEADLINE in sender.messages("desk")[0], sender.messages("desk")[1]] == [True, good_news.message]


def test_a_channel_that_fails_once_troubles_nobody_else(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    sender = ScriptedSender(ops=refuse)
    outbox.add("ops")
    awake = deliverer(channel("ops", "x"), channel("desk", "x"), sender=sender)
    outbox.wait(tried(1))
    sender.of_channel.clear()
    outbox.clock.advance(60)
    awake.wake()
    outbox.wait(lambda rows: rows[0].delivered)
    assert not trouble(outbox).is_open
    assert [row.channel for row in outbox.rows()] == ["ops"]


def test_a_channel_that_is_gone_is_no_trouble_any_more(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    outbox.add("ops")
    awake = deliverer(channel("ops", "x"), sender=ScriptedSender(ops=refuse))
    outbox.wait(tried(1))
    awake.use_channels([])
    outbox.clock.advance(60)
    awake.wake()
    outbox.wait(lambda rows: rows[0].given_up)
    assert not trouble(outbox).is_open
