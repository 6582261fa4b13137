"""Delivery of alerts from the durable outbox, in a thread of its own.

An alert and its deliveries are stored in one transaction before anything is sent, and a delivery leaves the outbox
only once the service has taken it. So nothing is lost by a crash, and an alert may arrive twice: when the program
dies, or the limit on a send runs out, between the service's taking it and our record of that.
"""

from __future__ import annotations

import queue
import threading
from datetime import UTC, datetime, timedelta

from peak_console.alerts.digest import digest
from peak_console.alerts.results import Results
from peak_console.alerts.sender import AppriseSender, SendError
from peak_console.alerts.timing import DIGEST_SECONDS
from peak_console.errors import PeakConsoleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from peak_console.alerts.results import Outbox
    from peak_console.alerts.sender import Sender
    from peak_console.clock import Clock
    from peak_console.jobs.beside import AlertChannel
    from peak_console.model.records import Delivery


SEND_TIMEOUT_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 60.0
"""The longest sleep: the wall clock may be set meanwhile."""
BACKLOG_WAIT_SECONDS = 5.0
"""While a channel holds due deliveries back, the outbox does not say when another channel's next one is due."""
LONGEST_REST = timedelta(seconds=60)
"""A failing channel is tried once a minute, however much waits for it."""
MAX_STUCK = 3
BATCH = 500
"""The most alerts in one message."""
WINDOW = timedelta(seconds=DIGEST_SECONDS)
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


