"""From the command line to the console and back: who owns what, and in which order it ends.

The main thread is Textual's. The engine has a plain thread, so that the terminal can be restored at once while its
last runs are still waited for. Signals only set flags, ring the engine and ask the screen to go; a watchdog ends what
a stalled terminal would hold up for ever.
"""

from __future__ import annotations

import gc
import os
import queue
import signal
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from peak_console.errors import StateError, UsageError
from peak_console.text import safe

if TYPE_CHECKING:
    from argparse import Namespace
    from types import FrameType

    from peak_console.tui.app.console import ConsoleApp
    from peak_console.tui.state.interface import Session

SCREEN_END_SECONDS = 3.0
"""How long the screen may take to go after a signal; with a terminal that no longer reads, it never would."""
LOOK_SECONDS = 0.1
FIRST_ENGINE_SECONDS = 0.3
"""How often a console that only attaches looks for an engine's first record."""
ESCAPE_MILLISECONDS = "25"
"""How long Esc waits for what would make it the beginning of another key; Textual's own 100 ms are felt."""
UNABLE_TERMINALS = ("", "dumb", "unknown")
"""Values of ``TERM``: nothing that moves the cursor may be sent there. ``doctor`` judges by the same."""


def run_console(options: Namespace) -> int:
    """Open the console; the exit code: 128 and the signal that ended it, 1 after a crash, else 0."""
    if options.in_browser:
        _claim_terminal()
    _refuse_without_terminal()
    # Must be set before Textual is loaded: half the frames are half the work, and look the same.
    os.environ.setdefault("TEXTUAL_FPS", "30")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    own_delay = "ESCDELAY" not in os.environ
    os.environ.setdefault("ESCDELAY", ESCAPE_MILLISECONDS)
    # Until the first paint: nothing that is loaded becomes garbage, and to look for some takes a tenth of the time.
    gc.disable()

    from peak_console.decisions.selection import check_tags, tags_of
    from peak_console.jobs.state_place import state_directory
    from peak_console.jobs.watching.answering import probe_jobs_file, probe_state
    from peak_console.jobs.watching.standing import load_standing

    probe_jobs_file(options.config)
    jobset, seen = load_standing(options.config)
    check_tags(jobset.jobs, tags_of(options.include_tags), tags_of(options.exclude_tags))
    directory = state_directory(options.config, options.state_dir, jobset.settings.state_dir)
    probe_state(directory)

    from peak_console.tui.app.console import ConsoleApp
    from peak_console.tui.state.session import EngineSession
    from peak_console.tui.terminal.ground import Ground

    if own_delay:
        del os.environ["ESCDELAY"]  # Textual has read it; it is not for jobs

    if (options.attach or options.read_only) and not _await_first_engine(directory):
        return 130
    session = EngineSession(options, jobset, directory, seen)
    ground = Ground(sys.stdin.fileno())
    life = _Life(ConsoleApp(session, wallboard=options.wallboard, is_light=ground.is_light), session, ground.typed)
    return life.live()


def _await_first_engine(directory: str) -> bool:
    """Wait until an engine has served the directory for the first time; ``False`` when the operator ends that."""
    from peak_console.store.store import Store

    told = False
    try:
        while (store := Store.look(directory)) is None:
            if not told:
                told = True
                _say(f"waiting for the first engine of {directory}; Ctrl+C ends that")
            time.sleep(FIRST_ENGINE_SECONDS)
    except KeyboardInterrupt:
        return False
    store.close()
    return True


