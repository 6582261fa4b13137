"""Alerts on their way out of one engine: where they go, and who sends them."""

from __future__ import annotations

import os

from peak_console.errors import PeakConsoleError, StateError
from peak_console.store.locks import EngineLock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from peak_console.alerts.delivery import Deliverer
    from peak_console.clock import Clock
    from peak_console.jobs.beside import AlertChannel
    from peak_console.jobs.model import JobSet
    from peak_console.model.records import Alert

DELIVERY_SECONDS = 20.0
"""How long a one-shot start waits for its alerts to be sent; the next engine sends the rest."""
DELIVERY_LOCK = "delivery.lock"
DELIVERY_TURN_SECONDS = 0.2
"""How often a process that does not deliver asks for the delivery lock."""


def alert_channels(jobset: JobSet) -> Sequence[AlertChannel]:
    """The channels of the jobs file, of ``.env`` in the working directory and of the environment."""
    from peak_console.alerts.routing import channels_from_environment, merge_channels

    environ = dict(os.environ)
    if os.path.exists(os.path.join(jobset.base or "", ".env")):
        from peak_console.jobs.environment import load_dotenv_values

        environ = {**load_dotenv_values(jobset.base or os.getcwd()), **environ}
    try:
        return merge_channels(jobset.channels, channels_from_environment(environ))
    except PeakConsoleError as error:
        raise StateError(str(error)) from None


class Alerting:
    """The delivery of alerts, begun with the first one that has somewhere to go.

    One process at a time delivers what the outbox holds: two would send everything twice.
    """

    def __init__(self, directory: str, clock: Clock, report: Callable[[str], None] = lambda _problem: None) -> None:
        self._channels: Sequence[AlertChannel] = ()
        self.dotenv_fault = ""
        """Why ``.env`` does not count, when the channels were last taken from it; empty when it does."""
        self._directory = directory
        self._clock = clock
        self._report = report
        self._deliverer: Deliverer | None = None
        self._turn = EngineLock(directory, DELIVERY_LOCK)
        self._finishing = False

    def channels_of(self, jobset: JobSet) -> Sequence[AlertChannel]:
        """Where alerts go from now on, by the jobs file and the environment."""
        self._channels = alert_channels(jobset)
        self.dotenv_fault = ""
        if os.path.exists(os.path.join(jobset.base or "", ".env")):
            from peak_console.jobs.environment import dotenv_fault

            self.dotenv_fault = dotenv_fault(jobset.base or os.curdir)
            if self.dotenv_fault:
                self._report(f"alerts: {self.dotenv_fault}")
        if self._deliverer is not None:
            self._deliverer.use_channels(self._channels)
        return self._channels

    def wake(self) -> None:
        """Look at the outbox now: the engine has recorded an alert with somewhere to go.

        Raises ``RuntimeError`` where the machine has no room for a thread; to be called again then.
        """
        import typing  # noqa: F401 - before a thread does: see ``Watcher.start``
        from threading import Event, Thread

        from peak_console.alerts.delivery import Deliverer
        from peak_console.store.store import Store

        if self._deliverer is None:
            deliverer = Deliverer(
                lambda: Store(self._directory), self._channels, self._clock,
                has_turn=self._keeps_turn, report=self._report,
            )  # fmt: skip
            self._has_turn = Event()
            self._waiter = Thread(target=self._begin, args=(deliverer,), name="alerts-turn", daemon=True)
            self._waiter.start()
            self._deliverer = deliverer
        self._deliverer.wake()

    def send_at_once(self, alert: Alert) -> None:
        """Send an alert that the registry cannot take, once, to each channel that wants it; waits for no answer."""
        from threading import Thread

        from peak_console.alerts.routing import channels_for

        wanted = channels_for(alert, (), self._channels)
        for channel in self._channels:
            if channel.name in wanted:
                try:
                    Thread(target=self._send, args=(channel, alert), name="alert-emergency", daemon=True).start()
                except RuntimeError as error:
                    self._report(f'alerts: channel "{channel.name}": {error}')

    def _send(self, channel: AlertChannel, alert: Alert) -> None:
        from peak_console.alerts.sender import AppriseSender, SendError

        try:
            AppriseSender().send(channel, alert)
        except SendError as error:
            self._report(f'alerts: channel "{channel.name}": {error}')
        except Exception as error:  # noqa: BLE001 - any of a hundred plugins; its text may hold the URL
            self._report(f'alerts: channel "{channel.name}": sending failed with {type(error).__name__}')

    def _begin(self, deliverer: Deliverer) -> None:
        """Wait for our turn, then deliver until the end."""
        try:
            while not self._turn.acquire():
                if self._finishing:
                    return
                self._clock.sleep(DELIVERY_TURN_SECONDS)
        except StateError as error:
            self._report(f"alerts: {error}")
            return
        while not self._finishing:
            try:
                deliverer.start()
            except RuntimeError:  # no room for another thread: what is due waits in the outbox
                self._clock.sleep(DELIVERY_TURN_SECONDS)
            else:
                self._has_turn.set()
                return

    def _keeps_turn(self) -> bool:
        """Whether this process alone delivers, even where the lock's file was removed. Raises ``StateError``."""
        return self._turn.is_in_place() or self._turn.renew()

    def finish(self, seconds: float = DELIVERY_SECONDS) -> None:
        """Send what is due, for ``seconds`` at most; the next engine sends the rest."""
        if self._deliverer is None:
            return
        if self._has_turn.wait(seconds):
            self._deliverer.flush(seconds)
        self._finishing = True
        self._waiter.join()
        self._deliverer.stop()
        self._turn.release()