class _Send:
    """One message that a thread of its own sends; the thread passes it to ``done`` when it is over."""

    def __init__(self, deliveries: Sequence[Delivery], channel: AlertChannel, until: float) -> None:
        self.deliveries = deliveries
        """What the message is made of."""
        self.channel = channel
        self.until = until
        """When it has taken too long, on the monotonic clock."""
        self.error: SendError | None = None

    def start(self, sender: Sender, done: Callable[[_Send], None]) -> None:
        # A daemon: a service that never answers must not keep the program from ending.
        name = f"alert-{self.deliveries[0].id}"
        threading.Thread(target=self._send, args=(sender, done), name=name, daemon=True).start()

    def _send(self, sender: Sender, done: Callable[[_Send], None]) -> None:
        try:
            sender.send(self.channel, digest([delivery.alert for delivery in self.deliveries]))
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

    Alerts for a channel within ten seconds are one message. Each channel gets one message at a time, channels work side
    by side, and a channel that fails rests before its next message: a broken channel delays no other. Exactly one
    deliverer may serve an outbox. All methods may be called from any thread; only ``flush`` and ``stop`` wait.
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
        has_turn: Callable[[], bool] = lambda: True,
        report: Callable[[str], None] | None = None,
    ) -> None:
        """``open_outbox`` is called in the thread that uses it, and so is ``has_turn``: while that is false, others
        send what is due. ``jitter`` yields numbers from 0 to 1, random ones by default. ``report`` gets a sentence
        without secrets for each failure, in the delivery thread."""
        self._open_outbox = open_outbox
        self._clock = clock
        self._sender: Sender = sender or AppriseSender()
        self._send_timeout = send_timeout_seconds
        self._results = Results(jitter or _random)
        self._has_turn = has_turn
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
        """Start the thread; without effect when it runs or has been stopped.

        Raises ``RuntimeError`` where the machine has no room for another thread.
        """
        if self._thread is None and not self._stopping:
            thread = threading.Thread(target=self._run, name="alerts", daemon=True)
            thread.start()
            self._thread = thread

    def wake(self) -> None:
        """Look at the outbox now: there is a new alert in it. Safe in a signal handler."""
        self._news.put(None)

    def use_channels(self, channels: Sequence[AlertChannel]) -> None:
        """Deliver to these channels from now on. Deliveries to a removed channel are given up when they are due."""
        self._channels = {channel.name: channel for channel in channels}
        self.wake()

    def flush(self, timeout_seconds: float) -> int:
        """Try everything that is new or due once, for at most ``timeout_seconds``; the number of deliveries left.

        Starts the thread if there is something to send. Deliveries that are left stay in the outbox.
        """
        outbox = self._open_outbox()
        try:
            now = self._clock.now()
            if not self._stopping and outbox.due_channels(now, now + WINDOW) and self._is_started():
                tried = threading.Event()
                self._news.put(tried)
                tried.wait(timeout_seconds)
            return outbox.undelivered()
        finally:
            outbox.close()

    def _is_started(self) -> bool:
        try:
            self.start()
        except RuntimeError:
            return False
        return True

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
        """Wait before the outbox is opened again after an error.

        What was sent before the error is recorded first then, so that a full disk does not send it every minute.
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
        """Sleep until there is news, at most ``seconds``; take in all of it, and return whether there was any."""
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
        """Start sending what is due for each channel that is free. During a flush, what is new is due too."""
        if not self._has_turn():
            return
        now = self._clock.now()
        for name in outbox.due_channels(now, now + WINDOW if self._flushes else now):
            if self._stopping:
                return
            if name in self._sending or self._resting.get(name, now) > now:
                continue
            # What is new has come within the ten seconds that the oldest has waited.
            deliveries = outbox.due_deliveries(now, BATCH, channel=name, early=now + WINDOW)
            if deliveries:
                self._start(outbox, name, deliveries)

    def _start(self, outbox: Outbox, name: str, deliveries: Sequence[Delivery]) -> None:
        channel = self._channels.get(name)
        if channel is None:
            self._failed(outbox, deliveries, SendError("there is no such channel any more", permanent=True))
            return
        if len(self._stuck.get(name, ())) >= MAX_STUCK:
            error = SendError(f"{MAX_STUCK} earlier alerts still wait for its answer")
            self._failed(outbox, deliveries, error)
            return
        send = _Send(deliveries, channel, self._clock.monotonic() + self._send_timeout)
        try:
            send.start(self._sender, self._news.put)
        except RuntimeError:
            self._failed(outbox, deliveries, SendError("the machine has no room for another thread"))
        else:
            self._sending[name] = send

    def _settle(self, outbox: Outbox) -> None:
        """Record the sends that are over and those that have taken too long."""
        while self._over:
            send = self._over[0]
            self._record(outbox, send)
            del self._over[0]
        elapsed = self._clock.monotonic()
        for name, send in list(self._sending.items()):
            if elapsed >= send.until:
                self._failed(outbox, send.deliveries, SendError(f"no answer within {self._send_timeout:g} s"))
                self._stuck.setdefault(name, []).append(send)
                del self._sending[name]

    def _record(self, outbox: Outbox, send: _Send) -> None:
        name = send.channel.name
        current = self._sending.get(name)
        late = current is not send
        if send.error is None:
            # What had been given up on but worked after all need not be repeated, unless it is just now.
            repeated = {delivery.id for delivery in current.deliveries} if late and current is not None else set()
            done = [delivery.id for delivery in send.deliveries if delivery.id not in repeated]
            if done:
                self._results.delivered(outbox, name, done, self._clock.now())
                self._resting.pop(name, None)
        elif not late:
            self._failed(outbox, send.deliveries, send.error)
        if late:
            self._stuck[name] = [other for other in self._stuck.get(name, ()) if other is not send]
        else:
            del self._sending[name]

    def _failed(self, outbox: Outbox, deliveries: Sequence[Delivery], error: SendError) -> None:
        """Schedule the alerts of a failed message again, and let its channel rest until then."""
        name, now = deliveries[0].channel, self._clock.now()
        retry_at = self._results.failed(outbox, deliveries, error, self._channels, now)
        if not error.permanent:
            self._resting[name] = min(retry_at or END_OF_TIME, now + LONGEST_REST)
        then = "given up" if retry_at is None else f"next attempt at {retry_at:%Y-%m-%d %H:%M:%S} UTC"
        self._report(f'alerts: channel "{name}": {error}; {then}')
