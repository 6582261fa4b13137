"""From ``serve`` to its end: listen, print links, and leave nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
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


def serve(
    command: Sequence[str], host: str, port: int, *, names: Sequence[str], max_tabs: int, say: Callable[[str], None]
) -> None:
    """Show the console ``command`` to browsers until SIGINT, SIGTERM or SIGHUP.

    ``say`` is given each link. Raises ``StateError`` when the address cannot be listened on.
    """
    asyncio.run(_serve(command, host, port, names, max_tabs, say))


async def _serve(
    command: Sequence[str], host: str, port: int, names: Sequence[str], max_tabs: int, say: Callable[[str], None]
) -> None:
    admission = Admission(SystemClock().monotonic)
    front = Front(command, admission, names=names, max_tabs=max_tabs)
    runner = web.AppRunner(front.application(), access_log=None, shutdown_timeout=LEAVE_SECONDS)
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
        port = runner.addresses[0][1]  # which it became, when any would do
        where = names[0] if names else _shown(host)

        def print_link() -> None:
            say(f"http://{where}:{port}/?token={admission.new_token()}")

        print_link()
        loop.add_signal_handler(signal.SIGUSR1, print_link)
        if sys.stdin.isatty():
            loop.add_reader(sys.stdin.fileno(), _on_line, loop, print_link)
        await ended.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
        await runner.cleanup()


def _on_line(loop: asyncio.AbstractEventLoop, print_link: Callable[[], None]) -> None:
    """Enter asks for another link; Ctrl+D for nothing more from here."""
    try:
        given = os.read(sys.stdin.fileno(), 4096)
    except OSError:
        given = b""
    if given:
        print_link()
    else:
        loop.remove_reader(sys.stdin.fileno())


def _shown(host: str) -> str:
    """A host as it stands in an address; one that means every address of this machine is shown as its own."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - recognised, not chosen
        return "localhost"
    return f"[{host}]" if ":" in host else host
