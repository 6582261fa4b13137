"""The alerts of an engine: recorded with what has to be delivered, and told of once they are durable."""

from __future__ import annotations

from datetime import timedelta

from peak_console.alerts.timing import DIGEST_SECONDS, REALERT_SECONDS
from peak_console.engine.events import AlertRaised
from peak_console.jobs.model import LIVE
from peak_console.model.terms import Level
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from peak_console.engine.alerting.alert_file import AlertFile
    from peak_console.engine.outside.outlets import Outlets
    from peak_console.engine.setup import EngineSetup
    from peak_console.engine.supervision.launch import Launcher
    from peak_console.jobs.beside import AlertChannel
    from peak_console.model.records import Alert
    from peak_console.store.store import Store


class AlertLog:
    """``with alerts:`` is a transaction of the registry; listeners hear of its alerts after the commit, not before."""

    def __init__(self, setup: EngineSetup, store: Store, channels: Sequence[AlertChannel], launcher: Launcher) -> None:
        """The launcher knows the secrets that no alert may show."""
        self._store = store
        self._clock = setup.clock
        self._launcher = launcher
        self._emit = setup.emit
        self._on_alert = setup.on_alert
        self._is_sending = setup.options.send_alerts
        self._is_recording = setup.options.judges
        self.channels = channels
        """Where alerts go, by the jobs file and the environment."""
        self._file: AlertFile | None = None
        self._outlets: Outlets | None = None
        self.write_to(setup.jobset.alert_file)
        self.is_delivery_due = False
        """Whether alerts wait for a thread that could not be started."""
        self._news: list[tuple[AlertRaised, bool]] = []
        """Alerts of the transaction under way, and whether they have somewhere to go."""

    def __enter__(self) -> Self:
        self._store.__enter__()
        self._news.clear()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.__exit__(kind, error, trace)
        if kind is not None:
            return
        news, self._news = self._news, []
        for event, _ in news:
            self._emit(event)
            if self._file is not None:
                self._file.write(event.alert)
        if any(is_sent for _, is_sent in news):
            self.wake_delivery()

    def take_up(self, channels: Sequence[AlertChannel], launcher: Launcher) -> None:
        """Go on with the channels and the secrets of a new jobs file."""
        self.channels, self._launcher = channels, launcher

    def write_to(self, path: str | None) -> None:
        """Append each alert to a file from now on; ``None`` is to none."""
        if self._file is not None and self._file.path != path:
            self._file.close()
            self._file = None
        if path is not None and self._file is None and self._is_recording:
            from peak_console.engine.alerting.alert_file import AlertFile

            self._file = AlertFile(path, self.outlets.report)

    @property
    def outlets(self) -> Outlets:
        """Where threads say whether the heartbeat, pings and files take what they are given."""
        if self._outlets is None:
            from peak_console.engine.outside.outlets import Outlets

            self._outlets = Outlets(self._clock)
        return self._outlets

    def look_at_outlets(self) -> None:
        """Record which outlets take nothing, and which do so again. Raises ``StateError``."""
        if self._outlets is not None:
            self._outlets.look(self)

    def close(self) -> None:
        """Have what was raised so far written to the file."""
        if self._file is not None:
            self._file.close()

    def _escalate(self, alert: Alert, tags: Sequence[str]) -> None:
        """Have the channels for escalations told later, unless the alert is acknowledged by then."""
        if not self._is_sending or alert.level == Level.INFO:
            return
        later = [each for each in self.channels if each.escalate_after]
        if not later:
            return
        from peak_console.alerts.routing import wants

        for channel in later:
            if wants(channel, alert, tags):
                due = self._clock.now() + timedelta(seconds=channel.escalate_after)
                self._store.deliver(alert.id, [channel.name], due, only_if_open=True)

    def wake_delivery(self) -> None:
        """Have alerts sent; later, if the machine has no room for a thread now. They wait in the outbox."""
        try:
            self._on_alert()
        except (RuntimeError, MemoryError, OSError, ImportError):
            self.is_delivery_due = True
        else:
            self.is_delivery_due = False

    # Inside ``with alerts:``.

    def raise_alert(self, alert: Alert, tags: Sequence[str] = (), also_to: Sequence[str] = ()) -> None:
        """Record an alert. ``also_to`` names channels that get it whichever alerts they ask for."""
        if not self._is_recording:
            return
        channels = self._channels_for(alert, tags)
        if self._is_sending:
            channels += [each.name for each in self.channels if each.name in also_to and each.name not in channels]
        stored = self._store.add_alert(self._masked(alert), channels, self._digest_at())
        self._escalate(stored, tags)
        self._news.append((AlertRaised(at=stored.timestamp, alert=stored), bool(channels)))

    def open_incident(
        self, cause: str, alert: Alert, tags: Sequence[str] = (), *, realert_seconds: float = REALERT_SECONDS
    ) -> None:
        """Record an alert that stays open until ``resolve`` is called with its cause.

        While it is open, the same cause again counts on instead of adding an alert, and is sent again no sooner than
        ``realert_seconds`` after the last time. ``cause`` is a kind and what it is about: ``waiting:backup``.
        """
        if not self._is_recording:
            return
        channels = self._channels_for(alert, tags)
        masked = replace(self._masked(alert), cause=cause)
        stored, is_news = self._store.open_incident(masked, channels, self._digest_at(), realert_seconds)
        if is_news:
            self._escalate(stored, tags)
            self._news.append((AlertRaised(at=alert.timestamp, alert=stored), bool(channels)))

    def resolve(
        self, *causes: str, recovery: Alert | None = None, tags: Sequence[str] = (), until: datetime | None = None
    ) -> Sequence[Alert]:
        """Resolve the open incidents with some causes, and return them.

        ``recovery``, good news about it, is recorded if there was one, and goes wherever the incidents went.
        ``until`` spares incidents that have happened again since.
        """
        if not self._is_recording:
            return ()
        resolved = self._store.resolve(causes, self._clock.now(), until)
        if resolved and recovery is not None:
            self.raise_alert(recovery, tags, self._store.channels_told(resolved))
        return resolved

    def announce(self, alert: Alert) -> None:
        """Have an alert that is recorded already delivered and told of."""
        channels = self._channels_for(alert, ())
        self._store.deliver(alert.id, channels, self._digest_at())
        self._news.append((AlertRaised(at=alert.timestamp, alert=alert), bool(channels)))

    def incidents(self) -> Sequence[Alert]:
        """The incidents whose causes are not gone."""
        return self._store.incidents()

    def sends_to(self, channel: str) -> bool:
        """Whether a channel of this name is used. An engine that sends nothing cannot tell, and says yes."""
        return not self._is_sending or any(each.name == channel for each in self.channels)

    def incident(self, cause: str) -> Alert | None:
        """The incident that is open for a cause."""
        return self._store.incident(cause)

    def has_incident(self, cause: str) -> bool:
        """Whether an incident is open for a cause."""
        return self._store.incident(cause) is not None

    def _digest_at(self) -> datetime:
        """When an alert recorded now is sent, together with those that have come by then."""
        return self._clock.now() + timedelta(seconds=DIGEST_SECONDS)

    def _channels_for(self, alert: Alert, tags: Sequence[str]) -> list[str]:
        from peak_console.alerts.routing import channels_for

        return channels_for(alert, tags, self.channels) if self._is_sending else []

    def _masked(self, alert: Alert) -> Alert:
        """An alert as it is recorded: no secret is in it, and one of a live job says so first."""
        job = self._launcher.job(alert.job) if alert.job is not None else None
        if job is not None and job.mode is not None:
            mark = f"{LIVE} " if job.is_live else ""
            alert = replace(alert, message=mark + alert.message, context={**alert.context, "mode": job.mode})
        if job is not None and job.runbook:
            message, context = f"{alert.message}\nRunbook: {job.runbook}", {**alert.context, "runbook": job.runbook}
            alert = replace(alert, message=message, context=context)
        return replace(alert, message=self._launcher.redactor.text(alert.message))