def _refuse_without_terminal() -> None:
    """Raise ``UsageError`` where no screen can be drawn."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the console needs a terminal; for systemd, cron and pipes use --headless")
    term = os.environ.get("TERM", "")
    if term in UNABLE_TERMINALS:
        kind = f'the terminal says that it is "{term}"' if term else "TERM does not say what the terminal is"
        raise UsageError(
            f"{kind}: the console cannot draw on it; set TERM (such as TERM=xterm-256color), or use the verbs: "
            "peak-console status"
        )


def _claim_terminal() -> None:
    """Make the terminal on stdin that of our session: with it gone we are told, and end."""
    import fcntl
    import termios

    try:
        fcntl.ioctl(sys.stdin.fileno(), termios.TIOCSCTTY, 0)
    except OSError as error:
        raise UsageError(f"--in-browser is for peak-console serve: {error.strerror or error}") from None


class _Life:
    """The console from its first paint to the engine's last run."""

    def __init__(self, app: ConsoleApp, session: Session, typed: bytes) -> None:
        """``typed`` is what has been read of the terminal before the screen is there."""
        from peak_console.tui.terminal.tty import Terminal, driver_on

        self._app = app
        self._session = session
        self._signals: list[int] = []
        self._told: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._screen_gone = threading.Event()
        self._terminal = Terminal(on_hangup=partial(os.kill, os.getpid(), signal.SIGHUP))
        self._terminal.typed = typed
        app.driver_class = driver_on(self._terminal)

    def live(self) -> int:
        threading.Thread(target=self._watch_screen, name="watchdog", daemon=True).start()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            self._app.run()
        except OSError:
            if not self._terminal.is_lost and signal.SIGHUP not in self._signals:
                raise
        finally:
            self._screen_gone.set()
            can_be_told = self._wait_for_runs()
            failure = self._session.succession.take_over()
            if can_be_told:
                self._say_what_goes_on(failure)
            self._session.close()
        return 1 if failure is not None else self._exit_code()

    def _say_what_goes_on(self, failure: str | None) -> None:
        """Tell the operator, whose screen is gone, what goes on without it."""
        from peak_console.tui.app.actions.leaving import Departure, farewell, next_up

        if self._terminal.is_lost or self._session.permissions.in_browser:
            return
        session, feed = self._session, self._app.feed
        left: list[str] = []
        with suppress(StateError):
            left = [f"{run.job} #{run.id}" for run in session.active()] if session.has_served else []
        departure = Departure(
            directory=session.directory, served_here=session.has_served, served_by=session.serves_elsewhere(),
            successor=session.succession.pid, successor_failure=failure, left=left,
            upcoming=next_up(feed.snapshot, session.clock.now()),
        )  # fmt: skip
        _say(farewell(departure))

    def _exit_code(self) -> int:
        if self._terminal.is_lost or signal.SIGHUP in self._signals:
            # Python writes what is left at its end, and would exit with its own complaint.
            for stream in (sys.stdout, sys.stderr):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return 128 + self._signals[0] if self._signals else (self._app.return_code or 0)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT and self._app.actions.terminal.editor is not None:
            return  # Ctrl+C in the editor is the editor's
        asked_before = any(each != signal.SIGHUP for each in self._signals)
        self._signals.append(number)
        # A hangup often follows a SIGTERM, and never means that the runs should go too.
        if (asked_before and number != signal.SIGHUP) or (number == signal.SIGINT and self._screen_gone.is_set()):
            self._session.stop_runs()
            return
        for each in (signal.SIGTTOU, signal.SIGTTIN):
            signal.signal(each, signal.SIG_IGN)
        self._session.drain()
        self._told.put(number)

    def _watch_screen(self) -> None:
        """After the first signal: have the screen go, and end the program without it, should it not manage to."""
        number = self._told.get()
        self._end_editor(number)
        while self._terminal.loop is None and not self._screen_gone.wait(LOOK_SECONDS):
            pass
        if self._terminal.loop is not None:
            with suppress(RuntimeError):  # the loop is closed: the screen is gone
                self._terminal.loop.call_soon_threadsafe(self._app.exit, None, 128 + number)
        if self._screen_gone.wait(SCREEN_END_SECONDS):
            return
        self._terminal.give_up()
        self._end_editor(signal.SIGKILL)
        if self._screen_gone.wait(SCREEN_END_SECONDS):
            return
        while not self._session.wait(LOOK_SECONDS):
            if self._screen_gone.is_set():
                return
        self._terminal.restore()
        os._exit(128 + number)

    def _end_editor(self, number: int) -> None:
        editor = self._app.actions.terminal.editor
        if editor is not None:
            with suppress(OSError):
                editor.send_signal(number)

    def _wait_for_runs(self) -> bool:
        """Wait for the engine, which ends with its last run. Ctrl+C now stops the runs.

        Whether the terminal takes what is written to it: one that nobody reads would hold us for ever.
        """
        from peak_console.tui.app.actions.leaving import listed

        restored = not self._terminal.is_given_up
        self._session.drain()
        told: list[str] = []
        while not self._session.wait(LOOK_SECONDS):
            restored = restored or self._terminal.restore()
            running = self._session.running()
            if restored and running and not told:
                told = running
                _say(f"waiting for {listed(running)}; Ctrl+C stops {'it' if len(running) == 1 else 'them'}")
        return restored or self._terminal.restore()


def _say(text: str) -> None:
    with suppress(OSError, ValueError):  # the terminal may be gone
        sys.stderr.write(f"peak-console: {safe(text)}\n")
        sys.stderr.flush()
