"""Several alerts as one message, and what comes within ten seconds sent as one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from peak_console.alerts.digest import LINES, digest
from peak_console.model.records import Alert, Level
from tests.alerts.support import NOW, ScriptedSender, channel, refuse

if TYPE_CHECKING:
    from tests.alerts.support import MakeDeliverer, Outbox


def alert(level: str = "critical", message: str = "it failed", **changes: object) -> Alert:
    return Alert(Level(level), message, NOW, **changes)  # type: ignore[arg-type]


def test_one_alert_is_sent_as_it_is() -> None:
    one = alert(message="backup failed\nRun #1")
    assert digest([one]) == one


def test_an_incident_says_how_often_it_has_happened() -> None:
    often = alert(message="backup failed\nRun #9", count=3, last_at=NOW + timedelta(minutes=2))
    assert digest([often]).message == "backup failed (3 times in 2m00s)\nRun #9"
    assert "[critical] backup failed (3 times in 2m00s)\n" in digest([often, alert()]).message + "\n"


@given(st.lists(st.tuples(st.sampled_from(list(Level)), st.text(max_size=400)), min_size=2, max_size=60))
def test_a_digest_holds_the_worst_and_counts_all(found: list[tuple[Level, str]]) -> None:
    ranks = list(Level)
    made = digest([alert(level, message) for level, message in found])
    first, *lines = made.message.split("\n")
    counts = {level: sum(each == level for each, _ in found) for level in ranks}
    assert first.startswith(f"{len(found)} alerts: ")
    assert all((f"{number} {level}" in first) == bool(number) for level, number in counts.items())
    assert made.level == max((level for level, _ in found), key=ranks.index)
    shown = [line for line in lines if line.startswith("[")]
    assert len(shown) == min(len(found), LINES)
    levels = [ranks.index(Level(line[1:].partition("]")[0])) for line in shown]
    assert levels == sorted(levels, reverse=True)
    assert len(made.message) < 10_000


def test_what_comes_within_ten_seconds_is_one_message(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    sender = ScriptedSender()
    awake = deliverer(channel("ops", "x"), sender=sender)
    for second, pause in ((0, 3), (3, 6), (9, 0.9)):
        outbox.add("ops", message=f"at {second}", due_in=10)
        outbox.clock.advance(pause)
        awake.wake()
    assert sender.sent == []
    outbox.clock.advance(0.1)
    awake.wake()
    outbox.wait(lambda rows: all(row.delivered for row in rows))
    [message] = sender.messages("ops")
    assert message.splitlines()[1:] == ["[critical] at 0", "[critical] at 3", "[critical] at 9"]


def test_who_leaves_sends_what_is_new_at_once_but_tries_nothing_again(outbox: Outbox, deliverer: MakeDeliverer) -> None:
    sender = ScriptedSender(down=refuse)
    outbox.add("down", message="old")
    awake = deliverer(channel("ops", "x"), channel("down", "x"), sender=sender)
    outbox.wait(lambda rows: rows[0].attempts == 1)
    for message in ("a", "b"):
        outbox.add("ops", message=message, due_in=10)
    assert awake.flush(10) == 1
    assert len(sender.messages("ops")) == 1
    assert sender.messages("down") == ["old"]
