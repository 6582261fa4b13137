"""What the delivery tests share: a clock moved by hand, an outbox on disk, and waiting for what must come."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from peak_console.alerts.sender import SendError
from peak_console.jobs.beside import AlertChannel
from peak_console.model.records import Alert, Level
from peak_console.store.store import Store
from tests.support.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from peak_console.alerts.delivery import Deliverer

    MakeDeliverer = Callable[..., Deliverer]

NOW = datetime(2025, 3, 4, 7, 30, tzinfo=UTC)
SEND_TIMEOUT = 30


@dataclass
class Row:
    """One delivery as it stands in the registry."""

    channel: str
    attempts: int
    next_attempt_at: datetime | None
    delivered: bool
    last_error: str | None

    @property
    def given_up(self) -> bool:
        return self.next_attempt_at is None and not self.delivered


@dataclass
class Outbox:
    """A registry on disk: alerts go in through the store, the rows are read as any SQL client would."""

    directory: Path
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))

    def open(self) -> Store:
        return Store.open(str(self.directory))

    def add(self, *channels: str, message: str = "it failed", level: str = "critical", due_in: float = 0) -> None:
        alert = Alert(Level(level), message, self.clock.now(), job="daily_risk_check")
        store = self.open()
        try:
            store.add_alert(alert, channels, self.clock.now() + timedelta(seconds=due_in))
        finally:
            store.close()

    def rows(self) -> list[Row]:
        connection = sqlite3.connect(self.directory / "registry.db")
        try:
            found = connection.execute(
                "SELECT channel, attempts, next_attempt_at, delivered_at IS NOT NULL, last_error FROM deliveries"
                " ORDER BY id"
            ).fetchall()
        finally:
            connection.close()
        return [
            Row(channel, attempts, datetime.fromisoformat(at) if at else None, bool(delivered), error)
            for channel, attempts, at, delivered, error in found
        ]

    def alerts(self) -> list[Alert]:
        """The alert log, oldest first."""
        store = self.open()
        try:
            return store.alerts()[::-1]
        finally:
            store.close()

    def wait(self, condition: Callable[[list[Row]], bool]) -> list[Row]:
        """The rows once they satisfy the condition; fails after 10 s."""
        wait_until(lambda: condition(self.rows()), lambda: f"{self.rows()}")
        return self.rows()


def wait_until(condition: Callable[[], bool], state: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, f"it did not come about: {state()}"
        time.sleep(0.01)


def channel(name: str, url: str, min_level: str = "info", tags: Sequence[str] = ()) -> AlertChannel:
    return AlertChannel(name, url, min_level=min_level, tags=tags)


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


def assert_true(condition: bool) -> None:
    assert condition
