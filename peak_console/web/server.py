"""From ``serve`` to its end: listen, print links, and leave nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import web

from peak_console.clock import SystemClock
from peak_console.errors import StateError
from peak_console.web.admission import Admission
from peak_console.web.front import Front

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LEAVE_SECONDS = 8.0
"""How long the pages' consoles are waited for at the end; more than one may take."""
BACKGROUND_SECONDS = 1.0
"""How often it looks whether the terminal is its own again."""
_STDIN = 0


def serve(
    command: Sequence[str], host: str, port: int, *, names: Sequence[str], max_tabs: int, say: Callable[[str], None]
) -> None:
    """Show the console ``command`` to browsers until SIGINT, SIGTERM or SIGHUP.

    ``say`` is given each link, the first one once there is somebody to open it. Raises ``StateError`` when the
    address cannot be listened on.
    """
    admission = Admission(SystemClock().monotonic)
    front = Front(command, admission, names=names, max_tabs=max_tabs)
    shown = names[0] if names else _shown(host)

    def tell(port: int) -> None:
        say(f"http://{shown}:{port}/?token={admission.new_token()}")

    asyncio.run(_Server(front, tell).run(host, port))


class _Server:
    """A front that listens, and the terminal that asks it for links."""

    def __init__(self, front: Front, tell: Callable[[int], None]) -> None:
        """``tell`` makes a link to a port known."""
        self._front = front
        self._tell = tell
        self._port = 0

    async def run(self, host: str, port: int) -> None:
        runner = web.AppRunner(self._front.application(), access_log=None, shutdown_timeout=LEAVE_SECONDS)
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, ended.set)
        await runner.setup()
        try:
            try:
                await web.TCPSite(runner, host, port).start()
            except OSError as error:
                reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
                raise StateError(f"{host}:{port}: cannot be listened on ({reason}); see --host and --port") from None
            self._port = runner.addresses[0][1]  # which it became, when any would do
            self._print_link()
            loop.add_signal_handler(signal.SIGUSR1, self._print_link)
            if os.isatty(_STDIN):
                loop.add_reader(_STDIN, self._on_line)
            await ended.wait()
        finally:
            loop.remove_reader(_STDIN)
            await runner.cleanup()

    def _print_link(self) -> None:
        with suppress(OSError):  # whoever read that has gone
            self._tell(self._port)

    def _on_line(self) -> None:
        """Enter asks for another link; Ctrl+D for nothing more from here."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(_STDIN)
        if _is_in_background():  # what is typed is for others
            loop.call_later(BACKGROUND_SECONDS, loop.add_reader, _STDIN, self._on_line)
            return
        with suppress(OSError):
            if os.read(_STDIN, 4096):
                self._print_link()
                loop.add_reader(_STDIN, self._on_line)


def _is_in_background() -> bool:
    try:
        return os.tcgetpgrp(_STDIN) != os.getpgrp()
    except OSError:  # not our session's terminal: it stops nobody who reads it
        return False


def _shown(host: str) -> str:
    """A host as it stands in an address; one that means every address of this machine is shown as its own."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - recognised, not chosen
        return "localhost"
    return f"[{host}]" if ":" in host else host
