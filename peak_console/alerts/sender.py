"""Sending one alert to one channel, through Apprise.

Apprise takes a third of a second to import, so it is loaded by the first thread that has something to send. It is
also the one who knows the URLs' credentials: nothing it says or raises is passed on, only words of our own.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager

from peak_console.errors import PeakConsoleError
from peak_console.model.records import Level

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Protocol

    from apprise import Apprise, AppriseResult

    from peak_console.jobs.beside import AlertChannel
    from peak_console.model.records import Alert

    class Sender(Protocol):
        """What the deliverer needs of a way to send; called from several threads at once."""

        def send(self, channel: AlertChannel, alert: Alert) -> None:
            """Send and return once the service has taken it. Raises ``SendError`` when it has not."""


NOT_UNDERSTOOD = "not a URL that Apprise understands"
URL_FORMS = "services and the forms of their URLs: https://github.com/caronc/apprise/wiki"
"""What a person can do about a URL that is not understood."""

# The last two log whole URLs, paths with tokens included, when the root logger is set to DEBUG.
_TALKATIVE = ("apprise", "requests", "urllib3")


class SendError(PeakConsoleError):
    """An alert was not delivered; the message holds neither the URL nor any part of it."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
        """Whether trying again is pointless."""


class AppriseSender:
    """Sends through Apprise. Keeps each channel's service, which knows the rate limit it has to respect."""

    def __init__(self) -> None:
        self._idle: dict[str, Apprise] = {}
        self._lock = threading.Lock()

    def send(self, channel: AlertChannel, alert: Alert) -> None:
        """Send one alert. Blocks for as long as the service takes; the caller sets the limit.

        Raises:
            SendError: the service did not take it, or (permanent) the URL is not one that Apprise understands.
        """
        # Taken out while in use: a send that hangs keeps its service to itself.
        with self._lock:
            service = self._idle.pop(channel.url, None)
        if service is None:
            service = _service(channel.url)
        if service is None:
            raise SendError(NOT_UNDERSTOOD, permanent=True)
        from apprise import NotifyFormat

        with _with_facts(service, alert):
            result = service.notify(
                body=body_of(alert),
                title=title_of(alert),
                notify_type=_notify_type(alert.level),
                body_format=NotifyFormat.TEXT,
            )
        with self._lock:
            self._idle[channel.url] = service
        if not result:
            raise SendError(_why(result))


def check_url(url: str) -> str | None:
    """What is wrong with a channel's URL, or ``None``; nothing is sent. Imports Apprise."""
    return NOT_UNDERSTOOD if _service(url) is None else None


def title_of(alert: Alert) -> str:
    """``[critical] daily_risk_check``; an alert about no job names its source, a digest says how many it holds."""
    number = alert.context.get("number")
    about = f"{number} alerts" if number and alert.job is None else alert.job or alert.source
    return f"[{alert.level}] {about}"


def body_of(alert: Alert) -> str:
    """The message, and when it happened: a delivery may come hours later."""
    return f"{alert.message}\n\n{alert.latest_at:%Y-%m-%d %H:%M:%S} UTC"


def _service(url: str) -> Apprise | None:
    """An Apprise object for the one URL, that works in the calling thread and leaves nothing on the disk."""
    import logging

    for name in _TALKATIVE:
        logging.getLogger(name).propagate = False
    from apprise import Apprise, AppriseAsset
    from apprise.common import PersistentStoreMode

    asset = AppriseAsset(
        app_id="Peak Console",
        app_desc="Peak Console alerts",
        interpret_emojis=False,
        storage_mode=PersistentStoreMode.MEMORY,
        # Apprise's own limit runs the send in a pool that the interpreter waits for at exit.
        service_timeout=0,
    )
    plugin = Apprise.instantiate(url, asset=asset)
    if plugin is None:
        return None
    service = Apprise(asset=asset)
    service.add(plugin)
    return service


@contextmanager
def _with_facts(service: Apprise, alert: Alert) -> Iterator[None]:
    """Let a webhook of one's own (json, xml, form) carry what the alert is about, beside title and message."""
    from peak_console.alerts.digest import facts

    plugin: Any = service[0]
    kind = type(plugin).__name__
    if kind not in ("NotifyJSON", "NotifyXML", "NotifyForm"):
        yield
        return
    told = facts(alert)
    if kind == "NotifyJSON":
        told["alerts"] = alert.context.get("alerts", [dict(told)])
    else:
        told = {name: "" if value is None else str(value) for name, value in told.items()}
    own = plugin.payload_extras
    plugin.payload_extras = {**told, **own}
    try:
        yield
    finally:
        plugin.payload_extras = own


def _notify_type(level: Level) -> str:
    from apprise import NotifyType

    match level:
        case Level.INFO:
            return NotifyType.INFO
        case Level.WARNING:
            return NotifyType.WARNING
        case Level.CRITICAL:
            return NotifyType.FAILURE


def _why(result: AppriseResult) -> str:
    """Why a message was refused, in our own words. Of what Apprise logged, only a number can be passed on safely."""
    import re

    said = " ".join(entry.message for entry in result.logs())
    if status := re.search(r"\berror=([1-5]\d\d)\b", said):
        return f"the service answered HTTP {status[1]}"
    if re.search(r"connection error", said, re.IGNORECASE):
        return "the service could not be reached or did not answer"
    return "the service did not take it"
