"""The console behind a tab: a process in a terminal of its own, which is gone when the tab is.

It is the console as it runs anywhere else. When this program ends, however it does, the kernel closes its end of the
terminal, and the console hears that its terminal has hung up.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import struct
import termios
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

END_SECONDS = 5.0
"""How long a console may take to leave before it is killed."""
MAX_CELLS = 1000
"""The longest and the highest terminal."""
_CHUNK = 65536
_NOT_PASSED_ON = ("TMUX", "TMUX_PANE", "STY", "COLUMNS", "LINES", "TERM_PROGRAM", "TERM_PROGRAM_VERSION")
"""What tells about the terminal that we were started in."""


class Tab:
    """A console that runs. It belongs to the loop it was opened in."""

    def __init__(self, process: asyncio.subprocess.Process, terminal: int) -> None:
        self._process = process
        self._terminal = terminal

    @classmethod
    async def open(cls, command: Sequence[str], environ: Mapping[str, str], width: int, height: int) -> Tab:
        """Start ``command`` in a terminal of so many cells. Raises ``OSError``."""
        terminal, inside = os.openpty()
        try:
            os.set_blocking(terminal, False)
            _resize(terminal, width, height)
            process = await asyncio.create_subprocess_exec(
                *command, stdin=inside, stdout=inside, stderr=inside, env=_environment(environ),
                start_new_session=True,
            )  # fmt: skip
        except BaseException:
            os.close(terminal)
            raise
        finally:
            os.close(inside)
        return cls(process, terminal)

    async def read(self) -> bytes:
        """What the console has painted, once there is something; nothing when it has ended."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                return os.read(self._terminal, _CHUNK)
            except BlockingIOError:
                await self._ready(loop.add_reader, loop.remove_reader)
            except OSError:
                return b""

    async def write(self, data: bytes) -> None:
        """Give the console what was typed, as fast as it takes it; without effect when it has ended."""
        loop = asyncio.get_running_loop()
        while data:
            try:
                data = data[os.write(self._terminal, data) :]
            except BlockingIOError:
                await self._ready(loop.add_writer, loop.remove_writer)
            except OSError:
                return

    async def _ready(self, add: Callable[..., None], remove: Callable[[int], bool]) -> None:
        ready = asyncio.Event()
        add(self._terminal, ready.set)
        try:
            await ready.wait()
        finally:
            remove(self._terminal)

    def resize(self, width: int, height: int) -> None:
        """Give the terminal so many cells, within reason; without effect when the console has ended."""
        with suppress(OSError):
            _resize(self._terminal, width, height)

    async def end(self) -> None:
        """Close the terminal, and see to it that the console is gone. Nobody may read or write any more."""
        os.close(self._terminal)
        try:
            await asyncio.wait_for(self._process.wait(), END_SECONDS)
        except (TimeoutError, asyncio.CancelledError) as error:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
            if isinstance(error, asyncio.CancelledError):
                raise


def _resize(terminal: int, width: int, height: int) -> None:
    columns, lines = (min(max(cells, 1), MAX_CELLS) for cells in (width, height))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    passed_on = {name: value for name, value in environ.items() if name not in _NOT_PASSED_ON}
    return {**passed_on, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
