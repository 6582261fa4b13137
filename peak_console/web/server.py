"""From ``serve`` to its end: listen, print links, and leave nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import web

from peak_console.clock import SystemClock
from peak_console.errors import StateError
from peak_console.web.admission import Admission
from peak_console.web.door import ACCEPTED_AT_ONCE, Door, Sentences, tell_in_sentences
from peak_console.web.front import Front

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LEAVE_SECONDS = 8.0
"""How long the pages' consoles are waited for at the end; more than one may take."""
BACKGROUND_SECONDS = 1.0
"""How often it looks whether the terminal is its own again."""
IDLE_SECONDS = 75.0
"""How long a browser's connection stays open without a request."""
WAITING = 512
"""Connections that wait in the kernel until they are accepted."""
_STDIN = 0


def serve(
    command: Sequence[str],
    host: str,
    port: int,
    *,
    names: Sequence[str],
    max_tabs: int,
    say: Callable[[str], None],
    note: Callable[[str], None],
) -> None:
    """Show the console ``command`` to browsers until SIGINT, SIGTERM or SIGHUP.

    ``say`` is given each link, the first one once there is somebody to open it; ``note`` what goes wrong. Raises
    ``StateError`` when the address cannot be listened on.
    """
    monotonic = SystemClock().monotonic
    admission, door = Admission(monotonic), Door(max_tabs)
    front = Front(command, admission, names=names, max_tabs=max_tabs, welcome=door.welcome)
    tell_in_sentences(Sentences(note, monotonic))
    shown = names[0] if names else _shown(host)

    def tell(port: int) -> None:
        say(f"http://{shown}:{port}/?token={admission.new_token()}")

    asyncio.run(_Server(front, door, tell).run(host, port))


class _Server:
    """A front that listens, and the terminal that asks it for links."""

    def __init__(self, front: Front, door: Door, tell: Callable[[int], None]) -> None:
        """``tell`` makes a link to a port known."""
        self._front = front
        self._door = door
        self._tell = tell
        self._port = 0

    async def run(self, host: str, port: int) -> None:
        runner = web.AppRunner(
            self._front.application(), access_log=None, shutdown_timeout=LEAVE_SECONDS, keepalive_timeout=IDLE_SECONDS
        )
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, ended.set)
        await runner.setup()
        listening = None
        try:
            listening = await self._listen(runner, host, port)
            self._port = listening.sockets[0].getsockname()[1]  # which it became, when any would do
            self._print_link()
            loop.add_signal_handler(signal.SIGUSR1, self._print_link)
            if os.isatty(_STDIN):
                loop.add_reader(_STDIN, self._on_line)
            await ended.wait()
        finally:
            loop.remove_reader(_STDIN)
            if listening is not None:
                listening.close()
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner, host: str, port: int) -> asyncio.Server:
        """Take connections, each at the door first. Raises ``StateError``."""
        loop, make = asyncio.get_running_loop(), runner.server
        assert make is not None  # it has been set up
        try:
            listening = await loop.create_server(lambda: self._door.guarded(make), host, port, backlog=ACCEPTED_AT_ONCE)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
            raise StateError(f"{host}:{port}: cannot be listened on ({reason}); see --host and --port") from None
        for each in listening.sockets:  # more may wait in the kernel than are accepted at once
            with socket.socket(fileno=os.dup(each.fileno())) as ours:
                ours.listen(WAITING)
        return listening

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
