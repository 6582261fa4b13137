"""Records whether a message was delivered, and keeps the incident of a channel that accepts nothing."""

from __future__ import annotations

from datetime import timedelta

from peak_console.alerts import timing
from peak_console.alerts.routing import channels_for
from peak_console.model.records import Alert, Level
from peak_console.text import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Protocol, Self

    from peak_console.alerts.sender import SendError
    from peak_console.jobs.beside import AlertChannel
    from peak_console.model.records import Delivery

    class Outbox(Protocol):
        """What the deliverer needs of the store. Used by the thread that opened it only."""

        def due_channels(self, now: datetime, early: datetime) -> list[str]: ...
        def due_deliveries(
            self, now: datetime, limit: int = 50, *, channel: str | None = None, early: datetime | None = None
        ) -> list[Delivery]: ...
        def next_delivery_at(self) -> datetime | None: ...
        def undelivered(self) -> int: ...
        def delivered(self, delivery_id: int, now: datetime) -> None: ...
        def delivery_failed(self, delivery_id: int, error: str, retry_at: datetime | None) -> None: ...
        def incident(self, cause: str) -> Alert | None: ...
        def open_incident(
            self, alert: Alert, channels: Sequence[str], due: datetime, realert_seconds: float
        ) -> tuple[Alert, bool]: ...
        def resolve(self, causes: Sequence[str], now: datetime) -> list[Alert]: ...
        def channels_told(self, alerts: Sequence[Alert]) -> list[str]: ...
        def add_alert(self, alert: Alert, channels: Sequence[str], due: datetime) -> Alert: ...
        def __enter__(self) -> Self: ...
        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> None: ...
        def close(self) -> None: ...


LASTING = 3
"""Failures in a row after which the other channels are told."""
SOURCE = "delivery"
"""The ``source`` of alerts about channels."""


class Results:
    """Records how messages went, in one transaction each. Used by the delivery thread only."""

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter

    def delivered(self, outbox: Outbox, name: str, delivery_ids: Sequence[int], now: datetime) -> None:
        """Record that a channel has accepted a message: its deliveries end, and so does the channel's incident."""
        with outbox:
            for delivery_id in delivery_ids:
                outbox.delivered(delivery_id, now)
            for incident in outbox.resolve([undelivered_cause(name)], now):
                if told := outbox.channels_told([incident]):
                    outbox.add_alert(judge_delivered(name, incident.timestamp, now), told, _digest_at(now))

    def failed(
        self,
        outbox: Outbox,
        deliveries: Sequence[Delivery],
        error: SendError,
        channels: Mapping[str, AlertChannel],
        now: datetime,
    ) -> datetime | None:
        """A channel has not taken a message: when what it was made of is tried again; ``None`` is never.

        Each alert is given up by its own age. ``channels`` are those that there are, by name.
        """
        name, jitter = deliveries[0].channel, self._jitter()
        retries: list[datetime] = []
        with outbox:
            for delivery in deliveries:
                attempts, raised_at = delivery.attempts + 1, delivery.alert.latest_at
                retry_at = None if error.permanent else timing.retry_at(attempts, raised_at, now, jitter)
                outbox.delivery_failed(delivery.id, f'channel "{name}": {error}', retry_at)
                retries += [retry_at] if retry_at is not None else []
            if name in channels:
                self._open_incident(outbox, name, error, channels, now)
            else:
                outbox.resolve([undelivered_cause(name)], now)
        return min(retries, default=None)

    def _open_incident(
        self, outbox: Outbox, name: str, error: SendError, channels: Mapping[str, AlertChannel], now: datetime
    ) -> None:
        known = outbox.incident(undelivered_cause(name))
        failures = 1 + (known.count if known is not None else 0)
        alert = judge_undelivered(name, str(error), lasting=error.permanent or failures >= LASTING, now=now)
        others = [channel for channel in channels.values() if channel.name != name]
        told = channels_for(alert, (), others) if alert.level == Level.CRITICAL else []
        outbox.open_incident(alert, told, _digest_at(now), timing.REALERT_SECONDS)


def channels_in_trouble(incidents: Sequence[Alert]) -> list[tuple[str, datetime, str]]:
    """The channels that accept nothing: name, since when, and what each answered."""
    return [
        (alert.cause.removeprefix(UNDELIVERED), alert.timestamp, str(alert.context.get("answer", "")))
        for alert in incidents
        if alert.cause is not None and alert.cause.startswith(UNDELIVERED)
    ]


def undelivered_cause(channel: str) -> str:
    """The cause of the incident of a channel that accepts nothing."""
    return f"{UNDELIVERED}{channel}"


UNDELIVERED = "undelivered:"
"""What the causes of these incidents begin with."""


def judge_undelivered(channel: str, answer: str, *, lasting: bool, now: datetime) -> Alert:
    """The alert of a channel that does not take what is sent: a warning that becomes critical when it lasts."""
    lines = [
        f'alerts do not get out through channel "{channel}": {answer}',
        "They are tried again for a day each. The alert log has all of them: see peak-console alerts",
    ]
    return Alert(
        Level.CRITICAL if lasting else Level.WARNING,
        "\n".join(lines),
        now,
        source=SOURCE,
        context={"channel": channel, "answer": answer},
        cause=undelivered_cause(channel),
    )


def judge_delivered(channel: str, since: datetime, now: datetime) -> Alert:
    """The news that such a channel accepts again."""
    text = f'alerts get out through channel "{channel}" again, after {duration((now - since).total_seconds())}'
    return Alert(Level.INFO, text, now, source=SOURCE, context={"channel": channel})


def _digest_at(now: datetime) -> datetime:
    return now + timedelta(seconds=timing.DIGEST_SECONDS)
