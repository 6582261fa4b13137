"""The engine's side of the connection to its keeper."""

from __future__ import annotations

import marshal
import os
import signal
import sys
import time
from _thread import allocate_lock
from collections import deque

from peak_console.runs.local.run_directory import wake
from peak_console.runs.local.system import give_limit_back

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Answer = tuple[Any, ...]

    from peak_console.runs.interface import RunSpec

ANSWER_SECONDS = 20.0
"""How many seconds one start may take a keeper; a machine that swaps needs many."""
RECEIVE_BYTES = 64 * 1024
WAKE_SECONDS = 0.5
"""After how many seconds without an answer the keeper is continued, in case it was stopped. Its witness is quicker."""
PROGRAM = "import sys; sys.path.append(sys.argv[2]); from peak_console.runs.local.keeper import main; main()"
"""The keeper's program. The modules that it imports are compiled already."""

_departed_lock = allocate_lock()
_departed: list[int] = []
"""Closed keepers that may still be at work; ``reap_departed`` reaps those that have ended."""


class LinkBrokenError(Exception):
    """The keeper died or does not answer; whether it served the last request is unknown."""


class KeeperLink:
    """One keeper process, from its start on. It ends by itself once this is closed and its runs have ended."""

    def __init__(self, system: str, ends: dict[str, tuple[int, float]]) -> None:
        """Starts the keeper without waiting for it. Raises ``OSError``.

        ``ends`` takes in the ends that it tells as no file took them: by run directory, return code and Unix seconds.
        """
        from _socket import socketpair  # ``socket`` itself takes longer to load than the keeper to start

        reap_departed()
        ours, theirs = socketpair()
        try:
            root = os.path.abspath(__file__)
            for _ in __name__.split("."):
                root = os.path.dirname(root)
            self.pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", "-c", PROGRAM, system, root],
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, theirs.fileno(), 0),
                    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                ],
                setsid=True,
                setsigmask=[],
                setsigdef=[signal.SIGPIPE, signal.SIGCHLD],
            )
        finally:
            theirs.close()
        give_limit_back(self.pid)
        ours.settimeout(WAKE_SECONDS)
        self._socket = ours
        self._known: dict[str, str] | None = None
        """The environment that the keeper knows: of each run it is told only what differs."""
        self._received = bytearray()
        self._answers: deque[Answer] = deque()
        self._ends = ends
        self.wakings = 0
        """How often the keeper has told that it had been stopped, and not been asked for it since."""

    def send(self, spec: RunSpec, directory: str, group: str | None) -> None:
        """Ask for a start, in a cgroup if one is named; ``receive`` has the answer.

        Raises ``LinkBrokenError``, and ``UnicodeError``.
        """
        messages = []
        known = self._known
        if known is None:
            known = dict(spec.env)
            messages.append(marshal.dumps({encode(name): encode(value) for name, value in known.items()}))
        changed = {encode(name): encode(value) for name, value in spec.env.items() - known.items()}
        gone = [encode(name) for name in known.keys() - spec.env.keys()]
        cwd = None if spec.cwd is None else encode(spec.cwd)
        argv = [encode(word) for word in spec.argv]
        cgroup = None if group is None else encode(group)
        messages.append(marshal.dumps((encode(directory), argv, changed, gone, cwd, cgroup)))
        self._known = known  # not before all of it could be written down
        try:
            self._send(b"".join(len(each).to_bytes(4, "big") + each for each in messages))
        except OSError as error:
            raise LinkBrokenError from error

    def receive(self) -> Answer:
        """The answer to the oldest request without one, as ``keeper`` describes it. Raises ``LinkBrokenError``."""
        try:
            while not self._answers:
                self._patiently(self._receive)
        except OSError as error:
            raise LinkBrokenError from error
        return self._answers.popleft()

    def look(self) -> None:
        """Read, without waiting, what the keeper has told unasked."""
        if self._socket.fileno() < 0:
            return
        self._socket.settimeout(0)
        try:
            while True:
                self._receive()
        except OSError:  # nothing more; that it is broken is found with the next start
            pass
        finally:
            self._socket.settimeout(WAKE_SECONDS)

    def _send(self, message: bytes) -> None:
        view = memoryview(message)
        while view:
            view = view[self._patiently(lambda view=view: self._socket.send(view)) :]  # type: ignore[misc]

    def _receive(self) -> int:
        part = self._socket.recv(RECEIVE_BYTES)
        if not part:
            raise ConnectionResetError
        received = self._received
        received += part
        while len(received) >= 4 and len(received) >= (end := 4 + int.from_bytes(received[:4], "big")):
            message = marshal.loads(received[4:end])  # noqa: S302 - our keeper's
            del received[:end]
            if message[0] == "ended":
                self._ends[decode(message[1])] = message[2:]
            elif message[0] == "woken":
                self.wakings += 1
            else:
                self._answers.append(message)
        return len(part)

    def _patiently(self, step: Callable[[], int]) -> int:
        """Something that waits for the keeper, which may have been stopped. Raises ``OSError``."""
        until = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                return step()
            except TimeoutError:
                if time.monotonic() >= until:
                    raise
                wake([self.pid])

    def close(self) -> None:
        """Close the connection. The keeper ends once its runs have ended."""
        if self._socket.fileno() >= 0:
            self.look()
            self._socket.close()
            with _departed_lock:
                _departed.append(self.pid)
            reap_departed()


def encode(text: str) -> bytes:
    """Text as bytes for the kernel, in any locale. Raises ``UnicodeEncodeError`` for what no file name can hold."""
    return text.encode("utf-8", "surrogateescape")


def decode(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


def reap_departed() -> bool:
    """Reap the closed keepers that have ended; return whether some are still at work."""
    with _departed_lock:
        for pid in list(_departed):
            try:
                gone = os.waitpid(pid, os.WNOHANG)[0] != 0
            except ChildProcessError:  # another thread reaped it, or this is a fork of the engine's process
                gone = True
            if gone:
                _departed.remove(pid)
        return bool(_departed)
