"""What an engine tells systemd: that it serves, reloads, stops, and that it is alive (the protocol of sd_notify).

Loaded only where ``NOTIFY_SOCKET`` is set.
"""

from __future__ import annotations

import os
import socket
import time

from peak_console.engine import events
from peak_console.text import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Final

BEATS: Final = 4
"""How many signs of life there are in the time after which the lack of one is a failure."""


class Notifier:
    """Speaks to the service manager. Raises nothing: who cannot be told, is not."""

    def __init__(self, environ: MutableMapping[str, str]) -> None:
        """Take the variables of the protocol out of ``environ``: what we start must not speak for us."""
        address = environ.pop("NOTIFY_SOCKET", "")
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._every = _seconds(environ.pop("WATCHDOG_USEC", ""), environ.pop("WATCHDOG_PID", "")) / BEATS
        self._next_beat = 0.0
        self._is_reloading = False
        self._serving = "serving"

    def say(self, *lines: str) -> None:
        """Send lines such as ``READY=1``. From any thread."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as manager:
                manager.setblocking(False)
                manager.sendto("\n".join(lines).encode(), self._address)
        except (OSError, ValueError):
            pass

    def ready(self, status: str) -> None:
        """The service has started, or goes on; ``status`` says what it is doing."""
        self.say("READY=1", f"STATUS={safe(status)}")

    def reloading(self) -> None:
        """New definitions are about to be taken up. From any thread, before the engine is offered them."""
        self._is_reloading = True
        self.say("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def tell(self, event: events.EngineEvent) -> None:
        """Pass on what the manager should know of an engine's event."""
        if isinstance(event, events.EngineStarted):
            self._serving = f"serving {event.directory}: {event.enabled} of {event.jobs} jobs enabled"
            self.ready(self._serving)
        elif isinstance(event, events.EngineStandingBy):
            self.ready(f"standing by: another engine serves {event.directory}")
        elif isinstance(event, events.JobsReloaded):
            self._reloaded(self._serving.partition(":")[0] + ": the jobs file was read again")
        elif isinstance(event, events.ReloadRejected):
            self._reloaded(f"the old jobs go on: {event.error}")
        elif isinstance(event, events.EngineTroubled):
            self.say(f"STATUS={safe(event.error)}")
        elif isinstance(event, events.EngineMended):
            self.say(f"STATUS={safe(self._serving)}")
        elif isinstance(event, events.EngineDraining):
            self.say("STOPPING=1", f"STATUS=starting nothing new, {event.running} still running")

    def _reloaded(self, status: str) -> None:
        self.say(*(["READY=1"] if self._is_reloading else []), f"STATUS={safe(status)}")
        self._is_reloading = False

    def beat(self) -> float | None:
        """Say that we are alive, if it is time to; in how many seconds at most to call again.

        ``None``: nobody asks.
        """
        if not self._every:
            return None
        now = time.monotonic()
        if now >= self._next_beat:
            self.say("WATCHDOG=1")
            self._next_beat = now + self._every
        return self._next_beat - now


def _seconds(usec: str, pid: str) -> float:
    """How long systemd waits for a sign of life from this process; 0 when it does not."""
    if pid not in ("", str(os.getpid())) or not usec.isdecimal():
        return 0.0
    return int(usec) / 1_000_000
