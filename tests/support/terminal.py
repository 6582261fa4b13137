"""Real terminals for tests: a private tmux, a private GNU screen, a bare pseudo-terminal; and nothing left behind.

Everything started here carries a mark in its environment, which processes hand on to what they start. ``Marked`` finds
whoever has it: a test that leaves a console, an engine, a keeper or a job behind fails.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import threading
import time
import uuid
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from tests.support.processes import DEADLINE_SECONDS, is_alive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

LOOK_SECONDS = 0.03
WIDTH, HEIGHT = 140, 42
MARK = "PEAK_TEST_TERMINAL"


class Marked:
    """An environment with a mark of its own, and all processes that have it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        mark = uuid.uuid4().hex
        self._entry = f"{MARK}={mark}"
        self.environ = {**environ, MARK: mark}

    def processes(self) -> dict[int, str]:
        """Those that are alive: their command lines by pid."""
        found = {}
        for name in os.listdir("/proc"):
            if name.isdigit() and self._entry in _null_separated(name, "environ") and is_alive(int(name)):
                found[int(name)] = " ".join(_null_separated(name, "cmdline"))
        return found

    def wait_for_none(self, seconds: float = DEADLINE_SECONDS) -> dict[int, str]:
        """What is still there when all should be gone, after some patience."""
        deadline = time.monotonic() + seconds
        while (found := self.processes()) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        return found

    def kill(self) -> None:
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def _null_separated(pid: str, name: str) -> list[str]:
    try:
        with open(f"/proc/{pid}/{name}", encoding="utf-8", errors="replace") as file:
            return file.read().split("\0")
    except OSError:
        return []


class Display(ABC):
    """Something that shows a screen and takes keys."""

    @abstractmethod
    def screen(self) -> str:
        """What it shows now, as text."""

    @abstractmethod
    def keys(self, *names: str) -> None:
        """Press keys, by tmux's names."""

    @abstractmethod
    def close(self) -> None:
        """Whatever is in it, it is gone afterwards."""

    def type(self, text: str) -> None:
        self.keys(*text)

    def leave(self, key: str = "q") -> None:
        """End the console whose engine is its own, and which runs nothing."""
        self.keys(key)
        self.wait_for("End the scheduler")
        self.keys("e")

    def wait_for(self, wanted: str | Callable[[str], object], seconds: float = DEADLINE_SECONDS) -> str:
        """The screen, once it shows a text or fulfils a condition."""
        deadline = time.monotonic() + seconds
        while True:
            shown = self.screen()
            if wanted in shown if isinstance(wanted, str) else wanted(shown):
                return shown
            if time.monotonic() > deadline:
                what = repr(wanted) if isinstance(wanted, str) else getattr(wanted, "__name__", "the condition")
                msg = f"{what} did not come about in {seconds:g} s; the terminal shows:\n{shown}"
                raise AssertionError(msg)
            time.sleep(LOOK_SECONDS)

    def wait_until_gone(self, text: str, seconds: float = DEADLINE_SECONDS) -> str:
        """The screen, once it no longer shows a text."""

        def gone(shown: str) -> bool:
            return text not in shown

        gone.__name__ = f"the end of {text!r}"
        return self.wait_for(gone, seconds)


