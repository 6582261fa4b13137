"""The operator's terminal: its loss holds up no thread, it is left as it was found, and other programs can have it.

Textual's driver is made for programs that end with their terminal. Ours also has an engine to look after: what it
writes goes through ``Terminal``, and stopping (Ctrl+Z), continuing and hanging up are treated here.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual.drivers.linux_driver import LinuxDriver

from peak_console.tui import textual_private
from peak_console.tui.terminal.listening import listen
from peak_console.tui.terminal.type_ahead import TypeAhead

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from textual.app import App
    from textual.driver import Driver
    from textual.message import Message

KEEP_TITLE, GIVE_TITLE_BACK = "\x1b[22;2t", "\x1b[23;2t"
"""The terminal's title is ours while the screen is; then it is again what it was."""
RESTORE = (
    GIVE_TITLE_BACK
    + "\x1b[<u\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[0m\x1b[?1049l\x1b[?25h"
)
"""Leaves the key protocol, mouse, focus and paste modes and the alternate screen, and shows the cursor."""
LOOK_SECONDS = 0.1
"""How soon a writer notices that it has been told to give up."""


class Terminal:
    """The terminal that the program was started in.

    A file for Textual's writer that never raises: once the terminal has hung up, or has been given up because it no
    longer takes anything, what is written is dropped.
    """

    def __init__(self, on_hangup: Callable[[], None]) -> None:
        """``on_hangup`` is called once, from any thread, when the terminal turns out to be gone."""
        self.is_lost = False
        """Whether the terminal has hung up."""
        self.loop: asyncio.AbstractEventLoop | None = None
        """The loop that draws, from the moment at which it takes calls."""
        self.typed = b""
        """Keys that were read before the screen was there."""
        self._on_hangup = on_hangup
        self._given_up = False
        self.modes = _modes(sys.stdin.fileno())
        """How the terminal edits lines, echoes and so on when it is not ours."""
        try:
            # A description of its own: not to block must not become the shell's way, which shares the others.
            flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            self._fd = os.open(os.ttyname(sys.stdin.fileno()), flags)
        except OSError:  # another user's terminal, after su
            self._fd = os.dup(sys.stdout.fileno())

    def write(self, text: str) -> int:
        """Write all of it, however long the terminal takes, unless it is lost or given up."""
        data = text.encode("utf-8", "replace")
        while data and not self.is_lost and not self._given_up:
            data = data[self._write(data) :]
        return len(text)

    def _write(self, data: bytes) -> int:
        try:
            return os.write(self._fd, data)
        except BlockingIOError:
            select.select([], [self._fd], [], LOOK_SECONDS)
        except OSError:
            self.is_lost = True
            self._on_hangup()
        return 0

    def flush(self) -> None:
        """Nothing is ever held back."""

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return True

    def give_up(self) -> None:
        """Write nothing more; a thread that waits for the terminal goes on at once. From any thread."""
        self._given_up = True

    def restore(self) -> bool:
        """After ``give_up``: bring the terminal back to what it was; ``False`` while it does not take it."""
        if self.modes is not None:
            with suppress(termios.error):
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, self.modes)
        try:
            return os.write(self._fd, RESTORE.encode()) == len(RESTORE)
        except BlockingIOError:
            return False
        except OSError:
            return True  # it has hung up

    @property
    def is_given_up(self) -> bool:
        return self._given_up


def _modes(fd: int) -> list[Any] | None:
    try:
        return termios.tcgetattr(fd)
    except termios.error:
        return None


