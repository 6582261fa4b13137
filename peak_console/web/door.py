"""Keeps the connections of strangers few and short, so that nobody who has no link keeps others out.

A stranger is whoever has not shown the cookie of a browser that was let in. All users of a machine come from the same
address, so none of them is refused for how many the others have: the oldest connection of a stranger gives way.
"""

from __future__ import annotations

import asyncio
import logging
import resource
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

STRANGER_SECONDS = 10.0
"""How long a connection may take to show that it is a browser that was let in."""
MAX_STRANGERS = 128
"""As many connections of strangers are open at most; fewer where few file descriptors are left."""
MAX_OF_ADDRESS = 96
ACCEPTED_AT_ONCE = 4
"""So few are accepted before the oldest give way."""
_TAB_FILES = 4
"""File descriptors that a page takes."""
_OWN_FILES = 24
LONGEST = 200
"""Characters of each part of a report."""
SILENT_SECONDS = 10.0
"""How seldom trouble with connections is told of."""


class Door:
    """Counts the connections of strangers, and closes those that are too many or too old."""

    def __init__(self, max_tabs: int) -> None:
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        left = (soft - _OWN_FILES - _TAB_FILES * max_tabs) // 2 if soft != resource.RLIM_INFINITY else MAX_STRANGERS
        self._most = max(ACCEPTED_AT_ONCE, min(MAX_STRANGERS, left))
        self._strangers: dict[asyncio.BaseTransport, tuple[str, asyncio.TimerHandle]] = {}
        """Oldest first: the address, and what closes it when its time is over."""

    def __len__(self) -> int:
        return len(self._strangers)

    def guarded(self, make: Callable[[], asyncio.Protocol]) -> asyncio.Protocol:
        """For a new connection what ``make`` makes, and this door before it."""
        return _Guarded(self, make())

    def welcome(self, transport: asyncio.BaseTransport | None) -> None:
        """A connection is no stranger's: it may stay."""
        if transport is not None and transport in self._strangers:
            self._strangers.pop(transport)[1].cancel()

    def enter(self, transport: asyncio.Transport) -> None:
        """Somebody has connected; the oldest stranger leaves if there are too many."""
        address = str((transport.get_extra_info("peername") or ("",))[0])
        timer = asyncio.get_running_loop().call_later(STRANGER_SECONDS, self._close, transport)
        self._strangers[transport] = address, timer
        counts = Counter(each for each, _ in self._strangers.values())
        crowd, most = counts.most_common(1)[0]
        if len(self._strangers) > self._most or most > MAX_OF_ADDRESS:
            self._close(next(each for each, (where, _) in self._strangers.items() if where == crowd))

    def _close(self, transport: asyncio.BaseTransport) -> None:
        self.welcome(transport)
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()


class _Guarded(asyncio.Protocol):
    """Hands everything on to the protocol of a connection."""

    def __init__(self, door: Door, inner: asyncio.Protocol) -> None:
        self._door = door
        self._inner = inner
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        if isinstance(transport, asyncio.Transport):
            self._door.enter(transport)
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.welcome(self._transport)
        self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()


class Sentences(logging.Handler):
    """What the libraries report of connections as single lines, now and then: a stranger can cause any number."""

    def __init__(self, say: Callable[[str], None], monotonic: Callable[[], float]) -> None:
        super().__init__(logging.WARNING)
        self._say = say
        self._monotonic = monotonic
        self._silent_until = float("-inf")
        self._untold = 0

    def emit(self, record: logging.LogRecord) -> None:
        if self._monotonic() < self._silent_until:
            self._untold += 1
            return
        error = record.exc_info[1] if record.exc_info else None
        reason = f" ({type(error).__name__}: {' '.join(str(error).split())})"[:LONGEST] if error is not None else ""
        more = f"; {self._untold:,} such reports before this one are left out" if self._untold else ""
        self._silent_until, self._untold = self._monotonic() + SILENT_SECONDS, 0
        what = " ".join(record.getMessage().split())[:LONGEST]
        self._say(f"a connection made trouble: {what}{reason}{more}")


def tell_in_sentences(handler: logging.Handler) -> None:
    """Let a handler have what asyncio and aiohttp report, in place of their tracebacks."""
    for name in ("asyncio", "aiohttp"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