class Tmux(Display):
    """One pane of fixed size in a tmux server of its own."""

    def __init__(
        self, marked: Marked, folder: Path, words: Sequence[str], width: int = WIDTH, height: int = HEIGHT
    ) -> None:
        self._name = f"peak-{uuid.uuid4().hex[:12]}"
        self._environ = {name: value for name, value in marked.environ.items() if name not in ("TMUX", "TMUX_PANE")}
        self._directory = tempfile.mkdtemp(prefix="peak-tmux-")  # a socket's path must be short
        self._environ["TMUX_TMPDIR"] = self._directory
        self._options = folder / f"{self._name}.conf"
        self._options.write_text(
            f"set -g default-size {width}x{height}\nset -g status off\n"
            "set -g remain-on-exit on\nset -g set-clipboard on\nset -g exit-empty on\n",
            encoding="ascii",
        )
        self._tmux("new-session", "-d", "-x", str(width), "-y", str(height), "-c", str(folder), *words)
        self._tmux("set", "-g", "window-size", "manual")  # tmux 3.3 does not survive it before its first session

    def _tmux(self, *words: str) -> str:
        command = ["tmux", "-L", self._name, "-f", str(self._options), *words]
        done = subprocess.run(command, env=self._environ, capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def coloured(self) -> str:
        """The screen with the escape sequences of its colours."""
        return self._tmux("capture-pane", "-p", "-e")

    def keys(self, *names: str) -> None:
        self._tmux("send-keys", *names)

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def ask(self, format_: str) -> str:
        """The value of a tmux format."""
        return self._tmux("display-message", "-p", format_).removesuffix("\n")

    @property
    def is_plain(self) -> bool:
        """No alternate screen, no mouse reports, and a cursor."""
        return self.ask("#{alternate_on}#{mouse_any_flag}#{cursor_flag}") == "001"

    def buffers(self) -> str:
        """What has been put on the clipboard."""
        return self._tmux("list-buffers", "-F", "#{buffer_sample}")

    def resize(self, width: int, height: int) -> None:
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    def kill_pane(self) -> None:
        self._tmux("kill-pane")

    @property
    def is_gone(self) -> bool:
        """Whether the server has ended, as it does with its last pane."""
        command = ["tmux", "-L", self._name, "has-session"]
        return subprocess.run(command, env=self._environ, capture_output=True, timeout=20, check=False).returncode != 0

    def close(self) -> None:
        command = ["tmux", "-L", self._name, "kill-server"]
        subprocess.run(command, env=self._environ, capture_output=True, timeout=20, check=False)
        shutil.rmtree(self._directory, ignore_errors=True)


class GnuScreen(Display):
    """One window of GNU screen, 80×24, without a display. Its copies of the screen are true only in ASCII."""

    _KEYS: ClassVar = {"Enter": "\r", "Escape": "\x1b", "Tab": "\t", "Space": " "}

    def __init__(self, marked: Marked, folder: Path, words: Sequence[str]) -> None:
        self._directory = tempfile.mkdtemp(prefix="peak-screen-")
        self._copy = os.path.join(self._directory, "hardcopy")
        self._environ = {name: value for name, value in marked.environ.items() if name != "STY"}
        self._environ |= {"SCREENDIR": self._directory, "LC_ALL": "C.UTF-8"}
        self._screen("-U", "-d", "-m", "-c", "/dev/null", *words, cwd=folder)

    def _screen(self, *words: str, cwd: Path | None = None) -> int:
        command = ["screen", "-S", "peak", *words]
        done = subprocess.run(command, env=self._environ, cwd=cwd, capture_output=True, timeout=20, check=False)
        return done.returncode

    def screen(self) -> str:
        # An older copy must not be taken for the new one, which is written a moment after the command has returned.
        if os.path.exists(self._copy):
            os.unlink(self._copy)
        if self._screen("-p", "0", "-X", "hardcopy", self._copy):
            return ""
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            try:
                with open(self._copy, encoding="latin-1") as file:
                    if text := file.read():
                        return text
            except FileNotFoundError:
                pass
            time.sleep(LOOK_SECONDS)
        return ""

    def keys(self, *names: str) -> None:
        text = "".join(self._KEYS.get(name, name) for name in names)
        self._screen("-p", "0", "-X", "stuff", text.replace("\\", "\\\\").replace("^", "\\^"))

    def close(self) -> None:
        self._screen("-X", "quit")
        shutil.rmtree(self._directory, ignore_errors=True)


class Pty:
    """A bare pseudo-terminal with a program as its session's leader, read by a thread or, while stalled, by nobody."""

    def __init__(
        self, marked: Marked, folder: Path, words: Sequence[str], width: int = WIDTH, height: int = HEIGHT
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self._slave = slave  # held open, so that its modes can be asked for after the program's end
        self._written = bytearray()
        self._stalled = threading.Event()
        self._closing = threading.Event()
        name = os.ttyname(slave)
        self.process = subprocess.Popen(
            # The shell leads the new session, so opening the terminal makes it the session's own.
            ["/bin/sh", "-c", 'tty=$1; shift; exec "$@" <>"$tty" >&0 2>&0', "sh", name, *words],
            cwd=folder,
            env={"TERM": "xterm-256color", **marked.environ},
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while not self._closing.is_set():
            if self._stalled.is_set():
                self._closing.wait(LOOK_SECONDS)
            elif select.select([self._master], [], [], LOOK_SECONDS)[0]:
                try:
                    self._written += os.read(self._master, 65536)
                except OSError:
                    return

    @property
    def written(self) -> bytes:
        """Everything that has been written to it and read."""
        return bytes(self._written)

    def wait_for(self, wanted: bytes, seconds: float = DEADLINE_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while wanted not in self._written:
            assert time.monotonic() < deadline, f"{wanted!r} was not written: {self.written[-3000:]!r}"
            time.sleep(LOOK_SECONDS)

    def keys(self, text: str) -> None:
        self.send(text.encode())

    def leave(self, key: str = "q") -> None:
        """End the console whose engine is its own, and which runs nothing."""
        self.keys(key)
        self.wait_for(b"End the scheduler")
        self.keys("e")

    def send(self, data: bytes) -> None:
        os.write(self._master, data)

    def stall(self) -> None:
        """Read nothing more."""
        self._stalled.set()

    def go_on(self) -> None:
        self._stalled.clear()

    @property
    def is_full(self) -> bool:
        """Whether it takes nothing more before somebody reads."""
        return not select.select([], [self._slave], [], 0)[1]

    @property
    def is_cooked(self) -> bool:
        """Whether the terminal edits lines and echoes, as shells leave it to programs."""
        flags = termios.tcgetattr(self._slave)[3]
        return bool(flags & termios.ECHO and flags & termios.ICANON and flags & termios.ISIG)

    def hang_up(self) -> None:
        """The far end is gone, as after a lost connection."""
        self._closing.set()
        self._reader.join()
        for fd in (self._slave, self._master):
            os.close(fd)
        self._slave = self._master = -1

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self._master >= 0:
            self.hang_up()
