"""The headless engine that a console leaves behind: it stands by until the console's own engine has ended.

It says how far it is by the protocol of ``sd_notify``, on a socket of the console's.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from peak_console.errors import StateError
from peak_console.text import safe

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

LOG = "background.log"
"""The file in the state directory with what it has to complain of."""
MOST_BYTES = 4096
LOOK_SECONDS = 0.02
END_SECONDS = 5.0


class Successor:
    """A headless engine in a session of its own, so that no terminal takes it along."""

    def __init__(self, options: Namespace, directory: str) -> None:
        """Start it. Raises ``StateError``."""
        self._log = os.path.join(directory, LOG)
        self._statuses: list[str] = []
        self._folder = tempfile.mkdtemp(prefix="peak-")  # a socket's path must be short
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        try:
            address = os.path.join(self._folder, "notify")
            self._socket.bind(address)
            self._socket.setblocking(False)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
            with open(os.open(self._log, flags, 0o600), "wb") as log:
                self._process = subprocess.Popen(
                    command(options, directory), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                    env={**os.environ, "NOTIFY_SOCKET": address}, start_new_session=True,
                )  # fmt: skip
        except OSError as error:
            self.let_go()
            raise StateError(f"no headless engine can be started: {error.strerror or error}") from None

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def failure(self) -> str | None:
        """Why it has ended, which it must not; ``None`` while it lives."""
        code = self._process.poll()
        if code is None:
            return None
        with suppress(OSError), open(self._log, encoding="utf-8", errors="replace") as file:
            lines = [line.strip() for line in file.read(MOST_BYTES).splitlines() if line.strip()]
            if lines:
                return safe(lines[0].removeprefix("peak-console: "))
        return f"it has ended with {code}"

    @property
    def is_ready(self) -> bool:
        """Whether it stands by, or serves."""
        self._hear()
        return bool(self._statuses)

    @property
    def serves(self) -> bool:
        """Whether it has taken over."""
        self._hear()
        return any(status.startswith("serving") for status in self._statuses)

    def wait_until_serving(self, seconds: float) -> bool:
        """Wait until it has taken over, at most ``seconds``; whether it has."""
        until = time.monotonic() + seconds
        while not self.serves and self.failure is None and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
        return self.serves and self.failure is None

    def dismiss(self) -> None:
        """End it: it is not wanted after all."""
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.let_go()

    def let_go(self) -> None:
        """Hear no more of it; it goes on."""
        self._socket.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _hear(self) -> None:
        with suppress(BlockingIOError, OSError):
            while True:
                lines = self._socket.recv(MOST_BYTES).decode(errors="replace").split("\n")
                if "READY=1" in lines:
                    self._statuses += [line.removeprefix("STATUS=") for line in lines if line.startswith("STATUS=")]


def command(options: Namespace, directory: str) -> Sequence[str]:
    """The command line of a headless engine that does what the console's engine does."""
    words = [sys.executable, "-m", "peak_console", "--headless", "--successor"]
    words += [f"--config={options.config}", f"--state-dir={directory}", f"--poll-interval={options.poll_interval}"]
    for flag, value in (("--include-tags", options.include_tags), ("--exclude-tags", options.exclude_tags)):
        if value is not None:
            words.append(f"{flag}={value}")
    return [
        *words,
        *(["--no-registry"] if options.no_registry else []),
        *(["--no-alerts"] if options.no_alerts else []),
    ]