class TerminalDriver(LinuxDriver):
    """Textual's driver on a ``Terminal``; stops and continues as shells expect it."""

    def __init__(self, app: App[Any], *, terminal: Terminal, **options: Any) -> None:
        import asyncio

        super().__init__(app, **options)
        self._terminal = terminal
        textual_private.write_into(self, terminal)
        self._drawing_loop = asyncio.get_running_loop()
        self._on_screen = False
        self._own_modes: list[Any] | None = None
        self._reentry_due = False
        self._console = app
        self._type_ahead = TypeAhead(app)

    def send_message(self, message: Message) -> None:
        """Something has come from the terminal. Called in the thread that reads it."""
        with suppress(RuntimeError):  # the loop is closed
            self._drawing_loop.call_soon_threadsafe(self._type_ahead.add, message)

    def run_input_thread(self) -> None:
        """Hand over what comes from the terminal. The whole of a thread's work."""
        typed, self._terminal.typed = self._terminal.typed, b""
        listen(self.fileno, self.exit_event, self.process_message, typed)

    def _get_terminal_size(self) -> tuple[int, int]:
        """The size that the terminal itself tells; exported COLUMNS and LINES may be those of another one."""
        try:
            width, height = os.get_terminal_size(self._terminal.fileno())
        except OSError:
            width, height = 0, 0
        return width or 80, height or 24

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._own_modes = _modes(self.fileno)
        self.attrs_before = self._terminal.modes  # not as an editor may have left them that was killed
        self._on_screen = textual_private.has_writer(self)
        self._terminal.loop = self._drawing_loop
        self.write(KEEP_TITLE)

    def stop_application_mode(self) -> None:
        if self._on_screen:
            self.write(GIVE_TITLE_BACK)
            # GNU screen has no alternate screen unless told to: nothing of us may stand around the shell's prompt.
            self.write("\x1b[2J\x1b[H")
            super().stop_application_mode()
            self._on_screen = False

    def write(self, data: str) -> None:
        # The thread of a screen that has been left takes no more; its queue would fill up and hold us for ever.
        if textual_private.has_writer(self):
            super().write(data)

    def _sigtstp_application(self, *_: object) -> None:
        """Stop as the shell expects it, on Ctrl+Z or a SIGTSTP."""
        if self._on_screen:
            # Not in the handler: it may have interrupted the very code that leaving the screen needs.
            with suppress(RuntimeError):
                self._drawing_loop.call_soon_threadsafe(self._stop_and_go)
        else:
            _stop()  # an editor has the terminal, and has stopped too

    def _stop_and_go(self) -> None:
        if not self._on_screen:
            return
        self.suspend_application_mode()
        self._terminal.write("peak-console: stopped, and its engine with it: nothing starts until fg; runs go on\r\n")
        _stop()
        self._terminal.modes = _modes(self.fileno) or self._terminal.modes
        self.resume_application_mode()
        self._repaint()

    def _sigcont_application(self, *_: object) -> None:
        """Restore the terminal after a SIGCONT: a SIGSTOP gave no chance to leave it, so its state is unknown."""
        if self._on_screen and not self._reentry_due:
            self._reentry_due = True
            with suppress(RuntimeError):
                self._drawing_loop.call_soon_threadsafe(self._reenter)

    def _reenter(self) -> None:
        """Make the terminal ours again; without effect where it still is."""
        self._reentry_due = False
        if not self._on_screen:
            return
        if self._own_modes is not None:
            with suppress(termios.error):  # we are in the background
                termios.tcsetattr(self.fileno, termios.TCSANOW, self._own_modes)
        self.write("\x1b[?1049h\x1b[?25l\x1b[?1004h")
        textual_private.enable_modes(self)
        self._repaint()

    def _repaint(self) -> None:
        self._console.refresh(layout=True)
        for screen in self._console.screen_stack:
            screen.refresh()


def driver_on(terminal: Terminal) -> type[Driver]:
    """The driver that writes to ``terminal``, as a class: Textual makes its object."""

    class DriverOnTerminal(TerminalDriver):
        def __init__(self, app: App[Any], **options: Any) -> None:
            super().__init__(app, terminal=terminal, **options)

    return DriverOnTerminal


def _stop() -> None:
    """Stop this process group as the terminal would; returns once it has been continued.

    Returns at once in an orphaned process group: the system does not stop a group that no shell can continue.
    """
    before = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    os.kill(0, signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, before)
