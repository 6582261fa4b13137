"""From the command line to the console and back: who owns what, and in which order it ends.

The main thread is Textual's. The engine has a plain thread, so that the terminal can be restored at once while its
last runs are still waited for. Signals only set flags, ring the engine and ask the screen to go; a watchdog ends what
a stalled terminal would hold up for ever.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from peak_console.errors import UsageError

if TYPE_CHECKING:
    from argparse import Namespace
    from types import FrameType

    from peak_console.tui.app import ConsoleApp
    from peak_console.tui.session import Session

SCREEN_SECONDS = 3.0
"""How long the screen may take to go after a signal; with a terminal that no longer reads, it never would."""
RESTORE = "\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?25h\x1b[0m"
"""Leaves the alternate screen, mouse and paste modes, and shows the cursor."""


def run_console(options: Namespace) -> int:
    """Open the console; the exit code."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the console needs a terminal; for systemd, cron and pipes use --headless")
    # Must be set before Textual is loaded: half the frames are half the work, and nobody sees the difference.
    os.environ.setdefault("TEXTUAL_FPS", "30")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")

    from peak_console.jobs.loader import load
    from peak_console.store.directory import state_directory

    jobset = load(options.config)
    directory = state_directory(options.config, options.state_dir, jobset.settings.state_dir)

    from peak_console.tui.app import ConsoleApp
    from peak_console.tui.session import Session

    session = Session(options, jobset, directory)
    return _Life(ConsoleApp(session), session).live()


class _Life:
    """The console from its first paint to the engine's last run."""

    def __init__(self, app: ConsoleApp, session: Session) -> None:
        self._app = app
        self._session = session
        self._signals: list[int] = []
        self._screen_gone = threading.Event()
        self._saved_tty = _tty_state()

    def live(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            self._app.run()
        except OSError:
            pass  # the terminal has hung up
        finally:
            self._screen_gone.set()
            self._wait_for_runs()
            self._session.close()
        return 128 + self._signals[0] if self._signals else (self._app.return_code or 0)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._signals.append(number)
        if len(self._signals) > 1:
            self._session.stop_runs()
            return
        for each in (signal.SIGTTOU, signal.SIGTTIN):
            signal.signal(each, signal.SIG_IGN)
        self._session.drain()
        threading.Thread(target=self._watch_screen, args=(128 + number,), daemon=True).start()
        if self._app.loop is not None:
            with suppress(RuntimeError):  # the loop is closed already
                self._app.loop.call_soon_threadsafe(self._app.exit, None, 128 + number)

    def _watch_screen(self, code: int) -> None:
        """End the program without its screen, should that not manage to go."""
        if self._screen_gone.wait(SCREEN_SECONDS):
            return
        self._session.wait()
        _restore_tty(self._saved_tty)
        os._exit(code)

    def _wait_for_runs(self) -> None:
        """The engine ends with its last run, after a quit as after a signal. Ctrl+C now stops what runs."""
        if not self._session.is_own:
            return
        self._session.drain()
        told = False
        while not self._session.wait(0.2):
            if not told:
                told = True
                _say("waiting for what still runs; Ctrl+C stops it")


def _say(text: str) -> None:
    with suppress(OSError, ValueError):  # the terminal may be gone
        sys.stderr.write(f"peak-console: {text}\n")
        sys.stderr.flush()


def _tty_state() -> list[Any] | None:
    import termios

    try:
        return termios.tcgetattr(sys.stdin.fileno())
    except (termios.error, OSError, ValueError):
        return None


def _restore_tty(state: list[Any] | None) -> None:
    import termios

    if state is None:
        return
    with suppress(termios.error, OSError):
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, state)
    with suppress(OSError):
        fd = os.open("/dev/tty", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        os.write(fd, RESTORE.encode())
        os.close(fd)
