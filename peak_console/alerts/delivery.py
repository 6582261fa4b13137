"""Delivery of alerts from the durable outbox, in a thread of its own.

An alert and its deliveries are stored in one transaction before anything is sent, and a delivery leaves the outbox
only once the service has taken it. So nothing is lost by a crash, and an alert may arrive twice: when the program
dies, or the limit on a send runs out, between the service's taking it and our record of that.
"""

from __future__ import annotations

import queue
import threading
from datetime import UTC, datetime, timedelta

from peak_console.alerts import backoff
from peak_console.alerts.sender import AppriseSender, SendError
from peak_console.errors import PeakConsoleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from peak_console.alerts.sender import Sender
    from peak_console.clock import Clock
    from peak_console.jobs.model import AlertChannel
    from peak_console.model.records import Delivery

    class Outbox(Protocol):
        """What the deliverer needs of the store. Used by the thread that opened it only."""

        def due_deliveries(self, now: datetime, limit: int = 50) -> list[Delivery]: ...
        def next_delivery_at(self) -> datetime | None: ...
        def delivered(self, delivery_id: int, now: datetime) -> None: ...
        def delivery_failed(self, delivery_id: int, error: str, retry_at: datetime | None) -> None: ...
        def close(self) -> None: ...


SEND_TIMEOUT_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 60.0
"""The clock may be set; nobody notices a minute."""
BACKLOG_WAIT_SECONDS = 5.0
"""While a channel holds due deliveries back, the outbox does not say when another channel's next one is due."""
LONGEST_REST = timedelta(seconds=60)
"""A failing channel is tried by one delivery a minute, however many wait for it."""
MAX_STUCK = 3
BATCH = 50
ALL = 100_000
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


class _Send:
    """One delivery under way in a thread of its own; puts itself into ``done`` when it is over."""

    def __init__(self, delivery: Delivery, channel: AlertChannel, until: float) -> None:
        self.delivery = delivery
        self.channel = channel
        self.until = until
        """When it has taken too long, on the monotonic clock."""
        self.error: SendError | None = None

    def start(self, sender: Sender, done: Callable[[_Send], None]) -> None:
        # A daemon: a service that never answers must not keep the program from ending.
        name = f"alert-{self.delivery.id}"
        threading.Thread(target=self._send, args=(sender, done), name=name, daemon=True).start()

    def _send(self, sender: Sender, done: Callable[[_Send], None]) -> None:
        try:
            sender.send(self.channel, self.delivery.alert)
        except SendError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - any of a hundred plugins; its text may hold the URL
            self.error = SendError(f"sending failed with {type(error).__name__}")
        done(self)


def _random() -> float:
    import random

    return random.random()  # noqa: S311 - it spreads retries, nothing more


