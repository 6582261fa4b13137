"""Who is let in: links that work once, what a browser is remembered by, and requests that another site had it send.

Knows nothing of the web server; times are given by whoever asks.
"""

from __future__ import annotations

import hmac
import re
import secrets
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LINK_SECONDS = 3600
"""How long a link waits to be opened."""
BROWSER_SECONDS = 24 * 3600
"""How long a browser may open pages; one that is open stays."""
MAX_BROWSERS = 32
"""As many are remembered; the one that came first is forgotten for one more."""

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.IGNORECASE)


class Admission:
    """Links and browsers, for as long as this object lives."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._link: tuple[str, float] | None = None
        self._browsers: dict[str, float] = {}
        self.cookie_name = f"peak_console_{secrets.token_hex(4)}"
        """Of its own: cookies do not tell the ports of a machine apart."""

    def new_token(self) -> str:
        """What the next link carries; a link that nobody has opened is void from now on."""
        token = secrets.token_urlsafe(32)
        self._link = token, self._monotonic() + LINK_SECONDS
        return token

    def enter(self, token: str) -> str | None:
        """The cookie for a browser that came by a link, which is void then; ``None`` when it is not let in."""
        if self._link is None:
            return None
        expected, until = self._link
        if self._monotonic() >= until or not _same(token, expected):
            return None
        self._link = None
        if len(self._browsers) >= MAX_BROWSERS:
            del self._browsers[next(iter(self._browsers))]
        cookie = secrets.token_urlsafe(32)
        self._browsers[cookie] = self._monotonic() + BROWSER_SECONDS
        return cookie

    def knows(self, cookie: str) -> bool:
        """Whether a browser that shows this cookie has been let in, not too long ago."""
        now = self._monotonic()
        return any(_same(cookie, known) and now < until for known, until in self._browsers.items())


def _same(given: str, known: str) -> bool:
    """Takes as long wherever they differ."""
    return hmac.compare_digest(given.encode(errors="replace"), known.encode())


def is_own_host(host: str, names: Iterable[str]) -> bool:
    """Whether a ``Host`` header names this machine: ``localhost``, one of ``names``, or any address in figures.

    Another site can have its name lead here (DNS rebinding), and then its pages count as ours; a browser that was
    given an address in figures has asked nobody where that is.
    """
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = match["name"].lower().removesuffix(".")
    if name == "localhost" or name in {each.lower() for each in names}:
        return True
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def is_own_origin(origin: str, host: str) -> bool:
    """Whether an ``Origin`` header is that of our own pages; ``https`` is a proxy's in front of us."""
    return origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}")