class Deliverer:
    """Sends what is due in the outbox, again and again until the service takes it or a day has passed.

    Each channel gets one message at a time, channels work side by side, and a channel that fails rests before its
    next one: a broken channel holds no other back. Exactly one deliverer may serve an outbox, the dispatching
    engine's. All methods may be called from any thread and none but ``flush`` and ``stop`` waits.
    """

    def __init__(
        self,
        open_outbox: Callable[[], Outbox],
        channels: Sequence[AlertChannel],
        clock: Clock,
        *,
        sender: Sender | None = None,
        send_timeout_seconds: float = SEND_TIMEOUT_SECONDS,
        jitter: Callable[[], float] | None = None,
        report: Callable[[str], None] | None = None,
    ) -> None:
        """``open_outbox`` is called in the thread that uses it. ``jitter`` yields numbers from 0 to 1, random ones
        by default. ``report`` is told of each failure, in the delivery thread, in a sentence without secrets."""
        self._open_outbox = open_outbox
        self._clock = clock
        self._sender: Sender = sender or AppriseSender()
        self._send_timeout = send_timeout_seconds
        self._jitter = jitter or _random
        self._report = report or (lambda _: None)
        self._news: queue.SimpleQueue[_Send | threading.Event | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._stop_grace = 0.0
        self._over: list[_Send] = []
        self._sending: dict[str, _Send] = {}
        self._stuck: dict[str, list[_Send]] = {}
        self._resting: dict[str, datetime] = {}
        self._flushes: list[threading.Event] = []
        self._channels: dict[str, AlertChannel] = {}
        self.use_channels(channels)

    def start(self) -> None:
        """Start the thread; without effect when it runs or has been stopped."""
        if self._thread is None and not self._stopping:
            self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """Look at the outbox now: there is a new alert in it. Safe in a signal handler."""
        self._news.put(None)

    def use_channels(self, channels: Sequence[AlertChannel]) -> None:
        """Deliver to these from now on. What waits for a channel that is gone is given up when it is due."""
        self._channels = {channel.name: channel for channel in channels}
        self.wake()

    def flush(self, timeout_seconds: float) -> int:
        """Try everything that is due now once, for at most so long; how many deliveries are still to be made.

        Starts the thread if need be, but only when something is due. Those left are in the outbox for later.
        """
        outbox = self._open_outbox()
        try:
            if not self._stopping and outbox.due_deliveries(self._clock.now(), 1):
                self.start()
                tried = threading.Event()
                self._news.put(tried)
                tried.wait(timeout_seconds)
            return len(outbox.due_deliveries(END_OF_TIME, ALL))
        finally:
            outbox.close()

    def stop(self, grace_seconds: float = 2.0) -> None:
        """End the thread. What is being sent gets the grace to finish, else it is sent again after a restart."""
        self._stop_grace = grace_seconds
        self._stopping = True
        self.wake()
        if self._thread is not None:
            self._thread.join(grace_seconds + 1)

    # The delivery thread, from here on.

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._serve()
            except PeakConsoleError as error:
                self._pause(str(error))
            except Exception as error:  # noqa: BLE001 - alerts that end silently are worse than a retry
                self._pause(f"unexpected {type(error).__name__}")
        self._wait(0)
        self._finish_flushes()

    def _serve(self) -> None:
        outbox = self._open_outbox()
        try:
            while not self._stopping:
                self._settle(outbox)
                self._start_due(outbox)
                if not self._sending:
                    self._finish_flushes()
                self._wait(self._longest_wait(outbox))
            self._settle(outbox)
            while self._sending and self._wait(self._stop_grace):
                self._settle(outbox)
        finally:
            outbox.close()

    def _pause(self, problem: str) -> None:
        """After trouble with the outbox: wait a while before it is opened anew.

        What has been sent meanwhile is recorded first then, so that a full disk does not send it every minute.
        """
        self._report(f"alerts: delivery pauses: {problem}")
        self._finish_flushes()
        if not self._stopping:
            self._wait(LONGEST_WAIT_SECONDS)

    def _finish_flushes(self) -> None:
        for flush in self._flushes:
            flush.set()
        self._flushes.clear()

    def _wait(self, seconds: float) -> bool:
        """Sleep until there is news, taking it all in, or for so long; whether there was any."""
        try:
            news = self._news.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return False
        try:
            while True:
                if isinstance(news, _Send):
                    self._over.append(news)
                elif news is not None:
                    self._flushes.append(news)
                news = self._news.get_nowait()
        except queue.Empty:
            return True

    def _longest_wait(self, outbox: Outbox) -> float:
        now = self._clock.now()
        waits = [LONGEST_WAIT_SECONDS]
        waits += [send.until - self._clock.monotonic() for send in self._sending.values()]
        waits += [(until - now).total_seconds() for until in self._resting.values() if until > now]
        due = outbox.next_delivery_at()
        if due is not None:
            waits.append((due - now).total_seconds() if due > now else BACKLOG_WAIT_SECONDS)
        return min(waits)

    def _start_due(self, outbox: Outbox) -> None:
        """Start sending the oldest due delivery of each channel that is free."""
        limit = BATCH
        while not self._stopping:
            now = self._clock.now()
            due = outbox.due_deliveries(now, limit)
            settled = [self._settled_at_once(outbox, delivery, now) for delivery in due]
            if any(settled):
                continue
            if len(due) < limit:
                return
            # A long backlog of some channels hides what is due on others.
            limit *= 2

    def _settled_at_once(self, outbox: Outbox, delivery: Delivery, now: datetime) -> bool:
        """Start sending a due delivery if its channel is free; ``True`` if it has come to its end already."""
        name = delivery.channel
        channel = self._channels.get(name)
        if channel is None:
            self._failed(outbox, delivery, SendError("there is no such channel any more", permanent=True))
            return True
        if name in self._sending or self._resting.get(name, now) > now:
            return False
        if len(self._stuck.get(name, ())) >= MAX_STUCK:
            self._failed(outbox, delivery, SendError(f"{MAX_STUCK} earlier alerts still wait for its answer"))
            return True
        send = _Send(delivery, channel, self._clock.monotonic() + self._send_timeout)
        self._sending[name] = send
        send.start(self._sender, self._news.put)
        return False

    def _settle(self, outbox: Outbox) -> None:
        """Record the sends that are over and those that have taken too long."""
        while self._over:
            send = self._over[0]
            self._record(outbox, send)
            del self._over[0]
        elapsed = self._clock.monotonic()
        for name, send in list(self._sending.items()):
            if elapsed >= send.until:
                self._failed(outbox, send.delivery, SendError(f"no answer within {self._send_timeout:g} s"))
                self._stuck.setdefault(name, []).append(send)
                del self._sending[name]

    def _record(self, outbox: Outbox, send: _Send) -> None:
        name, delivery = send.delivery.channel, send.delivery
        current = self._sending.get(name)
        late = current is not send
        if send.error is None:
            # One that had been given up on but worked after all need not be repeated, unless it is just now.
            if not late or current is None or current.delivery.id != delivery.id:
                outbox.delivered(delivery.id, self._clock.now())
                self._resting.pop(name, None)
        elif not late:
            self._failed(outbox, delivery, send.error)
        if late:
            self._stuck[name] = [other for other in self._stuck.get(name, ()) if other is not send]
        else:
            del self._sending[name]

    def _failed(self, outbox: Outbox, delivery: Delivery, error: SendError) -> None:
        now = self._clock.now()
        retry_at = None
        if not error.permanent:
            attempts = delivery.attempts + 1
            retry_at = backoff.retry_at(attempts, delivery.alert.timestamp, now, self._jitter())
            self._resting[delivery.channel] = min(retry_at or END_OF_TIME, now + LONGEST_REST)
        message = f'channel "{delivery.channel}": {error}'
        outbox.delivery_failed(delivery.id, message, retry_at)
        then = "given up" if retry_at is None else f"next attempt at {retry_at:%Y-%m-%d %H:%M:%S} UTC"
        self._report(f"alerts: {message}; {then}")
